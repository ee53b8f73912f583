/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step three of a sync: decide what to do about each version that a source
 * offers or that is stored of it.  These functions only compute;
 * lib/store/apply.c reads and writes.
 */
#ifndef LIB_STORE_PLAN_H
#define LIB_STORE_PLAN_H

#include "lib/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- a version that is offered ---- */

/* What is stored of it. */
struct plan_stored {
	int64_t document; /* 0: nothing */
	unsigned char digest[DIGEST_RAW_SIZE];
	bool removed; /* a tombstone */
	bool deleted; /* a tombstone, or marked as deleted by the upstream */
	bool moved; /* it came from another file */
};

struct plan_offered {
	unsigned char digest[DIGEST_RAW_SIZE];
	bool deleted; /* marked by the upstream */
	/* A deleted one may be offered without its content. */
	bool has_description;
	bool same; /* it came from the database, so it cannot differ */
};

enum plan_action {
	PLAN_KEEP,
	PLAN_MOVE, /* only its file changes */
	PLAN_INSERT,
	PLAN_UPDATE, /* the version and its document */
	PLAN_UPDATE_VERSION /* without the document */
};

struct plan {
	enum plan_action action;
	/* By how much the number of usable versions changes: -1, 0 or 1. */
	int usable;
};

struct plan plan_offered(
    const struct plan_stored *stored, const struct plan_offered *offered);

/* ---- versions that are not offered ---- */

enum plan_fate {
	PLAN_STAYS, /* its replacement was rejected */
	PLAN_REMOVED, /* becomes a tombstone */
	PLAN_RETIRED /* becomes one, dated when its upstream deleted it */
};

struct plan_missing {
	int64_t row; /* of its document, or of withheld */
	bool deleted; /* marked by the upstream */
	/* The offered version, or the file it came from, was rejected. */
	bool rejected;
	enum plan_fate fate; /* the result */
};

#define PLAN_ALL (-1) /* as the newest: every version */

/* What is known of the entry that the versions belong to. */
struct plan_entry {
	bool offered; /* the source offers another version of it */
	bool rejected; /* a version of that name was rejected */
	int64_t newest; /* row of the newest one that is not deleted */
};

/*
 * Sets the fate of ${count} versions of one entry: all that are stored, are not
 * tombstones and are not offered.  If all that the source offers of the entry
 * was rejected and none of that is stored, the newest version stays.
 */
void plan_missing(struct plan_missing *versions, size_t count,
    const struct plan_entry *entry);

/*
 * Whether a source that went from ${before} to ${after} entries lost so many
 * that it is probably broken.
 */
bool plan_is_loss(int64_t before, int64_t after);

#endif
