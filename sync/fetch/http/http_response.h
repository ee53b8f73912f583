/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling a struct http_response from the lines of an answer's head.  For
 * http.c; what others need is in http.h.
 */
#ifndef SYNC_FETCH_HTTP_HTTP_RESPONSE_H
#define SYNC_FETCH_HTTP_HTTP_RESPONSE_H

#include "sync/fetch/http/http.h"

#include <stddef.h>

/*
 * Takes one line of ${len} bytes at ${data}, its line end included or not.  A
 * status line starts a new answer: what an informational one said is dropped.
 * A line that cannot be read changes nothing, or leaves status 0.
 */
void http_response_add_line(
    struct http_response *rs, const char *data, size_t len);

/* Keeps ${len} bytes at ${data} of a refusal, up to LIMIT_HTTP_QUOTED. */
void http_response_add_refusal(
    struct http_response *rs, const char *data, size_t len);

/* Forgets the answer, not the counts. */
void http_response_clear(struct http_response *rs);

/*
 * The words of RFC 9110 for ${status}, for messages: those that the server
 * sent are not to be trusted.
 */
const char *http_response_reason(int status);

#endif
