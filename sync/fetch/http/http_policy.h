/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where requests may go, and what may be sent along.  For http.c; what others
 * need is in http.h.
 */
#ifndef SYNC_FETCH_HTTP_HTTP_POLICY_H
#define SYNC_FETCH_HTTP_HTTP_POLICY_H

#include "lib/err.h"
#include "sync/fetch/http/address.h"
#include "sync/fetch/http/http.h"

#include <curl/curl.h>

#include <stdbool.h>

/* The address that a connection was refused to, "" for none. */
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
 * Whether ${url} may be asked under ${policy}.  ${first} is the URL that this
 * chain of redirects began with: only to its origin ${policy}'s headers go, and
 * *${headers} says whether they go to ${url}.  ERR_FETCH when it may not;
 * messages call it ${shown}.
 */
int http_policy_check(const struct http_policy *policy, const char *url,
    const char *first, const char *shown, bool *headers, struct err *e);

#endif
