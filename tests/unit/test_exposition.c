/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as text: names, labels, numbers, in both formats. */
#include "fcgi/observe/exposition.h"

#include "tests/t.h"

#define TEXT_MAX 4096

static const struct {
	int line;
	int64_t us;
	const char *written;
} seconds[] = {
	{ __LINE__, 0, "x 0.0\n" },
	{ __LINE__, 1, "x 0.000001\n" },
	{ __LINE__, 2500000, "x 2.5\n" },
	{ __LINE__, 1234560, "x 1.23456\n" },
	{ __LINE__, -1500000, "x -1.5\n" },
	{ __LINE__, INT64_C(86400000000), "x 86400.0\n" },
	{ __LINE__, INT64_MIN, "x -9223372036854.775808\n" },
};

static const struct {
	int line;
	const char *accept;
	bool open_metrics;
} accepts[] = {
	{ __LINE__, NULL, false },
	{ __LINE__, "*/*", false },
	{ __LINE__, "text/plain;version=0.0.4", false },
	{ __LINE__, "application/openmetrics-text;version=1.0.0", true },
	{ __LINE__,
	    "text/plain;q=0.1,application/openmetrics-text;version=0.0.1;q=0.5",
	    true },
};

static void
write_all(struct exposition *x)
{
	exposition_family(x, "a", EXPOSITION_COUNTER, "Of a.");
	exposition_begin(x, "");
	exposition_label(x, "k", "1\\2\"3\n4");
	exposition_label(x, "l", "");
	exposition_int(x, -7);
	exposition_family(x, "b", EXPOSITION_INFO, "Of b.");
	exposition_begin(x, "");
	exposition_int(x, 1);
	exposition_family(x, "c_count", EXPOSITION_UNTYPED, "Of c.");
	exposition_begin(x, "");
	exposition_ratio(x, 0.25);
	exposition_family(x, "d", EXPOSITION_HISTOGRAM, "Of d.");
	exposition_begin(x, "_bucket");
	exposition_bound(x, 100000);
	exposition_int(x, 0);
	exposition_begin(x, "_bucket");
	exposition_bound(x, INT64_MAX);
	exposition_int(x, 2);
	exposition_end(x);
}

static void
test_formats(void)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct exposition x = { .to = &text };

	write_all(&x);
	CHECK_STR(buf_str(&text),
	    "# HELP a_total Of a.\n# TYPE a_total counter\n"
	    "a_total{k=\"1\\\\2\\\"3\\n4\",l=\"\"} -7\n"
	    "# HELP b_info Of b.\n# TYPE b_info gauge\nb_info 1\n"
	    "# HELP c_count Of c.\n# TYPE c_count untyped\nc_count 0.250000\n"
	    "# HELP d Of d.\n# TYPE d histogram\n"
	    "d_bucket{le=\"0.1\"} 0\nd_bucket{le=\"+Inf\"} 2\n");
	buf_reset(&text);
	x.open_metrics = true;
	write_all(&x);
	CHECK_STR(buf_str(&text),
	    "# HELP a Of a.\n# TYPE a counter\n"
	    "a_total{k=\"1\\\\2\\\"3\\n4\",l=\"\"} -7\n"
	    "# HELP b Of b.\n# TYPE b info\nb_info 1\n"
	    "# HELP c_count Of c.\n# TYPE c_count unknown\nc_count 0.250000\n"
	    "# HELP d Of d.\n# TYPE d histogram\n"
	    "d_bucket{le=\"0.1\"} 0\nd_bucket{le=\"+Inf\"} 2\n# EOF\n");
	buf_free(&text);
}

static void
test_numbers(void)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	struct exposition x = { .to = &text };

	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		x.family = "x";
		x.type = EXPOSITION_GAUGE;
		buf_reset(&text);
		exposition_begin(&x, "");
		exposition_seconds(&x, seconds[i].us);
		T_AT(seconds[i].line);
		CHECK_STR(buf_str(&text), seconds[i].written);
	}
	T_AT(0);
	buf_free(&text);
}

static void
test_accept(void)
{
	for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++) {
		T_AT(accepts[i].line);
		CHECK_INT(exposition_wants_open_metrics(accepts[i].accept),
		    accepts[i].open_metrics);
	}
	T_AT(0);
}

int
main(void)
{
	test_formats();
	test_numbers();
	test_accept();
	return t_done();
}
