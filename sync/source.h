/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One source in one run: whether it is due, and syncing it.
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
	 * Called regularly while a source is read or its entries are applied;
	 * ${expected} is the number of entries of the last sync.
	 */
	void (*progress)(void *ctx, const char *source,
	    const struct fetch_progress *fetched, int64_t entries,
	    int64_t expected);
	void *progress_ctx;
};

/* A source and its state in the database. */
struct source_job {
	const struct conf_source *conf;
	char *identity; /* conf_source_identity(); owned */
	int64_t id;
	struct source_state state;
	bool due; /* by its interval, or because it was requested */
	bool refilter; /* its filter has changed since the last sync */
	char *rules; /* the present rules, as a text to compare; owned */
	bool reread; /* the rules have changed since the last sync */
	bool force; /* ignore the validators of the last sync */
	bool waits; /* the server asked for a pause */
	bool confirmed; /* forced by name: it may lose most of its entries */
};

/*
 * Loads the state of ${conf} from the database.  A ${requested} source is due
 * before its interval has passed; with ${force} it is due even if its server
 * asked for a pause.  The caller calls source_job_free().
 */
int source_job_load(struct source_job *out, const struct source_context *c,
    const struct conf_source *conf, bool requested, bool force, int64_t now,
    struct err *e);
void source_job_free(struct source_job *job); /* the members */

/*
 * Whether a source on another machine was fetched less than ${pause_us} ago and
 * its interval has not passed.
 */
bool source_job_is_in_pause(
    const struct source_job *job, int64_t pause_us, int64_t now);

/* Loads the state after an attempt; the source is no longer due. */
int source_job_reload(struct source_job *job, struct db *db, struct err *e);

/* Whether the source is to be synced. */
bool source_job_needs_sync(const struct source_job *job);

/*
 * For a source that is fetched in another process: call source_claim(), fetch
 * with the arguments from source_fetch_how() (borrowed from ${c} and ${job}),
 * then call source_store() with the result or, if the fetch failed, with the
 * reason ${why}; it frees ${fetched}.  A failure of the source is recorded in
 * ${out} and in the database; -1 only if the database fails.  If a stop was
 * requested meanwhile, no failure is recorded.
 */
int source_claim(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e);
void source_fetch_how(struct fetch_options *options,
    const struct validators **previous, const struct source_context *c,
    const struct source_job *job);
int source_store(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct fetch *fetched, const struct err *why,
    struct err *e);

/* All of that for a source that is read in this process, or only filtered. */
int source_sync(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e);

#endif
