/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every statement can be prepared, and none scans a table or index or sorts,
 * unless it says why it may ("-- plan: scan-ok why" in sql/).
 */
#include "lib/db/db.h"
#include "lib/db/schema.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

/* What a plan must not contain. */
struct verdict {
	bool scans;
	bool sorts;
	int lines;
};

/*
 * SQLite calls it SCAN, too, when a virtual table is asked through its own
 * index: "VIRTUAL TABLE INDEX 64:M0" has M for MATCH.
 */
static bool
is_scan(const char *line)
{
	const char *virtual = strstr(line, "VIRTUAL TABLE INDEX ");

	if (strncmp(line, "SCAN ", 5) != 0 ||
	    strcmp(line, "SCAN CONSTANT ROW") == 0)
		return false;
	return virtual == NULL || strstr(virtual, ":M") == NULL;
}

static void
look_at(void *context, const char *line)
{
	struct verdict *v = context;

	printf("#     %s\n", line);
	v->scans |= is_scan(line);
	v->sorts |= strstr(line, "TEMP B-TREE") != NULL;
	v->lines++;
}

static void
test_statement(struct db *db, enum sql_id id)
{
	const struct sql_statement *s = &sql_statements[id];
	struct verdict v = { false, false, 0 };
	struct err e = ERR_INIT;
	char what[200];

	printf("# %s\n", s->name);
	if (!t_check(db_explain(db, id, look_at, &v, &e) == 0, s->name,
		__FILE__, __LINE__)) {
		printf("#   %s\n", e.text);
		return;
	}
	if (s->set != SQL_SET_READ || s->scan_ok)
		return;
	snprintf(what, sizeof what, "%s is answered from indexes", s->name);
	t_check(v.lines > 0 && !v.scans && !v.sorts, what, __FILE__, __LINE__);
}

static void
run_script(struct db *db, const char *text)
{
	struct err e = ERR_INIT;

	if (!CHECK_INT(db_script(db, text, &e), 0))
		printf("#   %s\n", e.text);
}

int
main(void)
{
	char directory[] = "/tmp/test_plan.XXXXXX";
	char path[64], attach[128];
	struct err e = ERR_INIT;
	struct db *db = NULL;

	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/db", directory);
	CHECK_INT(db_open(&db, path, DB_WRITE, &e), 0);
	for (int i = 0; schema_durable[i] != NULL; i++)
		run_script(db, schema_durable[i]);
	run_script(db, schema_derived);
	run_script(db, schema_views);
	run_script(db, schema_temporary);
	/* What verify.sql compares with. */
	snprintf(attach, sizeof attach, "ATTACH '%s' AS stored", path);
	run_script(db, attach);
	for (int i = 0; i < SQL_COUNT; i++)
		test_statement(db, (enum sql_id)i);
	CHECK_INT(db_prepare(db, SQL_SET_READ, &e), 0);
	CHECK_INT(db_prepare(db, SQL_SET_WRITE, &e), 0);
	CHECK_INT(db_prepare(db, SQL_SET_RARE, &e), 0);
	db_close(db);
	unlink(path);
	snprintf(path, sizeof path, "%s/db-wal", directory);
	unlink(path);
	snprintf(path, sizeof path, "%s/db-shm", directory);
	unlink(path);
	rmdir(directory);
	return t_done();
}
