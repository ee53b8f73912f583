/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number for each path of each route, by which requests are counted and
 * logged.  The numbers depend on the table of routes, and
 * endpoint_fingerprint() differs between tables.
 */
#ifndef FCGI_OBSERVE_ENDPOINT_H
#define FCGI_OBSERVE_ENDPOINT_H

#include "fcgi/http/route.h"

#include <stddef.h>
#include <stdint.h>

#define ENDPOINT_UNKNOWN 0 /* no such path, or not with this method */

/* Their number, including the unknown one. */
unsigned endpoint_count(void);
unsigned endpoint_of(const struct route_match *m);
/* The pattern of its path, such as "/v0.1/servers"; static. */
const char *endpoint_name(unsigned endpoint);
uint32_t endpoint_fingerprint(void);

#endif
