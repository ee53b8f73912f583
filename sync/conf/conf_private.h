/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of sync/conf.
 *
 *   conf.c             loading: the steps in their order, and freeing
 *   conf_path.c        which files may be read
 *   conf_keys.c        every known key: the table
 *   conf_read.c        reads blocks by the table
 *   conf_names.c       unknown and duplicate keys
 *   conf_block.c       uses the table for a block that was read
 *   conf_value.c       scalars to C values
 *   conf_claims.c      claims
 *   conf_message.c     errors and warnings, collected and sorted
 *   conf_url.c         URLs, and the rules about plain http
 *   conf_sources.c     rules of sources[]; sync/kinds has those of the kinds
 *   conf_registries.c  rules of registries[]
 *   conf_settings.c    rules of the other blocks
 *   conf_source.c      a source that was read: its JSON, its identity
 */
#ifndef SYNC_CONF_CONF_PRIVATE_H
#define SYNC_CONF_CONF_PRIVATE_H

#include "lib/buf.h"
#include "sync/conf/conf.h"
#include "sync/conf/conf_key.h"
#include "sync/conf/yaml_tree.h"

struct conf_reader {
	struct conf *conf;
	struct yaml_tree tree;
	size_t kept[2]; /* warnings, errors */
	size_t left_out; /* messages beyond LIMIT_CONFIG_MESSAGES */
	bool claims_ignored; /* auth.claims is 'ignored' */
};

/* ---- conf_keys.c ---- */
/* The keys of the file, stored in struct conf, and those of a source. */
extern const struct conf_key conf_keys_top[];
extern const struct conf_key conf_keys_source[];

/* ---- conf_names.c ---- */
/* Reports keys of the block that are unknown or duplicate. */
void conf_names_check(const struct conf_at *at, const struct conf_key *keys);

/* ---- conf_path.c ---- */
/* Reads the whole of ${file}; ERR_CONFIG or ERR_LIMIT.  The caller frees. */
int conf_path_read(char **out, size_t *len, const char *file, struct err *e);

/* ---- conf_value.c ---- */
/* Return whether the scalar has the type, and set ${out} if so. */
bool conf_value_bool(bool *out, const struct yaml_tree_node *node);
bool conf_value_int(int64_t *out, const char *text);
/*
 * The type of ${node} for a message, "a number"; or as the reference calls it,
 * "int".
 */
const char *conf_value_type(
    const struct yaml_tree_node *node, bool of_reference);
/* Accepts any text; "1", "t", "T", "TRUE", "true" and "True" are true. */
bool conf_value_switch(const char *text);

/* ---- conf_claims.c ---- */
/*
 * The map ${at} of claims as compact JSON, the caller's; NULL for none and
 * after an error.
 */
char *conf_claims_json(const struct conf_at *at);

/* ---- conf_message.c ---- */
/* A message about ${key} on another line than the key's. */
void conf_message_add(const struct conf_at *at, bool is_error, const char *key,
    int line, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Adds ${at}'s path in the file and, unless NULL, ${key} to ${path}. */
void conf_message_path(
    struct buf *path, const struct conf_at *at, const char *key);
/* Says how many messages were left out.  -1 with the first error, if any. */
int conf_message_finish(struct conf_reader *r, struct err *e);

/* ---- check functions, named in conf_keys.c ---- */
void conf_check_source_name(const struct conf_at *at, void *source);
void conf_check_source(const struct conf_at *at, void *source);
void conf_check_registry_name(const struct conf_at *at, void *registry);
void conf_check_registry(const struct conf_at *at, void *registry);
void conf_check_auth(const struct conf_at *at, void *conf);
void conf_check_trigger(const struct conf_at *at, void *conf);
/* Rules about sources and registries together, after all has been read. */
void conf_check_whole(const struct conf_at *at, void *conf);

/* ---- conf_source.c ---- */
void conf_source_free(struct conf_source *s); /* the members, not ${s} */

#endif
