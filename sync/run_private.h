/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a run share; nobody else includes this.
 *
 *   run.c         from the lock to the last record, and a new configuration
 *   run_loop.c    what to do next: start, wait, store, until nothing is left
 *   run_flight.c  sources that are being fetched in other processes
 */
#ifndef SYNC_RUN_PRIVATE_H
#define SYNC_RUN_PRIVATE_H

#include "lib/limits.h"
#include "lib/run_id.h"
#include "sync/fetch/fetch_child.h"
#include "sync/run.h"
#include "sync/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A source that is being fetched in another process. */
struct run_flight {
	struct fetch_child *child;
	char *name; /* of the source */
	char *identity; /* what was asked for: conf_source_identity() */
	int64_t claimed_us; /* clock_now() */
	int64_t since_us; /* clock_monotonic() */
	int64_t deadline_us; /* the same; the process is killed after it */
	bool force;
	bool done; /* has no more to say */
};

struct run {
	const struct run_options *options;
	const struct conf *conf; /* in force */
	struct run_report *report;
	struct source_context context;
	struct source_job *jobs; /* beside report->outcomes */
	struct run_flight flights[LIMIT_FETCHES];
	size_t flight_count;
	struct source_outcome *history; /* every attempt, for the record */
	size_t history_count;
	size_t history_room;
	bool recorded; /* there is a record of this run */
	bool expired; /* its time is over: nothing is started any more */
	int64_t deadline_us; /* clock_monotonic(); INT64_MAX: none */
	int64_t heartbeat_us; /* clock_monotonic() of the last */
	char run_id[RUN_ID_SIZE];
};

/* ---- run.c ---- */
/* Starts the record, if there is none and one is wanted. */
int run_record(struct run *r, struct err *e);
/* Ends the record and begins another when there are flights. */
int run_roll_over(struct run *r, struct err *e);
/* Goes on with another configuration. */
int run_take_conf(struct run *r, const struct conf *conf, struct err *e);
/* An attempt at job ${index} has ended: count it, tell it, look at it anew. */
int run_ended(struct run *r, size_t index, struct err *e);
/* The index of the job called ${name}; -1 when there is none. */
ssize_t run_find_job(const struct run *r, const char *name);
void run_step(const struct run *r, const char *source, const char *what);

/* ---- run_loop.c ---- */
/* Works until nothing is left to be done. */
int run_loop(struct run *r, struct err *e);

/* ---- run_flight.c ---- */
bool run_flight_is_up(const struct run *r, const char *name);
/* Starts job ${index}; there is room for it. */
int run_flight_start(struct run *r, size_t index, struct err *e);
/* Since ${since_us} nobody has listened to them: that time does not count. */
void run_flight_excuse(struct run *r, int64_t since_us);
/* Stores what has arrived, and gives up what is past its deadline. */
int run_flight_land(struct run *r, struct err *e);
/* Ends all flights: each has failed because of ${why}. */
int run_flight_fail_all(struct run *r, const struct err *why, struct err *e);
/* Drops flights whose source is not configured like that any more. */
void run_flight_drop_strangers(struct run *r);
void run_flight_drop_all(struct run *r);
/* Tells how far they are, on the terminal and in the record. */
void run_flight_show(struct run *r);

#endif
