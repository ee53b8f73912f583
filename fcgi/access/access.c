/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of access: by address or by token; not from web pages. */
#include "fcgi/access/access.h"

#include "fcgi/access/token.h"
#include "lib/xalloc.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

bool
access_is_loopback(const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (address == NULL)
		return false;
	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &v6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* Whether a proxy has forwarded the request of another client. */
static bool
is_forwarded(const struct request_input *in)
{
	return in->forwarded != NULL || in->forwarded_for != NULL ||
	       in->real_ip != NULL;
}

static bool
is_from_page(const struct request_input *in)
{
	return in->origin != NULL ||
	       (in->fetch_site != NULL && strcmp(in->fetch_site, "none") != 0);
}

static int
check_loopback(const struct request_input *in, struct err *e)
{
	if (!is_forwarded(in) && access_is_loopback(in->remote_address))
		return 0;
	err_set(e, ERR_DENIED, "allowed only from this machine");
	return -1;
}

int
access_check_trigger(enum trigger_access access, const char *token_file,
    const struct request_input *in, struct err *e)
{
	if (access == TRIGGER_TOKEN)
		return token_check(in->authorization, token_file, e);
	if (access == TRIGGER_OFF) {
		err_set(e, ERR_DENIED, "the trigger is disabled");
		return -1;
	}
	if (is_from_page(in)) {
		err_set(e, ERR_DENIED,
		    "requests from web pages need a bearer token");
		return -1;
	}
	return access == TRIGGER_LOOPBACK ? check_loopback(in, e) : 0;
}

/* Reads a setting, NULL if there is none; the caller frees it. */
static int
read_setting(char **out, struct db *db, const char *key, struct err *e)
{
	struct stmt *s = db_query(db, SQL_SETTING_READ, ARGS(STR(key)));
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	*out = row ? xstrdup(stmt_str(s, 0)) : NULL;
	stmt_done(s);
	return 0;
}

/* Without a database the rule is that of a configuration without the key. */
static int
check_trigger(struct db *db, const struct request_input *in, struct err *e)
{
	enum trigger_access access = TRIGGER_LOOPBACK;
	char *word = NULL, *file = NULL;
	int rc = -1;

	if (db != NULL &&
	    (read_setting(&word, db, TRIGGER_SETTING_ACCESS, e) == -1 ||
		read_setting(&file, db, TRIGGER_SETTING_TOKEN_FILE, e) == -1))
		goto out;
	if (word != NULL && trigger_access_from_name(&access, word) == -1) {
		err_set(e, ERR_UNAVAILABLE, "unknown value of setting %s: %s",
		    TRIGGER_SETTING_ACCESS, word);
		goto out;
	}
	if (access_check_trigger(access, file == NULL ? "" : file, in, e) == -1)
		goto out;
	rc = 0;
out:
	free(word);
	free(file);
	return rc;
}

int
access_check(enum route_access access, struct db *db,
    const struct request_input *in, struct err *e)
{
	switch (access) {
	case ROUTE_PUBLIC:
		return 0;
	case ROUTE_LOOPBACK:
		return check_loopback(in, e);
	case ROUTE_TRIGGER:
		return check_trigger(db, in, e);
	default:
		err_set(e, ERR_DENIED, "access denied");
		return -1;
	}
}
