/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of the sync: take the lock, bring the configuration into the
 * database, then fetch and apply every source that is due, oldest first.
 */
#ifndef SYNC_RUN_H
#define SYNC_RUN_H

#include "sync/conf/conf.h"
#include "sync/store/state.h"

#include <stdbool.h>
#include <stddef.h>

struct run_options {
	const struct conf *conf;
	char **names; /* only these sources; they count as due */
	size_t name_count; /* 0: all */
	bool force; /* ignore interval and what was remembered */
	bool dry_run; /* write nothing */
	const char *run_id; /* NULL: made up; set: the run was triggered */
	/* Told of each source before, while and after it is worked on. */
	void (*progress)(void *ctx, const char *source,
	    const struct fetch_progress *fetched, int64_t entries);
	void (*outcome)(void *ctx, const struct source_outcome *outcome);
	void *ctx;
};

struct run_report {
	int64_t started_us;
	int64_t ended_us;
	struct source_outcome *outcomes; /* of the sources asked for */
	size_t count;
	size_t failed;
	size_t tried;
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
