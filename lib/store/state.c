/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing the records of sources and runs. */
#include "lib/store/state.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/store/duration_totals.h"
#include "lib/store/ids.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTABLE_US (LIMIT_RUNS_NOTABLE_DAYS * 24 * 3600 * CLOCK_SECOND)

void
validators_free(struct validators *v)
{
	if (v == NULL)
		return;
	free(v->revision);
	free(v->etag);
	free(v->last_modified);
	free(v->file_identity);
	free(v->checkpoint);
	memset(v, 0, sizeof *v);
}

static int64_t
instant(struct stmt *s, int column)
{
	return stmt_is_null(s, column) ? CLOCK_NEVER : stmt_int(s, column);
}

static char *
text(struct stmt *s, int column)
{
	return xstrdup_null(stmt_text(s, column, NULL));
}

int
state_load(
    struct source_state *out, struct db *db, int64_t source, struct err *e)
{
	struct stmt *s = db_query(db, SQL_SOURCE_STATE_GET, ARGS(INT(source)));
	const char *hash;
	bool row;

	memset(out, 0, sizeof *out);
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		err_set(e, ERR_INTERNAL, "a source without a record");
		return -1;
	}
	out->complete = strcmp(stmt_text(s, 0, NULL), "complete") == 0;
	out->attempts = stmt_int(s, 1);
	out->checked_us = instant(s, 2);
	out->due_us = instant(s, 3);
	hash = stmt_text(s, 4, NULL);
	if (hash != NULL)
		snprintf(out->validators.hash, sizeof out->validators.hash,
		    "%s", hash);
	out->applied_filter = text(s, 5);
	out->validators.revision = text(s, 6);
	out->validators.etag = text(s, 7);
	out->validators.last_modified = text(s, 8);
	out->validators.file_identity = text(s, 9);
	out->counts.servers = stmt_int(s, 10);
	out->counts.skills = stmt_int(s, 11);
	out->counts.plugins = stmt_int(s, 12);
	out->counts.rejected = stmt_int(s, 13);
	out->validators.checkpoint = text(s, 14);
	out->retry_us = instant(s, 15);
	out->tried_us = stmt_int(s, 16);
	out->applied_rules = text(s, 17);
	out->unreadable = text(s, 18);
	stmt_done(s);
	return 0;
}

void
state_free(struct source_state *s)
{
	free(s->applied_filter);
	free(s->applied_rules);
	free(s->unreadable);
	validators_free(&s->validators);
	memset(s, 0, sizeof *s);
}

int
state_mark_syncing(struct db *db, int64_t source, int64_t now, struct err *e)
{
	return db_run(
	    db, SQL_SOURCE_STATE_SYNCING, ARGS(INT(now), INT(source)), e);
}

int
state_unchanged(struct db *db, const struct state_end *end, struct err *e)
{
	const struct validators *v = end->validators;
	return db_run(db, SQL_SOURCE_STATE_UNCHANGED,
	    ARGS(STR(end->message), INT(end->now), INT(end->due),
		STR(v->revision), STR(v->etag), STR(v->last_modified),
		STR(v->file_identity), STR(v->checkpoint), TIME(end->retry),
		INT(end->source)),
	    e);
}

int
state_complete(struct db *db, const struct state_end *end, struct err *e)
{
	const struct apply_counts *c = end->counts;

	if (state_unchanged(db, end, e) == -1)
		return -1;
	return db_run(db, SQL_SOURCE_STATE_CHANGED,
	    ARGS(STR(end->validators->hash), STR(end->filter), STR(end->rules),
		STR(end->unreadable), INT(c->servers), INT(c->skills),
		INT(c->plugins), INT(c->rejected), INT(end->source)),
	    e);
}

int
state_failed(struct db *db, const struct state_end *end, struct err *e)
{
	return db_run(db, SQL_SOURCE_STATE_FAILED,
	    ARGS(STR(end->message), INT(end->now), INT(end->due),
		TIME(end->retry), INT(end->source)),
	    e);
}

int
state_due_by(struct db *db, int64_t source, int64_t due, struct err *e)
{
	return db_run(
	    db, SQL_SOURCE_STATE_DUE_BY, ARGS(INT(due), INT(source)), e);
}

const char *
sync_result_name(enum sync_result result)
{
	static const char *const names[] = {
		[SYNC_COMPLETED] = "completed",
		[SYNC_UNCHANGED] = "unchanged",
		[SYNC_SKIPPED] = "skipped",
		[SYNC_FAILED] = "failed",
	};

	return names[result];
}

int
state_run_start(
    int64_t *run, struct db *db, const char *run_id, bool manual, struct err *e)
{
	if (db_run(db, SQL_RUN_INSERT,
		ARGS(STR(run_id), STR(manual ? "manual" : "automatic"),
		    INT(clock_now()), INT(getpid())),
		e) == -1)
		return -1;
	*run = db_last_rowid(db);
	return 0;
}

int
state_run_progress(struct db *db, int64_t run, const char *source,
    int64_t entries, uint64_t bytes, struct err *e)
{
	return db_run(db, SQL_RUN_PROGRESS,
	    ARGS(INT(clock_now()), STR(source), INT(entries), INT(bytes),
		INT(run)),
	    e);
}

static int
insert_outcome(struct db *db, int64_t run, size_t ordinal,
    const struct source_outcome *o, struct err *e)
{
	const struct apply_counts *c = &o->counts;

	return db_run(db, SQL_RUN_SOURCE_INSERT,
	    ARGS(INT(run), INT(ordinal), STR(o->name), STR(o->kind),
		STR(sync_result_name(o->result)), INT(o->started_us),
		INT(o->ended_us), INT(c->added), INT(c->updated),
		INT(c->removed), INT(c->unchanged), INT(c->rejected),
		INT(apply_counts_total(c)), INT(o->requests), INT(o->bytes),
		STR(o->hash[0] == '\0' ? NULL : o->hash),
		STR(o->error[0] == '\0' ? NULL : o->error)),
	    e);
}

static int
add_durations(struct db *db, const struct source_outcome *o, struct err *e)
{
	const char *outcome = DURATION_SUCCESS;

	if (o->result == SYNC_FAILED)
		outcome = o->failure == NULL ? DURATION_UNKNOWN : o->failure;
	return duration_totals_add_sync(
	    db, o->kind, o->name, outcome, o->ended_us - o->started_us, e);
}

/* The content of all sources: a hash of their hashes, and their servers. */
static int
hash_contents(
    char hash[DIGEST_HEX_SIZE], int64_t *servers, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_CONTENT_HASHES);
	struct digest *d = digest_new();
	const char *part;
	size_t len;
	bool row;
	int rc = -1;

	*servers = 0;
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		part = stmt_text(s, 0, &len);
		digest_add(d, part, len);
		digest_add(d, "\n", 1);
		*servers += stmt_int(s, 1);
	}
	digest_hex(d, hash);
	rc = 0;
out:
	digest_free(d);
	return rc;
}

/*
 * The first source whose last attempt in this run failed, with its error. NULL:
 * none.  The caller frees the text.
 */
static char *
first_failure(const struct source_outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t later = i + 1;

		if (outcomes[i].result != SYNC_FAILED)
			continue;
		while (later < count &&
		       strcmp(outcomes[later].name, outcomes[i].name) != 0)
			later++;
		if (later == count)
			return xasprintf(
			    "%s: %s", outcomes[i].name, outcomes[i].error);
	}
	return NULL;
}

static int
failures_in_a_row(int64_t *attempts, struct db *db, bool failed, struct err *e)
{
	if (stmt_number(attempts, db_stmt(db, SQL_RUN_LAST_ATTEMPTS), e) == -1)
		return -1;
	*attempts = failed ? *attempts + 1 : 0;
	return 0;
}

static bool
is_notable(const struct source_outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct apply_counts *c = &outcomes[i].counts;

		if (outcomes[i].result == SYNC_FAILED ||
		    c->added + c->updated + c->removed > 0)
			return true;
	}
	return false;
}

/* Deletes records of old runs. */
static int
prune(struct db *db, bool notable, struct err *e)
{
	if (ids_run(db, SQL_RUN_PRUNE_QUIET, LIMIT_RUNS, e) == -1)
		return -1;
	if (!notable)
		return 0;
	if (db_prepare(db, SQL_SET_RARE, e) == -1)
		return -1;
	return db_run(db, SQL_RUN_PRUNE_NOTABLE,
	    ARGS(INT(LIMIT_RUNS), INT(clock_now() - NOTABLE_US),
		INT(LIMIT_RUNS_NOTABLE)),
	    e);
}

int
state_run_finish(struct db *db, int64_t run,
    const struct source_outcome *outcomes, size_t count, bool interrupted,
    struct err *e)
{
	char hash[DIGEST_HEX_SIZE];
	char *error = first_failure(outcomes, count);
	const char *result;
	bool notable = interrupted || is_notable(outcomes, count);
	int64_t servers, attempts;
	int rc = -1;

	for (size_t i = 0; i < count; i++)
		if (insert_outcome(db, run, i, &outcomes[i], e) == -1 ||
		    add_durations(db, &outcomes[i], e) == -1)
			goto out;
	if (duration_totals_prune(db, e) == -1)
		goto out;
	if (interrupted) {
		free(error);
		error = xstrdup("interrupted by signal");
		if (stmt_run(db_stmt(db, SQL_SOURCE_STATE_ORPHANS), e) == -1)
			goto out;
	}
	if (hash_contents(hash, &servers, db, e) == -1 ||
	    failures_in_a_row(&attempts, db, error != NULL, e) == -1)
		goto out;
	result = interrupted	 ? "interrupted"
		 : error == NULL ? "completed"
				 : "failed";
	if (db_run(db, SQL_RUN_FINISH,
		ARGS(INT(clock_now()), STR(result), STR(error), INT(attempts),
		    STR(hash), INT(servers), INT(notable), INT(run)),
		e) == -1 ||
	    prune(db, notable, e) == -1)
		goto out;
	rc = 0;
out:
	free(error);
	return rc;
}
