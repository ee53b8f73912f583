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
	struct stmt *s = db_stmt(db, SQL_SOURCE_STATE_GET);
	const char *hash;
	bool row;

	memset(out, 0, sizeof *out);
	stmt_bind_int(s, SQL_SOURCE_STATE_GET_P_SOURCE, source);
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
state_claim(struct db *db, int64_t source, int64_t now, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_STATE_CLAIM);

	stmt_bind_int(s, SQL_SOURCE_STATE_CLAIM_P_NOW, now);
	stmt_bind_int(s, SQL_SOURCE_STATE_CLAIM_P_SOURCE, source);
	return stmt_run(s, e);
}

/* Binds ${us}, NULL for CLOCK_NEVER. */
static void
bind_instant(struct stmt *s, int parameter, int64_t us)
{
	if (us == CLOCK_NEVER)
		stmt_bind_null(s, parameter);
	else
		stmt_bind_int(s, parameter, us);
}

int
state_unchanged(struct db *db, const struct state_end *end, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_STATE_UNCHANGED);
	const struct validators *v = end->validators;

	stmt_bind_int(s, SQL_SOURCE_STATE_UNCHANGED_P_SOURCE, end->source);
	stmt_bind_int(s, SQL_SOURCE_STATE_UNCHANGED_P_NOW, end->now);
	stmt_bind_int(s, SQL_SOURCE_STATE_UNCHANGED_P_DUE, end->due);
	bind_instant(s, SQL_SOURCE_STATE_UNCHANGED_P_RETRY, end->retry);
	stmt_bind_str(s, SQL_SOURCE_STATE_UNCHANGED_P_MESSAGE, end->message);
	stmt_bind_str(s, SQL_SOURCE_STATE_UNCHANGED_P_REVISION, v->revision);
	stmt_bind_str(s, SQL_SOURCE_STATE_UNCHANGED_P_ETAG, v->etag);
	stmt_bind_str(
	    s, SQL_SOURCE_STATE_UNCHANGED_P_LAST_MODIFIED, v->last_modified);
	stmt_bind_str(
	    s, SQL_SOURCE_STATE_UNCHANGED_P_FILE_IDENTITY, v->file_identity);
	stmt_bind_str(
	    s, SQL_SOURCE_STATE_UNCHANGED_P_CHECKPOINT, v->checkpoint);
	return stmt_run(s, e);
}

int
state_complete(struct db *db, const struct state_end *end, struct err *e)
{
	struct stmt *s;
	const struct apply_counts *c = end->counts;

	if (state_unchanged(db, end, e) == -1)
		return -1;
	s = db_stmt(db, SQL_SOURCE_STATE_CHANGED);
	stmt_bind_int(s, SQL_SOURCE_STATE_CHANGED_P_SOURCE, end->source);
	stmt_bind_str(
	    s, SQL_SOURCE_STATE_CHANGED_P_HASH, end->validators->hash);
	stmt_bind_str(s, SQL_SOURCE_STATE_CHANGED_P_FILTER, end->filter);
	stmt_bind_str(s, SQL_SOURCE_STATE_CHANGED_P_RULES, end->rules);
	stmt_bind_str(
	    s, SQL_SOURCE_STATE_CHANGED_P_UNREADABLE, end->unreadable);
	stmt_bind_int(s, SQL_SOURCE_STATE_CHANGED_P_SERVERS, c->servers);
	stmt_bind_int(s, SQL_SOURCE_STATE_CHANGED_P_SKILLS, c->skills);
	stmt_bind_int(s, SQL_SOURCE_STATE_CHANGED_P_PLUGINS, c->plugins);
	stmt_bind_int(s, SQL_SOURCE_STATE_CHANGED_P_REJECTED, c->rejected);
	return stmt_run(s, e);
}

int
state_failed(struct db *db, const struct state_end *end, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_STATE_FAILED);

	stmt_bind_int(s, SQL_SOURCE_STATE_FAILED_P_SOURCE, end->source);
	stmt_bind_int(s, SQL_SOURCE_STATE_FAILED_P_NOW, end->now);
	stmt_bind_int(s, SQL_SOURCE_STATE_FAILED_P_DUE, end->due);
	bind_instant(s, SQL_SOURCE_STATE_FAILED_P_RETRY, end->retry);
	stmt_bind_str(s, SQL_SOURCE_STATE_FAILED_P_MESSAGE, end->message);
	return stmt_run(s, e);
}

int
state_hasten(struct db *db, int64_t source, int64_t due, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_STATE_HASTEN);

	stmt_bind_int(s, SQL_SOURCE_STATE_HASTEN_P_SOURCE, source);
	stmt_bind_int(s, SQL_SOURCE_STATE_HASTEN_P_DUE, due);
	return stmt_run(s, e);
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
	struct stmt *s = db_stmt(db, SQL_RUN_INSERT);

	stmt_bind_str(s, SQL_RUN_INSERT_P_RUN_ID, run_id);
	stmt_bind_str(
	    s, SQL_RUN_INSERT_P_TRIGGER, manual ? "manual" : "automatic");
	stmt_bind_int(s, SQL_RUN_INSERT_P_NOW, clock_now());
	stmt_bind_int(s, SQL_RUN_INSERT_P_PID, getpid());
	if (stmt_run(s, e) == -1)
		return -1;
	*run = db_last_rowid(db);
	return 0;
}

int
state_run_progress(struct db *db, int64_t run, const char *source,
    int64_t entries, uint64_t bytes, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_RUN_PROGRESS);

	stmt_bind_int(s, SQL_RUN_PROGRESS_P_NOW, clock_now());
	stmt_bind_str(s, SQL_RUN_PROGRESS_P_SOURCE, source);
	stmt_bind_int(s, SQL_RUN_PROGRESS_P_ENTRIES, entries);
	stmt_bind_int(s, SQL_RUN_PROGRESS_P_BYTES, (int64_t)bytes);
	stmt_bind_int(s, SQL_RUN_PROGRESS_P_RUN, run);
	return stmt_run(s, e);
}

static int
insert_outcome(struct db *db, int64_t run, size_t ordinal,
    const struct source_outcome *o, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_RUN_SOURCE_INSERT);
	const struct apply_counts *c = &o->counts;

	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_RUN, run);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_ORDINAL, (int64_t)ordinal);
	stmt_bind_str(s, SQL_RUN_SOURCE_INSERT_P_SOURCE, o->name);
	stmt_bind_str(s, SQL_RUN_SOURCE_INSERT_P_KIND, o->kind);
	stmt_bind_str(
	    s, SQL_RUN_SOURCE_INSERT_P_RESULT, sync_result_name(o->result));
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_STARTED, o->started_us);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_ENDED, o->ended_us);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_ADDED, c->added);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_UPDATED, c->updated);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_REMOVED, c->removed);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_UNCHANGED, c->unchanged);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_REJECTED, c->rejected);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_TOTAL, apply_counts_total(c));
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_REQUESTS, o->requests);
	stmt_bind_int(s, SQL_RUN_SOURCE_INSERT_P_BYTES, (int64_t)o->bytes);
	stmt_bind_str(s, SQL_RUN_SOURCE_INSERT_P_HASH,
	    o->hash[0] == '\0' ? NULL : o->hash);
	stmt_bind_str(s, SQL_RUN_SOURCE_INSERT_P_ERROR,
	    o->error[0] == '\0' ? NULL : o->error);
	return stmt_run(s, e);
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

/* What all sources hold together: a hash over their hashes, and the servers. */
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
 * The first source that has failed for good: another attempt of the same run
 * may have succeeded.  The caller frees the text; NULL for none.
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
	struct stmt *s;

	if (ids_run(db, SQL_RUN_PRUNE_QUIET, LIMIT_RUNS, e) == -1)
		return -1;
	if (!notable)
		return 0;
	if (db_prepare(db, SQL_SET_RARE, e) == -1)
		return -1;
	s = db_stmt(db, SQL_RUN_PRUNE_NOTABLE);
	stmt_bind_int(s, SQL_RUN_PRUNE_NOTABLE_P_KEEP, LIMIT_RUNS);
	stmt_bind_int(
	    s, SQL_RUN_PRUNE_NOTABLE_P_BEFORE, clock_now() - NOTABLE_US);
	stmt_bind_int(s, SQL_RUN_PRUNE_NOTABLE_P_MOST, LIMIT_RUNS_NOTABLE);
	return stmt_run(s, e);
}

int
state_run_finish(struct db *db, int64_t run,
    const struct source_outcome *outcomes, size_t count, bool interrupted,
    struct err *e)
{
	char hash[DIGEST_HEX_SIZE];
	char *error = first_failure(outcomes, count);
	struct stmt *s;
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
	s = db_stmt(db, SQL_RUN_FINISH);
	stmt_bind_int(s, SQL_RUN_FINISH_P_NOW, clock_now());
	stmt_bind_str(s, SQL_RUN_FINISH_P_RESULT,
	    interrupted	    ? "interrupted"
	    : error == NULL ? "completed"
			    : "failed");
	stmt_bind_str(s, SQL_RUN_FINISH_P_ERROR, error);
	stmt_bind_int(s, SQL_RUN_FINISH_P_ATTEMPTS, attempts);
	stmt_bind_str(s, SQL_RUN_FINISH_P_HASH, hash);
	stmt_bind_int(s, SQL_RUN_FINISH_P_SERVERS, servers);
	stmt_bind_int(s, SQL_RUN_FINISH_P_NOTABLE, notable);
	stmt_bind_int(s, SQL_RUN_FINISH_P_RUN, run);
	if (stmt_run(s, e) == -1)
		goto out;
	if (prune(db, notable, e) == -1)
		goto out;
	rc = 0;
out:
	free(error);
	return rc;
}
