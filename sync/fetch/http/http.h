/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client of the sync.  Only the files http*.[ch] include libcurl.
 *
 * A struct http keeps connections open between requests.  http_get() follows
 * redirects (http and https only, never from https back to http), decodes gzip,
 * checks that a body is complete, and retries after failures that may pass:
 * of the connection, timeouts, status 408, 429 and 5xx.  It waits as long as
 * Retry-After says, up to LIMIT_HTTP_RETRY_AFTER.  If the time is longer, it
 * fails at once, and http_retry_after() returns the time.  With TLS it uses
 * HTTP/2 if libcurl and the server support it.  Proxies are configured by the
 * environment (http_proxy, https_proxy, all_proxy, no_proxy), root certificates
 * by the system or by SSL_CERT_FILE and SSL_CERT_DIR.  If a certificate is
 * signed by an unknown authority, the error names the configuration key that
 * helps.
 */
#ifndef SYNC_FETCH_HTTP_HTTP_H
#define SYNC_FETCH_HTTP_HTTP_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct digest;
struct http;
struct spool;

/*
 * What a source allows and sends.  All zero: no restriction, no header.
 * Everything that it points to must outlive the struct http.
 */
struct http_policy {
	/* PEM; trusted instead of the system's root certificates. */
	const char *ca_file;
	const char *block; /* of the configuration, for messages: "api" */
	/*
	 * Only public addresses, also after redirects.  Then no proxy is used,
	 * because it would resolve names without this check.
	 */
	bool public_only;
	bool https_only; /* also after redirects */
	/*
	 * Lines "Name: value".  They are sent to the origin (scheme, host,
	 * port) of the requested URL, never to another one that it redirects
	 * to.  Over plain http they are sent only to loopback or with
	 * headers_over_http.
	 */
	char **headers;
	size_t header_count;
	bool headers_over_http;
};

struct http_request {
	const char *url;
	const char *accept; /* of the Accept header; NULL for none */
	/* Validators of the last response, as received; NULL for none. */
	const char *etag;
	const char *last_modified;
	bool no_redirects; /* a redirect is an error */
	uint64_t max_body; /* decoded; 0: LIMIT_HTTP_BODY */
	int64_t timeout_ns; /* of one try with its redirects; 0: none */
	int64_t deadline_us; /* clock_monotonic(), for all tries; 0: none */

	/*
	 * One of both gets the decoded body of a 200; each try removes previous
	 * content.  The buffer has room for max_body bytes.
	 */
	struct buf *body;
	struct spool *spool;
	struct digest *digest; /* of the body; NULL: not wanted */
	/* Called from time to time with the counts so far; NULL for none. */
	void (*progress)(void *ctx, unsigned requests, uint64_t bytes);
	void *ctx;
};

struct http_response {
	int status; /* of the last response; 0: there was none */
	char *etag; /* NULL when not sent, too long or malformed */
	char *last_modified; /* the same */
	char
	    *refusal; /* the start of a body whose status is not 200, or NULL */
	size_t refusal_len;
	char *words; /* the explanation in it; NULL: none */
	int64_t date_us; /* of the server's clock; CLOCK_NEVER: not sent */
	/* Retry-After as a length and as an instant; CLOCK_NEVER: not sent. */
	int64_t retry_us;
	int64_t retry_at_us;
	unsigned requests; /* sent, redirects and tries included */
	uint64_t bytes; /* of bodies, as received */
};

/*
 * The caller frees *${out} with http_free() (NULL is allowed).  ${policy} may
 * be NULL.
 */
int http_new(
    struct http **out, const struct http_policy *policy, struct err *e);
void http_free(struct http *h);

/*
 * Gets ${rq}->url.  Returns 0 if the status is 200 and the whole body was
 * received, or 304 if validators were given.  Otherwise the error is ERR_FETCH,
 * or ERR_LIMIT if the body is too large.  Messages name the URL without user
 * name and password.  They end with the explanation of the server
 * (http_words.c) without the headers of the policy.  The caller frees the
 * members of ${rs} with http_response_free() in both cases.
 */
int http_get(struct http *h, const struct http_request *rq,
    struct http_response *rs, struct err *e);
void http_response_free(struct http_response *rs);

/*
 * How long the server asked to wait (Retry-After), in microseconds, at most
 * LIMIT_RETRY_KEPT seconds; 0 when it did not.  A date is measured by the
 * server's own clock if it sent that too.
 */
int64_t http_retry_after(const struct http_response *rs);

#endif
