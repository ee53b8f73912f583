/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the registry API fetcher that need no network. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
test_roots(void)
{
	static const struct {
		int line;
		const char *endpoint;
		const char *root;
		const char *version;
	} rows[] = {
		{ __LINE__, "https://a.example.com", "https://a.example.com",
		    "" },
		{ __LINE__, "https://a.example.com///", "https://a.example.com",
		    "" },
		{ __LINE__, "https://a.example.com/r/v0.1",
		    "https://a.example.com/r", "v0.1" },
		{ __LINE__, "https://a.example.com/r/v0.1/",
		    "https://a.example.com/r", "v0.1" },
		{ __LINE__, "https://a.example.com/v0.1/servers",
		    "https://a.example.com", "v0.1" },
		{ __LINE__, "https://a.example.com/v0/servers/",
		    "https://a.example.com", "v0" },
		{ __LINE__, "https://a.example.com/servers",
		    "https://a.example.com/servers", "" },
		{ __LINE__, "https://a.example.com/xv0",
		    "https://a.example.com/xv0", "" },
		{ __LINE__, "https://a.example.com/v0.1/tools",
		    "https://a.example.com/v0.1/tools", "" },
		{ __LINE__, "", "", "" },
		{ __LINE__, "/", "", "" },
	};
	char version[FETCH_API_VERSION_SIZE];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *root = fetch_api_url_root(version, rows[i].endpoint);

		T_AT(rows[i].line);
		CHECK_STR(root, rows[i].root);
		CHECK_STR(version, rows[i].version);
		free(root);
	}
	T_AT(0);
}

static void
test_page_urls(void)
{
	struct fetch_api_query q = { .root = "https://a.example.com/r",
		.version = "v0.1",
		.limit = 100,
		.since_us = CLOCK_NEVER,
		.cursor = "" };
	char *url = fetch_api_url_page(&q);

	CHECK_STR(url, "https://a.example.com/r/v0.1/servers?limit=100"
		       "&include_deleted=true");
	free(url);
	q.plain = true;
	q.since_us = INT64_C(1767323045000000);
	q.cursor = "a/b:1+&=%\xc3\xa9~";
	url = fetch_api_url_page(&q);
	CHECK_STR(url, "https://a.example.com/r/v0.1/servers?limit=100"
		       "&updated_since=2026-01-02T03%3A04%3A05Z"
		       "&cursor=a%2Fb%3A1%2B%26%3D%25%C3%A9~");
	free(url);
	/* Where include_deleted means nothing, and more than 100 too much. */
	q = (struct fetch_api_query){ .list = FETCH_API_PLUGINS,
		.root = "https://a.example.com/r",
		.version = "v0.1",
		.limit = 500,
		.since_us = CLOCK_NEVER,
		.cursor = "" };
	url = fetch_api_url_page(&q);
	CHECK_STR(url, "https://a.example.com/r/v0.1/x/dev.toolhive/plugins"
		       "?limit=100");
	free(url);
}

static void
test_checkpoints(void)
{
	static const char *const foreign[] = { NULL, "", "{}", "[]", "null",
		"{\"form\":2,\"version\":\"v0.1\"}", "{\"form\":1}",
		"{\"form\":", "{\"form\":1,\"version\":\"much too long\"}" };
	struct fetch_api_checkpoint c = { .crawl_us = 5,
		.full_us = 4,
		.since_us = 3,
		.pages = 2,
		.version = "v0",
		.plain = true,
		.has = { [FETCH_API_PLUGINS] = true },
		.delta = "d",
		.url_hash = "a" };
	struct fetch_api_checkpoint back;
	char *text = fetch_api_checkpoint_write(&c);

	CHECK_STR(text,
	    "{\"form\":1,\"version\":\"v0\",\"crawl\":5,\"full\":4,"
	    "\"since\":3,\"pages\":2,\"plain\":true,\"plugins\":true,\"delta\":\"d\","
	    "\"asked\":\"a\"}");
	CHECK(fetch_api_checkpoint_read(&back, text));
	CHECK(back.crawl_us == 5 && back.full_us == 4 && back.since_us == 3 &&
	      back.pages == 2 && back.plain);
	CHECK(back.has[FETCH_API_PLUGINS] && !back.has[FETCH_API_SKILLS]);
	CHECK_STR(back.version, "v0");
	CHECK_STR(back.delta, "d");
	CHECK_STR(back.url_hash, "a");
	free(text);
	c = (struct fetch_api_checkpoint){ .since_us = CLOCK_NEVER,
		.version = "v0.1" };
	text = fetch_api_checkpoint_write(&c);
	CHECK(strstr(text, "since") == NULL);
	CHECK(fetch_api_checkpoint_read(&back, text));
	CHECK(back.since_us == CLOCK_NEVER && !back.plain);
	free(text);
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		CHECK(!fetch_api_checkpoint_read(&back, foreign[i]));
}

static int
read_page(struct fetch_api_page *page, enum fetch_api_list list,
    const char *json, struct err *e)
{
	struct buf text = BUF_INIT(MIB);
	int rc;

	buf_adds(&text, json);
	rc = fetch_api_page_read(page, list, &text, NULL, e);
	CHECK_INT(page->size, strlen(json));
	buf_free(&text);
	return rc;
}

static void
test_pages(void)
{
	static const struct {
		int line;
		const char *json;
		size_t entries;
		const char *cursor;
	} rows[] = {
		{ __LINE__, "{\"servers\":[]}", 0, "" },
		{ __LINE__, "{\"servers\":null,\"metadata\":{}}", 0, "" },
		{ __LINE__,
		    "{\"metadata\":{\"nextCursor\":\"a\\u00e9\\/b\"},"
		    "\"servers\":[{},[{}],1]}",
		    3, "a\xc3\xa9/b" },
		{ __LINE__,
		    "{\"servers\":[{\"metadata\":{\"nextCursor\":\"x\"},"
		    "\"servers\":[1,2]}],\"metadata\":{\"next_cursor\":\"y\"}}",
		    1, "y" },
		{ __LINE__,
		    "{\"servers\":[{}],\"metadata\":{\"nextCursor\":\"\"}}", 1,
		    "" },
	};
	struct fetch_api_page page;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		CHECK_INT(
		    read_page(&page, FETCH_API_SERVERS, rows[i].json, &e), 0);
		CHECK_INT(page.entries, rows[i].entries);
		CHECK_STR(page.cursor, rows[i].cursor);
	}
	T_AT(0);
	/* Each list has a member of its own. */
	CHECK_INT(
	    read_page(&page, FETCH_API_SKILLS, "{\"skills\":[1,2]}", &e), 0);
	CHECK_INT(page.entries, 2);
	CHECK_INT(
	    read_page(&page, FETCH_API_PLUGINS, "{\"skills\":[1,2]}", &e), -1);
	CHECK_STR(e.text, "\"plugins\" is missing: not a list of plugins");
	err_clear(&e);
	CHECK_INT(read_page(&page, FETCH_API_SERVERS,
		      "{\"metadata\":{\"nextCursor\":\"x\"}}", &e),
	    -1);
	CHECK_INT(e.code, ERR_INPUT);
}

/* ---- a crawl on disk ---- */

static int
add_page(struct fetch_api_log *log, const char *cursor, struct err *e)
{
	struct fetch_api_page page = { .entries = 1 };

	snprintf(page.cursor, sizeof page.cursor, "%s", cursor);
	log->head.started_us = 1;
	memcpy(log->head.key, "k", sizeof "k");
	memcpy(log->head.version, "v0.1", sizeof "v0.1");
	return fetch_api_log_start(log, e) == -1 ||
		       fetch_api_log_add(log, "{}", 2, e) == -1
		   ? -1
		   : fetch_api_log_end(log, &page, e);
}

static void
test_cursors(void)
{
	char dir[] = "/tmp/test_fetch_api.XXXXXX";
	struct fetch_api_log *log = NULL;
	struct err e = ERR_INIT;
	char cursor[32];
	size_t wrong = 0;

	CHECK(mkdtemp(dir) != NULL);
	CHECK_INT(fetch_api_log_open(&log, dir, "k", &e), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(cursor, sizeof cursor, "cursor-%d", i);
		wrong += add_page(log, cursor, &e) == -1;
	}
	fetch_api_log_free(log);
	/* The next process knows them, too. */
	CHECK_INT(fetch_api_log_open(&log, dir, "k", &e), 0);
	CHECK_INT(log->count, 500);
	CHECK_STR(log->cursor, "cursor-499");
	for (int i = 0; i < 500; i++) {
		snprintf(cursor, sizeof cursor, "cursor-%d", i);
		wrong += add_page(log, cursor, &e) == 0;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(log->count, 500);
	CHECK_INT(fetch_api_log_entries(log), 500);
	/* In another list the same cursor is another one. */
	err_clear(&e);
	CHECK_INT(add_page(log, "", &e), 0);
	CHECK_INT(add_page(log, "cursor-1", &e), 0);
	CHECK_INT(log->list, FETCH_API_SKILLS);
	fetch_api_log_free(log);
	/* Another source finds nothing. */
	CHECK_INT(fetch_api_log_open(&log, dir, "l", &e), 0);
	CHECK_INT(log->count, 0);
	fetch_api_log_unlink(log);
	fetch_api_log_free(log);
	CHECK_INT(rmdir(dir), 0);
}

static void
test_refused_sizes(void)
{
	static const struct {
		int line;
		int status;
		const char *words;
		unsigned size;
		bool refused;
		unsigned named;
	} rows[] = {
		{ __LINE__, 422, "expected number <= 30: query.limit", 100,
		    true, 30 },
		{ __LINE__, 400, "Limit must be between 1 and 50", 100, true,
		    50 },
		{ __LINE__, 400, "page size over 100", 100, true, 0 },
		{ __LINE__, 400, "page size over 100", 1000, true, 100 },
		{ __LINE__, 400, "E400: limit must be less than 5", 100, true,
		    0 },
		{ __LINE__, 400, "too many: 12345678", 100, true, 0 },
		{ __LINE__, 422, "invalid cursor or limit", 100, false, 0 },
		{ __LINE__, 400, "unknown include_deleted, known: limit", 100,
		    false, 0 },
		{ __LINE__, 400, "bad request", 100, false, 0 },
		{ __LINE__, 400, NULL, 100, false, 0 },
		{ __LINE__, 429, "limit of 30 a minute", 100, false, 0 },
		{ __LINE__, 413, NULL, 100, true, 0 },
		{ __LINE__, 0, "limit", 100, false, 0 },
	};
	unsigned named;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		CHECK(fetch_api_size_is_refused(&named, rows[i].status,
			  rows[i].words, rows[i].size) == rows[i].refused);
		CHECK_INT(named, rows[i].named);
	}
	T_AT(0);
}

int
main(void)
{
	test_refused_sizes();
	test_roots();
	test_page_urls();
	test_checkpoints();
	test_pages();
	test_cursors();
	return t_done();
}
