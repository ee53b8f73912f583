/* SPDX-License-Identifier: Apache-2.0 */
/* fcgi/answers: what is told again, and what is not. */
#include "fcgi/answer/answers.h"

#include "lib/limits.h"
#include "tests/t.h"

#define ROOM (64 * KIB)

static char tag[] = "\"1-a\"";

static struct answers_key
key(const char *uri, bool gzip)
{
	return (struct answers_key){ .uri = uri,
		.uri_len = strlen(uri),
		.etag = tag,
		.form = gzip ? ANSWERS_GZIP : ANSWERS_PLAIN };
}

static void
put(struct answers *a, const char *uri, bool gzip, char fill, size_t len)
{
	const struct answers_key k = key(uri, gzip);
	struct buf body = BUF_INIT(MIB);

	buf_reserve(&body, len);
	memset(body.data, fill, len);
	body.len = len;
	answers_put(a, &k, &body, gzip);
	buf_free(&body);
}

/* Whether ${uri} is answered by ${len} times ${fill}. */
static bool
is_told(struct answers *a, const char *uri, bool gzip, char fill, size_t len)
{
	const struct answers_key k = key(uri, gzip);
	struct buf body = BUF_INIT(MIB);
	bool compressed = !gzip;
	bool good = answers_get(a, &k, &body, &compressed) && body.len == len &&
		    compressed == gzip;

	for (size_t i = 0; good && i < len; i++)
		good = body.data[i] == fill;
	buf_free(&body);
	return good;
}

static void
test_second_time(void)
{
	struct answers *a = answers_new(ROOM);

	CHECK(!is_told(a, "/a", false, 'a', 100));
	put(a, "/a", false, 'a', 100);
	CHECK(!is_told(a, "/a", false, 'a', 100));
	put(a, "/a", false, 'a', 100);
	CHECK(is_told(a, "/a", false, 'a', 100));
	CHECK(!is_told(a, "/a", true, 'a', 100));
	CHECK(!is_told(a, "/b", false, 'a', 100));
	CHECK(!is_told(a, "/a?", false, 'a', 100));
	put(a, "/a", true, 'g', 50);
	put(a, "/a", true, 'g', 50);
	CHECK(is_told(a, "/a", true, 'g', 50));
	CHECK(is_told(a, "/a", false, 'a', 100));
	answers_free(a);
	answers_free(NULL);
}

/* That something was found is no answer, and the other way round. */
static void
test_found(void)
{
	struct answers *a = answers_new(ROOM);
	struct answers_key k = key("/a?b", false);
	struct buf body = BUF_INIT(MIB);
	bool compressed;

	k.form = ANSWERS_FOUND;
	k.uri_len = 2;
	put(a, "/a", false, 'a', 10);
	put(a, "/a", false, 'a', 10);
	CHECK(!answers_get(a, &k, &body, &compressed));
	answers_put(a, &k, &body, false);
	answers_put(a, &k, &body, false);
	CHECK(answers_get(a, &k, &body, &compressed));
	CHECK_INT(body.len, 0);
	CHECK(is_told(a, "/a", false, 'a', 10));
	k.uri_len = 4;
	CHECK(!answers_get(a, &k, &body, &compressed));
	k.uri_len = 2;
	tag[1] = '2';
	CHECK(!answers_get(a, &k, &body, &compressed));
	tag[1] = '1';
	buf_free(&body);
	answers_free(a);
}

static void
test_tag_moves(void)
{
	struct answers *a = answers_new(ROOM);

	put(a, "/a", false, 'a', 100);
	put(a, "/a", false, 'a', 100);
	tag[1] = '2';
	CHECK(!is_told(a, "/a", false, 'a', 100));
	/* It was asked for before, so the new one is kept at once. */
	put(a, "/a", false, 'b', 70);
	CHECK(is_told(a, "/a", false, 'b', 70));
	tag[1] = '1';
	CHECK(!is_told(a, "/a", false, 'a', 100));
	CHECK(!is_told(a, "/a", false, 'b', 70));
	answers_free(a);
}

static void
test_sizes(void)
{
	struct answers *a = answers_new(ROOM);

	/* An empty one is an answer. */
	put(a, "/0", false, 'x', 0);
	put(a, "/0", false, 'x', 0);
	CHECK(is_told(a, "/0", false, 'x', 0));
	/* One that would take much of the room is not kept. */
	put(a, "/long", false, 'x', ROOM / 4);
	put(a, "/long", false, 'x', ROOM / 4);
	CHECK(!is_told(a, "/long", false, 'x', ROOM / 4));
	CHECK(is_told(a, "/0", false, 'x', 0));
	answers_free(a);
}

/*
 * Many rounds of many answers: what is told is always what was put there last,
 * and what was put there just now is told.
 */
static void
test_ring(void)
{
	struct answers *a = answers_new(ROOM);
	size_t lens[300] = { 0 };
	unsigned wrong = 0, missed = 0, told = 0;
	unsigned long random = 1;

	for (int i = 0; i < 60000; i++) {
		char uri[32];
		size_t which;

		random = (random * 1103515245 + 12345) % 2147483648UL;
		which = random / 65536 % 300;
		snprintf(uri, sizeof uri, "/%zu", which);
		if (lens[which] > 0 &&
		    is_told(a, uri, false, (char)which, lens[which])) {
			told++;
			if (random % 4 != 0)
				continue;
		}
		/* Another length under the same tag: only a test does that. */
		lens[which] = random / 7 % 700 + 1;
		put(a, uri, false, (char)which, lens[which]);
		put(a, uri, false, (char)which, lens[which]);
		if (!is_told(a, uri, false, (char)which, lens[which]))
			missed++;
		for (size_t k = 0; k < 300; k += 97) {
			const struct answers_key other = key(uri + 1, false);
			struct buf body = BUF_INIT(MIB);
			bool compressed;

			wrong += answers_get(a, &other, &body, &compressed);
			buf_free(&body);
		}
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(missed, 0);
	CHECK(told > 1000);
	answers_free(a);
}

int
main(void)
{
	test_second_time();
	test_found();
	test_tag_moves();
	test_sizes();
	test_ring();
	return t_done();
}
