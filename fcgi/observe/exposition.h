/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes metrics as text in the Prometheus format, version 0.0.4, or in
 * OpenMetrics 1.0.0.  The two differ in types and in the suffixes of names.
 *
 *	exposition_family(&x, "http_requests", EXPOSITION_COUNTER, "Requests.");
 *	exposition_begin(&x, "");
 *	exposition_label(&x, "method", "GET");
 *	exposition_int(&x, 7);
 */
#ifndef FCGI_OBSERVE_EXPOSITION_H
#define FCGI_OBSERVE_EXPOSITION_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum exposition_type {
	EXPOSITION_COUNTER,
	EXPOSITION_GAUGE,
	EXPOSITION_HISTOGRAM,
	EXPOSITION_INFO,
	EXPOSITION_UNTYPED
};

struct exposition {
	struct buf *to; /* borrowed */
	bool open_metrics;
	const char *family; /* its name without a suffix of its type */
	enum exposition_type type;
	bool labelled; /* the current sample has a label */
};

/* Whether an Accept header (NULL for none) accepts OpenMetrics. */
bool exposition_wants_open_metrics(const char *accept);
/* The content type; static. */
const char *exposition_content_type(bool open_metrics);

/*
 * Starts a family.  ${name} is without "_total" and "_info", which are added by
 * type, and needs no escaping, nor does ${help}.
 */
void exposition_family(struct exposition *x, const char *name,
    enum exposition_type type, const char *help);
/* Starts a sample; ${suffix} is "", or that of a part of a histogram. */
void exposition_begin(struct exposition *x, const char *suffix);
void exposition_label(struct exposition *x, const char *key, const char *value);
/* These end it. */
void exposition_int(struct exposition *x, int64_t value);
/* ${us} as seconds. */
void exposition_seconds(struct exposition *x, int64_t us);
void exposition_ratio(struct exposition *x, double value);
/* The label "le" of a bucket, in seconds; INT64_MAX is +Inf. */
void exposition_bound(struct exposition *x, int64_t us);
/* The end of the whole text. */
void exposition_end(struct exposition *x);

#endif
