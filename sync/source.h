/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One source in one run: whether it is due, and what to do about it.
 */
#ifndef SYNC_SOURCE_H
#define SYNC_SOURCE_H

#include "lib/db.h"
#include "sync/conf/conf.h"
#include "sync/store/state.h"

#include <stdbool.h>

/* What the sources of one run have in common. */
struct source_context {
	struct db *db;
	const char *cache_dir;
	size_t max_meta_size;
	bool force;
	bool dry_run; /* a write transaction is open and will be undone */
	int64_t run; /* the record of the run; unused in a dry run */
	void (*progress)(void *ctx, const char *source,
	    const struct fetch_progress *fetched, int64_t entries);
	void *progress_ctx;
};

/* A source and what is known of it. */
struct source_job {
	const struct conf_source *conf;
	int64_t id;
	struct source_state state;
	bool due; /* by its interval, or because it was asked for */
	bool refilter; /* its filter is not the one that was applied */
};

/* Loads what is known of ${conf}; free with source_job_free(). */
int source_job_load(struct source_job *out, struct db *db,
    const struct conf_source *conf, bool asked_for, int64_t now, struct err *e);
void source_job_free(struct source_job *job); /* the members */

/* Whether there is anything to do. */
bool source_job_wanted(const struct source_job *job);

/*
 * Fetches and applies.  What goes wrong with the source is written into
 * ${out} and the database; -1 only when the database itself refuses.
 */
int source_sync(struct source_outcome *out, const struct source_context *c,
    struct source_job *job, struct err *e);

#endif
