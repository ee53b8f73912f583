/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of the sync: take the lock, bring the configuration into the
 * database, then fetch and apply every source that is due.
 *
 * Sources far away are fetched side by side in processes of their own and
 * applied one after the other as they arrive; those on this machine are read
 * in between.  Whoever was looked at longest ago begins.  A source that falls
 * due again while another is still fetched is done again, so that a slow one
 * makes no other stale.  The run ends when nothing is in flight and nothing is
 * due, or when its time is over.
 */
#ifndef SYNC_RUN_H
#define SYNC_RUN_H

#include "lib/store/state.h"
#include "sync/conf/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far one source is. */
struct run_progress {
	const char *source;
	const struct fetch_progress *fetched;
	int64_t entries; /* applied so far; 0 while it is fetched */
	int64_t expected; /* entries stored the last time; 0: not known */
	int64_t since_us; /* clock_monotonic() of its start */
	size_t in_flight; /* sources that are fetched at this moment */
};

/*
 * Who looks for changes while a run lasts; see watch.c.  Configurations it
 * gives out stay valid until run_sync() has returned.
 */
struct run_watch {
	/* To be polled for input, -1 for none. */
	int (*fd)(void *ctx);
	/* The clock_monotonic() at which look() wants to be called. */
	int64_t (*wake_us)(void *ctx);
	/* A configuration to go on with, or NULL. */
	const struct conf *(*look)(void *ctx);
	/* Whether the source has changed; tells it once. */
	bool (*is_urgent)(void *ctx, const char *source);
	/*
	 * To write down what it has to remember.  The configuration in force
	 * is in the database.
	 */
	int (*note)(void *ctx, struct db *db, struct err *e);
	void *ctx;
};

struct run_options {
	const struct conf *conf;
	char **names; /* only these sources; they count as due */
	size_t name_count; /* 0: all */
	bool force; /* ignore interval and what was remembered */
	bool dry_run; /* write nothing: sync/dry_run.h */
	const char *run_id; /* NULL: made up; set: the run was triggered */
	const struct run_watch *watch; /* NULL: nobody */
	/* Told of sources while and after they are worked on, and of steps. */
	void (*progress)(void *ctx, const struct run_progress *progress);
	void (*outcome)(void *ctx, const struct source_outcome *outcome);
	void (*step)(void *ctx, const char *source, const char *what);
	void *ctx;
};

struct run_report {
	int64_t started_us;
	int64_t ended_us;
	struct source_outcome
	    *outcomes; /* of the sources asked for, the last */
	size_t count;
	size_t failed; /* of these */
	size_t tried; /* attempts */
	int64_t next_due_us; /* clock_now() when there is more to do */
	bool interrupted; /* the process was asked to end */
};

/*
 * Runs.  Returns 0 when the run took place, whether or not sources failed
 * (${out}.failed tells); the caller frees ${out} with run_report_free() in any
 * case.  ERR_BUSY: another sync is running.  ERR_CONFIG: a name that is not
 * configured.  Other errors: nothing could be done.
 */
int run_sync(
    struct run_report *out, const struct run_options *options, struct err *e);
void run_report_free(struct run_report *r); /* the members */

#endif
