/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loop over runs, for a single run and for --watch.
 *
 * A run takes the lock, stores the configuration in the database, then fetches
 * and applies every source that is due.  Remote sources are fetched in
 * parallel, each in its own process, and applied one after the other as their
 * results arrive; local sources are read in between.  The source checked
 * longest ago goes first.  A source that falls due again while another is still
 * being fetched is synced again, so that a slow source does not delay the
 * others.  The run ends when no source is being fetched or due, or at its
 * deadline.
 *
 * With --watch the loop continues: between runs it holds neither the lock nor
 * the database, so that another sync can run.  The next run starts when a
 * source is due or watch.c has noticed a change.  Changes are noticed during a
 * run, too, so that a slow source does not delay a new configuration.
 *
 *   run_loop.c    the loop: what to do next, and waiting for events
 *   run.c         opening a run, loading its sources, closing it
 *   run_record.c  the record of a run in the database
 *   run_fetch.c   sources that are being fetched in other processes
 *   watch.c       changes of the configuration and of local sources
 *   source.c      one attempt at one source
 */
#ifndef SYNC_RUN_H
#define SYNC_RUN_H

#include "lib/run_id.h"
#include "lib/store/state.h"
#include "sync/conf/conf.h"
#include "sync/options.h"
#include "sync/report.h"
#include "sync/source.h"
#include "sync/watch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_child;

/* Instants are clock_now() unless a name or a comment says monotonic. */
struct run_source {
	const struct conf_source *conf;
	struct source_job job; /* loaded while a run is open */
	struct source_outcome outcome; /* SYNC_SKIPPED: no attempt yet */
	/* While it is fetched in another process: */
	struct fetch_child *child; /* NULL: it is not */
	bool sent; /* the child has sent its result */
	int64_t since_us; /* monotonic */
	int64_t deadline_us; /* monotonic; the child is killed then */
	/* With --watch: */
	struct watch_state local;
};

struct run {
	const struct options *options;
	struct reporter *reporter;
	struct watch *watch; /* owned; NULL: a single run */
	struct conf *conf; /* owned */
	struct run_source *sources; /* those to sync, in the order of ${conf} */
	size_t source_count;
	size_t fetching; /* sources with a child */
	int64_t next_us; /* when the next run starts */
	int64_t woken_us; /* monotonic; when stop_poll() returned */

	/* The open run, else the last one. */
	bool open;
	bool loaded; /* ${conf} is stored, the jobs are loaded */
	int lock; /* -1: none */
	char *cache_dir;
	struct source_context context; /* its database: NULL: none */
	const char *triggered; /* run id given by a trigger; NULL: none */
	int64_t started_us;
	int64_t ended_us;
	int64_t deadline_us; /* monotonic; INT64_MAX: none */
	bool expired; /* past its deadline; no source is started */
	bool interrupted; /* a stop was requested */
	int64_t work_us; /* monotonic; start of applying a source */

	/* Its record. */
	bool recorded; /* the record is open */
	char run_id[RUN_ID_SIZE];
	int64_t heartbeat_us; /* monotonic; the last heartbeat */
	struct source_outcome *history; /* every attempt */
	size_t history_count;
	size_t history_room;
	size_t attempts;
};

/* ---- run_loop.c ---- */
/*
 * Runs: once, or with ${watch} until a stop is requested.  Returns 0 when the
 * run took place, whether or not sources failed.  ERR_BUSY: another sync is
 * running.  Other errors: nothing could be done.
 */
int run_loop(struct run *r, struct err *e);
/* Whether it was interrupted or a source failed. */
bool run_has_failed(const struct run *r);

/* ---- run.c ---- */
/*
 * Initializes ${r}, of which only options and reporter are set, and takes
 * ownership of ${conf}.  ERR_CONFIG: a source named by the options is not
 * configured.  The caller calls run_free() in any case.
 */
int run_init(struct run *r, struct conf *conf, struct err *e);
void run_free(struct run *r); /* the members */

/*
 * Replaces the configuration; takes ownership of ${conf}.  A fetch continues if
 * its source is configured as before.  An open run must call run_load() again.
 */
void run_set_conf(struct run *r, struct conf *conf);

/* Takes the lock and opens the database. */
int run_open(struct run *r, struct err *e);
/* Stores the configuration and loads the state of the sources. */
int run_load(struct run *r, struct err *e);
/* Finishes the record of the run and schedules the next one. */
int run_finish(struct run *r, struct err *e);
/* Sets the deadline of the run, counted from now. */
void run_set_deadline(struct run *r);
/* Closes a run; one that ${failed} is noted in the lock file. */
void run_close(struct run *r, bool failed);
/* Counts and reports an attempt at ${s}, and reads its state again. */
int run_attempted(struct run *r, struct run_source *s, struct err *e);

/* ---- run_record.c ---- */
void run_trace_start(const struct run *r);
void run_trace_end(void);
/* Starts the record if it is not open. */
int run_record_start(struct run *r, struct err *e);
/* Ends the record if it is open. */
int run_record_finish(struct run *r, struct err *e);
/* Discards what was collected for the record. */
void run_record_drop(struct run *r);
/* Adds the outcome of an attempt. */
void run_record_add(struct run *r, const struct source_outcome *outcome);
/* Deletes tombstones that are too old or too many. */
int run_record_expire(struct run *r, struct err *e);
/* Writes the progress of one fetch to the record, once a second. */
void run_record_heartbeat(struct run *r);

/* ---- run_fetch.c ---- */
int run_fetch_start(struct run *r, struct run_source *s, struct err *e);
/* Stores the results that arrived; fails fetches past their deadline. */
int run_fetch_finish(struct run *r, struct err *e);
/* Fails all fetches for the reason ${why}. */
int run_fetch_fail_all(struct run *r, const struct err *why, struct err *e);
/* Kills the child of ${s}, if there is one. */
void run_fetch_kill(struct run *r, struct run_source *s);

#endif
