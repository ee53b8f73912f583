/* SPDX-License-Identifier: Apache-2.0 */
/* Progress, closing lines, and the JSON report. */
#include "sync/report.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "sync/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PROGRESS_INTERVAL (CLOCK_SECOND / 10)
#define TURN (2 * CLOCK_SECOND) /* for one source on the line */
#define WIDTH_DEFAULT 80
#define LINE_MAX_BYTES 1024
#define REPORT_MAX (16 * MIB)

static double
seconds(int64_t us)
{
	return (double)us / (double)CLOCK_SECOND;
}

void
report_clear(struct reporter *r)
{
	if (r->terminal && r->source[0] != '\0')
		fputs("\r\033[K", stderr);
	r->source[0] = '\0';
}

/* Sources take turns on the one line of progress. */
static bool
has_turn(struct reporter *r, const char *source, int64_t now)
{
	if (strcmp(r->source, source) == 0)
		return now - r->shown_us >= PROGRESS_INTERVAL;
	if (r->source[0] != '\0' && now - r->turn_us < TURN)
		return false;
	snprintf(r->source, sizeof r->source, "%s", source);
	r->turn_us = now;
	return true;
}

/* "312 of about 1013 pages, 41/s, 25.1 MB, 17 s left" */
static void
add_amount(struct buf *line, const char *unit, int64_t done, int64_t expected,
    double megabytes, double spent)
{
	double rate = spent > 0 ? (double)done / spent : 0;

	buf_addf(line, "%" PRId64, done);
	if (expected > done)
		buf_addf(line, " of about %" PRId64, expected);
	buf_addf(line, " %s, %.0f/s", unit, rate);
	if (megabytes > 0)
		buf_addf(line, ", %.1f MB", megabytes);
	if (expected > done && rate > 0)
		buf_addf(
		    line, ", %.0f s left", (double)(expected - done) / rate);
}

static void
add_progress(struct buf *line, const struct run_progress *p, double spent)
{
	const struct fetch_progress *f = p->fetched;
	double megabytes = (double)f->bytes / 1e6;

	buf_addf(line, "%s: ", p->source);
	if (p->entries > 0) {
		add_amount(line, "entries", p->entries, p->expected, 0, spent);
		return;
	}
	if (f->pages > 0) {
		add_amount(line, "pages", (int64_t)f->pages,
		    (int64_t)f->total_pages, megabytes, spent);
		return;
	}
	buf_addf(line, "%s, %.1f MB, %.1f MB/s",
	    f->phase == NULL ? "fetching" : f->phase, megabytes,
	    spent > 0 ? megabytes / spent : 0.0);
	if (f->requests > 1)
		buf_addf(line, ", %u requests", f->requests);
	buf_addf(line, ", %.0f s", spent);
	if (p->in_flight > 1)
		buf_addf(line, " (%zu sources)", p->in_flight);
}

/* Columns of the terminal; a longer line could not be cleared. */
static size_t
width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col < 2)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

void
report_progress(struct reporter *r, const struct run_progress *p)
{
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	int64_t now = clock_monotonic();
	size_t max;

	if (!r->terminal || r->quiet || !has_turn(r, p->source, now))
		return;
	r->shown_us = now;
	add_progress(&line, p, seconds(now - p->since_us));
	max = width() - 1;
	fprintf(stderr, "\r\033[K%.*s", (int)(line.len < max ? line.len : max),
	    buf_str(&line));
	fflush(stderr);
	buf_free(&line);
}

void
report_step(struct reporter *r, const char *source, const char *what)
{
	struct log_line l;

	if (!r->verbose)
		return;
	report_clear(r);
	log_begin(&l, LOG_LEVEL_DEBUG, what);
	log_str(&l, "source", source);
	log_end(&l);
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
	    c->removed, c->rejected, apply_counts_total(c), spent);
	if (o->note[0] != '\0')
		printf("  %s\n", o->note);
	if (o->warning[0] != '\0')
		printf("  %s\n", o->warning);
	if (c->rejected > 0)
		printf("  rejected entries: SELECT * FROM rejected_entry "
		       "WHERE source = '%s'\n",
		    o->name);
}

static void
log_outcome(const struct source_outcome *o)
{
	const struct apply_counts *c = &o->counts;
	bool failed = o->result == SYNC_FAILED;
	struct log_line l;

	log_begin(&l,
	    failed				       ? LOG_LEVEL_ERROR
	    : c->rejected > 0 || o->warning[0] != '\0' ? LOG_LEVEL_WARN
						       : LOG_LEVEL_INFO,
	    "source synced");
	log_str(&l, "source", o->name);
	log_str(&l, "type", o->kind);
	log_str(&l, "result", sync_result_name(o->result));
	log_int(&l, "added", c->added);
	log_int(&l, "updated", c->updated);
	log_int(&l, "removed", c->removed);
	log_int(&l, "rejected", c->rejected);
	log_int(&l, "total", apply_counts_total(c));
	log_seconds(&l, "seconds", o->ended_us - o->started_us);
	log_str(&l, "hash", o->hash[0] == '\0' ? NULL : o->hash);
	log_str(&l, "note", o->note[0] == '\0' ? NULL : o->note);
	log_str(&l, "warning", o->warning[0] == '\0' ? NULL : o->warning);
	if (failed)
		log_str(&l, "error", o->error);
	log_end(&l);
}

void
report_outcome(struct reporter *r, const struct source_outcome *o)
{
	report_clear(r);
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

	json_out_key(j, "durationSeconds");
	json_out_raw(
	    j, text, (size_t)snprintf(text, sizeof text, "%.6f", seconds(us)));
}

/* "" is written as null. */
static void
add_text(struct json_out *j, const char *key, const char *value)
{
	json_out_member_str(j, key, value[0] == '\0' ? NULL : value);
}

static void
add_outcome(struct json_out *j, const struct source_outcome *o)
{
	const struct apply_counts *c = &o->counts;

	json_out_open(j, '{');
	add_text(j, "name", o->name);
	add_text(j, "type", o->kind);
	add_text(j, "result", sync_result_name(o->result));
	json_out_member_int(j, "added", c->added);
	json_out_member_int(j, "updated", c->updated);
	json_out_member_int(j, "removed", c->removed);
	json_out_member_int(j, "unchanged", c->unchanged);
	json_out_member_int(j, "rejected", c->rejected);
	json_out_member_int(j, "total", apply_counts_total(c));
	add_seconds(j, o->ended_us - o->started_us);
	add_text(j, "hash", o->hash);
	json_out_member_int(j, "requests", o->requests);
	json_out_member_int(j, "bytes", (int64_t)o->bytes);
	add_text(j, "error", o->error);
	if (o->warning[0] != '\0')
		add_text(j, "warning", o->warning);
	json_out_close(j, '}');
}

static void
print_json(const struct run *run)
{
	struct buf text = BUF_INIT(REPORT_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	json_out_key(&j, "startedAt");
	json_out_time(&j, run->started_us);
	add_seconds(&j, run->ended_us - run->started_us);
	json_out_key(&j, "sources");
	json_out_open(&j, '[');
	for (size_t i = 0; i < run->source_count; i++)
		add_outcome(&j, &run->sources[i].outcome);
	json_out_close(&j, ']');
	json_out_close(&j, '}');
	puts(buf_str(&text));
	buf_free(&text);
}

void
report_messages(struct reporter *r, const struct conf *conf)
{
	for (size_t i = 0; conf != NULL && i < conf->message_count; i++) {
		const struct conf_message *m = &conf->messages[i];

		if (r->quiet && !m->is_error)
			continue;
		report_clear(r);
		if (r->plain)
			fprintf(stderr, "%s: %s\n",
			    m->is_error ? "error" : "warning", m->text);
		else
			log_message(
			    m->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
			    "configuration", m->text);
	}
}

static void
print_line(const struct reporter *r, enum log_level level, const char *what)
{
	if (r->plain)
		puts(what);
	else
		log_message(level, what, NULL);
}

void
report_end(struct reporter *r, const struct run *run)
{
	if (r->json)
		print_json(run);
	else if (run->interrupted)
		print_line(r, LOG_LEVEL_WARN, "interrupted");
	else if (run->attempts == 0 && !r->quiet)
		print_line(r, LOG_LEVEL_INFO, "nothing is due");
}

void
report_error(struct reporter *r, const struct err *e)
{
	report_clear(r);
	if (r->plain)
		fprintf(stderr, "thv-registry-sync: %s\n", e->text);
	else
		log_message(
		    e->code == ERR_BUSY ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
		    "sync did not run", e->text);
}
