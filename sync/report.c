/* SPDX-License-Identifier: Apache-2.0 */
/* Progress, closing lines, and the JSON report. */
#include "sync/report.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_INTERVAL (CLOCK_SECOND / 10)
#define REPORT_MAX (16 * MIB)

static double
seconds(int64_t us)
{
	return (double)us / (double)CLOCK_SECOND;
}

static void
clear_line(struct reporter *r)
{
	if (r->terminal && r->source != NULL)
		fputs("\r\033[K", stderr);
	r->source = NULL;
}

/* "312 of ~1013 pages, 41 pages/s, 25.1 MB" */
static void
show_pages(const struct fetch_progress *p, double spent)
{
	fprintf(stderr, "%zu ", p->pages);
	if (p->total_pages > 0)
		fprintf(stderr, "of ~%zu ", p->total_pages);
	fprintf(stderr, "pages, %.0f pages/s, %.1f MB",
	    spent > 0 ? (double)p->pages / spent : 0.0, (double)p->bytes / 1e6);
}

void
report_progress(void *ctx, const char *source,
    const struct fetch_progress *fetched, int64_t entries)
{
	struct reporter *r = ctx;
	int64_t now = clock_monotonic();
	double spent;

	if (!r->terminal || r->quiet)
		return;
	if (r->source != source) {
		r->source = source;
		r->started_us = now;
	} else if (now - r->shown_us < PROGRESS_INTERVAL) {
		return;
	}
	r->shown_us = now;
	spent = seconds(now - r->started_us);
	fprintf(stderr, "\r\033[K%s: ", source);
	if (entries > 0)
		fprintf(stderr, "%" PRId64 " entries, %.0f/s", entries,
		    spent > 0 ? (double)entries / spent : 0.0);
	else if (fetched->pages > 0)
		show_pages(fetched, spent);
	else
		fprintf(stderr, "%s, %.1f MB, %.1f MB/s",
		    fetched->phase == NULL ? "fetching" : fetched->phase,
		    (double)fetched->bytes / 1e6,
		    spent > 0 ? (double)fetched->bytes / 1e6 / spent : 0.0);
	fflush(stderr);
}

static int64_t
total(const struct apply_counts *c)
{
	return c->servers + c->skills + c->plugins;
}

static void
print_outcome(const struct source_outcome *o)
{
	const struct apply_counts *c = &o->counts;
	double spent = seconds(o->ended_us - o->started_us);

	if (o->result == SYNC_FAILED) {
		printf(
		    "%s: failed after %.3f s: %s\n", o->name, spent, o->error);
		return;
	}
	printf("%s: %s, %" PRId64 " added, %" PRId64 " updated, %" PRId64
	       " removed, %" PRId64 " rejected, %" PRId64 " in total, %.3f s\n",
	    o->name, sync_result_name(o->result), c->added, c->updated,
	    c->removed, c->rejected, total(c), spent);
	if (o->note[0] != '\0')
		printf("  %s\n", o->note);
	if (c->rejected > 0)
		printf("  the entries left out and why: "
		       "SELECT * FROM rejected_entry WHERE source = '%s'\n",
		    o->name);
}

static void
log_outcome(const struct source_outcome *o)
{
	const struct apply_counts *c = &o->counts;
	bool failed = o->result == SYNC_FAILED;
	struct log_line l;

	log_begin(&l,
	    failed	      ? LOG_LEVEL_ERROR
	    : c->rejected > 0 ? LOG_LEVEL_WARN
			      : LOG_LEVEL_INFO,
	    "source synced");
	log_str(&l, "source", o->name);
	log_str(&l, "type", o->kind);
	log_str(&l, "result", sync_result_name(o->result));
	log_int(&l, "added", c->added);
	log_int(&l, "updated", c->updated);
	log_int(&l, "removed", c->removed);
	log_int(&l, "rejected", c->rejected);
	log_int(&l, "total", total(c));
	log_seconds(&l, "seconds", o->ended_us - o->started_us);
	log_str(&l, "hash", o->hash[0] == '\0' ? NULL : o->hash);
	log_str(&l, "note", o->note[0] == '\0' ? NULL : o->note);
	if (failed)
		log_str(&l, "error", o->error);
	log_end(&l);
}

void
report_outcome(void *ctx, const struct source_outcome *o)
{
	struct reporter *r = ctx;

	clear_line(r);
	if (r->quiet && o->result != SYNC_FAILED)
		return;
	if (r->plain && !r->json)
		print_outcome(o);
	else
		log_outcome(o);
}

static void
add_seconds(struct json_out *j, int64_t us)
{
	char text[40];

	json_out_raw(
	    j, text, (size_t)snprintf(text, sizeof text, "%.6f", seconds(us)));
}

static void
add_outcome(struct json_out *j, const struct source_outcome *o)
{
	const struct apply_counts *c = &o->counts;
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = {
		{ "added", c->added },
		{ "updated", c->updated },
		{ "removed", c->removed },
		{ "unchanged", c->unchanged },
		{ "rejected", c->rejected },
		{ "total", total(c) },
	};

	json_out_open(j, '{');
	json_out_key(j, "name");
	json_out_str(j, o->name);
	json_out_key(j, "type");
	json_out_str(j, o->kind);
	json_out_key(j, "result");
	json_out_str(j, sync_result_name(o->result));
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		json_out_key(j, numbers[i].key);
		json_out_int(j, numbers[i].value);
	}
	json_out_key(j, "durationSeconds");
	add_seconds(j, o->ended_us - o->started_us);
	json_out_key(j, "hash");
	json_out_str(j, o->hash[0] == '\0' ? NULL : o->hash);
	json_out_key(j, "requests");
	json_out_int(j, o->used.requests);
	json_out_key(j, "bytes");
	json_out_int(j, (int64_t)o->used.bytes);
	json_out_key(j, "error");
	json_out_str(j, o->error[0] == '\0' ? NULL : o->error);
	json_out_close(j, '}');
}

static void
print_json(const struct run_report *report)
{
	struct buf text = BUF_INIT(REPORT_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	json_out_key(&j, "startedAt");
	json_out_time(&j, report->started_us);
	json_out_key(&j, "durationSeconds");
	add_seconds(&j, report->ended_us - report->started_us);
	json_out_key(&j, "sources");
	json_out_open(&j, '[');
	for (size_t i = 0; i < report->count; i++)
		add_outcome(&j, &report->outcomes[i]);
	json_out_close(&j, ']');
	json_out_close(&j, '}');
	puts(buf_str(&text));
	buf_free(&text);
}

void
report_end(const struct reporter *r, const struct run_report *report)
{
	if (r->json)
		print_json(report);
	else if (report->tried == 0 && !r->quiet) {
		if (r->plain)
			puts("nothing is due");
		else
			log_message(LOG_LEVEL_INFO, "nothing is due", NULL);
	}
}
