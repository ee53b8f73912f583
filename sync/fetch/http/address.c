/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that are not public, from the IANA registries of special-purpose
 * addresses (RFC 6890).  The registries list some anycast addresses inside
 * such blocks as globally reachable; these are refused with their block.
 */
#include "sync/fetch/http/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

/* ISATAP (RFC 5214): the interface is an IPv4 address behind 5efe. */
static bool
is_isatap(const unsigned char *a)
{
	return (a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e &&
	       a[11] == 0xfe;
}

static bool
is_public_v6(const unsigned char *a)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const unsigned char examples[4] = { 0x20, 0x01, 0x0d, 0xb8 };

	if (memcmp(a, mapped, sizeof mapped) == 0 ||
	    memcmp(a, nat64, sizeof nat64) == 0)
		return is_public_v4(read_v4(a + 12));
	if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
		return is_public_v4(read_v4(a + 2));
	if (is_isatap(a) && !is_public_v4(read_v4(a + 12)))
		return false;
	/* Only 2000::/3 is routed. */
	if (a[0] >> 5 != 1)
		return false;
	/* 2001::/23, protocol assignments: Teredo, ORCHID, benchmarks... */
	if (a[0] == 0x20 && a[1] == 0x01 && a[2] < 2)
		return false;
	/* 2001:db8::/32 and 3fff::/20, documentation */
	return memcmp(a, examples, sizeof examples) != 0 &&
	       !(a[0] == 0x3f && a[1] == 0xff && a[2] >> 4 == 0);
}

bool
address_is_public(const struct sockaddr *address)
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

void
address_format(char out[ADDRESS_TEXT_SIZE], const struct sockaddr *address,
    socklen_t length)
{
	if (getnameinfo(address, length, out, ADDRESS_TEXT_SIZE, NULL, 0,
		NI_NUMERICHOST) != 0)
		snprintf(out, ADDRESS_TEXT_SIZE, "its address");
}
