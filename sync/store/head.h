/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the versions of one entry come to: its newest version, what search
 * covers, what it is indexed by.  Inner part of sync/store/heads.c.
 */
#ifndef SYNC_HEAD_H
#define SYNC_HEAD_H

#include "lib/buf.h"
#include "lib/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct head_text {
	size_t at; /* in the texts, which may move while they grow */
	const char *text; /* set when they have grown */
	size_t len;
};

/* One entry after the other is read into it. */
struct head {
	bool has_versions;
	bool is_usable; /* has a version that is not deleted */
	int64_t changed_us; /* the last change of any version */
	struct buf latest; /* the newest usable version */
	struct buf text; /* distinct search texts in order, a line feed apart */
	int64_t text_count; /* how many; what found no room counts as another */
	struct buf terms; /* as in entry_head.terms */
	/* While it is read. */
	struct buf texts;
	struct head_text *found;
	size_t count;
	size_t room;
	struct buf facets; /* the last that were added */
	struct buf status;
};

void head_init(struct head *h);
void head_free(struct head *h); /* the members */

int head_read(struct head *h, struct db *db, int64_t entry, struct err *e);

#endif
