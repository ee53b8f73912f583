/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting thv-registry-sync for a request, as a process that inherits the lock
 * of the database.
 */
#ifndef FCGI_ADMIN_TRIGGER_H
#define FCGI_ADMIN_TRIGGER_H

#include "fcgi/http/parameter.h"
#include "lib/err.h"
#include "lib/run_id.h"

#include <stdbool.h>

struct trigger {
	const char *database;
	const char *traceparent; /* of the request; NULL for none */
	const struct value_set *sources; /* empty: all */
	bool keep_stderr; /* the sync logs where this program logs */
};

/*
 * Starts the sync program, THV_REGISTRY_SYNC or the one beside this program,
 * and writes the id of its run to ${run_id}.  Returns as soon as the program
 * runs.  ERR_BUSY: a sync is running.  Another error: it cannot be started.
 */
int trigger_start(
    char run_id[RUN_ID_SIZE], const struct trigger *t, struct err *e);

/*
 * The environment of the sync, a NULL-terminated list for execve(): the
 * variables of this program in ${from} that are inherited, and those of the
 * run; ${lock} is the descriptor of the lock.  In plain CGI the environment has
 * header fields of the client (HTTP_PROXY is the field Proxy), so only the
 * variables of a list are inherited.  Freed with trigger_environment_free().
 */
char **trigger_environment(
    char *const *from, const struct trigger *t, const char *run_id, int lock);
void trigger_environment_free(char **environment);

#endif
