/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the HTTP client.  Its interface is http.h.
 *
 *   http.c           follows redirects, retries
 *   http_transfer.c  sends one request by libcurl
 *   http_failure.c   explains why a request failed
 *   http_policy.c    where a request may go, and which headers it may carry
 *   http_response.c  reads the head of an answer
 *   http_words.c     reads why a server refused
 */
#ifndef SYNC_FETCH_HTTP_HTTP_PRIVATE_H
#define SYNC_FETCH_HTTP_HTTP_PRIVATE_H

#include "lib/err.h"
#include "sync/fetch/http/address.h"
#include "sync/fetch/http/http.h"

#include <curl/curl.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- http_policy.c ---- */

/* The address that was refused because it is not public, "" for none. */
struct http_refused {
	char address[ADDRESS_TEXT_SIZE];
};

/*
 * CURLOPT_OPENSOCKETFUNCTION under public_only.  ${ctx} is a struct
 * http_refused that is filled when ${address} is not public.
 */
curl_socket_t http_policy_open_socket(
    void *ctx, curlsocktype purpose, struct curl_sockaddr *address);

/* Whether ${a} and ${b} have the same scheme, host and port. */
bool http_policy_same_origin(const char *a, const char *b);

/*
 * Checks whether ${policy} allows a request for ${url}: 0, or ERR_FETCH with a
 * message that calls it ${shown}.  ${first} is the URL that this chain of
 * redirects started with.  *${headers} is set if the headers of ${policy} may
 * be sent: only to the origin of ${first}.
 */
int http_policy_check(const struct http_policy *policy, const char *url,
    const char *first, const char *shown, bool *headers, struct err *e);

/* ---- what a call of http_get() is doing ---- */

struct http {
	CURL *easy;
	struct http_policy policy;
	char text[CURL_ERROR_SIZE]; /* libcurl's description of a failure */
	CURLcode unready; /* why libcurl refused an option */
};

struct http_exchange {
	struct http *http;
	const struct http_request *rq;
	struct http_response *rs;
	struct err *e;
	uint64_t max_body;
	int64_t try_ends_us; /* of timeout_ns; 0: none */
	int64_t reported_us; /* when progress was last called */
	char *url; /* of the current request, owned */
	char *shown; /* the same, for messages */
	bool headers; /* those of the policy go to ${url} */
	struct http_refused refused;
	uint64_t bytes_before; /* received by earlier requests */
	/* Of the response being received. */
	size_t header_bytes;
	uint64_t body_bytes;
	bool failed; /* a callback has set ${e} */
	/* Of the try that failed. */
	bool may_retry;
	int64_t wait_us; /* from Retry-After; 0: none */
};

/* ---- http_transfer.c ---- */

/* Sends the request for x->url; the response is in x->rs. */
CURLcode http_transfer(struct http_exchange *x);

/* ---- http_failure.c ---- */

/* They set x->e, and the last two whether and when to retry. */
void http_failure_too_large(struct http_exchange *x);
void http_failure_by_code(struct http_exchange *x, CURLcode code);
void http_failure_by_status(struct http_exchange *x);

/* ---- http_response.c ---- */

/*
 * Parses one header line of ${len} bytes at ${data}, with or without its line
 * end.  A status line starts a new response and drops an informational one.  An
 * invalid line changes nothing, or leaves status 0.
 */
void http_response_add_line(
    struct http_response *rs, const char *data, size_t len);

/* Keeps ${len} bytes at ${data} of an error body, up to LIMIT_HTTP_QUOTED. */
void http_response_add_refusal(
    struct http_response *rs, const char *data, size_t len);

/* Clears everything but the counts. */
void http_response_clear(struct http_response *rs);

/*
 * The reason phrase of RFC 9110 for ${status}, for messages: the phrase that a
 * server sends is not trusted.
 */
const char *http_response_reason(int status);

/* ---- http_words.c ---- */

/*
 * The explanation in an error body that starts with ${text}.  In JSON these are
 * the strings of members such as "error", "detail" and "message" at any depth,
 * in their order, and of members that name a place ("location", "loc", "path");
 * "title" if there are none.  In plain text it is the first line.  The result
 * is one line of valid UTF-8 without control or invisible characters.  The
 * caller frees it; NULL if there is none.
 */
char *http_words_read(const char *text, size_t len);

/* Replaces each ${secret} in ${words} with stars, unless it is very short. */
void http_words_hide(char *words, const char *secret);
/* Cuts to LIMIT_HTTP_WORDS bytes, between characters. */
void http_words_cut(char *words);

#endif
