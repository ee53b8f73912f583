/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting thv-registry-sync for a request, as a process that inherits the lock
 * of the database.
 */
#ifndef FCGI_ADMIN_TRIGGER_H
#define FCGI_ADMIN_TRIGGER_H

#include "lib/err.h"
#include "lib/run_id.h"

#include <stdbool.h>
#include <stddef.h>

struct trigger {
	const char *database;
	const char *traceparent; /* of the request; NULL for none */
	bool keep_stderr; /* the sync logs where this program logs */
};

/*
 * Starts the sync program, THV_REGISTRY_SYNC or the one beside this program,
 * for the ${count} ${sources}, of all when there are none, and writes the id of
 * its run to ${run_id}.  Returns as soon as the program runs. ERR_BUSY: a sync
 * is running.  Another error: it cannot be started.
 */
int trigger_start(char run_id[RUN_ID_SIZE], const struct trigger *t,
    const char *const *sources, size_t count, struct err *e);

#endif
