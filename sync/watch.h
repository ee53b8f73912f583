/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --watch: noticing that the configuration or a local source has changed.
 *
 * inotify only triggers a check, which compares the state of the files with the
 * last one.  If inotify does not work, checks at intervals find the changes.
 *
 * An invalid configuration is reported, and the previous one is kept.
 * The result of the last reload is in the table setting as 'config_reload', a
 * JSON object: "at" (RFC 3339), "durationSeconds" (from noticing the change
 * until it is in the database), "result" ("success" or "failure"), and
 * "failures" since the process started.
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
	bool changed; /* since the source was last read */
};

/* Watches the configuration file ${config}.  The caller calls watch_free(). */
struct watch *watch_new(const char *config);
void watch_free(struct watch *w); /* NULL is allowed */

/*
 * Sets the path to watch of the source ${conf}, if it is local.  ${before} is
 * its state under the previous configuration, or NULL; its members may move.
 */
void watch_source(struct watch_state *out, struct watch_state *before,
    const struct conf_source *conf);
void watch_state_free(struct watch_state *s); /* the members */

/* The descriptor to poll for input (-1: none), and when to check (monotonic).
 */
int watch_fd(const struct watch *w);
int64_t watch_next(const struct watch *w);

/*
 * Checks for changes if it is time to.  Sets a changed configuration in ${r}
 * and marks changed sources; then the next run is due at once.
 */
void watch_check(struct watch *w, struct run *r);

/* Stores the result of the last reload in the database, once. */
int watch_record(struct watch *w, const struct run *r, struct err *e);

#endif
