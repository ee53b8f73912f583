/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the three files behind lib/store/apply.h: apply.c applies offered
 * entries, apply_missing.c removes those that were not offered, apply_filter.c
 * applies stored entries again under another filter.
 */
#ifndef LIB_STORE_APPLY_PRIVATE_H
#define LIB_STORE_APPLY_PRIVATE_H

#include "lib/store/apply.h"
#include "lib/store/id_set.h"
#include "lib/store/last_good.h"
#include "lib/store/reject.h"
#include "lib/store/stored.h"

/* What apply_part_undo() restores, besides the sets and the database. */
struct apply_mark {
	struct apply_counts counts;
	struct reject reject;
	struct last_good last_good;
	int64_t grown[ENTRY_PLUGIN + 1];
	char first_rejected[ERR_TEXT_MAX];
};

struct apply {
	struct apply_options options;
	struct stored_place place;
	struct apply_counts counts;
	struct apply_counts refiltered; /* by a changed filter, at the start */
	struct filter *filter;
	struct digest *digest;
	struct reject reject;
	/* Offered so far: documents of stored versions, rows of withheld. */
	struct id_set seen;
	struct id_set seen_withheld;
	struct last_good last_good;
	int64_t read;
	bool changed; /* something was written */
	bool was_empty; /* nothing was stored of the source */
	int64_t withheld; /* rows of withheld at the start */
	int64_t touched; /* the last entry given to apply_touch() */
	/* How many more usable versions there are than before, by kind. */
	int64_t grown[ENTRY_PLUGIN + 1];
	const char *document; /* being read; NULL when it is the only one */
	char first_rejected[ERR_TEXT_MAX];
	struct apply_mark mark;
};

/* As apply_start(), without reading the list of rejected entries. */
int apply_new(struct apply **out, struct db *db,
    const struct apply_options *options, struct err *e);
/* Marks the entry as one whose head has to be derived again. */
int apply_touch(struct apply *a, int64_t entry, struct err *e);
void apply_report_progress(struct apply *a);
/* Applies the filter and the digest to an entry that breaks no rule. */
int apply_item(struct apply *a, const struct catalog_entry *entry,
    const struct stored_item *item, struct err *e);

/* Removes or keeps every stored version that was not offered. */
int apply_missing(struct apply *a, struct err *e);

#endif
