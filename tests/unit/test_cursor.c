/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: encoding and decoding, and invalid texts. */
#include "fcgi/http/cursor.h"

#include "fcgi/http/query.h"
#include "lib/clock.h"
#include "lib/limits.h"
#include "tests/t.h"

static struct buf text = BUF_INIT(LIMIT_REQUEST_URI);
static struct buf scratch = BUF_INIT(LIMIT_REQUEST_URI);

static const struct cursor_scope here = { "main", ENTRY_SERVER, NULL };

static const struct {
	int line;
	struct cursor c;
} cursors[] = {
	{ __LINE__, { .limit = 1,
			.since = CLOCK_NEVER,
			.last_name = "a/b",
			.last_version = "1.0.0" } },
	{ __LINE__, { .limit = 1000,
			.since = 0,
			.deleted = true,
			.last_name = "n,\xc3\xa4",
			.last_version = "1,2" } },
	{ __LINE__, { .limit = 50,
			.since = -1,
			.deleted = true,
			.filters.text[PARAMETER_SEARCH] = "a \"b\" %_",
			.filters.text[PARAMETER_STATUS] = "active",
			.filters.text[PARAMETER_VERSION] = "latest",
			.last_name = "a/b",
			.last_version = "1" } },
	{ __LINE__, { .limit = 256,
			.since = INT64_MAX,
			.filters.text[PARAMETER_VERSION] = "1.2.3+x",
			.last_name = "a/b",
			.last_version = "1.2.3+x" } },
	{ __LINE__, { .limit = 30,
			.since = CLOCK_NEVER,
			.last_name = "a/b",
			.last_version = "1",
			.filters.sets = { { 3, { "a", "b c", "z" } },
			    { 0, { 0 } }, { 1, { "sse" } } } } },
};

static void
encode(const struct cursor *c, const struct cursor_scope *scope)
{
	buf_reset(&text);
	cursor_encode(&text, &scratch, c, scope);
}

static int
decode(struct cursor *c, const struct cursor_scope *scope)
{
	struct err e = ERR_INIT;
	int rc = cursor_decode(c, &scratch, buf_str(&text), scope, &e);

	if (rc == -1)
		CHECK_STR(e.text, "invalid cursor");
	return rc;
}

static void
test_round_trip(void)
{
	for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++) {
		const struct cursor *want = &cursors[i].c;
		struct cursor got;

		T_AT(cursors[i].line);
		encode(want, &here);
		CHECK(!text.bad);
		CHECK(strspn(buf_str(&text),
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			  "0123456789-_") == text.len);
		if (!CHECK_INT(decode(&got, &here), 0))
			continue;
		CHECK_INT(got.limit, want->limit);
		CHECK_INT(got.since, want->since);
		CHECK_INT(got.deleted, want->deleted);
		for (int k = 0; k < PARAMETER_SINGLES; k++)
			CHECK_STR(got.filters.text[k], want->filters.text[k]);
		for (int k = 0; k < PARAMETER_FACETS; k++)
			CHECK(value_set_equal(
			    &got.filters.sets[k], &want->filters.sets[k]));
		CHECK_STR(got.last_name, want->last_name);
		CHECK_STR(got.last_version,
		    want->filters.text[PARAMETER_VERSION] == NULL
			? want->last_version
			: "");
	}
	T_AT(0);
}

/* Every change of one character, and every cut, is noticed. */
static void
test_damage(void)
{
	struct cursor c;
	int accepted = 0, tried = 0;

	encode(&cursors[2].c, &here);
	for (size_t i = 0; i < text.len; i++) {
		char old = text.data[i];

		for (const char *p = "Aa0-_z5=+ "; *p != '\0'; p++) {
			struct err e = ERR_INIT;

			if (*p == old)
				continue;
			text.data[i] = *p;
			tried++;
			accepted += cursor_decode(&c, &scratch, text.data,
					&here, &e) == 0;
		}
		text.data[i] = old;
	}
	CHECK(tried > 400);
	CHECK_INT(accepted, 0);
	for (size_t len = 0; len < text.len; len++) {
		struct err e = ERR_INIT;
		char cut[200];

		memcpy(cut, text.data, len);
		cut[len] = '\0';
		accepted += cursor_decode(&c, &scratch, cut, &here, &e) == 0;
	}
	CHECK_INT(accepted, 0);
}

static void
test_scope(void)
{
	const struct cursor_scope others[] = {
		{ "other", ENTRY_SERVER, NULL },
		{ "main", ENTRY_SKILL, NULL },
		{ "main", ENTRY_SERVER, "a/b" },
		{ "", ENTRY_SERVER, "main" },
	};
	const struct cursor_scope mine = { "main", ENTRY_SERVER, "x/y" };
	struct cursor c;

	encode(&cursors[0].c, &here);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		CHECK_INT(decode(&c, &others[i]), -1);
	encode(&cursors[0].c, &mine);
	CHECK_INT(decode(&c, &mine), 0);
	CHECK_INT(decode(&c, &here), -1);
	CHECK_INT(decode(&c, &others[2]), -1);
}

/* A cursor with a right checksum may still say what cannot be. */
static void
test_forged(void)
{
	struct cursor c, forged = cursors[0].c;
	struct value_set *tags = &forged.filters.sets[0];
	char search[LIMIT_SEARCH + 2];

	forged.limit = 0;
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), -1);
	forged.limit = LIMIT_PAGE_MAX + 1;
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), -1);
	forged.limit = 1;
	memset(search, 's', sizeof search);
	search[LIMIT_SEARCH + 1] = '\0';
	forged.filters.text[PARAMETER_SEARCH] = search;
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), -1);
	search[LIMIT_SEARCH] = '\0';
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), 0);
	tags->at[0] = "y";
	tags->at[1] = "x";
	tags->count = 2; /* they do not ascend */
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), -1);
	tags->at[1] = "y"; /* twice the same */
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), -1);
	tags->at[1] = "z";
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), 0);
	tags->count = 3; /* ascending, and too long together */
	tags->at[0] = search + 2;
	tags->at[1] = search + 1;
	tags->at[2] = search;
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), -1);
	tags->count = 2;
	encode(&forged, &here);
	CHECK_INT(decode(&c, &here), 0);
}

/* The longest names that can be stored fit a cursor. */
static void
test_longest(void)
{
	static char name[LIMIT_IDENTITY + 1], version[LIMIT_VERSION_BYTES + 1],
	    search[LIMIT_SEARCH + 1];
	struct cursor c = cursors[2].c;
	static char tag[LIMIT_FACET_BYTES];

	memset(tag, 't', sizeof tag - 1);
	CHECK(value_set_add(&c.filters.sets[0], tag, 1));
	memset(name, 'n', LIMIT_IDENTITY);
	memset(version, 'v', LIMIT_VERSION_BYTES);
	memset(search, 's', LIMIT_SEARCH);
	c.filters.text[PARAMETER_SEARCH] = search;
	c.last_name = name;
	c.last_version = c.filters.text[PARAMETER_VERSION] = version;
	encode(&c, &here);
	CHECK(text.len <= LIMIT_CURSOR);
	CHECK_INT(decode(&c, &here), 0);
	CHECK_STR(c.filters.text[PARAMETER_VERSION], version);
}

static const struct {
	int line;
	struct query q;
	const char *odd; /* NULL: they agree */
} resumed[] = {
	{ __LINE__, { .since = CLOCK_NEVER }, NULL },
	{ __LINE__,
	    { .since = CLOCK_NEVER, .filters.text[PARAMETER_SEARCH] = "x" },
	    NULL },
	{ __LINE__,
	    { .since = CLOCK_NEVER, .filters.text[PARAMETER_SEARCH] = "y" },
	    "search" },
	{ __LINE__,
	    { .since = CLOCK_NEVER,
		.filters.text[PARAMETER_VERSION] = "latest" },
	    NULL },
	{ __LINE__,
	    { .since = CLOCK_NEVER, .filters.text[PARAMETER_VERSION] = "1" },
	    "version" },
	{ __LINE__,
	    { .since = CLOCK_NEVER,
		.filters.text[PARAMETER_STATUS] = "active" },
	    "status" },
	/* A client may move it from page to page: the cursor decides. */
	{ __LINE__, { .since = 5 }, NULL },
	{ __LINE__, { .since = 5, .deleted = true, .deleted_word = "false" },
	    NULL },
	{ __LINE__, { .since = CLOCK_NEVER, .deleted_word = "false" }, NULL },
	{ __LINE__,
	    { .since = CLOCK_NEVER, .deleted_word = "true", .deleted = true },
	    "include_deleted" },
};

static void
test_resume(void)
{
	const struct cursor c = { .limit = 7,
		.since = CLOCK_NEVER,
		.filters.text[PARAMETER_SEARCH] = "x",
		.filters.text[PARAMETER_VERSION] = "latest" };

	for (size_t i = 0; i < sizeof resumed / sizeof resumed[0]; i++) {
		struct query q = resumed[i].q;
		struct err e = ERR_INIT;
		char want[100];

		T_AT(resumed[i].line);
		CHECK_INT(
		    query_resume(&q, &c, &e), resumed[i].odd == NULL ? 0 : -1);
		if (resumed[i].odd == NULL) {
			CHECK_STR(query_search(&q), "x");
			CHECK_STR(query_version(&q), "latest");
			CHECK_INT(q.limit, 7);
			CHECK(q.since == CLOCK_NEVER);
			CHECK(!q.deleted);
			continue;
		}
		snprintf(want, sizeof want,
		    "cursor belongs to another query: %s differs",
		    resumed[i].odd);
		CHECK_STR(e.text, want);
	}
	T_AT(0);
}

int
main(void)
{
	test_round_trip();
	test_damage();
	test_scope();
	test_forged();
	test_longest();
	test_resume();
	buf_free(&text);
	buf_free(&scratch);
	return t_done();
}
