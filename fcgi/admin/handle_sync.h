/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FCGI_ADMIN_HANDLE_SYNC_H
#define FCGI_ADMIN_HANDLE_SYNC_H

#include "fcgi/answer/exchange.h"

/* POST and PUT /registry/sync: starts a sync of some or all sources. */
int handle_sync(struct exchange *x, struct err *e);

#endif
