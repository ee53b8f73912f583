/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is stored of one version of an entry: finding it, and writing it, with
 * what the upstream says beside its document.  Inner part of
 * lib/store/apply.c, which decides.
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
	const struct catalog_upstream *upstream; /* NULL: nothing was said */
	unsigned char digest[DIGEST_RAW_SIZE];
};

/* Where it is written, and what writing needs. */
struct stored_place {
	struct db *db;
	int64_t source;
	struct instant at; /* what changes are dated with */
	/* The version that was dated last, its key in dated_key. */
	int64_t dated_entry; /* 0: none */
	int64_t date;
	struct buf dated_key;
	const char *file; /* that is being read; borrowed; NULL: none */
	struct buf order_key;
	struct buf search_text;
	/* The entry that was found or made last: its versions come together. */
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
 * What the upstream said of a document, from the columns of ${s} that start at
 * ${first}: status to extra_official as in the statement offered_documents.
 * False: nothing.
 */
bool stored_upstream(
    struct catalog_upstream *upstream, struct stmt *s, int first);

/*
 * Looks a version up.  ${entry} is 0 when nothing is stored of the name.
 */
int stored_find(int64_t *entry, struct plan_stored *out, struct stored_place *p,
    enum entry_kind kind, const char *name, const char *version, struct err *e);
/* "active", "deprecated", "archived" or "deleted". */
const char *stored_status(const struct stored_item *item);
int stored_insert_entry(int64_t *entry, struct stored_place *p,
    const struct stored_item *item, struct err *e);
/* Sets ${document} to the number it got. */
int stored_insert(int64_t *document, struct stored_place *p,
    const struct stored_item *item, int64_t entry, struct err *e);
/* ${document} 0: the document stays as it is. */
int stored_update(struct stored_place *p, const struct stored_item *item,
    int64_t entry, int64_t document, struct err *e);

/* The version of ${document} has the same content, and is in place.file now. */
int stored_move(struct stored_place *p, int64_t document, struct err *e);
/* It is not offered any more: it becomes a tombstone. */
int stored_remove(struct stored_place *p, int64_t document, struct err *e);
/* The same of one that its upstream had marked as deleted. */
int stored_retire(struct stored_place *p, int64_t document, struct err *e);

/* Keeps a version that the filter leaves out, for another filter, in ${row}. */
int stored_withhold(int64_t *row, struct stored_place *p,
    const struct stored_item *item, struct err *e);
/* Deletes what is kept of a version that the filter lets in now. */
int stored_release(
    struct stored_place *p, const struct stored_item *item, struct err *e);
/* Deletes a row of that kind: the version is not offered any more. */
int stored_drop_withheld(struct stored_place *p, int64_t row, struct err *e);

#endif
