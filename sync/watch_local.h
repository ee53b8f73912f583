/* SPDX-License-Identifier: Apache-2.0 */
/* The sources that lie on this machine, and whether they look as they did. */
#ifndef SYNC_WATCH_LOCAL_H
#define SYNC_WATCH_LOCAL_H

#include "sync/conf/conf.h"

#include <stdbool.h>
#include <stddef.h>

struct watch_local_item {
	char *name; /* of the source */
	char *path; /* what it reads */
	char *state; /* as it looked; NULL: cannot be relied on */
	bool changed; /* since someone asked */
};

struct watch_local {
	struct watch_local_item *items; /* owned */
	size_t count;
	size_t changed; /* of them */
};

/* Takes the sources of ${conf}; what is known of those that stay is kept. */
void watch_local_take(struct watch_local *l, const struct conf *conf);
void watch_local_free(struct watch_local *l); /* the members */

/* Looks at all of them. */
void watch_local_look(struct watch_local *l);
void watch_local_change_all(struct watch_local *l);
/* Whether ${source} has changed; tells it once. */
bool watch_local_take_change(struct watch_local *l, const char *source);
bool watch_local_has_change(const struct watch_local *l);

#endif
