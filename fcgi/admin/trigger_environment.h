/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of a triggered sync.  In plain CGI the environment has header
 * fields of the client (HTTP_PROXY is the field Proxy), so the sync inherits
 * only the variables of a list.
 */
#ifndef FCGI_ADMIN_TRIGGER_ENVIRONMENT_H
#define FCGI_ADMIN_TRIGGER_ENVIRONMENT_H

/* The variables of a run. */
struct trigger_variables {
	const char *database;
	const char *run_id;
	const char *traceparent; /* NULL for none */
	int lock; /* the descriptor */
};

/*
 * A NULL-terminated list for execve(): the variables in ${from} that are
 * inherited, and those of the run.  Freed with trigger_environment_free().
 */
char **trigger_environment(
    char *const *from, const struct trigger_variables *v);
void trigger_environment_free(char **environment);

#endif
