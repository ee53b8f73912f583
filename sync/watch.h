/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --watch: noticing that the configuration or a local source has changed.
 *
 * inotify only says when to look; whether there is a change is decided by the
 * state of the files.  A look every now and then finds the same changes later,
 * which is what is left where inotify does not work.
 *
 * An invalid configuration is reported and the previous one stays in force.
 * How the last reload went is in the table setting as 'config_reload', a JSON
 * object: "at" (RFC 3339), "durationSeconds" (from the moment the change was
 * noticed until it was in the database), "result" ("success" or "failure"), and
 * "failures", those since the process started.
 */
#ifndef SYNC_WATCH_H
#define SYNC_WATCH_H

#include "lib/db/db.h"
#include "sync/conf/conf.h"

#include <stdbool.h>
#include <stdint.h>

struct run;
struct watch;

/* A path that is watched. */
struct watch_state {
	char *path; /* NULL: none */
	char *state; /* of its files, as a text; NULL: not reliable */
	bool changed; /* since the source was read */
};

/* Watches ${config}, whose first state is that of the next look. */
struct watch *watch_new(const char *config);
void watch_free(struct watch *w); /* NULL is allowed */

/*
 * Sets what is watched of the source ${conf}; ${before} is what was watched of
 * it with an earlier configuration, whose parts may be moved, or NULL.
 */
void watch_source(struct watch_state *out, struct watch_state *before,
    const struct conf_source *conf);
void watch_state_free(struct watch_state *s); /* the members */

/* What to poll for input, -1 for nothing, and the monotonic instant to look. */
int watch_fd(const struct watch *w);
int64_t watch_next(const struct watch *w);

/*
 * Looks for changes if it is time to.  Sets a changed configuration in ${r} and
 * marks changed sources; then the next run is due at once.
 */
void watch_look(struct watch *w, struct run *r);

/* Writes down how the last reload went, once. */
int watch_record(struct watch *w, const struct run *r, struct err *e);

#endif
