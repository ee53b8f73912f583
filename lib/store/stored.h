/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding and writing one version of an entry: its document and the upstream's
 * metadata.  Inner part of lib/store/apply.c, which decides.
 */
#ifndef LIB_STORE_STORED_H
#define LIB_STORE_STORED_H

#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/digest.h"
#include "lib/document/catalog.h"
#include "lib/store/instant.h"
#include "lib/store/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* One version to be written. */
struct stored_item {
	enum entry_kind kind;
	const struct rules_entry *facts;
	const char *json;
	size_t json_len;
	const struct catalog_upstream *upstream; /* NULL: none */
	unsigned char digest[DIGEST_RAW_SIZE];
};

/* The source that is written to, and buffers for that. */
struct stored_place {
	struct db *db;
	int64_t source;
	struct instant at; /* what changes are dated with */
	/* The last version that got a date of ours, its key in dated_key. */
	int64_t dated_entry; /* 0: none */
	int64_t date;
	struct buf dated_key;
	const char *file; /* the present one; borrowed; NULL: none */
	struct buf order_key;
	struct buf search_text;
	/* The last entry: its versions mostly follow each other. */
	int64_t entry; /* 0: none */
	enum entry_kind kind;
	struct buf name;
};

void stored_place_init(struct stored_place *p, struct db *db, int64_t source,
    const struct instant *at);
void stored_place_free(struct stored_place *p); /* the members */

/* SHA-256 of the document, its metadata, and whether it has a note. */
void stored_digest(unsigned char out[DIGEST_RAW_SIZE], struct digest *d,
    const char *json, size_t len, const struct catalog_upstream *upstream,
    bool noted);

/*
 * Reads the upstream's metadata from the columns of ${s} that start at
 * ${first}: status to extra_official, as in the statement offered_documents.
 * False: none.
 */
bool stored_upstream(
    struct catalog_upstream *upstream, struct stmt *s, int first);

/*
 * Looks up a version.  ${entry} is 0 when no entry has the name.
 */
int stored_find(int64_t *entry, struct plan_stored *out, struct stored_place *p,
    enum entry_kind kind, const char *name, const char *version, struct err *e);
/* "active", "deprecated", "archived" or "deleted". */
const char *stored_status(const struct stored_item *item);
int stored_insert_entry(int64_t *entry, struct stored_place *p,
    const struct stored_item *item, struct err *e);
/* Sets ${document} to the new row number. */
int stored_insert(int64_t *document, struct stored_place *p,
    const struct stored_item *item, int64_t entry, struct err *e);
/* ${document} is 0 if only the version changes. */
int stored_update(struct stored_place *p, const struct stored_item *item,
    int64_t entry, int64_t document, struct err *e);

/* Notes that the version of ${document} is in p->file now. */
int stored_move(struct stored_place *p, int64_t document, struct err *e);
/* Turns a version that is not offered any more into a tombstone. */
int stored_remove(struct stored_place *p, int64_t document, struct err *e);
/* The same for a version that its upstream had marked as deleted. */
int stored_retire(struct stored_place *p, int64_t document, struct err *e);

/* Stores a version that the filter leaves out in ${row} of withheld. */
int stored_withhold(int64_t *row, struct stored_place *p,
    const struct stored_item *item, struct err *e);
/* Deletes the row of a version that the filter lets in. */
int stored_release(
    struct stored_place *p, const struct stored_item *item, struct err *e);
/* Deletes a row of withheld: the version is not offered any more. */
int stored_drop_withheld(struct stored_place *p, int64_t row, struct err *e);

#endif
