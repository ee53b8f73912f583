/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches a registry API: prepares a crawl, and turns its result into the
 * documents, the validators and the checkpoint of the fetch.
 */
#include "sync/kinds/api/fetch_api.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/fetch/fetch_writer.h"
#include "sync/fetch/http/fetch_download.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_SIZE (64 * KIB)

/* ---- documents ---- */

/*
 * The crawl on disk is not needed again once its documents were reported.  If
 * the process is killed before that, the next fetch uses the crawl.
 */
static void
release_log(struct fetch *f)
{
	struct fetch_api_log *log = f->state;

	if (log == NULL)
		return;
	fetch_api_log_unlink(log);
	fetch_api_log_free(log);
	f->state = NULL;
}

static const struct fetch_opener documents_in_spool = { .release =
							    release_log };

static int
copy_page(
    struct fetch_writer *w, struct reader *page, char *buffer, struct err *e)
{
	ssize_t n;

	while ((n = page->read(page, buffer, COPY_SIZE, e)) > 0)
		if (spool_add(w->fetch->spool, buffer, (size_t)n, e) == -1)
			return -1;
	return n == -1 ? -1 : 0;
}

/* Copies the documents to the spool. */
static int
write_documents(struct fetch_api_job *job, struct err *e)
{
	struct fetch *out = job->out;
	char *buffer = xmalloc(COPY_SIZE);
	char name[sizeof "page " + 20];
	struct fetch_writer w;
	struct reader page;
	int rc = -1;

	if (fetch_writer_start(&w, out, job->options, e) == -1)
		goto out;
	for (size_t i = 0; i < job->log->count; i++) {
		snprintf(name, sizeof name, "page %zu", i + 1);
		fetch_api_log_reader(job->log, i, &page);
		fetch_writer_open(&w, name);
		if (copy_page(&w, &page, buffer, e) == -1) {
			err_wrap(e, "%s", name);
			goto out;
		}
		fetch_writer_close(&w);
	}
	out->state = job->log;
	out->opener = &documents_in_spool;
	out->entries = true;
	job->log = NULL;
	rc = 0;
out:
	fetch_writer_free(&w);
	free(buffer);
	return rc;
}

/* ---- the result ---- */

/* The next delta requests changes since this instant. */
static int64_t
watermark(const struct fetch_api_job *job)
{
	const struct fetch_api_head *h = &job->log->head;
	int64_t at = h->started_us;

	/* With the earlier of two clocks no change is missed. */
	if (h->date_us != CLOCK_NEVER && h->date_us < at)
		at = h->date_us;
	return at - job->conf->overlap_ns / 1000;
}

/* The next fetch can be conditional only if this one had a single page. */
static void
remember_conditions(struct fetch_api_job *job, struct fetch_api_checkpoint *c)
{
	bool whole = job->not_modified || job->log->count == 1;

	*c->url_hash = '\0';
	if (!whole || job->resumed_pages > 0)
		return;
	fetch_download_keep(&job->out->validators, &job->first, job->previous);
	memcpy(c->url_hash, job->url_hash, sizeof c->url_hash);
}

__attribute__((format(printf, 2, 3))) static void
add_note(struct fetch_api_job *job, const char *fmt, ...)
{
	char *note = job->out->note;
	size_t used = strlen(note);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(note + used, FETCH_NOTE_SIZE - used, fmt, ap);
	va_end(ap);
}

/* "registry API v0.1: 30 servers, 3 skills" */
static void
note_counts(struct fetch_api_job *job)
{
	const struct fetch_api_log *log = job->log;

	add_note(job, "registry API %s: ", log->head.version);
	for (int i = 0; i < FETCH_API_LISTS; i++)
		if (i == FETCH_API_SERVERS || log->entries[i] > 0)
			add_note(job, "%s%llu %s", i > 0 ? ", " : "",
			    (unsigned long long)log->entries[i],
			    fetch_api_list_name((enum fetch_api_list)i));
}

static void
describe_unchanged(struct fetch_api_job *job, struct fetch_api_checkpoint *c)
{
	struct validators *v = &job->out->validators;

	job->out->unchanged = true;
	memcpy(v->hash, job->previous->hash, sizeof v->hash);
	if (job->head.since_us == CLOCK_NEVER)
		c->full_us = job->head.started_us;
	remember_conditions(job, c);
	add_note(job, "registry API %s: nothing new", job->head.version);
}

static void
describe_delta(struct fetch_api_job *job, struct fetch_api_checkpoint *c)
{
	const struct fetch_api_log *log = job->log;
	struct digest *d = digest_new();
	char since[CLOCK_TEXT_SIZE];

	job->out->partial = true;
	digest_add(d, log->head.from, strlen(log->head.from));
	digest_add(d, log->hash, strlen(log->hash));
	digest_hex(d, job->out->validators.hash);
	digest_free(d);
	c->crawl_us = log->head.started_us;
	c->since_us = watermark(job);
	*c->url_hash = '\0'; /* the next request is since another instant */
	memcpy(c->delta, log->hash, sizeof c->delta);
	clock_format(since, log->head.since_us);
	note_counts(job);
	add_note(job, " since %s", since);
}

static int
check_not_empty(struct fetch_api_job *job, struct err *e)
{
	char *shown;

	if (job->log->entries[FETCH_API_SERVERS] > 0 ||
	    job->source->allow_empty)
		return 0;
	shown = url_shown(job->conf->endpoint);
	err_set(e, ERR_FETCH,
	    "%s offers no servers; keeping what is stored (set "
	    "api.allowEmpty to accept an empty registry)",
	    shown);
	free(shown);
	job->discard = true;
	return -1;
}

static void
describe_full(struct fetch_api_job *job, struct fetch_api_checkpoint *c)
{
	const struct fetch_api_log *log = job->log;
	struct validators *v = &job->out->validators;
	bool deltas;

	memcpy(v->hash, log->hash, sizeof v->hash);
	job->out->unchanged = strcmp(v->hash, job->previous->hash) == 0;
	/* If nothing has changed, an upstream without deltas still has none. */
	deltas = !(job->out->unchanged && job->known &&
		     job->old.since_us == CLOCK_NEVER) &&
		 fetch_api_crawl_has_deltas(job);
	*c = (struct fetch_api_checkpoint){
		.crawl_us = log->head.started_us,
		.full_us = log->head.started_us,
		.since_us = deltas ? watermark(job) : CLOCK_NEVER,
		.pages = (int64_t)log->count,
		.plain = log->head.plain,
	};
	memcpy(c->has, log->has, sizeof c->has);
	memcpy(c->version, log->head.version, sizeof c->version);
	if (!deltas)
		remember_conditions(job, c);
	note_counts(job);
	add_note(job, " on %zu pages", log->count);
	if (job->page_size < job->conf->page_size)
		add_note(job, " of %u", job->page_size);
	if (job->resumed_pages > 0)
		add_note(job, ", %zu of them from an interrupted crawl",
		    job->resumed_pages);
	add_note(job, "; deltas are %ssupported", deltas ? "" : "not ");
}

/* Whether a delta is empty or the same as the one before. */
static bool
has_nothing_new(const struct fetch_api_job *job)
{
	return job->not_modified ||
	       (job->head.since_us != CLOCK_NEVER &&
		   (fetch_api_log_entries(job->log) == 0 ||
		       (job->known &&
			   strcmp(job->log->hash, job->old.delta) == 0)));
}

static int
describe(struct fetch_api_job *job, struct err *e)
{
	struct fetch_api_checkpoint c = job->old;

	if (has_nothing_new(job))
		describe_unchanged(job, &c);
	else if (job->head.since_us != CLOCK_NEVER)
		describe_delta(job, &c);
	else if (check_not_empty(job, e) == 0)
		describe_full(job, &c);
	else
		return -1;
	c.page_size =
	    job->page_size < job->conf->page_size ? job->page_size : 0;
	job->out->validators.checkpoint = fetch_api_checkpoint_write(&c);
	return 0;
}

/* ---- the fetch ---- */

static void
make_key(char out[DIGEST_HEX_SIZE], const struct conf_source *source)
{
	char *identity = conf_source_identity(source);
	struct digest *d = digest_new();

	digest_add(d, source->name, strlen(source->name) + 1);
	digest_add(d, identity, strlen(identity));
	digest_hex(d, out);
	digest_free(d);
	free(identity);
}

static int
prepare(struct fetch_api_job *job, struct err *e)
{
	const struct conf_api *conf = job->conf;

	job->root = fetch_api_url_root(job->fixed_version, conf->endpoint);
	job->known =
	    fetch_api_checkpoint_read(&job->old, job->previous->checkpoint) &&
	    job->previous->hash[0] != '\0';
	job->page_size = (unsigned)conf->page_size;
	if (job->known && job->old.page_size > 0 &&
	    job->old.page_size < job->page_size)
		job->page_size = (unsigned)job->old.page_size;
	make_key(job->key, job->source);
	if (fetch_policy(&job->policy, &conf->http, "api", conf->header_count,
		e) == -1 ||
	    fetch_api_headers_read(&job->policy, conf, e) == -1 ||
	    http_new(&job->http, &job->policy, e) == -1)
		return -1;
	return fetch_api_log_open(
	    &job->log, job->options->cache_dir, job->key, e);
}

static void
tear_down(struct fetch_api_job *job)
{
	/* Keep the file only if the crawl can be resumed. */
	if (job->log != NULL &&
	    (job->log->count == 0 || job->discard || job->out->unchanged))
		fetch_api_log_unlink(job->log);
	fetch_api_log_free(job->log);
	buf_free(&job->body);
	http_response_free(&job->first);
	http_free(job->http);
	fetch_policy_free(&job->policy);
	free(job->root);
}

int
fetch_api(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct fetch_api_job job = { .source = source,
		.conf = &source->u.api,
		.options = options,
		.previous = previous,
		.out = out,
		.body = BUF_INIT(LIMIT_API_PAGE) };
	int rc = -1;

	if (prepare(&job, e) == -1 || fetch_api_crawl_run(&job, e) == -1 ||
	    describe(&job, e) == -1)
		goto out;
	if (!out->unchanged && write_documents(&job, e) == -1)
		goto out;
	rc = 0;
out:
	tear_down(&job);
	return rc;
}
