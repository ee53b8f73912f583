/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of this machine. */
#ifndef FCGI_ACCESS_LOOPBACK_H
#define FCGI_ACCESS_LOOPBACK_H

#include "fcgi/http/request.h"

#include <stdbool.h>

/*
 * Whether the text ${address} is in 127.0.0.0/8, ::1, or the former written as
 * the latter.  NULL is not.
 */
bool loopback_is(const char *address);

/* Whether a request comes from this machine, and not through a proxy. */
bool loopback_asks(const struct request_input *in);

#endif
