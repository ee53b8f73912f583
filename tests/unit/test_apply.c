/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying artificial fetches: a delta changes only its own entries, a source
 * may have several documents, and notes on an entry stay until it is offered
 * again.
 */
#include "lib/limits.h"
#include "lib/store/database.h"
#include "sync/read.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

#define OFFICIAL "\"io.modelcontextprotocol.registry/official\":"
#define SERVER(name, more)                                                \
	"{\"server\":{\"name\":\"" name "\",\"version\":\"1\","           \
	"\"description\":\"d\"},\"_meta\":{" OFFICIAL "{\"status\":" more \
	"}}}"
#define BAD(name)                                               \
	"{\"server\":{\"name\":\"" name "\",\"version\":\"1\"," \
	"\"description\":5}}"
#define PAGE(items) "{\"servers\":[" items "],\"metadata\":{}}"

static struct db *db;
static const struct filter_spec filter;
static int64_t now = 1000000;

static int
open_page(struct fetch *f, size_t index, struct reader *r, const char **name,
    struct err *e)
{
	const char *const *pages = f->state;

	(void)e;
	reader_from_memory(r, pages[index], strlen(pages[index]));
	*name = "page";
	return 0;
}

static struct apply_counts stored; /* by the last that went well */

static void
release(struct fetch *f)
{
	f->state = NULL;
}

/* Applies ${count} documents as one fetch, in a transaction of its own. */
static int
apply(struct apply_counts *counts, const char *const *pages, size_t count,
    bool partial, struct err *e)
{
	static const struct fetch_opener opener = { open_page, release };
	struct fetch fetched = { .partial = partial,
		.document_count = count,
		.opener = &opener,
		.state = (void *)pages };
	const struct apply_options options = { .source_id = 1,
		.source_name = "a",
		.filter = &filter,
		.partial = partial,
		.max_meta_size = LIMIT_META_DEFAULT,
		.at = { .now = now, .changed = now },
		.stored = stored };
	struct err own = ERR_INIT;

	if (e == NULL)
		e = &own;
	now++;
	CHECK_INT(db_begin_write(db, e), 0);
	if (read_and_apply(counts, db, &fetched, &options, e) == -1) {
		db_rollback(db);
		return -1;
	}
	stored = *counts;
	return db_commit(db, e);
}

static void
check_counts(const struct apply_counts *c, int64_t added, int64_t updated,
    int64_t removed, int64_t unchanged, int64_t rejected, int64_t servers)
{
	CHECK_INT(c->added, added);
	CHECK_INT(c->updated, updated);
	CHECK_INT(c->removed, removed);
	CHECK_INT(c->unchanged, unchanged);
	CHECK_INT(c->rejected, rejected);
	CHECK_INT(c->servers, servers);
}

/* What is stored of a version, by the statements that the sync asks with. */
static bool
is_alive(const char *name)
{
	struct stmt *s = db_stmt(db, SQL_STORED_ENTRY);
	struct err e = ERR_INIT;
	bool row = false, alive = false;
	int64_t entry;

	stmt_bind_int(s, SQL_STORED_ENTRY_P_KIND, ENTRY_SERVER);
	stmt_bind_str(s, SQL_STORED_ENTRY_P_NAME, name);
	stmt_bind_int(s, SQL_STORED_ENTRY_P_SOURCE, 1);
	CHECK_INT(stmt_step(s, &row, &e), 0);
	entry = row ? stmt_int(s, 0) : 0;
	stmt_done(s);
	s = db_stmt(db, SQL_STORED_VERSION);
	stmt_bind_int(s, SQL_STORED_VERSION_P_ENTRY, entry);
	stmt_bind_str(s, SQL_STORED_VERSION_P_VERSION, "1");
	CHECK_INT(stmt_step(s, &row, &e), 0);
	alive = row && strcmp(stmt_text(s, 3, NULL), "deleted") != 0;
	stmt_done(s);
	return alive;
}

/* As the end of a sync does it: how many were left out is remembered. */
static void
remember_rejected(int64_t rejected)
{
	char sql[128];
	struct err e = ERR_INIT;

	snprintf(sql, sizeof sql,
	    "UPDATE source_state SET rejected = %lld WHERE source_id = 1",
	    (long long)rejected);
	CHECK_INT(db_script(db, sql, &e), 0);
}

static void
test_partial(void)
{
	const char *const whole[] = {
		PAGE(SERVER("n/a", "\"active\"") "," BAD("n/bad")),
		PAGE(SERVER("n/b", "\"active\"") "," BAD("n/worse")),
	};
	const char *const gone[] = { PAGE(SERVER("n/a", "\"deleted\"")) };
	const char *const none[] = { PAGE("") };
	const char *const fixed[] = {
		PAGE(SERVER("n/bad", "\"active\"") "," BAD("n/worse")),
	};
	struct apply_counts c;
	struct err e = ERR_INIT;

	CHECK_INT(apply(&c, whole, 2, false, NULL), 0);
	check_counts(&c, 2, 0, 0, 0, 2, 2);
	remember_rejected(c.rejected);
	CHECK_INT(apply(&c, gone, 1, true, NULL), 0);
	check_counts(&c, 0, 0, 1, 0, 2, 1);
	CHECK(!is_alive("n/a"));
	CHECK(is_alive("n/b"));
	/* Nothing has changed: that is no failure, and nothing is gone. */
	CHECK_INT(apply(&c, none, 1, true, NULL), 0);
	check_counts(&c, 0, 0, 0, 0, 2, 1);
	CHECK_INT(apply(&c, none, 0, true, NULL), 0);
	check_counts(&c, 0, 0, 0, 0, 2, 1);
	/* One is good now, the other is judged again and not counted twice. */
	CHECK_INT(apply(&c, fixed, 1, true, NULL), 0);
	check_counts(&c, 1, 0, 0, 0, 1, 2);
	CHECK_INT(apply(&c, none, 1, false, &e), -1);
	CHECK_STR(e.text, "upstream registry must contain at least one server");
	CHECK(is_alive("n/b"));
	CHECK_INT(apply(&c, whole, 2, false, NULL), 0);
	check_counts(&c, 1, 0, 0, 2, 2, 3);
	CHECK(is_alive("n/bad"));
}

/* An empty page is no failure beside one that is not. */
static void
test_empty_page_among_others(void)
{
	const char *const pages[] = { PAGE(SERVER("n/a", "\"active\"")),
		PAGE("") };
	struct apply_counts c;

	CHECK_INT(apply(&c, pages, 2, false, NULL), 0);
	check_counts(&c, 0, 0, 2, 1, 0, 1);
}

/* The same version on two pages: the first counts. */
static void
test_twice_on_two_pages(void)
{
	const char *const pages[] = { PAGE(SERVER("n/a", "\"active\"")),
		PAGE(SERVER("n/a", "\"deprecated\"")) };
	struct apply_counts c;

	CHECK_INT(apply(&c, pages, 2, false, NULL), 0);
	check_counts(&c, 0, 0, 0, 1, 1, 1);
}

int
main(void)
{
	char directory[] = "/tmp/test_apply.XXXXXX", path[64];
	struct err e = ERR_INIT;

	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/db", directory);
	CHECK_INT(database_open(&db, path, &e), 0);
	CHECK_INT(db_script(db,
		      "INSERT INTO source (id, name, kind, ordinal, config,"
		      " identity, filter, strict, created_us, updated_us)"
		      " VALUES (1, 'a', 'api', 0, '{}', '', 'null', 0, 0, 0);"
		      "INSERT INTO source_state (source_id, phase, message,"
		      " attempts) VALUES (1, 'complete', '', 0);",
		      &e),
	    0);
	test_partial();
	test_empty_page_among_others();
	test_twice_on_two_pages();
	db_close(db);
	for (const char *const *end =
		 (const char *const[]){ "", "-wal", "-shm", NULL };
	     *end != NULL; end++) {
		snprintf(path, sizeof path, "%s/db%s", directory, *end);
		unlink(path);
	}
	rmdir(directory);
	return t_done();
}
