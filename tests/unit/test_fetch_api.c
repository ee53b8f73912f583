/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the registry API fetcher that need no network. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

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
		.since_us = CLOCK_NEVER };
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
		.since_us = CLOCK_NEVER };
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
		.asked = "a" };
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
	CHECK_STR(back.asked, "a");
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

static void
test_pages(void)
{
	static const struct {
		int line;
		const char *json;
		size_t entries;
		const char *cursor;
	} rows[] = {
		{ __LINE__, "{\"servers\":[]}", 0, NULL },
		{ __LINE__, "{\"servers\":null,\"metadata\":{}}", 0, NULL },
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
		    NULL },
	};
	static const char cursor_alone[] =
	    "{\"metadata\":{\"nextCursor\":\"x\"}}";
	struct fetch_api_page page;
	struct err e = ERR_INIT;
	struct reader r;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		reader_from_memory(&r, rows[i].json, strlen(rows[i].json));
		CHECK_INT(
		    fetch_api_page_read(&page, FETCH_API_SERVERS, &r, &e), 0);
		CHECK_INT(page.entries, rows[i].entries);
		if (rows[i].cursor == NULL)
			CHECK(page.cursor == NULL);
		else
			CHECK_STR(page.cursor, rows[i].cursor);
		free(page.cursor);
	}
	T_AT(0);
	/* Each list has a member of its own. */
	reader_from_memory(
	    &r, "{\"skills\":[1,2]}", strlen("{\"skills\":[1,2]}"));
	CHECK_INT(fetch_api_page_read(&page, FETCH_API_SKILLS, &r, &e), 0);
	CHECK_INT(page.entries, 2);
	reader_from_memory(
	    &r, "{\"skills\":[1,2]}", strlen("{\"skills\":[1,2]}"));
	CHECK_INT(fetch_api_page_read(&page, FETCH_API_PLUGINS, &r, &e), -1);
	CHECK_STR(e.text, "\"plugins\" is missing: this is no list of plugins");
	err_clear(&e);
	/* A cursor that was captured before the mistake is given back. */
	reader_from_memory(&r, cursor_alone, strlen(cursor_alone));
	CHECK_INT(fetch_api_page_read(&page, FETCH_API_SERVERS, &r, &e), -1);
	CHECK(page.cursor == NULL);
	CHECK_INT(e.code, ERR_INPUT);
}

static void
test_seen(void)
{
	struct fetch_api_seen s = { NULL, 0, 0 };
	size_t wrong = 0;

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			char *text = xasprintf("cursor-%d", i);

			wrong += fetch_api_seen_add(&s, text) != (round == 0);
			free(text);
		}
	CHECK_INT(wrong, 0);
	CHECK_INT(s.count, 5000);
	fetch_api_seen_free(&s);
	fetch_api_seen_free(&s);
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
	test_seen();
	return t_done();
}
