/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are public, for sources that may not use others. */
#ifndef SYNC_FETCH_HTTP_ADDRESS_H
#define SYNC_FETCH_HTTP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_SIZE 64 /* numeric, with a scope */

/*
 * Whether ${address} is reachable from the whole Internet: not loopback,
 * private, link-local (where clouds keep credentials), multicast or reserved,
 * and no IPv6 address that wraps such an IPv4 address.
 */
bool address_is_public(const struct sockaddr *address);

/* Formats ${address} of ${length} bytes for messages. */
void address_format(char out[ADDRESS_TEXT_SIZE], const struct sockaddr *address,
    socklen_t length);

#endif
