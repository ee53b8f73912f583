/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling people and programs how a run goes: a line of progress on a
 * terminal, a closing line for each source, or one JSON object at the end.
 */
#ifndef SYNC_REPORT_H
#define SYNC_REPORT_H

#include "sync/run.h"

#include <stdbool.h>

struct reporter {
	bool json; /* one object on standard output, nothing else there */
	bool quiet; /* only failures */
	bool terminal; /* standard error is one: show progress there */
	bool plain; /* closing lines on standard output, not in the log */
	int64_t started_us; /* clock_monotonic() of the source at work */
	int64_t shown_us; /* of the last line of progress */
	const char *source; /* whose progress is on the line; borrowed */
};

/* The callbacks of struct run_options; ${ctx} is the reporter. */
void report_progress(void *ctx, const char *source,
    const struct fetch_progress *fetched, int64_t entries);
void report_outcome(void *ctx, const struct source_outcome *outcome);

/* After the run: the JSON object, or a word when nothing was due. */
void report_end(const struct reporter *r, const struct run_report *report);

#endif
