/* SPDX-License-Identifier: Apache-2.0 */
/* lib/version: semantic versions, their order, and the sort key. */
#include "lib/version.h"

#include "tests/t.h"

#include <stdlib.h>

#define STRINGS 260
#define STRING_SIZE 48

static const struct {
	int line;
	const char *text;
	bool semantic;
} readings[] = {
	{ __LINE__, "1", true },
	{ __LINE__, "1.2", true },
	{ __LINE__, "1.2.3", true },
	{ __LINE__, "v1.2.3", true },
	{ __LINE__, "V1.2.3", false },
	{ __LINE__, "vv1", false },
	{ __LINE__, "v", false },
	{ __LINE__, "", false },
	{ __LINE__, " 1.0.0 ", false },
	{ __LINE__, " 1.0.0", false },
	{ __LINE__, "1.0.0 ", false },
	{ __LINE__, "1.0.0\n", false },
	{ __LINE__, "1.2.3.4", false },
	{ __LINE__, "1.", false },
	{ __LINE__, "1..2", false },
	{ __LINE__, ".1", false },
	{ __LINE__, "-1", false },
	{ __LINE__, "5.x", false },
	{ __LINE__, "latest", false },
	{ __LINE__, "^1.2.3", false },
	{ __LINE__, "2025.06.18", true },
	{ __LINE__, "000.00.0", true },
	{ __LINE__, "1-rc", true },
	{ __LINE__, "1.0-rc.1+b.2", true },
	{ __LINE__, "1.0.0-", false },
	{ __LINE__, "1.0.0-.", false },
	{ __LINE__, "1.0.0-a.", false },
	{ __LINE__, "1.0.0-a..b", false },
	{ __LINE__, "1.0.0-.a", false },
	{ __LINE__, "1.0.0-a_b", false },
	{ __LINE__, "1.0.0--", true },
	{ __LINE__, "1.0.0-0", true },
	{ __LINE__, "1.0.0-00", false },
	{ __LINE__, "1.2.3-01", false },
	{ __LINE__, "1.2.3-a.01", false },
	{ __LINE__, "1.2.3-01a", true },
	{ __LINE__, "1.2.3+", false },
	{ __LINE__, "1.2.3+a..b", false },
	{ __LINE__, "1.2.3+a+b", false },
	{ __LINE__, "1.2.3+01", true },
	{ __LINE__, "1.2.3+b-c", true },
	{ __LINE__, "18446744073709551615.0.0", true },
	{ __LINE__, "18446744073709551616.0.0", false },
	{ __LINE__, "0.18446744073709551616", false },
	{ __LINE__, "0.0.99999999999999999999", false },
	{ __LINE__, "00000000000000000000000000000001.0.0", true },
	{ __LINE__, "1.0.0-99999999999999999999999", true },
	{ __LINE__, "1.0.0-\xc3\xa9", false },
};

/* What is newer: ${order} is the sign of version_compare(a, b). */
static const struct {
	int line;
	const char *a;
	const char *b;
	int order;
} orders[] = {
	{ __LINE__, "1.10.0", "1.9.0", 1 },
	{ __LINE__, "v1.2", "1.1.9", 1 },
	{ __LINE__, "2025.06.18", "2025.6.17", 1 },
	{ __LINE__, "1.0.0-rc.10", "1.0.0-rc.2", 1 },
	{ __LINE__, "1.0.0-rc.2", "1.0.0-rc.10", -1 },
	{ __LINE__, "1.0.0", "1.0.0-rc", 1 },
	{ __LINE__, "10.0.0.0", "9.0.0", -1 },
	/*
	 * The reference calls these two the other way about, by bytes: its
	 * order is not transitive, ours puts versions above other strings.
	 */
	{ __LINE__, "latest", "1.0.0", -1 },
	{ __LINE__, "1.0.1", "latest", 1 },
	/* Equal precedence, which the reference leaves to document order. */
	{ __LINE__, "1.0.0+b2", "1.0.0+b1", 1 },
	{ __LINE__, "1.0", "1.0.0", -1 },
	{ __LINE__, "1.0.0", "v1.0.0", -1 },
	{ __LINE__, "1.0.0+a", "1.0.0+b", -1 },
	{ __LINE__, "01.0.0", "1.0.0", -1 },
	/* Semantic Versioning 2.0.0, section 11. */
	{ __LINE__, "1.0.0-alpha", "1.0.0-alpha.1", -1 },
	{ __LINE__, "1.0.0-alpha.1", "1.0.0-alpha.beta", -1 },
	{ __LINE__, "1.0.0-alpha.beta", "1.0.0-beta", -1 },
	{ __LINE__, "1.0.0-beta", "1.0.0-beta.2", -1 },
	{ __LINE__, "1.0.0-beta.2", "1.0.0-beta.11", -1 },
	{ __LINE__, "1.0.0-beta.11", "1.0.0-rc.1", -1 },
	{ __LINE__, "1.0.0-rc.1", "1.0.0", -1 },
	/* Build data and length decide nothing before precedence does. */
	{ __LINE__, "1.0.0+z", "1.0.1", -1 },
	{ __LINE__, "1.0.0-a+z", "1.0.0-a.0", -1 },
	{ __LINE__, "1.0.0-a-b", "1.0.0-a.b", 1 },
	{ __LINE__, "1.0.0-a", "1.0.0-aa", -1 },
	{ __LINE__, "1.0.0-2", "1.0.0-a", -1 },
	{ __LINE__, "1.0.0-0", "1.0.0-5", -1 },
	{ __LINE__, "1.0.0-99999999999999999999999",
	    "1.0.0-100000000000000000000000", -1 },
	{ __LINE__, "18446744073709551615", "2", 1 },
	{ __LINE__, "256.0.0", "255.0.0", 1 },
	/* Other strings, by bytes. */
	{ __LINE__, "", "a", -1 },
	{ __LINE__, "", "0.0.0-0", -1 },
	{ __LINE__, "a", "B", 1 },
	{ __LINE__, "\xc3\xa9", "z", 1 },
	{ __LINE__, "5.x", "10.0.0", -1 },
	{ __LINE__, "same", "same", 0 },
	{ __LINE__, "1.2.3", "1.2.3", 0 },
};

/* The latest of a list, in whatever order the document has it. */
static const struct {
	int line;
	const char *versions[3];
	const char *latest;
} lists[] = {
	{ __LINE__, { "1.2.0", "1.10.0", "1.9.0" }, "1.10.0" },
	{ __LINE__, { "1.0.0-rc.1", "1.0.0-beta.11", NULL }, "1.0.0-rc.1" },
	{ __LINE__, { "1.0", "1.0.0", NULL }, "1.0.0" },
	{ __LINE__, { "1.0.0+a", "1.0.0+b", NULL }, "1.0.0+b" },
	{ __LINE__, { "9.0.0", "10.0.0", "5.x" }, "10.0.0" },
	{ __LINE__, { "5.x", "9.0.0", "10.0.0" }, "10.0.0" },
	{ __LINE__, { "10.0.0", "5.x", "9.0.0" }, "10.0.0" },
	{ __LINE__, { "1.10.0", "latest", NULL }, "1.10.0" },
};

static int
sign(int n)
{
	return (n > 0) - (n < 0);
}

/* memcmp() of the keys, the shorter one first when it is a prefix. */
static int
compare_keys(const struct buf *a, const struct buf *b)
{
	size_t shorter = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->data, b->data, shorter);

	if (order != 0)
		return sign(order);
	return (a->len > b->len) - (a->len < b->len);
}

static int
compare_by_key(const char *a, const char *b)
{
	struct buf a_key = BUF_INIT(4096), b_key = BUF_INIT(4096);
	int order;

	version_order_key(&a_key, a, strlen(a));
	version_order_key(&b_key, b, strlen(b));
	order = compare_keys(&a_key, &b_key);
	buf_free(&a_key);
	buf_free(&b_key);
	return order;
}

static void
test_tables(void)
{
	for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
		T_AT(readings[i].line);
		CHECK_INT(version_is_semantic(
			      readings[i].text, strlen(readings[i].text)),
		    readings[i].semantic);
	}
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		const char *a = orders[i].a, *b = orders[i].b;

		T_AT(orders[i].line);
		CHECK_INT(sign(version_compare(a, b)), orders[i].order);
		CHECK_INT(sign(version_compare(b, a)), -orders[i].order);
		CHECK_INT(compare_by_key(a, b), orders[i].order);
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const char *latest = lists[i].versions[0];

		for (size_t j = 1; j < 3 && lists[i].versions[j] != NULL; j++)
			if (version_compare(lists[i].versions[j], latest) > 0)
				latest = lists[i].versions[j];
		T_AT(lists[i].line);
		CHECK_STR(latest, lists[i].latest);
	}
	T_AT(0);
}

/* A small generator of our own: the same strings on every machine. */
static uint32_t
next_random(void)
{
	static uint32_t state = 20250618;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Builds a string of pieces, most of them nearly a version. */
static void
generate(char text[STRING_SIZE])
{
	static const char *const pieces[] = { "0", "1", "2", "9", "10", "01",
		"255", "18446744073709551615", "v", ".", ".1", ".a", ".rc", "-",
		"-1", "-rc", "-a.2", "+", "+b", "a", "B", " ", "\xff", "\x01" };
	const size_t count = sizeof pieces / sizeof *pieces;
	uint32_t wanted = next_random() % 5;

	text[0] = '\0';
	if (next_random() % 4 != 0)
		snprintf(text, STRING_SIZE, "%s%u.%u.%u",
		    next_random() % 4 == 0 ? "v" : "", next_random() % 2,
		    next_random() % 2, next_random() % 2);
	while (wanted-- > 0) {
		const char *piece = pieces[next_random() % count];
		size_t len = strlen(text);

		if (len + strlen(piece) < STRING_SIZE)
			memcpy(text + len, piece, strlen(piece) + 1);
	}
}

static char strings[STRINGS][STRING_SIZE];
static signed char matrix[STRINGS][STRINGS];

static int
fill_matrix(void)
{
	static struct buf keys[STRINGS];
	int differing = 0;

	for (int i = 0; i < STRINGS; i++) {
		generate(strings[i]);
		buf_init(&keys[i], 4096);
		version_order_key(&keys[i], strings[i], strlen(strings[i]));
	}
	for (int i = 0; i < STRINGS; i++) {
		for (int j = 0; j < STRINGS; j++) {
			int order =
			    sign(version_compare(strings[i], strings[j]));

			matrix[i][j] = (signed char)order;
			if (order == compare_keys(&keys[i], &keys[j]))
				continue;
			differing++;
			printf("# '%s' and '%s'\n", strings[i], strings[j]);
		}
	}
	for (int i = 0; i < STRINGS; i++)
		buf_free(&keys[i]);
	return differing;
}

static void
test_properties(void)
{
	int semantic = 0, unequal_equals = 0, one_way = 0, broken = 0;

	CHECK_INT(fill_matrix(), 0);
	for (int i = 0; i < STRINGS; i++) {
		semantic += version_is_semantic(strings[i], strlen(strings[i]));
		for (int j = 0; j < STRINGS; j++) {
			bool same = strcmp(strings[i], strings[j]) == 0;

			unequal_equals += (matrix[i][j] == 0) != same;
			one_way += matrix[i][j] != -matrix[j][i];
			if (matrix[i][j] >= 0)
				continue;
			for (int k = 0; k < STRINGS; k++)
				broken += matrix[j][k] < 0 && matrix[i][k] >= 0;
		}
	}
	CHECK_INT(unequal_equals, 0);
	CHECK_INT(one_way, 0);
	CHECK_INT(broken, 0);
	/* The generator has to make enough of both kinds to mean something. */
	CHECK(semantic > STRINGS / 5 && semantic < STRINGS * 4 / 5);
}

static void
test_key_edges(void)
{
	struct buf a = BUF_INIT(4096), b = BUF_INIT(4096), tiny = BUF_INIT(4);
	char digits[700];
	int n;

	/* Numbers whose count of digits passes one byte of the key. */
	n = snprintf(digits, sizeof digits, "1.0.0-1%0254d", 0);
	version_order_key(&a, digits, (size_t)n);
	n = snprintf(digits, sizeof digits, "1.0.0-9%0253d", 0);
	version_order_key(&b, digits, (size_t)n);
	CHECK_INT(compare_keys(&a, &b), 1);
	buf_reset(&b);
	n = snprintf(digits, sizeof digits, "1.0.0-1%0255d", 0);
	version_order_key(&b, digits, (size_t)n);
	CHECK_INT(compare_keys(&a, &b), -1);
	buf_reset(&b);
	n = snprintf(digits, sizeof digits, "1.0.0-1%0600d", 0);
	version_order_key(&b, digits, (size_t)n);
	CHECK_INT(compare_keys(&a, &b), -1);

	/* A NUL inside is a byte as any other. */
	buf_reset(&a);
	buf_reset(&b);
	version_order_key(&a, "1.0\0x", 5);
	version_order_key(&b, "1.0", 3);
	CHECK_INT(compare_keys(&a, &b), -1);
	CHECK(!version_is_semantic("1.0\0x", 5));
	CHECK(version_is_semantic("1.0.0junk", 5));
	version_order_key(&tiny, "1.0.0", 5);
	CHECK(tiny.bad);
	buf_free(&a);
	buf_free(&b);
	buf_free(&tiny);
}

int
main(void)
{
	test_tables();
	test_properties();
	test_key_edges();
	return t_done();
}
