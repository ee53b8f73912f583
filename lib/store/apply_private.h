/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of an application share: lib/store/apply.c takes entries,
 * lib/store/apply_documents.c reads the documents they stand in.
 */
#ifndef LIB_STORE_APPLY_PRIVATE_H
#define LIB_STORE_APPLY_PRIVATE_H

#include "lib/document/catalog.h"
#include "lib/limits.h"
#include "lib/store/apply.h"
#include "lib/store/filter.h"
#include "lib/store/last_good.h"
#include "lib/store/reject.h"
#include "lib/store/stored.h"

/* The state of one application. */
struct apply {
	struct stored_place place;
	const struct apply_options *options;
	struct apply_counts *counts;
	struct filter *filter;
	struct digest *digest;
	struct reject reject;
	struct last_good last_good;
	struct catalog_summary summary;
	int64_t read;
	bool partial; /* what is not offered is not gone */
	bool changed; /* something was written */
	bool was_empty; /* nothing was stored of the source */
	int64_t withheld; /* stored of it, and left out by the filter */
	int64_t touched; /* the entry that was touched last */
	/* How many usable versions more there are, by kind. */
	int64_t grown[ENTRY_PLUGIN + 1];
	/* Of the document being read. */
	const char *document; /* its name; NULL when it is the only one */
	enum shape_kind shape;
	const char *seems; /* what else it could be */
	bool named; /* it is one rejected entry, and its name is known */
	size_t good_documents;
	char first_bad[ERR_TEXT_MAX]; /* the first rejected entry */
	size_t unread; /* documents that could not be read */
	struct err first_unread;
	/* What take_known() has found out about the entry at hand. */
	struct {
		const struct catalog_entry *entry; /* NULL: nothing */
		struct stored_version stored;
		unsigned char digest[DIGEST_RAW_SIZE];
		char name[LIMIT_IDENTITY + 1];
		char version[LIMIT_VERSION_BYTES + 1];
	} asked;
};

struct reject_place apply_place_of(
    const struct apply *a, const struct catalog_entry *entry);
/* Lists a rejected entry; a strict source fails instead. */
int apply_reject(struct apply *a, const struct catalog_entry *entry,
    const struct rules_problem *problem, struct err *e);

/* Callbacks of catalog_read(), with ${ctx} a struct apply. */
int apply_take_entry(
    void *ctx, const struct catalog_entry *entry, struct err *e);
int apply_take_known(
    void *ctx, const struct catalog_entry *entry, bool *known, struct err *e);

/* Whether the source is one that may offer nothing, and does. */
bool apply_is_meant_empty(const struct apply *a);

/* ---- apply_documents.c ---- */
/* Reads all documents, and judges what they offer unless it is a part. */
int apply_read_documents(struct apply *a, struct fetch *fetched, struct err *e);
/* Says in ${fetched} which documents could not be read. */
void apply_tell_unread(struct apply *a, struct fetch *fetched);

#endif
