/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request failed: the message, and whether another try may succeed. */
#include "sync/fetch/http/http_private.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ADVICE_SIZE 128

void
http_failure_too_large(struct http_exchange *x)
{
	x->failed = true;
	err_set(x->e, ERR_LIMIT, "%s is larger than %llu bytes", x->shown,
	    (unsigned long long)x->max_body);
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
is_unknown_authority(const struct http_exchange *x, CURLcode code)
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

/* What to do about an unknown authority, if that is the cause. */
static void
format_advice(
    char out[ADVICE_SIZE], const struct http_exchange *x, CURLcode code)
{
	const struct http_policy *policy = &x->http->policy;

	out[0] = '\0';
	if (!is_unknown_authority(x, code))
		return;
	snprintf(out, ADVICE_SIZE,
	    policy->ca_file != NULL
		? "; no authority in %s.caFile signed it"
		: "; if a private authority signed it, name its file in "
		  "%s.caFile",
	    policy->block);
}

void
http_failure_by_code(struct http_exchange *x, CURLcode code)
{
	const char *text = x->http->text;
	char advice[ADVICE_SIZE];

	if (code == CURLE_FILESIZE_EXCEEDED) {
		http_failure_too_large(x);
		return;
	}
	if (x->refused.address[0] != '\0' && code == CURLE_COULDNT_CONNECT) {
		err_set(x->e, ERR_FETCH,
		    "refused to fetch %s: %s is not a public address", x->shown,
		    x->refused.address);
		return;
	}
	x->may_retry = is_passing(code);
	format_advice(advice, x, code);
	err_set(x->e, ERR_FETCH, "failed to fetch %s: %s%s", x->shown,
	    *text != '\0' ? text : curl_easy_strerror(code), advice);
}

/* Sets x->rs->words if the body says more than the status. */
static void
read_words(struct http_exchange *x)
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

void
http_failure_by_status(struct http_exchange *x)
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
		/* Other sources would wait; a later sync retries. */
		x->may_retry = false;
		err_wrap(x->e, "asked to wait %lld seconds",
		    (long long)(wait / CLOCK_SECOND));
	}
	x->wait_us = wait;
}
