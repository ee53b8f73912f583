/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step two of a sync: read a registry document entry by entry.
 *
 * catalog_read() walks a document of any size in a fixed amount of memory,
 * cuts out each element of data.servers, data.skills and data.plugins as
 * minified JSON, checks it (sync/document/rules.h), and hands it to a callback.
 * An entry that breaks a rule is handed over too, with what is wrong; only what
 * makes the document itself unreadable ends the walk.
 */
#ifndef SYNC_CATALOG_H
#define SYNC_CATALOG_H

#include "lib/entry.h"
#include "lib/err.h"
#include "sync/document/rules.h"
#include "sync/fetch/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a registry says of a server beside its document, in the _meta of the
 * item.  Instants are CLOCK_NEVER and texts NULL where it says nothing.
 */
struct catalog_outer {
	const char *status; /* "active", "deprecated" or "deleted" */
	const char *status_message;
	int64_t status_changed_us;
	int64_t published_us;
	int64_t updated_us;
	/*
	 * The other members of _meta, minified: "\"a\":1,\"b\":{}".  Empty
	 * when there are none.
	 */
	const char *extra;
	size_t extra_len;
};

struct catalog_entry {
	enum entry_kind kind;
	size_t index; /* in its array of the document */
	/* Minified, otherwise as it came; NUL-terminated.  "" if too large. */
	const char *json;
	size_t json_len;
	/* Of a bad entry only name and version, NULL if they are not there. */
	struct rules_entry facts;
	const struct rules_problem *problem; /* NULL: nothing is wrong */
	const struct catalog_outer *outer; /* NULL: it came without */
};

struct catalog_options {
	size_t max_meta_size; /* of the publisher-provided object */
};

struct catalog_summary {
	size_t servers; /* elements met, good and bad */
	size_t skills;
	size_t plugins;
};

/*
 * Called for each entry in document order; what ${entry} points to lives until
 * the call returns.  -1 with ${e} ends the walk.
 */
typedef int catalog_callback(
    void *ctx, const struct catalog_entry *entry, struct err *e);

/*
 * Reads the document that ${r} delivers.  ${out} may be NULL.  ERR_INPUT names
 * line and column of broken JSON, or the path and rule of a broken envelope;
 * the text of an envelope problem starts as the reference's does
 * ("registry schema validation failed: ...").
 *
 * The verdict on the envelope comes after the last entry, since its members
 * may stand in any order: on -1 the caller takes back what the callback did.
 * A member given twice counts as the last one says, but meta, data and its
 * arrays may be given only once.
 */
int catalog_read(struct catalog_summary *out, struct reader *r,
    const struct catalog_options *options, catalog_callback *callback,
    void *ctx, struct err *e);

#endif
