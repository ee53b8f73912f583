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
print_plain(const struct verify_options *o, const struct audit *a)
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
		printf("%s: %s, %" PRId64 " documents\n", o->database,
		    audit_is_clean(a) ? "ok" : "not ok", a->documents);
}

static void
add_checks(struct json_out *j, const struct audit *a)
{
	json_out_open(j, '[');
	for (int i = 0; i < AUDIT_CHECKS; i++) {
		const struct audit_result *r = &a->checks[i];

		json_out_open(j, '{');
		json_out_key(j, "name");
		json_out_str(j, audit_check_name((enum audit_check)i));
		json_out_key(j, "ok");
		json_out_bool(j, r->made && r->problems == 0);
		json_out_key(j, "problems");
		if (r->made)
			json_out_int(j, r->problems);
		else
			json_out_null(j);
		json_out_key(j, "example");
		json_out_str(j, r->example[0] == '\0' ? NULL : r->example);
		json_out_close(j, '}');
	}
	json_out_close(j, ']');
}

/* ${before} is what a rebuild found; NULL when there was none. */
static void
print_json(const struct verify_options *o, const struct audit *a,
    const struct audit *before)
{
	struct buf text = BUF_INIT(MIB);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	json_out_key(&j, "database");
	json_out_str(&j, o->database);
	json_out_key(&j, "ok");
	json_out_bool(&j, audit_is_clean(a));
	json_out_key(&j, "documents");
	json_out_int(&j, a->documents);
	json_out_key(&j, "checks");
	add_checks(&j, a);
	json_out_key(&j, "rebuilt");
	json_out_bool(&j, before != NULL);
	if (before != NULL) {
		json_out_key(&j, "before");
		add_checks(&j, before);
	}
	json_out_close(&j, '}');
	puts(buf_str(&text));
	buf_free(&text);
}

static int
rebuild(struct audit *before, const struct verify_options *o, struct err *e)
{
	int lock = -1;
	int rc = -1;

	if (lockfile_adopt(&lock, o->database, e) == -1)
		return -1;
	if (audit_rebuild(before, o->database, e) == -1) {
		err_wrap(e, "not rebuilt");
		goto out;
	}
	if (!o->json && !audit_is_clean(before)) {
		printf("before:\n");
		print_plain(o, before);
	}
	if (!o->json && !o->quiet)
		printf("rebuilt\n");
	rc = 0;
out:
	close(lock);
	return rc;
}

int
verify(const struct verify_options *o)
{
	struct audit before, now;
	struct err e = ERR_INIT;

	if ((o->rebuild && rebuild(&before, o, &e) == -1) ||
	    audit_run(&now, o->database, &e) == -1) {
		fprintf(stderr, "thv-registry-sync: %s\n", e.text);
		return 1;
	}
	if (o->json)
		print_json(o, &now, o->rebuild ? &before : NULL);
	else
		print_plain(o, &now);
	return audit_is_clean(&now) ? 0 : 1;
}
