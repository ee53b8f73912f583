/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One source in one run: whether it is due, and what to do about it.
 */
#ifndef SYNC_SOURCE_H
#define SYNC_SOURCE_H

#include "lib/db/db.h"
#include "lib/store/state.h"
#include "sync/conf/conf.h"
#include "sync/fetch/fetch.h"

#include <stdbool.h>

/* What the sources of one run have in common. */
struct source_context {
	struct db *db;
	const char *cache_dir;
	const struct conf *conf; /* all of the configuration */
	int64_t run; /* the record of the run */
	/*
	 * Called now and then while a source is read or its entries are
	 * applied; ${expected} is how many were stored last time.
	 */
	void (*progress)(void *ctx, const char *source,
	    const struct fetch_progress *fetched, int64_t entries,
	    int64_t expected);
	void *progress_ctx;
};

/* A source and what is known of it. */
struct source_job {
	const struct conf_source *conf;
	char *identity; /* conf_source_identity(); owned */
	int64_t id;
	struct source_state state;
	bool due; /* by its interval, or because it was asked for */
	bool refilter; /* its filter is not the one that was applied */
	char *rules; /* the present rules as a text; owned */
	bool reread; /* it was read by other rules */
	bool force; /* what was remembered counts for nothing */
	bool waits; /* the server asked for a pause */
	bool confirmed; /* by name: it may lose most of what is stored */
};

/*
 * Loads the state of ${conf} from the database.  A source that was asked for is
 * due before its interval has passed; with ${force} it is due even if its
 * server asked for a pause.  The caller calls source_job_free().
 */
int source_job_load(struct source_job *out, const struct source_context *c,
    const struct conf_source *conf, bool asked_for, bool force, int64_t now,
    struct err *e);
void source_job_free(struct source_job *job); /* the members */

/*
 * Whether a source on another machine was fetched less than ${pause_us} ago and
 * is not due by itself.
 */
bool source_job_is_in_pause(
    const struct source_job *job, int64_t pause_us, int64_t now);

/* After an attempt: what is known now.  Nothing is due any more. */
int source_job_again(struct source_job *job, struct db *db, struct err *e);

/* Whether there is anything to do. */
bool source_job_wanted(const struct source_job *job);

/*
 * A source that is fetched elsewhere: source_claim() before the fetch, which
 * is done as source_fetch_how() says (both results are borrowed from the
 * arguments), then source_store() with the result, or with ${why} when there is
 * none; it frees ${fetched}.  What goes wrong with the source is written into
 * ${out} and the database; -1 only when the database itself refuses.  When
 * the process is asked to end meanwhile, nothing is recorded.
 */
int source_claim(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e);
void source_fetch_how(struct fetch_options *options,
    const struct validators **previous, const struct source_context *c,
    const struct source_job *job);
int source_store(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct fetch *fetched, const struct err *why,
    struct err *e);

/* All of that for a source that is fetched here, or only filtered again. */
int source_sync(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e);

#endif
