/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi/answer/memo: which responses are repeated, and which are not. */
#include "fcgi/answer/memo.h"

#include "lib/limits.h"
#include "tests/t.h"

#define ROOM (64 * KIB)

/* One request at a time, with the response to it. */
static struct request_input in;
static struct request request = { .in = &in };
static struct response response;
static struct exchange x = { .request = &request, .response = &response };

static void
ask(const char *uri, bool gzip)
{
	in.uri = uri;
	in.accept_encoding = gzip ? "gzip" : NULL;
	request.path_len = strcspn(uri, "?");
	request.given = 0;
	response.status = 200;
	response.gzip = false;
	buf_reset(&response.body);
}

static void
set_tag(const char *tag)
{
	snprintf(response.etag, sizeof response.etag, "%s", tag);
}

static void
keep(struct memo *m, const char *uri, bool gzip, char fill, size_t len)
{
	ask(uri, gzip);
	buf_reserve(&response.body, len);
	memset(response.body.data, fill, len);
	response.body.len = len;
	memo_keep(m, &x);
}

/* Whether the plain response to ${uri} is ${len} times ${fill}. */
static bool
is_kept(struct memo *m, const char *uri, char fill, size_t len)
{
	bool good;

	ask(uri, false);
	good = memo_recall(m, &x) && response.body.len == len && !response.gzip;
	for (size_t i = 0; good && i < len; i++)
		good = response.body.data[i] == fill;
	return good;
}

static void
test_second_time(void)
{
	struct memo *m = memo_new(ROOM);

	CHECK(!is_kept(m, "/a", 'a', 100));
	keep(m, "/a", false, 'a', 100);
	CHECK(!is_kept(m, "/a", 'a', 100));
	keep(m, "/a", false, 'a', 100);
	CHECK(is_kept(m, "/a", 'a', 100));
	CHECK(!is_kept(m, "/b", 'a', 100));
	CHECK(!is_kept(m, "/a?", 'a', 100));
	memo_free(m);
	memo_free(NULL);
}

/* A client that accepts gzip has responses of its own, short ones plain. */
static void
test_gzip(void)
{
	struct memo *m = memo_new(ROOM);
	size_t packed;

	keep(m, "/a", false, 'a', 2000);
	keep(m, "/a", false, 'a', 2000);
	ask("/a", true);
	CHECK(!memo_recall(m, &x));
	keep(m, "/a", true, 'a', 2000);
	packed = response.body.len;
	CHECK(response.gzip);
	CHECK(packed < 100);
	keep(m, "/a", true, 'a', 2000);
	ask("/a", true);
	CHECK(memo_recall(m, &x));
	CHECK(response.gzip);
	CHECK_INT(response.body.len, packed);
	CHECK(is_kept(m, "/a", 'a', 2000));
	keep(m, "/short", true, 's', 50);
	keep(m, "/short", true, 's', 50);
	CHECK(!response.gzip);
	ask("/short", true);
	CHECK(memo_recall(m, &x));
	CHECK(!response.gzip);
	CHECK_INT(response.body.len, 50);
	memo_free(m);
}

/* A 304 is not a 200, and the other way round. */
static void
test_found(void)
{
	struct memo *m = memo_new(ROOM);

	keep(m, "/a", false, 'a', 10);
	keep(m, "/a", false, 'a', 10);
	ask("/a?b", false);
	CHECK(!memo_recall_found(m, &x));
	for (int i = 0; i < 2; i++) {
		ask("/a?b", false);
		buf_adds(&response.body, "body");
		response.status = 304;
		memo_keep(m, &x);
		CHECK_INT(response.body.len, 0);
	}
	CHECK(memo_recall_found(m, &x));
	ask("/a?c", false);
	CHECK(memo_recall_found(m, &x));
	CHECK(!memo_recall(m, &x));
	CHECK(is_kept(m, "/a", 'a', 10));
	ask("/a?b", false);
	request.given = 1;
	CHECK(!memo_recall_found(m, &x));
	request.given = 0;
	set_tag("\"2-a\"");
	CHECK(!memo_recall_found(m, &x));
	set_tag("\"1-a\"");
	memo_free(m);
}

static void
test_tag_changes(void)
{
	struct memo *m = memo_new(ROOM);

	keep(m, "/a", false, 'a', 100);
	keep(m, "/a", false, 'a', 100);
	set_tag("\"2-a\"");
	CHECK(!is_kept(m, "/a", 'a', 100));
	/* It was requested before, so the new one is kept at once. */
	keep(m, "/a", false, 'b', 70);
	CHECK(is_kept(m, "/a", 'b', 70));
	set_tag("\"1-a\"");
	CHECK(!is_kept(m, "/a", 'a', 100));
	CHECK(!is_kept(m, "/a", 'b', 70));
	memo_free(m);
}

static void
test_sizes(void)
{
	struct memo *m = memo_new(ROOM);

	/* An empty body is a response. */
	keep(m, "/0", false, 'x', 0);
	keep(m, "/0", false, 'x', 0);
	CHECK(is_kept(m, "/0", 'x', 0));
	/* One that would take much of the room is not kept. */
	keep(m, "/long", false, 'x', ROOM / 4);
	keep(m, "/long", false, 'x', ROOM / 4);
	CHECK(!is_kept(m, "/long", 'x', ROOM / 4));
	CHECK(is_kept(m, "/0", 'x', 0));
	memo_free(m);
}

/*
 * Stores more responses than there is room for, several times.  A response that
 * is found is the last one stored for its URI; the newest is always found.
 */
static void
test_ring(void)
{
	struct memo *m = memo_new(ROOM);
	size_t lens[300] = { 0 };
	unsigned wrong = 0, missed = 0, found = 0;
	unsigned long random = 1;

	for (int i = 0; i < 60000; i++) {
		char uri[32];
		size_t which;

		random = (random * 1103515245 + 12345) % 2147483648UL;
		which = random / 65536 % 300;
		snprintf(uri, sizeof uri, "/%zu", which);
		if (lens[which] > 0 &&
		    is_kept(m, uri, (char)which, lens[which])) {
			found++;
			if (random % 4 != 0)
				continue;
		}
		/* Another length under the same tag: only a test does that. */
		lens[which] = random / 7 % 700 + 1;
		keep(m, uri, false, (char)which, lens[which]);
		keep(m, uri, false, (char)which, lens[which]);
		if (!is_kept(m, uri, (char)which, lens[which]))
			missed++;
		for (size_t k = 0; k < 300; k += 97) {
			ask(uri + 1, false);
			wrong += memo_recall(m, &x);
		}
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(missed, 0);
	CHECK(found > 1000);
	memo_free(m);
}

int
main(void)
{
	response_init(&response);
	set_tag("\"1-a\"");
	test_second_time();
	test_gzip();
	test_found();
	test_tag_changes();
	test_sizes();
	test_ring();
	response_free(&response);
	return t_done();
}
