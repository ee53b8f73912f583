/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of syncs: one for each source, and the history of runs.
 */
#ifndef LIB_STORE_STATE_H
#define LIB_STORE_STATE_H

#include "lib/db/db.h"
#include "lib/store/apply.h"
#include "lib/store/validators.h"

#include <stdbool.h>
#include <stdint.h>

/* The record of one source before this run. */
struct source_state {
	bool complete; /* the last attempt succeeded */
	int64_t attempts; /* failures since then */
	int64_t checked_us; /* CLOCK_NEVER: not yet */
	int64_t tried_us; /* the end of the last attempt; 0: none */
	int64_t due_us; /* CLOCK_NEVER: at once */
	int64_t retry_us; /* from Retry-After; CLOCK_NEVER: none */
	char *applied_filter; /* NULL: nothing is stored */
	char *applied_rules; /* NULL: not known */
	char *unreadable; /* documents, and why; NULL: none */
	struct validators validators;
	struct apply_counts counts; /* servers, skills, plugins, rejected */
};

int state_load(
    struct source_state *out, struct db *db, int64_t source, struct err *e);
void state_free(struct source_state *s); /* the members */

/* What is stored at the end of an attempt. */
struct state_end {
	int64_t source;
	int64_t now;
	int64_t due;
	int64_t retry; /* Retry-After; CLOCK_NEVER: none */
	const char *message;
	const char *filter; /* that was applied */
	const char *rules;
	const char *unreadable; /* NULL: all documents could be read */
	const struct validators *validators;
	const struct apply_counts *counts;
};

/* Marks the source as being synced. */
int state_mark_syncing(
    struct db *db, int64_t source, int64_t now, struct err *e);
int state_unchanged(struct db *db, const struct state_end *end, struct err *e);
int state_complete(struct db *db, const struct state_end *end, struct err *e);
int state_failed(struct db *db, const struct state_end *end, struct err *e);

/* Makes a source due at ${due} unless it is due earlier. */
int state_due_by(struct db *db, int64_t source, int64_t due, struct err *e);

/* The result of one attempt at a source. */
enum sync_result {
	SYNC_COMPLETED,
	SYNC_UNCHANGED,
	SYNC_SKIPPED,
	SYNC_FAILED
};

/* "completed", "unchanged", "skipped" or "failed". */
const char *sync_result_name(enum sync_result result);

#define STATE_NAME_SIZE 64 /* the configuration allows 63 characters */
#define STATE_NOTE_SIZE 160

struct source_outcome {
	char name[STATE_NAME_SIZE];
	const char *kind;
	enum sync_result result;
	int64_t started_us;
	int64_t ended_us;
	struct apply_counts counts;
	char hash[DIGEST_HEX_SIZE];
	unsigned requests; /* HTTP requests or git round trips */
	uint64_t bytes; /* received from the network or read */
	char note[STATE_NOTE_SIZE]; /* of the fetch; "" for none */
	char error[ERR_TEXT_MAX]; /* "" for none */
	char warning[ERR_TEXT_MAX]; /* what could not be read; "" for nothing */
	const char *failure; /* class of failure, one word; static */
};

/* Starts the record of a run; *${run} is its number. */
int state_run_start(int64_t *run, struct db *db, const char *run_id,
    bool manual, struct err *e);
/* Stores the progress of the run for /registry/status. */
int state_run_progress(struct db *db, int64_t run, const char *source,
    int64_t entries, uint64_t bytes, struct err *e);
/*
 * Completes the record with the ${outcomes} of all attempts, in order.
 * ${interrupted}: the run was stopped, and sources may be marked as syncing.
 */
int state_run_finish(struct db *db, int64_t run,
    const struct source_outcome *outcomes, size_t count, bool interrupted,
    struct err *e);

#endif
