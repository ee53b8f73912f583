/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner on other documents than catalogues: callbacks, paths, captured
 * values, and the two helpers for text.
 */
#include "lib/buf.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <fcntl.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FIXTURES "tests/fixtures/catalog/"

/* Which values are captured: a path as written by write_path(), or a part. */
struct wish {
	const char *const *captures;
	size_t capture_count;
	struct buf text; /* "PATH=JSON\n" for each captured value */
};

static void
write_path(struct buf *out, const struct jscan_place *p)
{
	buf_reset(out);
	for (size_t i = 0; i < p->depth; i++) {
		buf_addc(out, '/');
		if (p->steps[i].key == NULL)
			buf_addf(out, "%zu", p->steps[i].index);
		else
			buf_add(out, p->steps[i].key, p->steps[i].key_len);
	}
}

/* Whether ${path} is ${pattern}, where '*' stands for one step. */
static bool
fits(const char *pattern, const char *path)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '*') {
			while (*path != '\0' && *path != '/')
				path++;
		} else if (*path++ != *pattern) {
			return false;
		}
	}
	return *path == '\0';
}

static enum jscan_action
decide(void *ctx, const struct jscan_place *p)
{
	const struct wish *w = ctx;
	struct buf path = BUF_INIT(KIB);
	enum jscan_action action = JSCAN_DESCEND;

	write_path(&path, p);
	for (size_t i = 0; i < w->capture_count; i++) {
		if (fits(w->captures[i], buf_str(&path)))
			action = JSCAN_CAPTURE;
	}
	buf_free(&path);
	return action;
}

static int
captured(void *ctx, const struct jscan_place *p, const struct jscan_capture *c,
    struct err *e)
{
	struct wish *w = ctx;
	struct buf path = BUF_INIT(KIB);

	(void)e;
	write_path(&path, p);
	buf_addf(&w->text, "%s=%s%s @%zu:%zu\n", buf_str(&path), c->json,
	    c->too_large ? "(too large)" : "", p->line, p->column);
	buf_free(&path);
	return 0;
}

static void
scan(struct wish *w, struct reader *r, const char *want)
{
	const struct jscan_handler handler = { w, 40, decide, captured };
	struct err e = ERR_INIT;

	buf_init(&w->text, 64 * KIB);
	CHECK_INT(jscan_run(r, &handler, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_STR(buf_str(&w->text), want);
	buf_free(&w->text);
	reader_close(r);
}

static void
scan_file(const char *path, const char *const *captures, size_t count,
    const char *want)
{
	struct wish w = { .captures = captures, .capture_count = count };
	struct reader r;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (!CHECK(fd >= 0))
		return;
	reader_from_fd(&r, fd, true);
	scan(&w, &r, want);
}

static void
test_api_page(void)
{
	static const char *const captures[] = { "/servers/*/server",
		"/servers/*/_meta", "/metadata/nextCursor" };

	scan_file(FIXTURES "api-page.json", captures, COUNT(captures),
	    "/servers/0/server={\"name\":\"a.b/c\",\"version\":\"1\"} @3:17\n"
	    "/servers/0/_meta={\"official\":{\"status\":\"active\"}} @3:63\n"
	    "/servers/1/_meta={} @4:16\n"
	    "/servers/1/server={\"name\":\"a.b/d\",\"version\":\"2\"} @4:30\n"
	    "/metadata/nextCursor=\"a.b\\u002Fd:2\" @6:43\n");
}

static void
test_legacy(void)
{
	static const char *const captures[] = { "/servers/*",
		"/remote_servers/*", "/version" };

	scan_file(FIXTURES "legacy.json", captures, COUNT(captures),
	    "/version=\"1.0.0\" @2:14\n"
	    "/servers/fetch=(too large) @5:14\n"
	    "/servers/f\xc3\xa9tch \"2\"={\"image\":\"example/fetch:2\"} "
	    "@6:25\n"
	    "/remote_servers/far={\"url\":\"https://example.com/mcp\"} "
	    "@8:30\n");
}

static void
test_small(void)
{
	static const struct {
		int line;
		const char *json, *capture, *want;
	} rows[] = {
		{ __LINE__, " { \"a\" : 1 } ", "", "={\"a\":1} @1:2\n" },
		{ __LINE__, "\n[1,\n 2]", "", "=[1,2] @2:1\n" },
		{ __LINE__, "\t-0.5e+7", "", "=-0.5e+7 @1:2\n" },
		{ __LINE__, "null", "", "=null @1:1\n" },
		{ __LINE__, "\xef\xbb\xbfnull", "", "=null @1:1\n" },
		{ __LINE__, "true", "/x", "" },
		{ __LINE__, "[[],[[5]],{}]", "/*/*/*", "/1/0/0=5 @1:7\n" },
		{ __LINE__, "[1,[2],3]", "/2", "/2=3 @1:8\n" },
		{ __LINE__, "{\"a\":{\"b\":[7,{\"c\":8}]}}", "/a/b/1/c",
		    "/a/b/1/c=8 @1:19\n" },
		{ __LINE__, "{\"\":{\"\":\"\"}}", "//", "//=\"\" @1:9\n" },
		{ __LINE__, "[[[[[[[[[[1]]]]]]]]]]", "/0/0/0/0/0/0/0/0",
		    "/0/0/0/0/0/0/0/0=[[1]] @1:9\n" },
		{ __LINE__, "[[[[[[[[[[1]]]]]]]]]]", "/0/0/0/0/0/0/0/0/0", "" },
	};
	struct wish w = { .capture_count = 1 };
	struct reader r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		w.captures = &rows[i].capture;
		reader_from_memory(&r, rows[i].json, strlen(rows[i].json));
		scan(&w, &r, rows[i].want);
	}
	T_AT(0);
}

static void
test_unquote(void)
{
	static const struct {
		int line;
		const char *literal, *text;
		size_t len;
	} rows[] = {
		{ __LINE__, "\"\"", "", 0 },
		{ __LINE__, "\"plain \xc3\xa9\"", "plain \xc3\xa9", 8 },
		{ __LINE__, "\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"", "\b\f\n\r\t\"\\/",
		    8 },
		{ __LINE__, "\"\\u0041\\u00e9\\u20AC\"",
		    "A\xc3\xa9\xe2\x82\xac", 6 },
		{ __LINE__, "\"\\ud83d\\uDE00\"", "\xf0\x9f\x98\x80", 4 },
		{ __LINE__, "\"\\ud83d\"", "\xef\xbf\xbd", 3 },
		{ __LINE__, "\"\\ude00x\"", "\xef\xbf\xbdx", 4 },
		{ __LINE__, "\"\\ud83d\\u0041\"",
		    "\xef\xbf\xbd"
		    "A",
		    4 },
		{ __LINE__, "\"a\\u0000b\"", "a", 3 },
	};
	char *copy;
	size_t len;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		copy = xstrdup(rows[i].literal);
		len = strlen(copy);
		CHECK_STR(jscan_unquote(copy, &len), rows[i].text);
		CHECK_INT(len, rows[i].len);
		free(copy);
	}
	T_AT(0);
}

/* A path for jscan_find(): "name" or "#index", parted by blanks. */
static size_t
parse_steps(struct jscan_step *steps, const char *path)
{
	size_t n = 0, len;

	for (; *path != '\0'; path += len + (path[len] == ' ')) {
		len = strcspn(path, " ");
		steps[n] = (struct jscan_step){ path, len, 0 };
		if (*path == '#')
			steps[n] = (struct jscan_step){ NULL, 0,
				strtoul(path + 1, NULL, 10) };
		n++;
	}
	return n;
}

static void
test_find(void)
{
	static const struct {
		int line;
		const char *json, *path, *want;
	} rows[] = {
		{ __LINE__, "{\"a\":1}", "", "{\"a\":1}" },
		{ __LINE__, "{\"a\":1,\"b\":[]}", "a", "1" },
		{ __LINE__, "{\"a\":1,\"b\":[]}", "b", "[]" },
		{ __LINE__, "{\"a\":1,\"b\":[]}", "c", NULL },
		{ __LINE__, "{\"a\":1,\"a\":{\"a\":3}}", "a", "{\"a\":3}" },
		{ __LINE__, "{\"a\":{\"b\":2},\"b\":3}", "a b", "2" },
		{ __LINE__, "{\"\\u0061\":\"}\\\"\"}", "a", "\"}\\\"\"" },
		{ __LINE__, "{\"\\\\\":1,\"a\":2}", "a", "2" },
		{ __LINE__, "[1,[2,\"]\",{}],null]", "#1 #1", "\"]\"" },
		{ __LINE__, "[1,[2,\"]\",{}],null]", "#1 #2", "{}" },
		{ __LINE__, "[1,[2,\"]\",{}],null]", "#2", "null" },
		{ __LINE__, "[1,[2,\"]\",{}],null]", "#3", NULL },
		{ __LINE__, "[1]", "a", NULL },
		{ __LINE__, "{\"a\":1}", "#0", NULL },
		{ __LINE__, "{\"a\":1}", "a b", NULL },
		{ __LINE__, "{}", "a", NULL },
		{ __LINE__, "[]", "#0", NULL },
	};
	struct jscan_step steps[4];
	const char *found;
	char copy[64];
	size_t len;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		len = 0;
		found = jscan_find(rows[i].json, strlen(rows[i].json), steps,
		    parse_steps(steps, rows[i].path), &len);
		snprintf(copy, sizeof copy, "%.*s", (int)len,
		    found == NULL ? "" : found);
		CHECK_STR(found == NULL ? NULL : copy, rows[i].want);
	}
	T_AT(0);
}

/* Text that is not JSON leads to nothing, but nowhere outside of it either. */
static void
test_find_in_garbage(void)
{
	static const char *const texts[] = { "{", "{\"", "{\"a", "{\"a\"",
		"{\"a\":", "{\"a\":\"\\", "{\"\\u0\":1}", "{\"\\\"", "[", "[,",
		"[[[", "[\"", "[}", "{]", "{:}", "{,", "{\"a\"}", "" };
	const struct jscan_step steps[] = { { "a", 1, 0 }, { NULL, 0, 1 } };
	size_t len, inside = 0;

	for (size_t i = 0; i < COUNT(texts); i++) {
		for (size_t s = 0; s < COUNT(steps); s++) {
			char *exact = xmalloc(strlen(texts[i]));
			const char *found;

			/* Without a NUL, so that a checker sees a step over. */
			memcpy(exact, texts[i], strlen(texts[i]));
			len = 0;
			found = jscan_find(
			    exact, strlen(texts[i]), &steps[s], 1, &len);
			inside += found == NULL ||
				  (found >= exact &&
				      found + len <= exact + strlen(texts[i]));
			free(exact);
		}
	}
	CHECK_INT(inside, COUNT(texts) * COUNT(steps));
}

int
main(void)
{
	test_api_page();
	test_legacy();
	test_small();
	test_unquote();
	test_find();
	test_find_in_garbage();
	return t_done();
}
