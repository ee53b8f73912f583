/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a request may use its route: the column "access" of the table of
 * routes (fcgi/http/route.h).  A row without a value denies every request.
 */
#ifndef FCGI_ACCESS_ACCESS_H
#define FCGI_ACCESS_ACCESS_H

#include "fcgi/http/route.h"
#include "lib/db/db.h"
#include "lib/err.h"
#include "lib/trigger.h"

#include <stdbool.h>

/*
 * Checks ${in} by the rule ${access}.  ${db}, inside a transaction, has the
 * settings of the trigger; NULL: there is no database yet.
 *
 * ERR_DENIED (403): the rule does not allow this client.  ERR_IDENTITY (401):
 * no token, or a wrong one.  ERR_UNAVAILABLE: a setting or the token file
 * cannot be read.
 */
int access_check(enum route_access access, struct db *db,
    const struct request_input *in, struct err *e);

/*
 * The rule of ROUTE_TRIGGER with the setting ${access}; ${token_file} is read
 * for TRIGGER_TOKEN only.  Without a token, browsers are always refused: a page
 * of any site can make a browser on this machine send a POST here, and can give
 * its own name the address of this machine.
 */
int access_check_trigger(enum trigger_access access, const char *token_file,
    const struct request_input *in, struct err *e);

/*
 * Whether the text ${address} is ::1, or in 127.0.0.0/8 as IPv4 or as an IPv4-
 * mapped IPv6 address.  False for NULL.
 */
bool access_is_loopback(const char *address);

#endif
