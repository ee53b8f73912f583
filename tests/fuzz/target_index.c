/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index of a database with any content: a letter for a column, and its new
 * value.  Lists must be answered, with entries or with an error.  Works on a
 * copy of the database that THV_REGISTRY_DATABASE_PATH names.
 */
#include "fcgi/answer/responder.h"
#include "lib/log/log.h"
#include "lib/store/database.h"
#include "lib/xalloc.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOB_MAX 40000 /* more than a block's list takes */
#define TERM "x'67' || 'file'"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Each column, and how to restore it. */
static const struct {
	char letter;
	const char *set; /* followed by the blob and the end of the statement */
	const char *where;
	const char *undo;
} columns[] = {
	{ 'e', "UPDATE posting SET entries = ", " WHERE term = " TERM,
	    "UPDATE posting SET entries = (SELECT entries FROM kept.posting k "
	    "WHERE k.first_key = posting.first_key AND k.term = posting.term) "
	    "WHERE term = " TERM },
	{ 'k', "UPDATE block SET sort_keys = ", "",
	    "UPDATE block SET sort_keys = (SELECT sort_keys FROM kept.block k "
	    "WHERE k.first_key = block.first_key)" },
	{ 'c', "UPDATE block SET changed = ", "",
	    "UPDATE block SET changed = (SELECT changed FROM kept.block k "
	    "WHERE k.first_key = block.first_key)" },
};

static char *const uris[] = {
	"/v0.1/servers?search=file&limit=2",
	"/v0.1/servers?search=file&updated_since=2020-01-01T00:00:00Z",
	"/v0.1/servers?version=latest",
	"/v0.1/x/dev.toolhive/skills?search=file",
};

static char directory[] = "/tmp/fuzz-index-XXXXXX";
static char *path;
static struct db *writer;
static struct responder *api;
static struct response out;

static void
remove_all(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < COUNT(ends); i++) {
		char *name = xasprintf("%s%s", path, ends[i]);

		unlink(name);
		free(name);
	}
	rmdir(directory);
}

static void
run(const char *script)
{
	struct err e = ERR_INIT;

	if (db_script(writer, script, &e) == 0)
		return;
	fprintf(stderr, "%s: %s\n", script, e.text);
	abort();
}

static void
begin(void)
{
	const char *from = getenv("THV_REGISTRY_DATABASE_PATH");
	struct err e = ERR_INIT;
	char *script;

	if (from == NULL || mkdtemp(directory) == NULL)
		abort();
	path = xasprintf("%s/db", directory);
	atexit(remove_all);
	FUZZ_HOLDS(db_open(&writer, from, DB_WRITE, &e) == 0);
	script = xasprintf("VACUUM INTO '%s'", path);
	run(script);
	free(script);
	db_close(writer);
	FUZZ_HOLDS(db_open(&writer, path, DB_WRITE, &e) == 0);
	run("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 100;"
	    "ATTACH ':memory:' AS kept;"
	    "CREATE TABLE kept.block AS SELECT * FROM block;"
	    "CREATE TABLE kept.posting AS SELECT * FROM posting"
	    " WHERE term = " TERM);
	/* Nothing is logged, or each damage would be. */
	log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1));
	api = responder_new(path, ROUTE_API, true);
	response_init(&out);
}

static char *
statement(size_t column, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	struct buf b = BUF_INIT(2 * BLOB_MAX + 1000);

	buf_adds(&b, columns[column].set);
	buf_adds(&b, "x'");
	for (size_t i = 0; i < len; i++) {
		buf_addc(&b, digits[data[i] >> 4]);
		buf_addc(&b, digits[data[i] & 15]);
	}
	buf_adds(&b, "'");
	buf_adds(&b, columns[column].where);
	FUZZ_HOLDS(!b.bad);
	return buf_take(&b);
}

static void
ask(const char *uri)
{
	struct request_input in = { .method = "GET", .uri = uri };

	responder_handle(api, &in, &out);
	FUZZ_HOLDS(out.status == 200 || out.status == 500);
	FUZZ_HOLDS(fuzz_is_json(buf_str(&out.body), out.body.len));
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	size_t column = 0;
	char *script;

	if (writer == NULL)
		begin();
	if (len == 0 || len > BLOB_MAX)
		return;
	while (column < COUNT(columns) && columns[column].letter != data[0])
		column++;
	if (column == COUNT(columns))
		return;
	script = statement(column, data + 1, len - 1);
	run(script);
	free(script);
	for (size_t i = 0; i < COUNT(uris); i++)
		ask(uris[i]);
	run(columns[column].undo);
	/* All is as it was, so what failed was not taken for good. */
	ask(uris[0]);
	FUZZ_HOLDS(out.status == 200);
}
