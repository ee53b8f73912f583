/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP by libcurl.  This file follows redirects itself, so that each step can
 * be checked (http after https is refused anywhere in the chain) and named in
 * messages.
 */
#include "sync/fetch/http/http.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/trace.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/http_private.h"
#include "sync/fetch/spool.h"

#include <curl/curl.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "directories.h"

#define TRIES 3
#define CONNECT_MS 15000
/* A connection this slow for this long is dead. */
#define SLOW_BYTES 16
#define SLOW_SECONDS 60
#define RECEIVE_BUFFER (64 * KIB)
#define ADVICE_SIZE 128
#define PROGRESS_US (CLOCK_SECOND / 10)
#define FIRST_PAUSE_US (CLOCK_SECOND / 2) /* doubled with each try */

struct http {
	CURL *easy;
	struct http_policy policy;
	char text[CURL_ERROR_SIZE]; /* libcurl's description of a failure */
	CURLcode unready; /* why libcurl refused an option */
};

/* One call of http_get(). */
struct exchange {
	struct http *http;
	const struct http_request *rq;
	struct http_response *rs;
	struct err *e;
	int64_t try_ends_us; /* of timeout_ns; 0: none */
	int64_t reported_us; /* when progress was last called */
	char *url; /* of the current request, owned */
	char *shown; /* the same, for messages */
	bool headers; /* those of the policy go to ${url} */
	struct http_refused refused;
	char advice[ADVICE_SIZE];
	uint64_t bytes_before; /* received by earlier requests */
	/* Of the answer being received. */
	size_t header_bytes;
	uint64_t body_bytes;
	bool failed; /* ${e} was set in a callback */
	/* Of the try that failed. */
	bool may_retry;
	int64_t wait_us; /* from Retry-After; 0: none */
};

/* ---- callbacks of libcurl ---- */

static size_t
on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t len = size * count;

	x->header_bytes += len;
	if (x->header_bytes > LIMIT_HTTP_HEADER) {
		x->failed = true;
		err_set(x->e, ERR_LIMIT,
		    "the headers from %s are larger than %zu bytes", x->shown,
		    LIMIT_HTTP_HEADER);
		return 0;
	}
	http_response_add_line(x->rs, data, len);
	return len;
}

static uint64_t
body_limit(const struct http_request *rq)
{
	return rq->max_body != 0 ? rq->max_body : LIMIT_HTTP_BODY;
}

static void
fail_too_large(struct exchange *x)
{
	x->failed = true;
	err_set(x->e, ERR_LIMIT, "%s is larger than %llu bytes", x->shown,
	    (unsigned long long)body_limit(x->rq));
}

static size_t
on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct exchange *x = ctx;
	size_t len = size * count;

	x->body_bytes += len;
	if (x->rs->status != 200) {
		http_response_add_refusal(x->rs, data, len);
		return x->body_bytes > LIMIT_HTTP_IGNORED ? 0 : len;
	}
	if (x->body_bytes > body_limit(x->rq)) {
		fail_too_large(x);
		return 0;
	}
	if (x->rq->digest != NULL)
		digest_add(x->rq->digest, data, len);
	if (x->rq->body != NULL)
		buf_add(x->rq->body, data, len);
	else if (spool_add(x->rq->spool, data, len, x->e) == -1)
		x->failed = true;
	return x->failed ? 0 : len;
}

static int
on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total,
    curl_off_t up_now)
{
	struct exchange *x = ctx;
	int64_t now_us;

	(void)total;
	(void)up_total;
	(void)up_now;
	x->rs->bytes = x->bytes_before + (uint64_t)now;
	now_us = clock_monotonic();
	if (x->rq->progress != NULL && now_us - x->reported_us >= PROGRESS_US) {
		x->reported_us = now_us;
		x->rq->progress(x->rq->ctx, x->rs->requests, x->rs->bytes);
	}
	return 0;
}

/* ---- the handle ---- */

static void
keep_first(struct http *h, CURLcode code)
{
	if (h->unready == CURLE_OK)
		h->unready = code;
}

#define SET(h, option, value) \
	keep_first(h, curl_easy_setopt((h)->easy, (option), (value)))

static void
set_protocols(struct http *h)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(h, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	SET(h, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* The variables that Go and OpenSSL's programs read, too. */
static void
set_roots(struct http *h)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");

	if (h->policy.ca_file != NULL) {
		SET(h, CURLOPT_CAINFO, h->policy.ca_file);
		SET(h, CURLOPT_CAPATH, NULL);
		return;
	}
	if (file != NULL && *file != '\0')
		SET(h, CURLOPT_CAINFO, file);
	if (dir != NULL && *dir != '\0')
		SET(h, CURLOPT_CAPATH, dir);
}

static void
set_up(struct http *h)
{
	set_protocols(h);
	set_roots(h);
	/*
	 * CURLOPT_NOSIGNAL stays off: then libcurl shields the process from
	 * SIGPIPE during a transfer.
	 */
	SET(h, CURLOPT_ERRORBUFFER, h->text);
	SET(h, CURLOPT_USERAGENT, "thv-registry-sync/" PROGRAM_VERSION);
	SET(h, CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(h, CURLOPT_FOLLOWLOCATION, 0L);
	SET(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(h, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	SET(h, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	SET(h, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
	SET(h, CURLOPT_NOPROGRESS, 0L);
	SET(h, CURLOPT_HEADERFUNCTION, on_header);
	SET(h, CURLOPT_WRITEFUNCTION, on_body);
	SET(h, CURLOPT_XFERINFOFUNCTION, on_progress);
	if (h->policy.public_only)
		SET(h, CURLOPT_OPENSOCKETFUNCTION, http_policy_open_socket);
}

int
http_new(struct http **out, const struct http_policy *policy, struct err *e)
{
	static bool global_done;
	struct http *h = NULL;
	int rc = -1;

	*out = NULL;
	if (!global_done && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(e, ERR_INTERNAL, "failed to initialize libcurl");
		goto out;
	}
	global_done = true;
	h = xcalloc(1, sizeof *h);
	if (policy != NULL)
		h->policy = *policy;
	h->easy = curl_easy_init();
	if (h->easy != NULL)
		set_up(h);
	else
		h->unready = CURLE_OUT_OF_MEMORY;
	if (h->unready != CURLE_OK) {
		err_set(e, ERR_INTERNAL, "failed to configure libcurl: %s",
		    curl_easy_strerror(h->unready));
		goto out;
	}
	*out = h;
	h = NULL;
	rc = 0;
out:
	http_free(h);
	return rc;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->easy);
	free(h);
}

/* ---- one request ---- */

static int64_t
earlier(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

/* Milliseconds until the try has to end, at least 1; 0: no limit. */
static long
time_left(const struct exchange *x)
{
	int64_t ends = earlier(x->try_ends_us, x->rq->deadline_us);
	int64_t left;

	if (ends == 0)
		return 0;
	left = (ends - clock_monotonic()) / 1000;
	if (left < 1)
		return 1;
	return left < INT32_MAX ? (long)left : INT32_MAX;
}

static bool
past_deadline(const struct exchange *x, int64_t wait_us)
{
	int64_t deadline = x->rq->deadline_us;

	return deadline != 0 && wait_us >= deadline - clock_monotonic();
}

static struct curl_slist *
add_line(struct curl_slist *list, struct http *h, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (longer == NULL)
		keep_first(h, CURLE_OUT_OF_MEMORY);
	return longer != NULL ? longer : list;
}

static struct curl_slist *
add_header(struct curl_slist *list, struct http *h, const char *name,
    const char *value)
{
	char *line;

	if (value == NULL)
		return list;
	line = xasprintf("%s: %s", name, value);
	list = add_line(list, h, line);
	free(line);
	return list;
}

static struct curl_slist *
headers_of(struct exchange *x)
{
	const struct http_policy *policy = &x->http->policy;
	const struct trace *trace = trace_current();
	struct curl_slist *list = NULL;
	struct http *h = x->http;
	char parent[TRACE_PARENT_SIZE];

	if (trace != NULL) {
		trace_child(parent, trace);
		list = add_header(list, h, "traceparent", parent);
	}
	list = add_header(list, h, "Accept", x->rq->accept);
	list = add_header(list, h, "If-None-Match", x->rq->etag);
	list = add_header(list, h, "If-Modified-Since", x->rq->last_modified);
	for (size_t i = 0; x->headers && i < policy->header_count; i++)
		list = add_line(list, h, policy->headers[i]);
	return list;
}

/*
 * libcurl reads http_proxy in lower case only, because a web server turns a
 * client's "Proxy:" header into HTTP_PROXY for CGI programs.  Outside of a CGI
 * program the upper-case name is safe.
 */
static const char *
proxy_for(const struct http *h, const char *url)
{
	if (h->policy.public_only)
		return "";
	if (strncasecmp(url, "http:", 5) != 0 ||
	    getenv("REQUEST_METHOD") != NULL || getenv("http_proxy") != NULL)
		return NULL;
	return getenv("HTTP_PROXY");
}

/* Sends the request for x->url; the answer is in x->rs. */
static CURLcode
send_request(struct exchange *x)
{
	struct http *h = x->http;
	struct curl_slist *headers = headers_of(x);
	CURLcode code;
	long left = time_left(x);
	curl_off_t got = 0;

	SET(h, CURLOPT_URL, x->url);
	SET(h, CURLOPT_PROXY, proxy_for(h, x->url));
	SET(h, CURLOPT_HTTPHEADER, headers);
	SET(h, CURLOPT_TIMEOUT_MS, left);
	SET(h, CURLOPT_CONNECTTIMEOUT_MS,
	    left != 0 && left < CONNECT_MS ? left : CONNECT_MS);
	SET(h, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)body_limit(x->rq));
	SET(h, CURLOPT_HEADERDATA, x);
	SET(h, CURLOPT_WRITEDATA, x);
	SET(h, CURLOPT_XFERINFODATA, x);
	SET(h, CURLOPT_OPENSOCKETDATA, &x->refused);
	code = h->unready;
	if (code == CURLE_OK) {
		http_response_clear(x->rs);
		x->header_bytes = 0;
		x->body_bytes = 0;
		h->text[0] = '\0';
		x->rs->requests++;
		code = curl_easy_perform(h->easy);
		curl_easy_getinfo(h->easy, CURLINFO_SIZE_DOWNLOAD_T, &got);
		x->bytes_before += (uint64_t)got;
		x->rs->bytes = x->bytes_before;
	}
	SET(h, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return code;
}

/* Whether another try may succeed after ${code}. */
static bool
is_passing(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return true;
	default:
		return false;
	}
}

/*
 * Whether the chain of certificates ends in an unknown authority, by the
 * numbers of OpenSSL's X509_V_ERR_*.  A wrong host or date does not count.
 */
static bool
is_unknown_authority(const struct exchange *x, CURLcode code)
{
	static const long results[] = { 2, 18, 19, 20, 21, 27 };
	long result = 0;

	if (code != CURLE_PEER_FAILED_VERIFICATION)
		return false;
	curl_easy_getinfo(x->http->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	for (size_t i = 0; i < sizeof results / sizeof *results; i++)
		if (results[i] == result)
			return true;
	return false;
}

static const char *
advice_on_authority(struct exchange *x)
{
	const struct http_policy *policy = &x->http->policy;

	if (policy->ca_file != NULL)
		snprintf(x->advice, sizeof x->advice,
		    "; no authority in %s.caFile signed it", policy->block);
	else
		snprintf(x->advice, sizeof x->advice,
		    "; if a private authority signed it, name its file "
		    "in %s.caFile",
		    policy->block);
	return x->advice;
}

static void
fail_by_code(struct exchange *x, CURLcode code)
{
	const char *text = x->http->text;

	if (code == CURLE_FILESIZE_EXCEEDED) {
		fail_too_large(x);
		return;
	}
	if (x->refused.address[0] != '\0' && code == CURLE_COULDNT_CONNECT) {
		err_set(x->e, ERR_FETCH,
		    "refused to fetch %s: %s is not a public address", x->shown,
		    x->refused.address);
		return;
	}
	x->may_retry = is_passing(code);
	err_set(x->e, ERR_FETCH, "failed to fetch %s: %s%s", x->shown,
	    *text != '\0' ? text : curl_easy_strerror(code),
	    is_unknown_authority(x, code) ? advice_on_authority(x) : "");
}

/* Sets x->rs->words if the body of a refusal adds to its status. */
static void
read_words(struct exchange *x)
{
	const struct http_policy *policy = &x->http->policy;
	struct http_response *rs = x->rs;
	char *words = NULL;

	if (rs->refusal != NULL)
		words = http_words_read(rs->refusal, rs->refusal_len);
	for (size_t i = 0; words != NULL && i < policy->header_count; i++) {
		const char *value = strchr(policy->headers[i], ':');
		const char *token = NULL;

		if (value == NULL)
			continue;
		value += 1 + strspn(value + 1, " ");
		http_words_hide(words, value);
		/* The part after "Bearer". */
		token = strrchr(value, ' ');
		if (token != NULL)
			http_words_hide(words, token + 1);
	}
	if (words != NULL) {
		url_hide(words, strlen(words) + 1, x->rq->url);
		url_hide(words, strlen(words) + 1, x->url);
		http_words_cut(words);
	}
	if (words != NULL &&
	    strcasecmp(words, http_response_reason(rs->status)) == 0) {
		free(words);
		words = NULL;
	}
	free(rs->words);
	rs->words = words;
}

static void
fail_by_status(struct exchange *x)
{
	int status = x->rs->status;
	int64_t wait = http_retry_after(x->rs);

	read_words(x);
	err_set(x->e, ERR_FETCH, "HTTP %d for URL %s: %s%s%s", status, x->shown,
	    http_response_reason(status), x->rs->words != NULL ? ": " : "",
	    x->rs->words != NULL ? x->rs->words : "");
	x->may_retry =
	    status == 408 || status == 429 || (status >= 500 && status <= 599);
	if (wait > LIMIT_HTTP_RETRY_AFTER * CLOCK_SECOND) {
		/* Other sources are waiting; a later sync retries. */
		x->may_retry = false;
		err_wrap(x->e, "asked to wait %lld seconds",
		    (long long)(wait / CLOCK_SECOND));
	}
	x->wait_us = wait;
}

/* ---- redirects ---- */

static void
set_url(struct exchange *x, const char *url)
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
follow(struct exchange *x)
{
	const char *next = NULL;
	char *shown = NULL;
	int rc = -1;

	curl_easy_getinfo(x->http->easy, CURLINFO_REDIRECT_URL, &next);
	if (next == NULL) {
		fail_by_status(x);
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

/* Whether the answer is one that http_get() reports as success. */
static bool
is_wanted(const struct exchange *x)
{
	const struct http_request *rq = x->rq;

	return x->rs->status == 200 ||
	       (x->rs->status == 304 &&
		   (rq->etag != NULL || rq->last_modified != NULL));
}

/* One request with its redirects. */
static int
try_once(struct exchange *x)
{
	CURLcode code;
	int rc = -1;

	for (int hops = 0; hops <= LIMIT_HTTP_REDIRECTS; hops++) {
		if (http_policy_check(&x->http->policy, x->url, x->rq->url,
			x->shown, &x->headers, x->e) == -1)
			goto out;
		code = send_request(x);
		if (x->failed)
			goto out;
		/* A bad status explains more than how its body ended. */
		if (code != CURLE_OK && x->rs->status <= 200) {
			fail_by_code(x, code);
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
		fail_by_status(x);
		goto out;
	}
	rc = 0;
out:
	return rc;
}

/* ---- tries ---- */

static int
start_try(struct exchange *x)
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
 * (${asked_us}) unless that is 0, else longer each time.  Chance keeps clients
 * that failed together from retrying together.
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

/* Sleeps through signals. */
static void
pause_for(int64_t us)
{
	struct timespec left = { (time_t)(us / CLOCK_SECOND),
		(long)(us % CLOCK_SECOND * 1000) };

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

static int
try_all(struct exchange *x)
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
	struct exchange x = { .http = h, .rq = rq, .rs = rs, .e = e };
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
