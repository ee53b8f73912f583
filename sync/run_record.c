/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a run in the database, and the trace in its log lines. */
#include "sync/run.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "lib/store/tombstone.h"
#include "lib/trace.h"
#include "lib/xalloc.h"
#include "sync/fetch/fetch_child.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEARTBEAT CLOCK_SECOND

/* Log lines and requests to upstreams carry the trace of the run. */
void
run_trace_start(const struct run *r)
{
	static struct trace trace;
	static struct log_field fields[2];

	/* With --watch, a run is not part of the trace that started the
	 * process. */
	if (r->watch != NULL || !trace_parse(&trace, getenv(TRACE_ENVIRONMENT)))
		trace_begin(&trace);
	fields[0] = (struct log_field){ "trace_id", trace.id, TRACE_ID_LEN };
	fields[1] = (struct log_field){ "parent_id",
		trace.parent[0] == '\0' ? NULL : trace.parent, TRACE_SPAN_LEN };
	log_set_fields(fields, 2);
	trace_set_current(&trace);
}

void
run_trace_end(void)
{
	trace_set_current(NULL);
	log_set_fields(NULL, 0);
}

int
run_record_start(struct run *r, struct err *e)
{
	if (r->recorded)
		return 0;
	if (r->triggered != NULL)
		snprintf(r->run_id, sizeof r->run_id, "%s", r->triggered);
	else if (run_id_make(r->run_id, e) == -1)
		return -1;
	if (state_run_start(&r->context.run, r->context.db, r->run_id,
		r->triggered != NULL, e) == -1)
		return -1;
	r->recorded = true;
	return 0;
}

void
run_record_add(struct run *r, const struct source_outcome *outcome)
{
	if (r->history_count == r->history_room) {
		r->history_room = r->history_room * 2 + 8;
		r->history = xreallocarray(
		    r->history, r->history_room, sizeof *r->history);
	}
	r->history[r->history_count++] = *outcome;
}

static bool
has_removed(const struct run *r)
{
	for (size_t i = 0; i < r->history_count; i++)
		if (r->history[i].counts.removed > 0)
			return true;
	return false;
}

int
run_record_expire(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	const int64_t before = clock_now() - r->conf->tombstone_ns / 1000;
	const int64_t most = has_removed(r) ? LIMIT_TOMBSTONES : TOMBSTONE_ANY;
	char text[64];
	int64_t excess;
	int rc = -1;

	if (!r->recorded)
		return 0;
	if (db_begin_write(db, e) == -1)
		return -1;
	if (tombstone_expire(&excess, db, before, most, e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	if (excess > 0) {
		snprintf(text, sizeof text, "%" PRId64 "; a source may have %d",
		    excess, LIMIT_TOMBSTONES);
		log_message(LOG_LEVEL_WARN,
		    "too many removed entries: deleted the oldest", text);
	}
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

int
run_record_finish(struct run *r, struct err *e)
{
	struct db *db = r->context.db;
	int rc = -1;

	if (!r->recorded)
		return 0;
	if (db_begin_write(db, e) == -1)
		goto out;
	if (state_run_finish(db, r->context.run, r->history, r->history_count,
		r->interrupted, e) == -1 ||
	    db_commit(db, e) == -1)
		goto out;
	run_record_drop(r);
	rc = 0;
out:
	db_rollback(db);
	return rc;
}

void
run_record_drop(struct run *r)
{
	free(r->history);
	r->history = NULL;
	r->history_count = r->history_room = 0;
	r->recorded = false;
}

void
run_record_heartbeat(struct run *r)
{
	int64_t now = clock_monotonic();
	struct err ignored = ERR_INIT;
	size_t turn;

	if (r->fetching == 0 || !r->recorded ||
	    now - r->heartbeat_us < HEARTBEAT)
		return;
	r->heartbeat_us = now;
	/* Sources take turns, one each second. */
	turn = (size_t)(now / HEARTBEAT) % r->fetching;
	for (size_t i = 0; i < r->source_count; i++) {
		const struct run_source *s = &r->sources[i];

		/* A missed heartbeat must not fail the run. */
		if (s->child != NULL && turn-- == 0)
			(void)state_run_progress(r->context.db, r->context.run,
			    s->conf->name, 0,
			    fetch_child_progress(s->child)->bytes, &ignored);
	}
}
