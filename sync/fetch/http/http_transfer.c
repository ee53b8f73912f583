/* SPDX-License-Identifier: Apache-2.0 */
/* One request by libcurl: the options of a handle, and its callbacks. */
#include "sync/fetch/http/http_private.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/trace.h"
#include "lib/xalloc.h"
#include "sync/fetch/spool.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "directories.h"

#define CONNECT_MS 15000
/* A connection this slow for this long is dead. */
#define SLOW_BYTES 16
#define SLOW_SECONDS 60
#define RECEIVE_BUFFER (64 * KIB)
#define PROGRESS_US (CLOCK_SECOND / 10)

/* ---- callbacks of libcurl ---- */

static size_t
on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct http_exchange *x = ctx;
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

static size_t
on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct http_exchange *x = ctx;
	size_t len = size * count;

	x->body_bytes += len;
	if (x->rs->status != 200) {
		http_response_add_refusal(x->rs, data, len);
		return x->body_bytes > LIMIT_HTTP_IGNORED ? 0 : len;
	}
	if (x->body_bytes > x->max_body) {
		http_failure_too_large(x);
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
	struct http_exchange *x = ctx;
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

/* Programs in Go and those with OpenSSL read the same variables. */
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
	 * CURLOPT_NOSIGNAL stays off, so that libcurl ignores SIGPIPE during a
	 * transfer.
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
time_left(const struct http_exchange *x)
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
headers_of(struct http_exchange *x)
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

CURLcode
http_transfer(struct http_exchange *x)
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
	SET(h, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->max_body);
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
