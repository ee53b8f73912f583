/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an upstream sends us: the URL that a chain of redirects began with, the
 * one it leads to, and the bytes of an address, a line each.  Secrets go to
 * their own origin alone, and never over plain HTTP to another machine.
 */
#include "lib/url.h"
#include "sync/fetch/http/address.h"
#include "sync/fetch/http/http_private.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/*
 * Whether a URL of plain HTTP may be one of this machine: its host has the
 * name, or is a number or escaped, which curl writes out.
 */
static bool
may_be_own(const char *url)
{
	const char *host = url + strlen("http:"), *end, *at;

	host += strspn(host, "/\\");
	end = host + strcspn(host, "/?#");
	for (at = host; at < end; at++)
		if (*at == '@')
			host = at + 1;
	return strncasecmp(host, "localhost", 9) == 0 || *host == '[' ||
	       (*host >= '0' && *host <= '9') ||
	       memchr(host, '%', (size_t)(end - host)) != NULL;
}

static void
check_origin(const char *first, const char *to)
{
	char line[] = "Authorization: x", *lines[] = { line };
	struct http_policy policy = { .headers = lines, .header_count = 1 };
	struct err e = ERR_INIT;
	bool headers, same = http_policy_same_origin(first, to);
	bool plain = strncasecmp(to, "http:", 5) == 0;

	FUZZ_HOLDS(same == http_policy_same_origin(to, first));
	if (http_policy_check(&policy, to, first, to, &headers, &e) == 0) {
		FUZZ_HOLDS(headers == same);
		FUZZ_HOLDS(!headers || !plain || may_be_own(to));
	} else {
		FUZZ_HOLDS(plain && same && e.text[0] != '\0');
	}
	policy.https_only = true;
	if (http_policy_check(&policy, to, first, to, &headers, &e) == 0)
		FUZZ_HOLDS(!plain);
}

/* An IPv4 address is as public alone as it is inside one of IPv6. */
static void
check_address(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	size_t len = strlen(text);

	if (len < sizeof v6.sin6_addr)
		return;
	memcpy(&v4.sin_addr, text + 12, 4);
	memcpy(&v6.sin6_addr, text, 16);
	(void)address_is_public((struct sockaddr *)&v6);
	memcpy(&v6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	FUZZ_HOLDS(address_is_public((struct sockaddr *)&v6) ==
		   address_is_public((struct sockaddr *)&v4));
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *t[3], *shown;

	fuzz_texts(t, 3, data, len);
	check_origin(t[0], t[1]);
	check_address(t[2]);
	shown = url_shown(t[1]);
	FUZZ_HOLDS(shown != NULL);
	free(shown);
	fuzz_texts_free(t, 3);
}
