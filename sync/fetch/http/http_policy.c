/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a source about addresses, encryption and secret headers. */
#include "sync/fetch/http/http_private.h"

#include <curl/curl.h>

#include <string.h>
#include <strings.h>

curl_socket_t
http_policy_open_socket(
    void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_refused *refused = ctx;

	(void)purpose;
	if (address_is_public(&address->addr))
		return socket(address->family, address->socktype | SOCK_CLOEXEC,
		    address->protocol);
	address_format(refused->address, &address->addr, address->addrlen);
	return CURL_SOCKET_BAD;
}

/* NULL, which has no parts, for an invalid URL.  The caller frees it. */
static CURLU *
split(const char *url)
{
	CURLU *parts = curl_url();

	if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK)
		return parts;
	curl_url_cleanup(parts);
	return NULL;
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart part)
{
	char *x = NULL, *y = NULL;
	bool same;

	same = curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       strcasecmp(x, y) == 0;
	curl_free(x);
	curl_free(y);
	return same;
}

bool
http_policy_same_origin(const char *a, const char *b)
{
	CURLU *x = split(a), *y = split(b);
	bool same = same_part(x, y, CURLUPART_SCHEME) &&
		    same_part(x, y, CURLUPART_HOST) &&
		    same_part(x, y, CURLUPART_PORT);

	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return same;
}

static bool
is_loopback(const char *url)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
		"[::1]" };
	CURLU *parts = split(url);
	char *host = NULL;
	bool found = false;

	if (curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			found = found || strcasecmp(host, names[i]) == 0;
	curl_free(host);
	curl_url_cleanup(parts);
	return found;
}

int
http_policy_check(const struct http_policy *policy, const char *url,
    const char *first, const char *shown, bool *headers, struct err *e)
{
	bool plain = strncasecmp(url, "http:", 5) == 0;
	int rc = -1;

	*headers =
	    policy->header_count > 0 && http_policy_same_origin(url, first);
	if (plain && policy->https_only) {
		err_set(e, ERR_FETCH,
		    "refused to fetch %s: https is required here", shown);
		goto out;
	}
	if (plain && *headers && !policy->headers_over_http &&
	    !is_loopback(url)) {
		err_set(e, ERR_FETCH,
		    "refused to send secrets to %s: it is plain http", shown);
		goto out;
	}
	rc = 0;
out:
	return rc;
}
