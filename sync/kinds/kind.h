/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of source: a row each, in a folder of its own.
 *
 * A row is all that the rest of the program knows about a kind: the keys of its
 * block (sync/conf/conf_key.h) and some functions.  No code outside a folder
 * asks which kind a source is.  README.md says how to add one.
 */
#ifndef SYNC_KINDS_KIND_H
#define SYNC_KINDS_KIND_H

#include "lib/err.h"
#include "lib/json_out.h"
#include "sync/conf/conf.h"
#include "sync/conf/conf_key.h"
#include "sync/fetch/fetch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a fetching process may use besides what all of them may use. */
struct kind_needs {
	const char *
	    *files; /* to read, directories too; owned, NULL at the end */
	size_t file_count;
	const char *const *variables; /* of the environment, up to NULL */
	bool runs_programs; /* of the system */
};

/* Copies ${path}; NULL and "" add nothing. */
void kind_needs_file(struct kind_needs *n, const char *path);

struct source_kind {
	/* Of its block in the configuration, and in the database. */
	const char *name;
	/* Of that block; values are stored in struct conf_source. */
	const struct conf_key *keys;
	/*
	 * After conf_block_read(): checks the values together, and reads those
	 * with CONF_CHECKED.  May replace s->kind by another row of the same
	 * name.
	 */
	void (*check)(struct conf_source *s, const struct conf_at *at);
	/* Adds members to conf_source_json() and conf_source_identity(). */
	void (*show)(struct json_out *j, const struct conf_source *s);
	/* Adds members to conf_source_identity() only. */
	void (*identify)(struct json_out *j, const struct conf_source *s);

	/* As fetch_source(); NULL: sources of this kind are not synced. */
	int (*fetch)(struct fetch *out, const struct conf_source *source,
	    const struct validators *previous,
	    const struct fetch_options *options, struct err *e);
	bool remote; /* it is fetched in a process of its own */
	/*
	 * How long a fetch may take, in microseconds, if no key of its block
	 * says so; 0: the common default.
	 */
	int64_t time_us;
	/* Of one that is not remote: the path to watch, the caller's, or NULL.
	 */
	char *(*watched)(const struct conf_source *s);
	/*
	 * Of a remote one, when the deadline of a fetch has passed: removes
	 * unfinished files from ${cache_dir}.
	 */
	void (*abandon)(const char *cache_dir);
	/* Of a remote one: more than the files that its keys name. */
	void (*needs)(struct kind_needs *n, const struct conf_source *s);
};

/*
 * Every block, in the order of messages.  kind_NAME is its row, kind_NAME_keys
 * are its keys.
 */
#define KIND_LIST(row) \
	row(git) row(api) row(file) row(managed) row(kubernetes) row(configmap)

#define KIND_DECLARE(name)                           \
	extern const struct source_kind kind_##name; \
	extern const struct conf_key kind_##name##_keys[];
KIND_LIST(KIND_DECLARE)
#undef KIND_DECLARE

/* Rows that the check of kind_file and kind_configmap may choose. */
extern const struct source_kind kind_url;
extern const struct source_kind kind_configmap_api;

/* All that have a block of their own; NULL ends the list. */
extern const struct source_kind *const kind_list[];

/* The address that ${s} is fetched from, with its secrets; NULL: none. */
const char *kind_address(const struct conf_source *s);
/* How long one fetch of ${s} may take, in microseconds. */
int64_t kind_time(const struct conf_source *s);
/*
 * What a process that fetches ${s} needs; the caller calls kind_needs_free().
 */
void kind_needs_of(struct kind_needs *n, const struct conf_source *s);
void kind_needs_free(struct kind_needs *n);

#endif
