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
	bool verbose; /* steps, too */
	int64_t shown_us; /* clock_monotonic() of the last line of progress */
	int64_t turn_us; /* since then the source below has its turn */
	char source[64]; /* whose progress is on the line; "": there is none */
};

/* The callbacks of struct run_options; ${ctx} is the reporter. */
void report_progress(void *ctx, const struct run_progress *progress);
void report_outcome(void *ctx, const struct source_outcome *outcome);
void report_step(void *ctx, const char *source, const char *what);

/* Takes the line of progress away. */
void report_clear(struct reporter *r);
/* Every message of the configuration; NULL: there is none. */
void report_messages(struct reporter *r, const struct conf *conf);

/* After the run: the JSON object, or a word when nothing was due. */
void report_end(struct reporter *r, const struct run_report *report);

#endif
