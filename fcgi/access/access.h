/* SPDX-License-Identifier: Apache-2.0 */
/* Whether who sends a request may start a sync. */
#ifndef FCGI_ACCESS_ACCESS_H
#define FCGI_ACCESS_ACCESS_H

#include "fcgi/http/request.h"
#include "lib/err.h"
#include "lib/trigger.h"

/*
 * Checks ${in} by the rule ${access}; ${token_file} is looked at for
 * TRIGGER_TOKEN only, anew each time.  Without a token a browser is refused
 * whatever page it shows: a page of another site can send a POST to this
 * machine, and be called by a name of this machine.
 *
 * ERR_DENIED: not from there.  ERR_IDENTITY: no token, or the wrong one.
 * ERR_UNAVAILABLE: the token cannot be read, is empty, or all may read it.
 */
int access_check(enum trigger_access access, const char *token_file,
    const struct request_input *in, struct err *e);

#endif
