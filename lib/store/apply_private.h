/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of an application share: lib/store/apply.c takes entries,
 * lib/store/apply_missing.c deals with those that were not offered,
 * lib/store/apply_filter.c takes what is stored as if it were offered.
 */
#ifndef LIB_STORE_APPLY_PRIVATE_H
#define LIB_STORE_APPLY_PRIVATE_H

#include "lib/store/apply.h"
#include "lib/store/id_set.h"
#include "lib/store/last_good.h"
#include "lib/store/reject.h"
#include "lib/store/stored.h"

/* What apply_part_undo() takes back, besides the sets and the database. */
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
	struct apply_counts refiltered; /* what another filter did before */
	struct filter *filter;
	struct digest *digest;
	struct reject reject;
	/* What was offered: documents of stored versions, rows of withheld. */
	struct id_set seen;
	struct id_set seen_withheld;
	struct last_good last_good;
	int64_t read;
	bool changed; /* something was written */
	bool was_empty; /* nothing was stored of the source */
	int64_t withheld; /* stored of it, and left out by the filter */
	int64_t touched; /* the entry that was touched last */
	/* How many usable versions more there are, by kind. */
	int64_t grown[ENTRY_PLUGIN + 1];
	const char *document; /* that is read; NULL when it is the only one */
	char first_rejected[ERR_TEXT_MAX];
	struct apply_mark mark;
};

/* As apply_start(), but what is rejected is not listed again. */
int apply_new(struct apply **out, struct db *db,
    const struct apply_options *options, struct err *e);
/* Marks the entry as one whose head has to be derived again. */
int apply_touch(struct apply *a, int64_t entry, struct err *e);
void apply_report_progress(struct apply *a);
/* Applies the filter and the digest to an entry that breaks no rule. */
int apply_item(struct apply *a, const struct catalog_entry *entry,
    const struct stored_item *item, struct err *e);

/* Deals with all that is stored of the source and was not offered. */
int apply_missing(struct apply *a, struct err *e);

#endif
