/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step two of a sync: read a document entry by entry.
 *
 * catalog_read() walks a document of any size and of any shape
 * (lib/document/shape.h) in a fixed amount of memory, cuts out each server,
 * skill and plugin as minified JSON, checks it (lib/document/rules.h), and
 * hands it to a callback.  An entry that breaks a rule is handed over too, with
 * what is wrong; only what makes the document itself unreadable ends the walk.
 */
#ifndef LIB_DOCUMENT_CATALOG_H
#define LIB_DOCUMENT_CATALOG_H

#include "lib/document/rules.h"
#include "lib/document/shape.h"
#include "lib/entry.h"
#include "lib/err.h"
#include "lib/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A document of SHAPE_ENTRIES is what a fetch made of a page that it scanned:
 * lines of one entry each.  The first byte is its kind, in the order of
 * CATALOG_KINDS a server, a skill or a plugin; then comes the entry as
 * jscan_run() hands it out.  In place of one over LIMIT_ENTRY there is
 * nothing, in place of one nested over LIMIT_JSON_DEPTH CATALOG_TOO_DEEP.  The
 * process that writes it reads from the network, so that only the form of
 * lines is taken for granted.
 */
#define CATALOG_KINDS "skp"
#define CATALOG_TOO_DEEP "-"

/*
 * The _meta of an item: what a registry says of a server beside its document.
 * Missing instants are CLOCK_NEVER, missing texts NULL.
 */
struct catalog_upstream {
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
	/* The same of the official object: what it says beside the above. */
	const char *official;
	size_t official_len;
};

struct catalog_entry {
	enum entry_kind kind;
	/* The container, "data.servers", and the index or key in it. */
	const char *array; /* "" for the root */
	size_t index;
	const char *key; /* NULL in an array */
	bool root; /* the document is the entry */
	/* Minified, otherwise unchanged; NUL-terminated.  "" if too large. */
	const char *json;
	size_t json_len;
	/* Of a bad entry only name and version, NULL if they are not there. */
	struct rules_entry facts;
	const struct rules_problem *problem; /* NULL: nothing is wrong */
	/* Problems that are no reason to reject it; NULL: none. */
	const struct rules_problem *note;
	size_t note_count; /* so many stand there */
	const struct catalog_upstream *upstream; /* NULL: none */
};

/*
 * Called for each entry in document order; what ${entry} points to lives until
 * the call returns.  -1 with ${e} ends the walk.
 */
typedef int catalog_callback(
    void *ctx, const struct catalog_entry *entry, struct err *e);

/*
 * Called before an entry is checked, with the name and version in its facts, if
 * a quick search finds them.  Sets ${known} when the same entry was checked
 * before and nothing is to be done: the other callback is not called for it.
 * The entry given there is at the same address.
 */
typedef int catalog_known(
    void *ctx, const struct catalog_entry *entry, bool *known, struct err *e);

struct catalog_options {
	size_t max_meta_size; /* of the publisher-provided object */
	enum shape_kind shape; /* of the document; not SHAPE_FOREIGN */
	const char *seems; /* what else it seems to be; NULL: nothing */
	catalog_known *known; /* NULL: every entry is checked */
};

/* Totals over all documents of a source. */
struct catalog_summary {
	size_t servers; /* elements, good and bad */
	size_t skills;
	size_t plugins;
	size_t good; /* without a problem, of all kinds */
	bool
	    extensions_suffice; /* pages of skills or plugins were among them */
	bool groups; /* of the older ToolHive format, which are not kept */
};

/*
 * Reads the document that ${r} delivers and adds to ${summary}.  ERR_INPUT
 * names line and column of broken JSON, or the path and rule of a broken
 * envelope; the text of an envelope problem starts as the reference's does
 * ("registry schema validation failed: ...").
 *
 * The verdict on the envelope comes after the last entry, since its members
 * may stand in any order: on -1 the caller takes back what the callback did.
 * A member given twice counts as the last one says, but meta, data and its
 * arrays may be given only once.
 */
int catalog_read(struct catalog_summary *summary, struct reader *r,
    const struct catalog_options *options, catalog_callback *callback,
    void *ctx, struct err *e);

/* ERR_INPUT when the documents of a source hold nothing to serve. */
int catalog_check_summary(const struct catalog_summary *summary, struct err *e);

/*
 * Says in ${e} that a document has no shape that can be read, and what it
 * ${seems} to be; NULL: unknown.
 */
void catalog_refuse_shape(struct err *e, const char *seems);

/*
 * Writes where ${path} inside ${entry} stands: "data.servers.3.name".  What
 * does not fit is cut between characters.
 */
void catalog_place(char *into, size_t size, const struct catalog_entry *entry,
    const char *path);

#endif
