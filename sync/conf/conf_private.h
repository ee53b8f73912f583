/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the configuration share.
 *
 *   conf.c             loading: the steps in their order, and freeing
 *   conf_path.c        which files may be read
 *   conf_keys.c        every known key, and what form its value has
 *   conf_env.c         the environment, put into the tree
 *   conf_check.c       keys and forms of the whole tree against conf_keys.c
 *   conf_value.c       nodes to C values; messages about missing ones
 *   conf_block.c       a block by the table of its keys
 *   conf_sources.c     sources[]; sync/kinds has the blocks of the kinds
 *   conf_http.c        what all URLs have in common
 *   conf_registries.c  registries[]
 *   conf_settings.c    database, sync, auth, telemetry, audit, trigger
 *   conf_claims.c      claims
 *   conf_url.c         URLs, checked
 *   conf_message.c     errors and warnings, collected and sorted
 *   conf_source.c      a read source: its JSON, its identity, freeing it
 */
#ifndef SYNC_CONF_CONF_PRIVATE_H
#define SYNC_CONF_CONF_PRIVATE_H

#include "lib/store/filter.h"
#include "sync/conf/conf.h"
#include "sync/conf/conf_block.h"
#include "sync/conf/yaml_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_note {
	int line;
	bool is_error;
	char *text; /* owned */
};

struct conf_reader {
	struct conf *conf;
	struct yaml_tree *root; /* always a map */
	struct conf_note *notes; /* room for LIMIT_CONFIG_MESSAGES */
	size_t note_count;
	size_t left_out; /* messages that found no room */
	size_t error_count; /* those left out included */
	bool insecure_url; /* http may be used where https is asked for */
	bool has_claims; /* of a source or a registry */
};

/* A block of the file that is being read. */
struct conf_at {
	struct conf_reader *reader;
	const struct yaml_tree *node; /* NULL: the block is not there */
	const char *path; /* "sources[1].git"; "" is the whole file */
	const char *label; /* first words of its messages: "source[1]: " */
	int line; /* of the key that opens the block */
};

/* ---- conf_message.c ---- */
/*
 * Each adds a message about ${key} of the block (NULL: about the block),
 * "FILE:LINE: PATH.KEY: LABEL" and the formatted text.
 */
void conf_message_error(const struct conf_at *at, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void conf_message_warn(const struct conf_at *at, const char *key,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same about a place on a line of its own; ${path} may be "". */
void conf_message_add(struct conf_reader *r, bool is_error, int line,
    const char *path, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Sorts the messages by line and moves them into the configuration. */
void conf_message_finish(struct conf_reader *r);

#define CONF_SHOWN_SIZE 80
/*
 * Writes ${text} to ${out} as a message may show it: no secrets of URLs, no
 * control characters, not too long.  Returns ${out}.
 */
const char *conf_message_show(char out[CONF_SHOWN_SIZE], const char *text);

/* ---- conf_keys.c ---- */
/* The keys of the file itself. */
extern const struct conf_key conf_keys_top[];

/* The key of ${block} with ${name} in any case, or NULL. */
const struct conf_key *conf_keys_find(
    const struct conf_key *block, const char *name);
/*
 * What the user of ${name} may have meant: a key of ${block} with few letters
 * changed, or a key with this name one block further in ("git.branch").  The
 * caller frees it; NULL when nothing is near.
 */
char *conf_keys_nearest(const struct conf_key *block, const char *name);
/* How many letters change ${a} into ${b}; SIZE_MAX when one is very long. */
size_t conf_keys_distance(const char *a, const char *b);

/* ---- conf_env.c, conf_check.c, conf_path.c ---- */
/* Puts the variables THV_REGISTRY_* into the tree. */
void conf_env_apply(struct conf_reader *r);
/* Reports unknown keys and values of the wrong form; marks the latter bad. */
void conf_check_tree(struct conf_reader *r);
/* Reads the whole of ${file}; ERR_CONFIG or ERR_LIMIT.  The caller frees. */
int conf_path_read(char **out, size_t *len, const char *file, struct err *e);

/* ---- conf_value.c ---- */
/* These say whether ${node} has the form, and set ${out} if so. */
bool conf_value_is_scalar(const struct yaml_tree *node);
bool conf_value_bool(bool *out, const struct yaml_tree *node);
bool conf_value_int(int64_t *out, const struct yaml_tree *node);
bool conf_value_float(double *out, const struct yaml_tree *node);
/* Any text; "1", "t", "T", "TRUE", "true" and "True" are true. */
bool conf_value_switch(const char *text);

/* The key's value, NULL when absent, null, or said to be bad. */
const struct yaml_tree *conf_value_get(
    const struct conf_at *at, const char *key);
/* Whether the key has a value, a bad one included, an empty text not. */
bool conf_value_present(const struct conf_at *at, const char *key);
/* The text of a scalar, borrowed; NULL when absent, bad or empty. */
const char *conf_value_text(const struct conf_at *at, const char *key);
/* The same as a copy, and the error "${name} is required" when it is absent. */
char *conf_value_required(
    const struct conf_at *at, const char *key, const char *name);
/* A copy of the text, of ${otherwise} (NULL allowed) when there is none. */
char *conf_value_copy(
    const struct conf_at *at, const char *key, const char *otherwise);
bool conf_value_flag(const struct conf_at *at, const char *key);
/*
 * A duration.  False when the key is absent or, after a message that calls it
 * ${name} and names ${examples}, when it is none.
 */
bool conf_value_duration(int64_t *ns, const struct conf_at *at, const char *key,
    const char *name, const char *examples);
/* The texts of CONF_STRINGS; the caller's, empty when absent. */
void conf_value_strings(
    struct filter_list *out, const struct conf_at *at, const char *key);
void conf_value_free_strings(struct filter_list *list);
/* The line of element ${index} of the strings at ${key}. */
int conf_value_string_line(
    const struct conf_at *at, const char *key, size_t index);

/* Elements of CONF_BLOCKS: how many, and one of them (borrowed). */
size_t conf_value_block_count(const struct conf_at *at, const char *key);
const struct yaml_tree *conf_value_block(
    const struct conf_at *at, const char *key, size_t index);
/*
 * Goes into the block at ${key}.  ${path} is the new block's whole path, in
 * the caller's memory.  The label stays.
 */
struct conf_at conf_value_enter(
    const struct conf_at *at, const char *key, const char *path);

/* ---- conf_claims.c ---- */
/*
 * The claims at key "claims" as compact JSON, the caller's; NULL for none.
 * Nothing enforces them, so they are an error unless the file ignores them.
 */
char *conf_claims_read(const struct conf_at *at);
#define CONF_CLAIMS_IGNORED "ignored"
/* Whether the file has that word at auth.claims. */
bool conf_claims_are_ignored(const struct conf_reader *r);

/* ---- conf_url.c ---- */
struct conf_url {
	char scheme[16]; /* lower-case; "" when there is none or it is long */
	bool has_host;
	bool has_user; /* in front of the host, perhaps with a password */
	bool is_loopback; /* localhost, 127.0.0.1 or [::1] */
};

/* ERR_CONFIG when ${text} can be no URL.  A relative one is not an error. */
int conf_url_parse(struct conf_url *out, const char *text, struct err *e);

/* ---- conf_http.c ---- */
/*
 * Reports the secret ${what} ("api.tokenFile") at ${key} if it would be sent
 * over plain http to ${url}.
 */
void conf_http_check_secret(const struct conf_at *at, const char *key,
    const char *what, const char *url);
/* The same for a user name or password in ${url} itself, which is at ${key}. */
void conf_http_check_user(
    const struct conf_at *at, const char *key, const char *url);
/* allowPrivate, true unless it says otherwise, as struct http_policy has it. */
bool conf_http_public_only(const struct conf_at *at);
/*
 * Reads allowPrivate and requireHttps beside the URL at ${key}, and warns of
 * plain http.
 */
void conf_http_read_rules(bool *public_only, bool *https_only,
    const struct conf_at *at, const char *key, const char *url);
/* Whether ${u} is plain http to another machine. */
bool conf_http_is_exposed(const struct conf_url *u);

/* ---- conf_sources.c, conf_registries.c, conf_settings.c ---- */
void conf_sources_read(struct conf_reader *r);
/* Whether ${name} is one lower-case DNS label, 1 to 63 characters. */
bool conf_sources_name_is_valid(const char *name);
void conf_registries_read(struct conf_reader *r);
void conf_settings_read(struct conf_reader *r);

/* ---- conf_source.c ---- */
void conf_source_free(struct conf_source *s); /* the members, not ${s} */

#endif
