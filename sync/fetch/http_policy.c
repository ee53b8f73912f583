/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a source about addresses, encryption and secret headers. */
#include "sync/fetch/http_policy.h"

#include <curl/curl.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	uint32_t net;
	int bits;
} closed[] = {
	{ 0x00000000, 8 }, /* this network */
	{ 0x0A000000, 8 }, /* private */
	{ 0x64400000, 10 }, /* behind a carrier's NAT */
	{ 0x7F000000, 8 }, /* loopback */
	{ 0xA9FE0000, 16 }, /* link-local */
	{ 0xAC100000, 12 }, /* private */
	{ 0xC0000000, 24 }, /* protocol assignments */
	{ 0xC0000200, 24 }, /* documentation */
	{ 0xC0586300, 24 }, /* relays to IPv6 */
	{ 0xC0A80000, 16 }, /* private */
	{ 0xC6120000, 15 }, /* benchmarks */
	{ 0xC6336400, 24 }, /* documentation */
	{ 0xCB007100, 24 }, /* documentation */
	{ 0xE0000000, 3 }, /* multicast and reserved */
};

static bool
is_public_v4(uint32_t address)
{
	for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
		if ((address ^ closed[i].net) >> (32 - closed[i].bits) == 0)
			return false;
	return true;
}

static uint32_t
read_v4(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool
is_public_v6(const unsigned char *a)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const unsigned char teredo[4] = { 0x20, 0x01 };
	static const unsigned char documents[4] = { 0x20, 0x01, 0x0d, 0xb8 };

	if (memcmp(a, mapped, sizeof mapped) == 0 ||
	    memcmp(a, nat64, sizeof nat64) == 0)
		return is_public_v4(read_v4(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02)
		return is_public_v4(read_v4(a + 2));
	/* Of all that is not 2000::/3 nothing is routed. */
	return a[0] >> 5 == 1 && memcmp(a, teredo, sizeof teredo) != 0 &&
	       memcmp(a, documents, sizeof documents) != 0;
}

bool
http_policy_is_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&v4, address, sizeof v4);
		return is_public_v4(ntohl(v4.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&v6, address, sizeof v6);
		return is_public_v6(v6.sin6_addr.s6_addr);
	default:
		return false;
	}
}

curl_socket_t
http_policy_open_socket(
    void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_refused *refused = ctx;

	(void)purpose;
	if (http_policy_is_public(&address->addr))
		return socket(address->family, address->socktype | SOCK_CLOEXEC,
		    address->protocol);
	if (getnameinfo(&address->addr, address->addrlen, refused->address,
		sizeof refused->address, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(refused->address, sizeof refused->address, "it");
	return CURL_SOCKET_BAD;
}

/* Whether a part of both URLs is the same. */
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
	CURLU *x = curl_url(), *y = curl_url();
	bool same;

	same = x != NULL && y != NULL &&
	       curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       same_part(x, y, CURLUPART_SCHEME) &&
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
	CURLU *parts = curl_url();
	char *host = NULL;
	bool found = false;

	if (parts != NULL &&
	    curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
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
