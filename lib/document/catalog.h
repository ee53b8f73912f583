/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step two of a sync: read a document entry by entry.
 *
 * catalog_read() reads a document of any size and of any shape
 * (lib/document/shape.h) in a fixed amount of memory.  It cuts out each server,
 * skill and plugin as minified JSON, checks it (lib/document/rules.h), and
 * passes it to a callback.  An entry that breaks a rule is passed with its
 * problem.  The walk fails only if the document itself is unreadable.
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
 * A document of SHAPE_ENTRIES is written by a fetch that scanned a page of an
 * API: one entry a line.  The first byte is its kind (CATALOG_KINDS: server,
 * skill, plugin); the rest is the entry as jscan_run() returns it.  The rest is
 * empty for an entry over LIMIT_ENTRY, and CATALOG_TOO_DEEP for one nested
 * deeper than LIMIT_JSON_DEPTH.  The process that writes this reads from the
 * network, so every line is validated.
 */
#define CATALOG_KINDS "skp"
#define CATALOG_TOO_DEEP "-"

/*
 * The _meta of an item: metadata that the upstream registry gives beside the
 * document of a server.  Missing instants are CLOCK_NEVER, missing texts NULL.
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
	/* The same of the official object, without the members above. */
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
	/* For a bad entry only name and version, NULL if missing. */
	struct rules_entry facts;
	const struct rules_problem *problem; /* NULL: valid */
	/* Problems for which it is not rejected; NULL: none. */
	const struct rules_problem *note;
	size_t note_count;
	const struct catalog_upstream *upstream; /* NULL: none */
};

/*
 * Called for each entry in document order.  Everything in ${entry} is valid
 * until the call returns.  -1 with ${e} ends the walk.
 */
typedef int catalog_callback(
    void *ctx, const struct catalog_entry *entry, struct err *e);

/*
 * Called before an entry is checked, if a quick search finds its name and
 * version, which are in its facts.  Sets ${known} if the same entry was checked
 * before and needs no work: catalog_callback is then not called for it.  Both
 * callbacks get the same ${entry}.
 */
typedef int catalog_known(
    void *ctx, const struct catalog_entry *entry, bool *known, struct err *e);

struct catalog_options {
	size_t max_meta_size; /* of the publisher-provided object */
	enum shape_kind shape; /* of the document; not SHAPE_FOREIGN */
	const char *seems; /* from shape_detect(); NULL: nothing */
	catalog_known *known; /* NULL: every entry is checked */
};

/* Totals over all documents of a source. */
struct catalog_summary {
	size_t servers; /* elements, good and bad */
	size_t skills;
	size_t plugins;
	size_t good; /* valid, of all kinds */
	bool extensions_suffice; /* a page of skills or plugins was read */
	bool groups; /* of the older ToolHive format; ignored */
};

/*
 * Reads the document that ${r} delivers and adds to ${summary}.  ERR_INPUT
 * names line and column of invalid JSON, or the path and rule of an invalid
 * envelope; the latter starts like the reference's message ("registry schema
 * validation failed: ...").
 *
 * The envelope is checked after the last entry, because its members may be in
 * any order: on -1 the caller undoes what the callback did.  Of a duplicate
 * member the last one counts, but meta, data and its arrays must not be
 * duplicate.
 */
int catalog_read(struct catalog_summary *summary, struct reader *r,
    const struct catalog_options *options, catalog_callback *callback,
    void *ctx, struct err *e);

/* ERR_INPUT if the documents of a source hold no server, skill or plugin. */
int catalog_check_summary(const struct catalog_summary *summary, struct err *e);

/*
 * Sets ${e} to "unrecognized document format" or, with ${seems}, to what the
 * document seems to be.
 */
void catalog_refuse_shape(struct err *e, const char *seems);

/*
 * Writes the place of ${path} inside ${entry}: "data.servers.3.name".  A long
 * one is cut between characters.
 */
void catalog_place(char *into, size_t size, const struct catalog_entry *entry,
    const char *path);

#endif
