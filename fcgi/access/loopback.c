/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of this machine. */
#include "fcgi/access/loopback.h"

#include <arpa/inet.h>
#include <stddef.h>

bool
loopback_is(const char *address)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (address == NULL)
		return false;
	if (inet_pton(AF_INET, address, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &v6) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&v6) ||
	       (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* A proxy names another client. */
static bool
is_passed_on(const struct request_input *in)
{
	return in->forwarded != NULL || in->forwarded_for != NULL ||
	       in->real_ip != NULL;
}

bool
loopback_asks(const struct request_input *in)
{
	return !is_passed_on(in) && loopback_is(in->remote_address);
}
