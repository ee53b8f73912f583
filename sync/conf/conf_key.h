/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of keys, and the reader that uses it.
 *
 * A block of the file is an array of struct conf_key.  A row says what the
 * value is and where it is stored, so one reader (conf_read.c) reports unknown
 * keys, wrong types, values out of range and missing keys, applies defaults and
 * the environment, and frees what it stored.  Rules that concern several keys
 * are in the check functions of blocks.
 */
#ifndef SYNC_CONF_CONF_KEY_H
#define SYNC_CONF_CONF_KEY_H

#include "lib/json_out.h"
#include "lib/store/filter.h"
#include "sync/conf/yaml_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct conf_http;
struct conf_reader;

/*
 * The block that is being read.  ${node} may be no map if the block is absent
 * or empty: looking up keys in it is allowed and finds none.
 */
struct conf_at {
	struct conf_reader *reader;
	const struct conf_at *parent; /* NULL: this is the whole file */
	const char *key; /* of this block in its parent */
	size_t index; /* of an element of a list, else CONF_NO_INDEX */
	struct yaml_tree_node *node; /* NULL: the block is absent */
	int line; /* of the key that opens the block */
	char *label; /* first words of errors, of CONF_LABEL_SIZE bytes */
};

#define CONF_NO_INDEX SIZE_MAX
#define CONF_SHOWN_SIZE 80
#define CONF_LABEL_SIZE (CONF_SHOWN_SIZE + 40)

enum conf_type {
	CONF_ANY, /* accepted and not read */
	CONF_TEXT, /* char *: a scalar as written */
	CONF_NAME, /* the same; it becomes a part of the label */
	CONF_URL, /* char *: a URL with host, http or https */
	CONF_FILE, /* char *: the absolute path of a file that exists */
	CONF_BOOL, /* bool */
	CONF_SWITCH, /* bool: true for the words of CONF_BOOL, else false */
	CONF_INT, /* size_t */
	CONF_DURATION, /* int64_t: nanoseconds */
	CONF_WORD, /* enum: the index of the text in ${words} */
	CONF_STRINGS, /* struct filter_list; one text may hold commas */
	CONF_CLAIMS, /* char *: compact JSON; the user chooses the keys */
	CONF_KIND, /* the block of one kind of source */
	CONF_BLOCK, /* members of the same struct, or a struct inside it */
	CONF_BLOCKS /* an array; a single block is a list of one */
};

enum conf_flags {
	CONF_CHECKED = 1, /* the block's check function reads the value */
	CONF_INVERTED = 2, /* BOOL: the opposite is stored */
	CONF_LATER = 4, /* FILE: it need not be readable yet */
	CONF_BARE = 8, /* URL: without query and fragment */
	/* How the value of a source is used: */
	CONF_PLACE = 16, /* decides what is fetched; shown to clients */
	CONF_SHOWN = 32, /* shown to clients */
	CONF_ADDRESS = 64, /* with PLACE: shown without secrets */
	CONF_DIGEST = 128, /* decides what is fetched; long or secret */
	CONF_DEADLINE = 256 /* how long one fetch may take */
};

/* The duration of a key that the source does not use. */
#define CONF_NO_DURATION INT64_MIN

struct conf_key {
	const char *name; /* "*": every other key; NULL ends the block */
	enum conf_type type;
	size_t offset; /* of the value; CONF_AT(struct, member) */
	unsigned flags;
	const char *fallback; /* the default, as text */
	const char *required; /* the error if the key is absent */
	/* INT, DURATION: range; lists: most elements.  A max of 0 is none. */
	int64_t min, max;
	/* A warning if the key is set; of INT and DURATION: added to errors. */
	const char *note;
	const char *const *words; /* of WORD, ends with NULL */
	const struct conf_key *keys; /* of KIND, BLOCK and BLOCKS */
	size_t size; /* BLOCKS: of one element */
	size_t count; /* BLOCKS: offset of the number of elements */
	const char *label; /* BLOCKS: "source" makes "source[0]: " */
	/*
	 * Called after the value was stored.  Of BLOCK and BLOCKS: with that
	 * block and its struct; of NAME: with the block that has the key.
	 */
	void (*check)(const struct conf_at *at, void *block);
};

#define CONF_AT(type, member) .offset = offsetof(struct type, member)
#define CONF_NOT_STORED .offset = 0
#define CONF_KEY_END                           \
	{                                      \
		.name = NULL, .type = CONF_ANY \
	}

/* ---- reading ---- */

/* Reads all ${keys} of the block ${at} into the zeroed struct ${block}. */
void conf_block_read(
    const struct conf_at *at, const struct conf_key *keys, void *block);
/* Wipes and frees what conf_block_read() stored, not ${block} itself. */
void conf_block_free(const struct conf_key *keys, void *block);

/* The row of ${keys} for ${name} in any case of its letters, or NULL. */
const struct conf_key *conf_key_find(
    const struct conf_key *keys, const char *name);
/* The edit distance of ${a} and ${b}; SIZE_MAX if one is very long. */
size_t conf_key_distance(const char *a, const char *b);

/* ---- what was read ---- */

/* Adds a JSON member for each key that has one of ${flags} and a value. */
void conf_block_show(struct json_out *j, const void *block,
    const struct conf_key *keys, unsigned flags);
/* The duration with CONF_DEADLINE; 0 or less if there is none. */
int64_t conf_block_deadline(const void *block, const struct conf_key *keys);
/* Calls ${visit} with each text, URL and file name that is not NULL. */
void conf_block_each_text(const void *block, const struct conf_key *keys,
    void (*visit)(void *ctx, const struct conf_key *key, const char *text),
    void *ctx);

/* ---- for check functions ---- */

/* Whether the key has a value, even an invalid one; an empty text is none. */
bool conf_present(const struct conf_at *at, const char *key);
/* The text of a scalar, borrowed; NULL if absent, empty or no scalar. */
const char *conf_text(const struct conf_at *at, const char *key);
/* False if the key is absent or, after an error with ${examples}, invalid. */
bool conf_duration(int64_t *ns, const struct conf_at *at, const char *key,
    const char *examples);
/* The block at ${key}, which ${at} must outlive. */
struct conf_at conf_enter(const struct conf_at *at, const char *key);
/* The same for element ${index} of the list of blocks at ${key}. */
struct conf_at conf_element(
    const struct conf_at *at, const char *key, size_t index);
/* Whether ${node} is a block; an empty list counts as one. */
bool conf_is_block(const struct yaml_tree_node *node);
/* The configuration that is being read, as far as it has been read. */
struct conf *conf_being_read(const struct conf_at *at);
/* insecure_url: http may be used where https is expected. */
bool conf_allows_insecure(const struct conf_at *at);

/*
 * A message "FILE:LINE: PATH.KEY: LABEL TEXT"; ${key} NULL is the block.  A
 * variable of the environment that set the key is named.
 */
void conf_error(const struct conf_at *at, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void conf_warn(const struct conf_at *at, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* An error about element ${index} of the list at ${key}. */
void conf_error_element(const struct conf_at *at, const char *key, size_t index,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Writes ${text} to ${out} as a message may show it: no secrets of URLs, no
 * control characters, not too long.  Returns ${out}.
 */
const char *conf_show(char out[CONF_SHOWN_SIZE], const char *text);

/* ---- rules of several kinds of source ---- */

/* Whether ${name} is one lower-case DNS label, 1 to 63 characters. */
bool conf_name_is_label(const char *name);

struct conf_url {
	char scheme[16]; /* lower-case, cut; "": none */
	bool has_host;
	bool has_user; /* before the host, perhaps with a password */
	bool is_loopback; /* localhost, 127.0.0.1 or [::1] */
};

/* ERR_CONFIG if ${text} cannot be a URL.  A relative one is not an error. */
int conf_url_parse(struct conf_url *out, const char *text, struct err *e);
/*
 * Reports the secret ${what} ("api.tokenFile") at ${key} if it would be sent
 * over plain http to ${url}.
 */
void conf_url_check_secret(const struct conf_at *at, const char *key,
    const char *what, const char *url);
/* The same for a user name or password in ${url} itself, which is at ${key}. */
void conf_url_check_user(
    const struct conf_at *at, const char *key, const char *url);
/*
 * Sets insecure of ${http}, and checks ${url} at ${key} (NULL: it is invalid):
 * whether ${secret} ("api.tokenFile", NULL: none) or a secret in it would be
 * sent over plain http, and whether https is required.
 */
void conf_http_check(struct conf_http *http, const struct conf_at *at,
    const char *key, const char *url, const char *secret);

#endif
