/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of one entry, computed from its versions: the newest version, the
 * search text, the terms of the index.  Inner part of lib/store/heads.c.
 */
#ifndef LIB_STORE_HEAD_H
#define LIB_STORE_HEAD_H

#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/store/instant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct head_text {
	size_t at; /* in the texts, which may move while they grow */
	const char *text; /* set when they have grown */
	size_t len;
};

/* Reused for one entry after another. */
struct head {
	bool has_versions;
	bool is_usable; /* has a version that is not deleted */
	int64_t changed_us; /* the last change of any version */
	/* The newest version that is not deleted; when all are, the newest. */
	struct buf latest;
	int64_t latest_changed_us; /* the last change of that version */
	struct buf text; /* distinct search texts in order, a line feed apart */
	int64_t text_count; /* how many, including those over the limit */
	struct buf terms; /* as in entry_head.terms */
	/*
	 * Versions that arrived with this change, without dates, got dates
	 * that are not in the order of versions, or are in the future.
	 */
	bool is_misdated;
	/* Used while versions are read. */
	struct instant at; /* of this change */
	int64_t clock; /* the present */
	int64_t date; /* given to the last version without one */
	struct buf texts;
	struct head_text *found;
	size_t count;
	size_t room;
	struct buf facets; /* of the last version */
	struct buf status;
};

void head_init(struct head *h, const struct instant *at);
void head_free(struct head *h); /* the members */

int head_read(struct head *h, struct db *db, int64_t entry, struct err *e);

#endif
