/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of git repositories: which are allowed, and how they are shown.
 * Only transports that libgit2 implements itself are allowed, so an address
 * cannot name a program to run.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *prefix;
	enum fetch_git_transport transport;
} schemes[] = {
	{ "https://", FETCH_GIT_HTTP },
	{ "http://", FETCH_GIT_HTTP },
	{ "ssh://", FETCH_GIT_SSH },
	{ "git://", FETCH_GIT_DAEMON },
	{ "file:///", FETCH_GIT_LOCAL },
	{ "/", FETCH_GIT_LOCAL },
};

/*
 * The part between "//" and '@' of a URL, or before '@' of host:path.  Returns
 * its start and sets ${len}, NULL when there is none.
 */
static const char *
find_user(const char *url, size_t *len)
{
	const char *start = strstr(url, "://");
	const char *at, *end;

	if (start == NULL) {
		start = url;
		end = url + strcspn(url, ":/");
	} else {
		start += 3;
		end = start + strcspn(start, "/");
	}
	/* The last '@': a password may hold one that was not encoded. */
	for (at = end; at > start && at[-1] != '@'; at--)
		;
	if (at == start)
		return NULL;
	*len = (size_t)(at - 1 - start);
	return start;
}

static bool
host_is_plain(const char *host)
{
	/* A leading '-' would be an option where ssh is an external program. */
	if (*host == '[')
		return isxdigit((unsigned char)host[1]) || host[1] == ':';
	return isalnum((unsigned char)*host) != 0 || *host == '_';
}

/* [user@]host:path, where no '/' stands before the ':'. */
static bool
is_scp_like(const char *url)
{
	size_t len = strcspn(url, ":/");
	size_t user;
	const char *host = find_user(url, &user) == NULL ? url : url + user + 1;

	if (url[len] != ':' || url[len + 1] == ':' || url[len + 1] == '\0')
		return false;
	return host < url + len && host_is_plain(host) && *url != '-';
}

static int
check_host(const char *url, struct err *e)
{
	const char *host = strstr(url, "://") + 3;
	size_t user;

	if (*host == '-') {
		err_set(e, ERR_INPUT, "the user name may not start with '-'");
		return -1;
	}
	if (find_user(url, &user) != NULL)
		host += user + 1;
	if (!host_is_plain(host)) {
		err_set(e, ERR_INPUT, "the repository URL has no valid host");
		return -1;
	}
	return 0;
}

int
fetch_git_url_check(
    enum fetch_git_transport *transport, const char *url, struct err *e)
{
	size_t i;

	if (strlen(url) > LIMIT_URL) {
		err_set(e, ERR_LIMIT, "the repository URL is over %zu bytes",
		    (size_t)LIMIT_URL);
		return -1;
	}
	for (i = 0; url[i] != '\0'; i++) {
		if (iscntrl((unsigned char)url[i]) || url[i] == ' ') {
			err_set(e, ERR_INPUT,
			    "the repository URL has a space or a control "
			    "character");
			return -1;
		}
	}
	for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (strncasecmp(url, schemes[i].prefix,
			strlen(schemes[i].prefix)) == 0) {
			*transport = schemes[i].transport;
			return *transport == FETCH_GIT_LOCAL
				   ? 0
				   : check_host(url, e);
		}
	}
	if (strstr(url, "://") == NULL && is_scp_like(url)) {
		*transport = FETCH_GIT_SSH;
		return 0;
	}
	err_set(e, ERR_INPUT,
	    "the repository must be an https, http, ssh, git or file URL, "
	    "user@host:path, or an absolute path");
	return -1;
}

bool
fetch_git_url_has_user(const char *url)
{
	size_t len;

	return strstr(url, "://") != NULL && find_user(url, &len) != NULL;
}

void
fetch_git_url_clean(struct err *e)
{
	size_t i = strlen(e->text);

	text_replace_controls(e->text, ' ');
	while (i > 0 && e->text[i - 1] == ' ')
		e->text[--i] = '\0';
}
