/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirects and tries.  This file follows redirects itself, not libcurl, so
 * that each step can be checked (http after https is refused anywhere in the
 * chain) and named in messages.
 */
#include "sync/fetch/http/http.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/http_private.h"
#include "sync/fetch/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#define TRIES 3
#define FIRST_PAUSE_US (CLOCK_SECOND / 2) /* doubled with each try */

/* ---- redirects ---- */

static void
set_url(struct http_exchange *x, const char *url)
{
	char *copy = xstrdup(url);

	free(x->url);
	free(x->shown);
	x->url = copy;
	x->shown = url_shown(copy);
}

static bool
is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

static bool
has_scheme(const char *url, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncasecmp(url, scheme, len) == 0 && url[len] == ':';
}

/* Sets x->url to the target of the redirect. */
static int
follow(struct http_exchange *x)
{
	const char *next = NULL;
	char *shown = NULL;
	int rc = -1;

	curl_easy_getinfo(x->http->easy, CURLINFO_REDIRECT_URL, &next);
	if (next == NULL) {
		http_failure_by_status(x);
		goto out;
	}
	if (strlen(next) > LIMIT_URL) {
		err_set(x->e, ERR_LIMIT,
		    "%s redirects to a URL of more than %zu bytes", x->shown,
		    LIMIT_URL);
		goto out;
	}
	shown = url_shown(next);
	if (x->rq->no_redirects ||
	    (!has_scheme(next, "https") &&
		(!has_scheme(next, "http") || has_scheme(x->url, "https")))) {
		err_set(x->e, ERR_FETCH,
		    "refused to follow the redirect from %s to %s", x->shown,
		    shown);
		goto out;
	}
	set_url(x, next);
	rc = 0;
out:
	free(shown);
	return rc;
}

/* Whether http_get() reports the response as success. */
static bool
is_wanted(const struct http_exchange *x)
{
	const struct http_request *rq = x->rq;

	return x->rs->status == 200 ||
	       (x->rs->status == 304 &&
		   (rq->etag != NULL || rq->last_modified != NULL));
}

/* One request with its redirects. */
static int
try_once(struct http_exchange *x)
{
	CURLcode code;
	int rc = -1;

	for (int hops = 0; hops <= LIMIT_HTTP_REDIRECTS; hops++) {
		if (http_policy_check(&x->http->policy, x->url, x->rq->url,
			x->shown, &x->headers, x->e) == -1)
			goto out;
		code = http_transfer(x);
		if (x->failed)
			goto out;
		/* An error status explains more than an incomplete body. */
		if (code != CURLE_OK && x->rs->status <= 200) {
			http_failure_by_code(x, code);
			goto out;
		}
		if (!is_redirect(x->rs->status))
			break;
		if (follow(x) == -1)
			goto out;
	}
	if (is_redirect(x->rs->status)) {
		err_set(x->e, ERR_FETCH,
		    "more than %d redirects, the last to %s",
		    LIMIT_HTTP_REDIRECTS, x->shown);
		goto out;
	}
	if (!is_wanted(x)) {
		http_failure_by_status(x);
		goto out;
	}
	rc = 0;
out:
	return rc;
}

/* ---- tries ---- */

static bool
past_deadline(const struct http_exchange *x, int64_t wait_us)
{
	int64_t deadline = x->rq->deadline_us;

	return deadline != 0 && wait_us >= deadline - clock_monotonic();
}

static int
start_try(struct http_exchange *x)
{
	const struct http_request *rq = x->rq;
	unsigned char ignored[DIGEST_RAW_SIZE];

	x->failed = false;
	x->may_retry = false;
	x->refused.address[0] = '\0';
	x->wait_us = 0;
	x->try_ends_us = 0;
	if (rq->timeout_ns > 0)
		x->try_ends_us = clock_monotonic() + rq->timeout_ns / 1000;
	set_url(x, rq->url);
	if (rq->digest != NULL)
		digest_raw(rq->digest, ignored);
	if (rq->body == NULL)
		return spool_clear(rq->spool, x->e);
	buf_reset(rq->body);
	return 0;
}

/*
 * Microseconds to wait before try ${next}, which is at least 2: Retry-After
 * (${asked_us}) unless that is 0, else longer each time.  A random part keeps
 * clients that failed at the same time from retrying at the same time.
 */
static int64_t
pause_length(int next, int64_t asked_us)
{
	int64_t base = FIRST_PAUSE_US << (next - 2);
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) == -1)
		chance = (uint32_t)clock_monotonic();
	if (asked_us > 0)
		return asked_us + chance % FIRST_PAUSE_US;
	return base / 2 + chance % base;
}

/* Signals do not shorten the pause. */
static void
pause_for(int64_t us)
{
	struct timespec left = { (time_t)(us / CLOCK_SECOND),
		(long)(us % CLOCK_SECOND * 1000) };

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

static int
try_all(struct http_exchange *x)
{
	int64_t wait;
	int rc = -1;

	for (int try = 1;; try++) {
		if (start_try(x) == -1)
			goto out;
		if (try_once(x) == 0)
			break;
		wait = pause_length(try + 1, x->wait_us);
		if (!x->may_retry || try == TRIES || past_deadline(x, wait)) {
			if (try > 1)
				err_wrap(x->e, "tried %d times", try);
			goto out;
		}
		pause_for(wait);
	}
	err_clear(x->e);
	rc = 0;
out:
	return rc;
}

int
http_get(struct http *h, const struct http_request *rq,
    struct http_response *rs, struct err *e)
{
	struct http_exchange x = { .http = h,
		.rq = rq,
		.rs = rs,
		.e = e,
		.max_body =
		    rq->max_body != 0 ? rq->max_body : LIMIT_HTTP_BODY };
	int rc = -1;

	memset(rs, 0, sizeof *rs);
	http_response_clear(rs);
	if (strlen(rq->url) > LIMIT_URL) {
		err_set(
		    e, ERR_LIMIT, "a URL is longer than %zu bytes", LIMIT_URL);
		goto out;
	}
	set_url(&x, rq->url);
	if (past_deadline(&x, 0)) {
		err_set(e, ERR_FETCH, "failed to fetch %s: deadline exceeded",
		    x.shown);
		goto out;
	}
	if (try_all(&x) == -1)
		goto out;
	rc = 0;
out:
	free(x.url);
	free(x.shown);
	return rc;
}
