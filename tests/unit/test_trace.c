/* SPDX-License-Identifier: Apache-2.0 */
/* traceparent: valid texts, and the header that is sent on. */
#include "lib/trace.h"

#include "tests/t.h"

#define ID "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

static const struct {
	int line;
	const char *text;
	bool good;
	bool sampled;
} rows[] = {
	{ __LINE__, "00-" ID "-" SPAN "-01", true, true },
	{ __LINE__, "00-" ID "-" SPAN "-00", true, false },
	{ __LINE__, "00-" ID "-" SPAN "-03", true, true },
	{ __LINE__, "01-" ID "-" SPAN "-01", true, true },
	{ __LINE__, "cc-" ID "-" SPAN "-01-more", true, true },
	{ __LINE__, "cc-" ID "-" SPAN "-01.more", false, false },
	{ __LINE__, "00-" ID "-" SPAN "-01-more", false, false },
	{ __LINE__, "ff-" ID "-" SPAN "-01", false, false },
	{ __LINE__, "0g-" ID "-" SPAN "-01", false, false },
	{ __LINE__, "00-00000000000000000000000000000000-" SPAN "-01", false,
	    false },
	{ __LINE__, "00-" ID "-0000000000000000-01", false, false },
	{ __LINE__, "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", false,
	    false },
	{ __LINE__, "00-" ID "-" SPAN "-0", false, false },
	{ __LINE__, "00-" ID "-" SPAN "-x1", false, false },
	{ __LINE__, "00-" ID "_" SPAN "-01", false, false },
	{ __LINE__, "00-" ID "-" SPAN, false, false },
	{ __LINE__, "", false, false },
	{ __LINE__, NULL, false, false },
};

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct trace t = { "x", "y", true };

		T_AT(rows[i].line);
		CHECK_INT(trace_parse(&t, rows[i].text), rows[i].good);
		CHECK_STR(t.id, rows[i].good ? ID : "");
		CHECK_STR(t.parent, rows[i].good ? SPAN : "");
		CHECK_INT(t.sampled, rows[i].sampled);
	}
	T_AT(0);
}

static void
test_child(void)
{
	char first[TRACE_PARENT_SIZE], second[TRACE_PARENT_SIZE];
	struct trace t, got;

	CHECK(trace_parse(&t, "00-" ID "-" SPAN "-01"));
	trace_child(first, &t);
	trace_child(second, &t);
	CHECK(trace_parse(&got, first));
	CHECK_STR(got.id, ID);
	CHECK(got.sampled);
	CHECK(strcmp(got.parent, SPAN) != 0);
	CHECK(strcmp(first, second) != 0);
	trace_begin(&t);
	CHECK(!t.sampled && t.parent[0] == '\0');
	trace_child(first, &t);
	CHECK(trace_parse(&got, first));
	CHECK_STR(got.id, t.id);
	CHECK(!got.sampled);
	trace_begin(&got);
	CHECK(strcmp(got.id, t.id) != 0);
}

int
main(void)
{
	test_parse();
	test_child();
	return t_done();
}
