/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every path that is answered, as a small number: what requests are counted
 * and logged by.  A number means something only beside the same table of
 * routes; endpoint_fingerprint() tells tables apart.
 */
#ifndef FCGI_OBSERVE_ENDPOINT_H
#define FCGI_OBSERVE_ENDPOINT_H

#include "fcgi/http/route.h"

#include <stddef.h>
#include <stdint.h>

#define ENDPOINT_UNKNOWN 0 /* no such path, or not with this method */

/* How many there are, the unknown one included. */
unsigned endpoint_count(void);
unsigned endpoint_of(const struct route_match *m);
/* The pattern of its path, such as "/v0.1/servers"; static. */
const char *endpoint_name(unsigned endpoint);
uint32_t endpoint_fingerprint(void);

#endif
