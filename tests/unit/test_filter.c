/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries a filter keeps, and its canonical text. */
#include "lib/store/filter.h"

#include "lib/xalloc.h"
#include "tests/t.h"

#include <stdlib.h>

#define LIST_MAX 6

/* A filter in a row of a table; lists end at the first NULL. */
struct lists {
	bool absent;
	const char *names_include[LIST_MAX];
	const char *names_exclude[LIST_MAX];
	const char *tags_include[LIST_MAX];
	const char *tags_exclude[LIST_MAX];
};

static const struct {
	int line;
	struct lists lists;
	const char *json;
} texts[] = {
	{ __LINE__, { .absent = true }, "null" },
	{ __LINE__, { .absent = false }, "{}" },
	{ __LINE__, { .names_include = { "io.acme/*" } },
	    "{\"names\":{\"include\":[\"io.acme/*\"]}}" },
	{ __LINE__, { .names_exclude = { "b", "a" } },
	    "{\"names\":{\"exclude\":[\"b\",\"a\"]}}" },
	{ __LINE__, { .tags_include = { "prod" } },
	    "{\"tags\":{\"include\":[\"prod\"]}}" },
	{ __LINE__,
	    { .names_include = { "io.acme/*" },
		.names_exclude = { "*-dev" },
		.tags_include = { "prod", "" },
		.tags_exclude = { "old" } },
	    "{\"names\":{\"include\":[\"io.acme/*\"],\"exclude\":[\"*-dev\"]},"
	    "\"tags\":{\"include\":[\"prod\",\"\"],\"exclude\":[\"old\"]}}" },
	{ __LINE__, { .tags_exclude = { "\"\\/\n\r\t\x01\x1f\x7f" } },
	    "{\"tags\":{\"exclude\":[\"\\\"\\\\/\\n\\r\\t\\u0001\\u001f\x7f\"]}"
	    "}" },
	{ __LINE__,
	    { .tags_exclude = { "<a&b>", "\xe2\x80\xa8\xe2\x80\xa9",
		  "\xc3\xa9" } },
	    "{\"tags\":{\"exclude\":[\"<a&b>\","
	    "\"\xe2\x80\xa8\xe2\x80\xa9\",\"\xc3\xa9\"]}}" },
	{ __LINE__, { .tags_exclude = { "a\xff" } },
	    "{\"tags\":{\"exclude\":[\"a\xef\xbf\xbd\"]}}" },
};

#define ACME                                                    \
	{                                                       \
		.names_include = { "io.acme/*" },               \
		.names_exclude = { "*-dev" }, .tags_include = { \
			"prod"                                  \
		}                                               \
	}

static const struct {
	int line;
	struct lists lists;
	enum entry_kind kind;
	const char *name;
	const char *tags[LIST_MAX];
	bool kept;
} rows[] = {
	{ __LINE__, ACME, ENTRY_SERVER, "io.acme/db", { "prod", "sql" }, true },
	{ __LINE__, ACME, ENTRY_SERVER, "io.acme/db-dev", { "prod" }, false },
	{ __LINE__, ACME, ENTRY_SERVER, "io.acme/web", { NULL }, false },
	{ __LINE__, ACME, ENTRY_SKILL, "io.acme/pdf", { NULL }, true },
	{ __LINE__, ACME, ENTRY_PLUGIN, "org.other/x", { NULL }, false },
	/* Nothing said: everything stays. */
	{ __LINE__, { .absent = true }, ENTRY_SERVER, "a/b", { NULL }, true },
	{ __LINE__, { .absent = false }, ENTRY_SERVER, "a/b", { "x" }, true },
	{ __LINE__, { .absent = false }, ENTRY_PLUGIN, "a/b", { NULL }, true },
	/* Exclusion wins, whatever the order and the shape. */
	{ __LINE__, { .names_include = { "a/b" }, .names_exclude = { "a/b" } },
	    ENTRY_SERVER, "a/b", { NULL }, false },
	{ __LINE__, { .names_include = { "a/b" }, .names_exclude = { "*" } },
	    ENTRY_SERVER, "a/b", { NULL }, false },
	{ __LINE__, { .names_exclude = { "a/b" } }, ENTRY_SERVER, "a/c",
	    { NULL }, true },
	{ __LINE__, { .names_exclude = { "a/b" } }, ENTRY_SERVER, "a/b",
	    { NULL }, false },
	/* The shapes of a pattern: plain, prefix, general. */
	{ __LINE__, { .names_include = { "b", "a", "c" } }, ENTRY_SERVER, "a",
	    { NULL }, true },
	{ __LINE__, { .names_include = { "b", "a", "c" } }, ENTRY_SERVER, "ab",
	    { NULL }, false },
	{ __LINE__, { .names_include = { "b", "a", "c" } }, ENTRY_SERVER, "",
	    { NULL }, false },
	{ __LINE__, { .names_include = { "a}b]c,d" } }, ENTRY_SERVER, "a}b]c,d",
	    { NULL }, true },
	{ __LINE__, { .names_include = { "a\\*" } }, ENTRY_SERVER, "a*",
	    { NULL }, true },
	{ __LINE__, { .names_include = { "a\\*" } }, ENTRY_SERVER, "a\\x",
	    { NULL }, false },
	{ __LINE__, { .names_include = { "a/b*", "a/*", "a/bc*" } },
	    ENTRY_SERVER, "a/z", { NULL }, true },
	{ __LINE__, { .names_include = { "a/b*", "a/d**", "a/bc*" } },
	    ENTRY_SERVER, "a/bd", { NULL }, true },
	{ __LINE__, { .names_include = { "a/b*", "a/d**", "a/bc*" } },
	    ENTRY_SERVER, "a/d", { NULL }, true },
	{ __LINE__, { .names_include = { "a/b*", "a/d**", "a/bc*" } },
	    ENTRY_SERVER, "a/c", { NULL }, false },
	{ __LINE__, { .names_include = { "a/b*", "a/d**", "a/bc*" } },
	    ENTRY_SERVER, "a/", { NULL }, false },
	{ __LINE__, { .names_include = { "x*", "*" } }, ENTRY_SERVER, "",
	    { NULL }, true },
	{ __LINE__, { .names_include = { "a*x" } }, ENTRY_SERVER, "a/b/x",
	    { NULL }, true },
	{ __LINE__, { .names_include = { "a*?" } }, ENTRY_SERVER, "a", { NULL },
	    false },
	{ __LINE__, { .names_include = { "no", "p*", "{x,y}/z" } }, ENTRY_SKILL,
	    "y/z", { NULL }, true },
	/* Tags: equality, any of them, servers only. */
	{ __LINE__, { .tags_include = { "db" } }, ENTRY_SERVER, "a/b", { "DB" },
	    false },
	{ __LINE__, { .tags_include = { "d*" } }, ENTRY_SERVER, "a/b", { "db" },
	    false },
	{ __LINE__, { .tags_include = { "z", "db", "a" } }, ENTRY_SERVER, "a/b",
	    { "x", "db" }, true },
	{ __LINE__, { .tags_exclude = { "old" } }, ENTRY_SERVER, "a/b",
	    { NULL }, true },
	{ __LINE__, { .tags_exclude = { "old" } }, ENTRY_SERVER, "a/b",
	    { "x", "old" }, false },
	{ __LINE__, { .tags_exclude = { "old" } }, ENTRY_SKILL, "a/b",
	    { "old" }, true },
	{ __LINE__, { .tags_include = { "db" }, .tags_exclude = { "old" } },
	    ENTRY_SERVER, "a/b", { "db", "old" }, false },
};

static struct filter_list
make_list(const char *const items[LIST_MAX])
{
	struct filter_list list = { NULL, 0 };

	list.items = xcalloc(LIST_MAX, sizeof *list.items);
	while (list.count < LIST_MAX && items[list.count] != NULL) {
		list.items[list.count] = xstrdup(items[list.count]);
		list.count++;
	}
	return list;
}

static struct filter_spec
make_spec(const struct lists *lists)
{
	return (struct filter_spec){
		.present = !lists->absent,
		.names_include = make_list(lists->names_include),
		.names_exclude = make_list(lists->names_exclude),
		.tags_include = make_list(lists->tags_include),
		.tags_exclude = make_list(lists->tags_exclude),
	};
}

static void
test_texts(void)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct filter_spec spec = make_spec(&texts[i].lists);
		char *json = filter_spec_json(&spec);

		T_AT(texts[i].line);
		CHECK_STR(json, texts[i].json);
		free(json);
		filter_spec_free(&spec);
		CHECK(spec.names_include.items == NULL);
	}
	T_AT(0);
}

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct filter_spec spec = make_spec(&rows[i].lists);
		struct err e = ERR_INIT;
		struct filter *f = NULL;
		size_t tags = 0;

		T_AT(rows[i].line);
		CHECK_INT(filter_new(&f, &spec, &e), 0);
		filter_spec_free(&spec); /* the filter borrows nothing */
		while (rows[i].tags[tags] != NULL)
			tags++;
		if (f != NULL)
			CHECK_INT(filter_keeps(f, rows[i].kind, rows[i].name,
				      rows[i].tags, tags),
			    rows[i].kept);
		filter_free(f);
	}
	T_AT(0);
}

static void
test_refused(void)
{
	static const struct lists bad_include = { .names_include = {
						      "ok", "p*", "a?", "[" } };
	static const struct lists bad_exclude = { .names_include = { "ok" },
		.names_exclude = { "{a" } };
	struct filter_spec spec = make_spec(&bad_include);
	struct filter *f = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(filter_new(&f, &spec, &e), -1);
	CHECK_INT(e.code, ERR_CONFIG);
	CHECK(f == NULL);
	CHECK_STR(
	    e.text, "names.include[3]: pattern '[', character 1: unclosed '['");
	filter_spec_free(&spec);

	spec = make_spec(&bad_exclude);
	CHECK_INT(filter_new(&f, &spec, &e), -1);
	CHECK_STR(e.text,
	    "names.exclude[0]: pattern '{a', character 1: unclosed '{'");
	filter_spec_free(&spec);
	filter_spec_free(NULL);
	filter_free(NULL);
}

/* 500 plain names and 500 prefixes of 1000 against all of their neighbours. */
static void
test_many(void)
{
	struct filter_spec spec = { .present = true };
	struct err e = ERR_INIT;
	struct filter *f = NULL;
	char name[64];
	int wrong = 0;

	spec.names_include.items = xcalloc(1000, sizeof(char *));
	for (int i = 0; i < 1000; i++)
		spec.names_include.items[i] = xasprintf("io.example/%d%s",
		    i * 7919 % 1000 + 1000, i * 7919 % 2 == 0 ? "" : "/*");
	spec.names_include.count = 1000;
	CHECK_INT(filter_new(&f, &spec, &e), 0);
	filter_spec_free(&spec);
	if (f == NULL)
		return;
	/* Plain ones are even; prefixes, which are odd, need the slash. */
	for (int i = 0; i < 100000; i++) {
		int number = 500 + i % 2000;
		bool known = number >= 1000 && number < 2000;
		bool slash = i / 2000 % 2 == 1;

		snprintf(name, sizeof name, "io.example/%d%s", number,
		    slash ? "/x" : "");
		wrong += filter_keeps(f, ENTRY_SERVER, name, NULL, 0) !=
			 (known && (number % 2 == 1) == slash);
	}
	CHECK_INT(wrong, 0);
	filter_free(f);
}

int
main(void)
{
	test_texts();
	test_rows();
	test_refused();
	test_many();
	return t_done();
}
