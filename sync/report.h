/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of a run: a line of progress on a terminal, a closing line for
 * each source, or one JSON object at the end.
 */
#ifndef SYNC_REPORT_H
#define SYNC_REPORT_H

#include "lib/store/state.h"
#include "sync/conf/conf.h"

#include <stdbool.h>

struct run;

struct reporter {
	bool json; /* one object on standard output, nothing else there */
	bool quiet; /* report failures only */
	bool terminal; /* standard error is one: show progress there */
	bool plain; /* closing lines on standard output, not in the log */
	bool verbose; /* log steps, too */
	int64_t shown_us; /* clock_monotonic() of the last line of progress */
	int64_t turn_us; /* when the line started to show ${source} */
	char source[64]; /* the source on the line; "": no line is shown */
};

/* The progress of one source. */
struct run_progress {
	const char *source;
	const struct fetch_progress *fetched;
	int64_t entries; /* applied so far; 0 while it is fetched */
	int64_t expected; /* entries of the last sync; 0: unknown */
	int64_t since_us; /* clock_monotonic() of its start */
	size_t in_flight; /* sources that are being fetched at this moment */
};

/* While a source is fetched or applied, and after an attempt at it. */
void report_progress(struct reporter *r, const struct run_progress *progress);
void report_outcome(struct reporter *r, const struct source_outcome *outcome);
/* A step of the work, for the log at level debug; ${source} may be NULL. */
void report_step(struct reporter *r, const char *source, const char *what);

/* Clears the line of progress. */
void report_clear(struct reporter *r);
/* Reports every message of the configuration; NULL is allowed. */
void report_messages(struct reporter *r, const struct conf *conf);

/* After the run: the JSON object, or a line if nothing was due. */
void report_end(struct reporter *r, const struct run *run);
/* Reports why no run took place. */
void report_error(struct reporter *r, const struct err *e);

#endif
