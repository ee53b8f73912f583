/* SPDX-License-Identifier: Apache-2.0 */
/* Printing the result of a check of the database. */
#include "sync/verify.h"

#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/lockfile.h"
#include "lib/store/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
print_plain(
    const struct options *o, const char *database, const struct audit *a)
{
	for (int i = 0; i < AUDIT_CHECKS; i++) {
		const struct audit_result *r = &a->checks[i];

		if (!r->made)
			printf("%s: not checked\n",
			    audit_check_name((enum audit_check)i));
		else if (r->problems > 0)
			printf("%s: %" PRId64 " wrong, such as: %s\n",
			    audit_check_name((enum audit_check)i), r->problems,
			    r->example);
		else if (!o->quiet)
			printf(
			    "%s: ok\n", audit_check_name((enum audit_check)i));
	}
	if (!o->quiet)
		printf("%s: %s, %" PRId64 " documents\n", database,
		    audit_is_clean(a) ? "ok" : "not ok", a->documents);
}

static void
add_checks(struct json_out *j, const struct audit *a)
{
	json_out_open(j, '[');
	for (int i = 0; i < AUDIT_CHECKS; i++) {
		const struct audit_result *r = &a->checks[i];

		json_out_open(j, '{');
		json_out_member_str(
		    j, "name", audit_check_name((enum audit_check)i));
		json_out_member_bool(j, "ok", r->made && r->problems == 0);
		json_out_key(j, "problems");
		if (r->made)
			json_out_int(j, r->problems);
		else
			json_out_null(j);
		json_out_member_str(
		    j, "example", r->example[0] == '\0' ? NULL : r->example);
		json_out_close(j, '}');
	}
	json_out_close(j, ']');
}

/* ${before} is the result before a rebuild; NULL: there was none. */
static void
print_json(
    const char *database, const struct audit *a, const struct audit *before)
{
	struct buf text = BUF_INIT(MIB);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	json_out_member_str(&j, "database", database);
	json_out_member_bool(&j, "ok", audit_is_clean(a));
	json_out_member_int(&j, "documents", a->documents);
	json_out_key(&j, "checks");
	add_checks(&j, a);
	json_out_member_bool(&j, "rebuilt", before != NULL);
	if (before != NULL) {
		json_out_key(&j, "before");
		add_checks(&j, before);
	}
	json_out_close(&j, '}');
	puts(buf_str(&text));
	buf_free(&text);
}

static int
rebuild(struct audit *before, const struct options *o, const char *database,
    struct err *e)
{
	int lock = -1;
	int rc = -1;

	if (lockfile_adopt(&lock, database, e) == -1)
		return -1;
	if (audit_rebuild(before, database, e) == -1) {
		err_wrap(e, "not rebuilt");
		goto out;
	}
	if (!o->json && !audit_is_clean(before)) {
		printf("before:\n");
		print_plain(o, database, before);
	}
	if (!o->json && !o->quiet)
		printf("rebuilt\n");
	rc = 0;
out:
	close(lock);
	return rc;
}

int
verify(const struct options *o, const char *database)
{
	struct audit before, now;
	struct err e = ERR_INIT;

	if ((o->rebuild && rebuild(&before, o, database, &e) == -1) ||
	    audit_run(&now, database, &e) == -1) {
		fprintf(stderr, "thv-registry-sync: %s\n", e.text);
		return 1;
	}
	if (o->json)
		print_json(database, &now, o->rebuild ? &before : NULL);
	else
		print_plain(o, database, &now);
	return audit_is_clean(&now) ? 0 : 1;
}
