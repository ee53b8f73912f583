/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests page after page, and writes them to the log.
 *
 * Upstreams differ in what they accept, and say so only by rejecting requests.
 * So one loop requests the next page, and after a failure changes one thing and
 * tries again, until nothing is left to change.
 */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The latest year that parsers of upstreams can be expected to accept. */
#define FAR_FUTURE "2200-01-01T00:00:00Z"
#define PROBE_MAX (1 * MIB)

/* ---- one request ---- */

static void
report_progress(void *ctx, unsigned requests, uint64_t bytes)
{
	struct fetch_api_job *job = ctx;
	struct fetch_progress *used = &job->out->used;

	used->requests = job->requests + requests;
	used->bytes = job->bytes + bytes;
	used->phase = "receiving pages";
	used->pages = job->log->count;
	used->total_pages = (size_t)job->old.pages;
	used->entries = fetch_api_log_entries(job->log);
	if (job->options->progress != NULL)
		job->options->progress(job->options->progress_ctx, used);
}

/* Sends ${rq}, stores the body in job->body, and adds up the cost. */
static int
request(struct fetch_api_job *job, struct http_request *rq,
    struct http_response *rs, struct err *e)
{
	int64_t wait;
	int rc;

	rq->accept = "application/json";
	rq->timeout_ns = job->conf->timeout_ns;
	rq->deadline_us = job->options->deadline_us;
	rq->body = &job->body;
	rq->progress = report_progress;
	rq->ctx = job;
	rc = http_get(job->http, rq, rs, e);
	job->requests += rs->requests;
	job->bytes += rs->bytes;
	wait = http_retry_after(rs);
	if (rc == -1 && wait > job->out->retry_us)
		job->out->retry_us = wait;
	report_progress(job, 0, 0);
	job->status = rc == 0 || rs->status == 200 ? 0 : rs->status;
	job->too_many = fetch_api_size_is_refused(
	    &job->named, job->status, rs->words, job->page_size);
	return rc;
}

/* The most bytes that the next page may have. */
static uint64_t
page_limit(const struct fetch_api_job *job)
{
	uint64_t all = job->options->max_bytes != 0 ? job->options->max_bytes
						    : LIMIT_API_BYTES;
	uint64_t had = job->log->received;

	if (had >= all)
		return 1; /* 0 would be no limit */
	return all - had < LIMIT_API_PAGE ? all - had : LIMIT_API_PAGE;
}

/* ---- one page ---- */

/* Whether the text starts with a tag. */
static bool
is_markup(const struct buf *text)
{
	const char *start = buf_str(text);

	return start[strspn(start, " \t\r\n")] == '<';
}

static int
check_limits(struct fetch_api_job *job, struct err *e)
{
	const struct fetch_api_log *log = job->log;

	if (fetch_api_log_entries(log) > LIMIT_ENTRIES)
		err_set(e, ERR_LIMIT, "more than %d servers", LIMIT_ENTRIES);
	else if (!log->complete && log->count >= LIMIT_API_PAGES)
		err_set(e, ERR_LIMIT, "more than %d pages", LIMIT_API_PAGES);
	else if (!log->complete && log->empty_in_a_row >= LIMIT_API_EMPTY_PAGES)
		err_set(e, ERR_LIMIT, "%d pages in a row without a server",
		    LIMIT_API_EMPTY_PAGES);
	else
		return 0;
	job->discard = true;
	return -1;
}

/* Moves the page in job->body into the log. */
static int
store_page(struct fetch_api_job *job, struct err *e)
{
	struct fetch_api_page page;

	if (fetch_api_log_start(job->log, e) == -1)
		return -1;
	if (fetch_api_page_read(
		&page, job->log->list, &job->body, job->log, e) == -1) {
		job->no_page = e->code == ERR_INPUT;
		if (is_markup(&job->body))
			err_wrap(e, "expected JSON, found HTML or XML");
		return -1;
	}
	if (fetch_api_log_end(job->log, &page, e) == -1) {
		job->discard = e->code == ERR_INPUT;
		return -1;
	}
	return check_limits(job, e);
}

/*
 * Makes the request for the first page conditional if the validators are those
 * of the same URL.  They are stored only if that page was the whole list: one
 * unchanged page of many would not mean that the others are unchanged.
 */
static void
add_conditions(struct fetch_api_job *job, struct http_request *rq)
{
	struct digest *d = digest_new();

	digest_add(d, rq->url, strlen(rq->url));
	digest_hex(d, job->url_hash);
	digest_free(d);
	if (!job->known || job->options->force ||
	    strcmp(job->url_hash, job->old.url_hash) != 0)
		return;
	rq->etag = job->previous->etag;
	rq->last_modified = job->previous->last_modified;
}

/* Adds to an error which page it was, and what may help. */
static void
explain(struct fetch_api_job *job, const struct http_request *rq, bool received,
    struct err *e)
{
	size_t number = job->log->count + 1;
	char *shown;

	if (received) {
		shown = url_shown(rq->url);
		err_wrap(e, "page %zu, %s", number, shown);
		free(shown);
		return;
	}
	if (e->code == ERR_LIMIT && rq->max_body < LIMIT_API_PAGE) {
		job->discard = true;
		err_wrap(e, "too much to crawl");
	} else if (e->code == ERR_LIMIT && job->page_size > 1) {
		err_wrap(e, "a smaller api.pageSize may help");
	}
	if (number > 1)
		err_wrap(e, "page %zu", number);
}

/* Requests the next page.  If it is the first, the log gets job->head. */
static int
fetch_page(struct fetch_api_job *job, struct err *e)
{
	const bool first = job->log->count == 0;
	const struct fetch_api_head *head =
	    first ? &job->head : &job->log->head;
	const struct fetch_api_query q = { .list = job->log->list,
		.root = job->root,
		.version = head->version,
		.limit = job->page_size,
		.plain = head->plain,
		.since_us = head->since_us,
		.cursor = job->log->cursor };
	char *url = fetch_api_url_page(&q);
	struct http_request rq = { .url = url, .max_body = page_limit(job) };
	struct http_response other = { 0 };
	struct http_response *rs = first ? &job->first : &other;
	bool received = false;
	int rc = -1;

	job->no_page = false;
	if (first) {
		http_response_free(&job->first);
		add_conditions(job, &rq);
	}
	if (request(job, &rq, rs, e) == -1)
		goto out;
	received = true;
	job->not_modified = rs->status == 304;
	if (first) {
		job->head.date_us = rs->date_us;
		job->log->head = job->head;
	}
	if (!job->not_modified && store_page(job, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		explain(job, &rq, received, e);
	http_response_free(&other);
	free(url);
	return rc;
}

/* ---- what to request ---- */

static bool
full_is_due(const struct fetch_api_job *job, int64_t now)
{
	const struct fetch_api_checkpoint *old = &job->old;

	return !job->known || job->options->force ||
	       old->since_us == CLOCK_NEVER || old->full_us > now ||
	       now - old->full_us >= job->conf->full_interval_ns / 1000;
}

/* Sets job->head to the crawl that should be made. */
static void
choose_crawl(struct fetch_api_job *job, bool full)
{
	struct fetch_api_head *h = &job->head;
	const char *version = "v0.1";

	memset(h, 0, sizeof *h);
	memcpy(h->key, job->key, sizeof h->key);
	h->started_us = clock_now();
	h->date_us = CLOCK_NEVER;
	h->since_us = full ? CLOCK_NEVER : job->old.since_us;
	if (!full)
		memcpy(h->from, job->previous->hash, sizeof h->from);
	h->plain = job->known && job->old.plain;
	if (*job->fixed_version != '\0')
		version = job->fixed_version;
	else if (job->known)
		version = job->old.version;
	snprintf(h->version, sizeof h->version, "%s", version);
	job->other_version = false;
}

/* Whether the crawl on disk is the beginning of the one in job->head. */
static bool
can_resume(const struct fetch_api_job *job)
{
	const struct fetch_api_head *kept = &job->log->head;
	int64_t age = job->head.started_us - kept->started_us;

	if (job->log->count == 0 || kept->since_us != job->head.since_us ||
	    strcmp(kept->from, job->head.from) != 0 || age < 0 ||
	    age > LIMIT_API_CRAWL_AGE * CLOCK_SECOND)
		return false;
	if (!job->log->complete)
		return true;
	/* If the checkpoint does not have it, its process was killed. */
	return !job->options->force &&
	       !(job->known && job->old.crawl_us == kept->started_us);
}

/* A delta skips the lists that the last full crawl did not find. */
static bool
is_left_out(const struct fetch_api_job *job)
{
	return job->log->head.since_us != CLOCK_NEVER &&
	       job->log->list != FETCH_API_SERVERS &&
	       !job->old.has[job->log->list];
}

/* ---- changes after a failure ---- */

/* Whether another version of the API may exist where this one does not. */
static bool
is_elsewhere(int status)
{
	return status == 404 || status == 405 || status == 410;
}

/* Whether the status means that this request is not accepted. */
static bool
is_refusal(int status)
{
	return status >= 400 && status < 500 && status != 401 &&
	       status != 402 && status != 403 && status != 407 &&
	       status != 408 && status != 429;
}

/*
 * Whether the failure of the first page of skills or plugins means that the
 * upstream has no such list.  Most upstreams have none, and some respond to
 * unknown paths in unusual ways.  If the last fetch found the list, only a
 * status such as 404 means that it was removed.  Status 429 says nothing.
 */
static bool
is_absent(const struct fetch_api_job *job)
{
	if (job->log->count == 0 || job->log->list == FETCH_API_SERVERS ||
	    *job->log->cursor != '\0' || job->status == 429)
		return false;
	return is_elsewhere(job->status) ||
	       (!(job->known && job->old.has[job->log->list]) &&
		   (job->status != 0 || job->no_page));
}

/* First the limit that the upstream named, then half of it each time. */
static bool
shrink_page(struct fetch_api_job *job)
{
	unsigned size = job->page_size / 2;

	if (!job->too_many)
		return false;
	if (job->page_size == job->accepted_size && job->named > 0)
		size = job->named;
	job->page_size = size > 0 ? size : job->accepted_size;
	return size > 0;
}

/* Changes how the first page is requested. */
static bool
change_first(struct fetch_api_job *job)
{
	struct fetch_api_head *h = &job->head;

	if (!h->plain && (job->status == 400 || job->status == 422)) {
		h->plain = true;
		return true;
	}
	if (!is_elsewhere(job->status) || *job->fixed_version != '\0' ||
	    h->since_us != CLOCK_NEVER || job->other_version)
		return false;
	snprintf(h->version, sizeof h->version, "%s",
	    strcmp(h->version, "v0") == 0 ? "v0.1" : "v0");
	h->plain = false;
	job->other_version = true;
	return true;
}

/*
 * Changes what may have caused the failure, and clears ${e}; or returns -1.
 * If the cursor of a resumed crawl is rejected, the crawl starts again; if a
 * delta is rejected, a full crawl follows.
 */
static int
recover(struct fetch_api_job *job, struct err *e)
{
	const bool first = job->log->count == 0;
	const bool delta = job->head.since_us != CLOCK_NEVER;
	struct err ignored = ERR_INIT;

	if (shrink_page(job) || (first && change_first(job))) {
		err_clear(e);
		return 0;
	}
	if (is_absent(job)) {
		err_clear(e);
		return fetch_api_log_skip(job->log, e);
	}
	if (first && job->other_version && is_elsewhere(job->status))
		err_wrap(
		    e, "endpoint serves neither /v0.1/servers nor /v0/servers");
	if (!is_refusal(job->status) || (job->resumed_pages == 0 && !delta))
		return -1;
	if (fetch_api_log_reset(job->log, &ignored) == -1)
		return -1;
	choose_crawl(job, !delta || job->resumed_pages == 0);
	job->resumed_pages = 0;
	err_clear(e);
	return 0;
}

int
fetch_api_crawl_run(struct fetch_api_job *job, struct err *e)
{
	struct fetch_api_log *log = job->log;

	choose_crawl(job, full_is_due(job, clock_now()));
	if (!can_resume(job) && fetch_api_log_reset(log, e) == -1)
		return -1;
	/* A complete crawl on disk is used only once. */
	if (log->complete)
		fetch_api_log_unlink(log);
	job->resumed_pages = log->count;
	job->accepted_size = job->page_size;
	report_progress(job, 0, 0);
	while (!job->not_modified && !log->complete) {
		if (is_left_out(job)) {
			if (fetch_api_log_skip(log, e) == -1)
				return -1;
		} else if (fetch_page(job, e) == 0) {
			job->accepted_size = job->page_size;
		} else if (recover(job, e) == -1) {
			return -1;
		}
	}
	return 0;
}

/* ---- deltas ---- */

bool
fetch_api_crawl_has_deltas(struct fetch_api_job *job)
{
	struct fetch_api_query q = { .list = FETCH_API_SERVERS,
		.root = job->root,
		.version = job->log->head.version,
		.limit = 1,
		.plain = job->log->head.plain,
		.cursor = "" };
	struct http_request rq = { .max_body = PROBE_MAX };
	struct fetch_api_page page;
	struct http_response rs = { 0 };
	struct err ignored = ERR_INIT;
	bool has_deltas;
	char *url;

	if (clock_parse(
		&q.since_us, FAR_FUTURE, strlen(FAR_FUTURE), &ignored) == -1)
		return false;
	url = fetch_api_url_page(&q);
	rq.url = url;
	has_deltas = request(job, &rq, &rs, &ignored) == 0 &&
		     fetch_api_page_read(&page, FETCH_API_SERVERS, &job->body,
			 NULL, &ignored) == 0 &&
		     page.entries == 0 && *page.cursor == '\0';
	http_response_free(&rs);
	free(url);
	return has_deltas;
}
