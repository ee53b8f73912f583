/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference for a single response: looks up the document of a name and
 * version by its indexes, in a transaction of its own, and does nothing else.
 *
 * Usage: bare_lookup DATABASE < FILE
 * A line of the file is a name, a tab and a version.  Looks each up WARM_UP
 * times and then once in measured(), whose instructions callgrind counts
 * (bench/lib/callgrind.py).  Prints "200 BYTES" for each, "404 -1" if not
 * found.
 */
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 2

static const char lookup_sql[] =
    "SELECT d.body FROM entry e"
    " JOIN version v ON v.entry_id = e.id AND v.version = ?2"
    " JOIN document d ON d.id = v.document_id"
    " WHERE e.kind = 1 AND e.name = ?1";

static sqlite3_stmt *begin, *lookup, *end;

static void
step_alone(sqlite3_stmt *s)
{
	sqlite3_step(s);
	sqlite3_reset(s);
}

static int
look_up(const char *name, const char *version)
{
	int bytes = -1;

	step_alone(begin);
	sqlite3_bind_text(lookup, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_text(lookup, 2, version, -1, SQLITE_STATIC);
	if (sqlite3_step(lookup) == SQLITE_ROW &&
	    sqlite3_column_blob(lookup, 0) != NULL)
		bytes = sqlite3_column_bytes(lookup, 0);
	sqlite3_reset(lookup);
	step_alone(end);
	return bytes;
}

__attribute__((noinline)) static int
measured(const char *name, const char *version)
{
	return look_up(name, version);
}

static void
prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
		NULL) != SQLITE_OK) {
		fprintf(stderr, "bare_lookup: %s\n", sqlite3_errmsg(db));
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	char line[8192];
	sqlite3 *db;

	if (argc != 2 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY,
			     NULL) != SQLITE_OK) {
		fputs("usage: bare_lookup DATABASE < FILE\n", stderr);
		return 2;
	}
	prepare(db, "BEGIN", &begin);
	prepare(db, "COMMIT", &end);
	prepare(db, lookup_sql, &lookup);
	while (fgets(line, sizeof line, stdin) != NULL) {
		char *tab = strchr(line, '\t');
		int bytes = -1;

		line[strcspn(line, "\n")] = '\0';
		if (tab != NULL)
			*tab++ = '\0';
		for (int i = 0; tab != NULL && i < WARM_UP; i++)
			look_up(line, tab);
		if (tab != NULL)
			bytes = measured(line, tab);
		printf("%d %d\n", bytes < 0 ? 404 : 200, bytes);
	}
	sqlite3_finalize(begin);
	sqlite3_finalize(end);
	sqlite3_finalize(lookup);
	sqlite3_close(db);
	return 0;
}
