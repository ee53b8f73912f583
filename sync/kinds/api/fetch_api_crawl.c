/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for page after page. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As far ahead as an upstream's parser can be expected to go. */
#define FAR_FUTURE "2200-01-01T00:00:00Z"
#define PROBE_MAX (1 * MIB)

/* ---- one request ---- */

static void
tell_progress(void *ctx, unsigned requests, uint64_t bytes)
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

static int
start_body(void *ctx, struct err *e)
{
	struct fetch_api_job *job = ctx;

	(void)e;
	buf_reset(&job->body);
	return 0;
}

static int
add_to_body(void *ctx, const void *data, size_t len, struct err *e)
{
	struct fetch_api_job *job = ctx;

	(void)e;
	buf_add(&job->body, data, len);
	return 0;
}

/* Sends ${rq}, of which ${rs} tells; counts what it took. */
static int
ask(struct fetch_api_job *job, struct http_request *rq,
    struct http_response *rs, struct err *e)
{
	int64_t wait;
	int rc;

	rq->accept = "application/json";
	rq->start = start_body;
	rq->write = add_to_body;
	rq->ctx = job;
	rq->timeout_ns = job->conf->timeout_ns;
	rq->deadline_us = job->options->deadline_us;
	rc = http_get(job->http, rq, rs, e);
	job->requests += rs->requests;
	job->bytes += rs->bytes;
	wait = http_retry_after(rs);
	if (rc == -1 && wait > job->out->retry_us)
		job->out->retry_us = wait;
	tell_progress(job, 0, 0);
	job->status = rc == 0 || rs->status == 200 ? 0 : rs->status;
	job->too_many = fetch_api_size_is_refused(
	    &job->named, job->status, rs->words, job->page_size);
	return rc;
}

static char *
page_url(const struct fetch_api_job *job, const struct fetch_api_head *head)
{
	const struct fetch_api_query q = { .list = job->log->list,
		.root = job->root,
		.version = head->version,
		.limit = job->page_size,
		.plain = head->plain,
		.since_us = head->since_us,
		.cursor = job->log->cursor };

	return fetch_api_url_page(&q);
}

/* What one page may have, of all that the crawl may still bring. */
static uint64_t
room(const struct fetch_api_job *job)
{
	uint64_t all = job->options->max_bytes != 0 ? job->options->max_bytes
						    : LIMIT_API_BYTES;
	uint64_t had = job->log->received;

	if (had >= all)
		return 1; /* 0 would be no limit */
	return all - had < LIMIT_API_PAGE ? all - had : LIMIT_API_PAGE;
}

/* Asks for the next page, which is then in job->body. */
static int
ask_page(struct fetch_api_job *job, const char *url, const char *etag,
    const char *last_modified, struct http_response *rs, struct err *e)
{
	struct http_request rq = { .url = url,
		.etag = etag,
		.last_modified = last_modified,
		.max_body = room(job),
		.progress = tell_progress };

	if (ask(job, &rq, rs, e) == 0)
		return 0;
	if (e->code == ERR_LIMIT && rq.max_body < LIMIT_API_PAGE) {
		job->spoiled = true;
		err_wrap(e, "too much to crawl");
	} else if (e->code == ERR_LIMIT && job->page_size > 1) {
		err_wrap(e, "a smaller api.pageSize may help");
	}
	return -1;
}

/* ---- judging a page ---- */

/* Whether the first byte that is no blank begins a tag. */
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
	job->spoiled = true;
	return -1;
}

/* Moves the page that just came from ${url} into the log. */
static int
take_page(struct fetch_api_job *job, const char *url, struct err *e)
{
	struct fetch_api_page page;
	size_t number = job->log->count + 1;
	char *shown = NULL;
	int rc = -1;

	if (fetch_api_log_start(job->log, e) == -1)
		goto out;
	if (fetch_api_page_read(
		&page, job->log->list, &job->body, job->log, e) == -1) {
		job->no_page = e->code == ERR_INPUT;
		if (is_markup(&job->body))
			err_wrap(e, "HTML or XML, where JSON was expected");
		goto out;
	}
	if (fetch_api_log_end(job->log, &page, e) == -1) {
		job->spoiled = e->code == ERR_INPUT;
		goto out;
	}
	if (check_limits(job, e) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1) {
		shown = url_shown(url);
		err_wrap(e, "page %zu, %s", number, shown);
	}
	free(shown);
	return rc;
}

/* ---- how much to ask for ---- */

typedef int ask_function(struct fetch_api_job *job, struct err *e);

/* Whether the last page was refused for its size and a smaller one is left. */
static bool
make_smaller(struct fetch_api_job *job, bool first)
{
	unsigned size =
	    first && job->named > 0 ? job->named : job->page_size / 2;

	if (!job->too_many || size == 0)
		return false;
	job->page_size = size;
	return true;
}

/*
 * Asks by ${ask}, for ever smaller pages as long as the upstream refuses their
 * size: first as many as it names, then half as many each time.  If it takes
 * none, the first refusal says why, and the size is as before.
 */
static int
ask_fitting(struct fetch_api_job *job, ask_function *ask_once, struct err *e)
{
	const unsigned size = job->page_size;
	struct err later = ERR_INIT;

	if (ask_once(job, e) == 0)
		return 0;
	for (bool first = true; make_smaller(job, first); first = false) {
		err_clear(&later);
		if (ask_once(job, &later) == 0)
			return 0;
	}
	if (job->too_many)
		job->page_size = size;
	else if (later.code != ERR_NONE)
		*e = later;
	return -1;
}

/* ---- the first page ---- */

/* Whether another version of the API may be there where this one is not. */
static bool
is_elsewhere(int status)
{
	return status == 404 || status == 405 || status == 410;
}

static void
remember_asked(struct fetch_api_job *job, const char *url)
{
	struct digest *d = digest_new();

	digest_add(d, url, strlen(url));
	digest_hex(d, job->asked);
	digest_free(d);
}

/*
 * Asks for the first page as job->head has it.  Conditional only when the
 * validators are those of this very URL, and then they stood for all there
 * was: that page one of many is as before says nothing of the others.
 */
static int
ask_first_once(struct fetch_api_job *job, struct err *e)
{
	char *url = page_url(job, &job->head);
	bool same = false;
	int rc = -1;

	remember_asked(job, url);
	if (job->known && !job->options->force)
		same = strcmp(job->asked, job->old.asked) == 0;
	http_response_free(&job->first);
	if (ask_page(job, url, same ? job->previous->etag : NULL,
		same ? job->previous->last_modified : NULL, &job->first,
		e) == -1)
		goto out;
	job->not_modified = job->first.status == 304;
	if (!job->not_modified) {
		job->head.date_us = job->first.date_us;
		job->log->head = job->head;
		if (take_page(job, url, e) == -1)
			goto out;
	}
	rc = 0;
out:
	free(url);
	return rc;
}

static int
ask_first(struct fetch_api_job *job, struct err *e)
{
	return ask_fitting(job, ask_first_once, e);
}

/* The same, and again without what this upstream does not take. */
static int
ask_first_plainly(struct fetch_api_job *job, struct err *e)
{
	if (ask_first(job, e) == 0)
		return 0;
	if (job->head.plain || (job->status != 400 && job->status != 422))
		return -1;
	job->head.plain = true;
	return ask_first(job, e);
}

/* The list of servers is its own probe: v0.1, and where that is not, v0. */
static int
find_first(struct fetch_api_job *job, struct err *e)
{
	struct err second = ERR_INIT;

	if (ask_first_plainly(job, e) == 0)
		return 0;
	if (!is_elsewhere(job->status) || *job->fixed_version != '\0' ||
	    job->head.since_us != CLOCK_NEVER)
		return -1;
	snprintf(job->head.version, sizeof job->head.version, "%s",
	    strcmp(job->head.version, "v0") == 0 ? "v0.1" : "v0");
	job->head.plain = false;
	if (ask_first_plainly(job, &second) == 0)
		return 0;
	if (!is_elsewhere(job->status))
		*e = second;
	else
		err_wrap(e, "neither v0.1 nor v0 of the registry API is there");
	return -1;
}

/* ---- all pages ---- */

static int
next_page_once(struct fetch_api_job *job, struct err *e)
{
	struct http_response rs;
	char *url = page_url(job, &job->log->head);
	int rc = -1;

	if (ask_page(job, url, NULL, NULL, &rs, e) == -1) {
		err_wrap(e, "page %zu", job->log->count + 1);
		goto out;
	}
	if (take_page(job, url, e) == -1)
		goto out;
	rc = 0;
out:
	http_response_free(&rs);
	free(url);
	return rc;
}

static int
next_page(struct fetch_api_job *job, struct err *e)
{
	return ask_fitting(job, next_page_once, e);
}

/*
 * Whether that the first page of a list beside that of servers did not come
 * means that there is none.  Most upstreams never heard of such lists, and some
 * have an answer of their own for what they do not know; but one that had the
 * list before has it still, if it does not say otherwise.  One that wants to be
 * asked later has not answered.
 */
static bool
is_absent(const struct fetch_api_job *job)
{
	if (is_elsewhere(job->status))
		return true;
	if (job->status == 429)
		return false;
	return !(job->known && job->old.has[job->log->list]) &&
	       (job->status != 0 || job->no_page);
}

/* Asks for the first page of skills or plugins, where there may be any. */
static int
next_list(struct fetch_api_job *job, struct err *e)
{
	const bool delta = job->log->head.since_us != CLOCK_NEVER;
	struct err why = ERR_INIT;

	if (delta && !job->old.has[job->log->list])
		return fetch_api_log_skip(job->log, e);
	job->no_page = false;
	if (next_page(job, &why) == 0)
		return 0;
	if (is_absent(job)) {
		job->status = 0;
		return fetch_api_log_skip(job->log, e);
	}
	*e = why;
	return -1;
}

int
fetch_api_crawl_run(struct fetch_api_job *job, struct err *e)
{
	const struct fetch_api_log *log = job->log;
	bool first;

	job->status = 0;
	job->spoiled = false;
	job->resumed_pages = job->log->count;
	tell_progress(job, 0, 0);
	if (job->log->count == 0 && find_first(job, e) == -1)
		return -1;
	while (!job->not_modified && !log->complete) {
		first = log->list != FETCH_API_SERVERS && *log->cursor == '\0';
		if ((first ? next_list(job, e) : next_page(job, e)) == -1)
			return -1;
	}
	return 0;
}

/* ---- deltas ---- */

bool
fetch_api_crawl_knows_deltas(struct fetch_api_job *job)
{
	struct fetch_api_query q = { .list = FETCH_API_SERVERS,
		.root = job->root,
		.version = job->log->head.version,
		.limit = 1,
		.plain = job->log->head.plain,
		.cursor = "" };
	struct http_request rq = { .max_body = PROBE_MAX };
	struct fetch_api_page page;
	struct http_response rs;
	struct err ignored = ERR_INIT;
	bool knows;
	char *url;

	if (clock_parse(
		&q.since_us, FAR_FUTURE, strlen(FAR_FUTURE), &ignored) == -1)
		return false;
	url = fetch_api_url_page(&q);
	rq.url = url;
	knows = ask(job, &rq, &rs, &ignored) == 0 &&
		fetch_api_page_read(&page, FETCH_API_SERVERS, &job->body, NULL,
		    &ignored) == 0 &&
		page.entries == 0 && *page.cursor == '\0';
	http_response_free(&rs);
	free(url);
	return knows;
}
