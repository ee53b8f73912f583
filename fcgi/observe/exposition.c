/* SPDX-License-Identifier: Apache-2.0 */
/* The two text formats of metrics. */
#include "fcgi/observe/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPEN_METRICS "application/openmetrics-text"
#define US_DIGITS 6

bool
exposition_wants_open_metrics(const char *accept)
{
	/* No quality values: Prometheus prefers OpenMetrics if it lists it. */
	return accept != NULL && strstr(accept, OPEN_METRICS) != NULL;
}

const char *
exposition_content_type(bool open_metrics)
{
	return open_metrics ? OPEN_METRICS "; version=1.0.0; charset=utf-8"
			    : "text/plain; version=0.0.4; charset=utf-8";
}

/* The suffix of a sample's name, by its type. */
static const char *
suffix_of(enum exposition_type type)
{
	return type == EXPOSITION_COUNTER ? "_total"
	       : type == EXPOSITION_INFO  ? "_info"
					  : "";
}

static const char *
type_name(const struct exposition *x)
{
	switch (x->type) {
	case EXPOSITION_COUNTER:
		return "counter";
	case EXPOSITION_HISTOGRAM:
		return "histogram";
	case EXPOSITION_INFO:
		return x->open_metrics ? "info" : "gauge";
	case EXPOSITION_UNTYPED:
		return x->open_metrics ? "unknown" : "untyped";
	default:
		return "gauge";
	}
}

void
exposition_family(struct exposition *x, const char *name,
    enum exposition_type type, const char *help)
{
	const char *suffix = x->open_metrics ? "" : suffix_of(type);

	x->family = name;
	x->type = type;
	buf_addf(x->to, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help,
	    name, suffix, type_name(x));
}

void
exposition_begin(struct exposition *x, const char *suffix)
{
	buf_adds(x->to, x->family);
	buf_adds(x->to, suffix);
	buf_adds(x->to, suffix_of(x->type));
	x->labelled = false;
}

void
exposition_label(struct exposition *x, const char *key, const char *value)
{
	buf_addc(x->to, x->labelled ? ',' : '{');
	x->labelled = true;
	buf_adds(x->to, key);
	buf_adds(x->to, "=\"");
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			buf_adds(x->to, "\\n");
		else if (*value == '"' || *value == '\\')
			buf_addf(x->to, "\\%c", *value);
		else
			buf_addc(x->to, *value);
	}
	buf_addc(x->to, '"');
}

static void
end_labels(struct exposition *x)
{
	buf_adds(x->to, x->labelled ? "} " : " ");
}

void
exposition_int(struct exposition *x, int64_t value)
{
	end_labels(x);
	buf_add_i64(x->to, value);
	buf_addc(x->to, '\n');
}

/* Seconds without trailing zeros, but with one digit after the point. */
static void
format_seconds(char *out, size_t size, int64_t us)
{
	char fraction[US_DIGITS + 1];
	int digits = US_DIGITS;
	/* Unsigned, the negation also holds for INT64_MIN. */
	uint64_t rest = us < 0 ? -(uint64_t)us : (uint64_t)us;

	snprintf(fraction, sizeof fraction, "%06d", (int)(rest % 1000000));
	while (digits > 1 && fraction[digits - 1] == '0')
		digits--;
	snprintf(out, size, "%s%" PRIu64 ".%.*s", us < 0 ? "-" : "",
	    rest / 1000000, digits, fraction);
}

void
exposition_seconds(struct exposition *x, int64_t us)
{
	char text[40];

	format_seconds(text, sizeof text, us);
	end_labels(x);
	buf_adds(x->to, text);
	buf_addc(x->to, '\n');
}

void
exposition_ratio(struct exposition *x, double value)
{
	end_labels(x);
	buf_addf(x->to, "%.6f\n", value);
}

void
exposition_bound(struct exposition *x, int64_t us)
{
	char text[40] = "+Inf";

	if (us != INT64_MAX)
		format_seconds(text, sizeof text, us);
	exposition_label(x, "le", text);
}

void
exposition_end(struct exposition *x)
{
	if (x->open_metrics)
		buf_adds(x->to, "# EOF\n");
}
