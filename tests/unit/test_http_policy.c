/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are public, and where secret headers may go. */
#include "sync/fetch/http/address.h"
#include "sync/fetch/http/http_private.h"
#include "tests/t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const struct {
	int line;
	const char *address;
	bool is_public;
} addresses[] = {
	{ __LINE__, "8.8.8.8", true },
	{ __LINE__, "1.1.1.1", true },
	{ __LINE__, "172.15.255.255", true },
	{ __LINE__, "172.32.0.1", true },
	{ __LINE__, "100.63.0.1", true },
	{ __LINE__, "0.0.0.0", false },
	{ __LINE__, "10.1.2.3", false },
	{ __LINE__, "100.64.0.1", false },
	{ __LINE__, "100.127.255.255", false },
	{ __LINE__, "127.0.0.1", false },
	{ __LINE__, "127.255.255.254", false },
	{ __LINE__, "169.254.169.254", false },
	{ __LINE__, "172.16.0.1", false },
	{ __LINE__, "172.31.255.255", false },
	{ __LINE__, "192.168.0.1", false },
	{ __LINE__, "198.19.255.255", false },
	{ __LINE__, "224.0.0.1", false },
	{ __LINE__, "255.255.255.255", false },
	{ __LINE__, "2606:4700::1111", true },
	{ __LINE__, "64:ff9b::808:808", true },
	{ __LINE__, "::ffff:8.8.8.8", true },
	{ __LINE__, "2002:808:808::1", true },
	{ __LINE__, "::", false },
	{ __LINE__, "::1", false },
	{ __LINE__, "::ffff:127.0.0.1", false },
	{ __LINE__, "::ffff:169.254.169.254", false },
	{ __LINE__, "64:ff9b::a00:1", false },
	{ __LINE__, "2002:7f00:1::", false },
	{ __LINE__, "192.0.0.8", false },
	{ __LINE__, "192.0.2.1", false },
	{ __LINE__, "192.88.99.1", false },
	{ __LINE__, "198.51.100.1", false },
	{ __LINE__, "203.0.113.1", false },
	{ __LINE__, "240.0.0.1", false },
	{ __LINE__, "2001:0:1::", false },
	{ __LINE__, "2001:0:7f00:1::f5ff:fffe", false }, /* Teredo */
	{ __LINE__, "2001:2::1", false }, /* benchmarks */
	{ __LINE__, "2001:10::1", false }, /* ORCHID */
	{ __LINE__, "2001:1f:ffff::1", false },
	{ __LINE__, "2001:20::1", false },
	{ __LINE__, "2001:1ff:ffff::1", false },
	{ __LINE__, "2001:200::1", true },
	{ __LINE__, "3fff::1", false },
	{ __LINE__, "3fff:fff:ffff::1", false },
	{ __LINE__, "3fff:1000::1", true },
	{ __LINE__, "3ffe:ffff::1", true },
	{ __LINE__, "::7f00:1", false }, /* IPv4-compatible */
	{ __LINE__, "::808:808", false },
	{ __LINE__, "64:ff9b:1::808:808", false },
	{ __LINE__, "64:ff9b:1:ffff::1", false },
	{ __LINE__, "64:ff9b::7f00:1", false },
	{ __LINE__, "100::1", false },
	{ __LINE__, "2002:a00:1::1", false },
	{ __LINE__, "2002:c0a8:101::1", false },
	{ __LINE__, "2606:4700::5efe:a00:1", false }, /* ISATAP */
	{ __LINE__, "2606:4700::200:5efe:7f00:1", false },
	{ __LINE__, "2606:4700::200:5efe:808:808", true },
	{ __LINE__, "5f00::1", false },
	{ __LINE__, "4000::1", false },
	{ __LINE__, "fec0::1", false },
	{ __LINE__, "2001:db8::1", false },
	{ __LINE__, "fc00::1", false },
	{ __LINE__, "fd00:ec2::254", false },
	{ __LINE__, "fe80::1", false },
	{ __LINE__, "ff02::1", false },
};

static void
test_addresses(void)
{
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct sockaddr_storage any;
		struct sockaddr_in v4 = { .sin_family = AF_INET };
		struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
		const char *text = addresses[i].address;

		T_AT(addresses[i].line);
		memset(&any, 0, sizeof any);
		if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
			memcpy(&any, &v4, sizeof v4);
		else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
			memcpy(&any, &v6, sizeof v6);
		CHECK_INT(address_is_public((struct sockaddr *)&any),
		    addresses[i].is_public);
	}
	T_AT(0);
}

static void
test_origins(void)
{
	static const struct {
		int line;
		const char *a;
		const char *b;
		bool same;
	} rows[] = {
		{ __LINE__, "https://a.example.com/x",
		    "https://a.example.com/y?z", true },
		{ __LINE__, "https://a.example.com",
		    "HTTPS://A.example.com:443/", true },
		{ __LINE__, "http://a.example.com", "https://a.example.com",
		    false },
		{ __LINE__, "https://a.example.com",
		    "https://a.example.com:444", false },
		{ __LINE__, "https://a.example.com",
		    "https://a.example.com.example.org", false },
		{ __LINE__, "https://a.example.com",
		    "https://a.example.com@b.example.com/", false },
		{ __LINE__, "not a URL", "not a URL", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_AT(rows[i].line);
		CHECK_INT(http_policy_same_origin(rows[i].a, rows[i].b),
		    rows[i].same);
	}
	T_AT(0);
}

static void
test_rules(void)
{
	char line[] = "X-API-Key: secret";
	char *lines[] = { line };
	struct http_policy p = { .headers = lines, .header_count = 1 };
	struct err e = ERR_INIT;
	bool headers;

	CHECK_INT(http_policy_check(&p, "https://a.example.com/x",
		      "https://a.example.com/", "shown", &headers, &e),
	    0);
	CHECK(headers);
	CHECK_INT(http_policy_check(&p, "https://b.example.com/",
		      "https://a.example.com/", "shown", &headers, &e),
	    0);
	CHECK(!headers);
	CHECK_INT(http_policy_check(&p, "http://127.0.0.1:81/",
		      "http://127.0.0.1:81/", "shown", &headers, &e),
	    0);
	CHECK(headers);
	CHECK_INT(http_policy_check(&p, "http://a.example.com/",
		      "http://a.example.com/", "shown", &headers, &e),
	    -1);
	CHECK_STR(e.text, "refused to send secrets to shown: it is plain http");
	p.headers_over_http = true;
	CHECK_INT(http_policy_check(&p, "http://a.example.com/",
		      "http://a.example.com/", "shown", &headers, &e),
	    0);
	p.https_only = true;
	CHECK_INT(http_policy_check(&p, "http://a.example.com/",
		      "https://a.example.com/", "shown", &headers, &e),
	    -1);
	CHECK_STR(e.text, "refused to fetch shown: https is required here");
}

int
main(void)
{
	test_addresses();
	test_origins();
	test_rules();
	return t_done();
}
