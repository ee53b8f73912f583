/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block of the configuration as a table of its keys.
 *
 * The table says which keys there are and what form their values have, into
 * which member of a struct each is read, and what else the program does with
 * it.  Reading, wiping and showing a block follow from that.
 */
#ifndef SYNC_CONF_CONF_BLOCK_H
#define SYNC_CONF_CONF_BLOCK_H

#include "lib/json_out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf_at;

enum conf_form { /* and the member that conf_block_read() fills */
	CONF_STRING, /* any scalar, as written; char * */
	CONF_FILE, /* the absolute path of a file that is there; char * */
	CONF_DURATION, /* int64_t, nanoseconds */
	CONF_BOOL, /* bool */
	CONF_INT,
	CONF_FLOAT,
	CONF_STRINGS, /* a list of scalars, or one text with commas;
			 struct filter_list */
	CONF_SWITCH, /* true for the words of CONF_BOOL, false for all else */
	CONF_CLAIMS, /* a map with keys of the user's choice */
	CONF_BLOCK, /* its keys fill members of the same struct */
	CONF_BLOCKS, /* a list of blocks, or one block alone */
	CONF_ANY, /* not looked at */
	CONF_UNUSED, /* a setting of PostgreSQL */
	CONF_STALE /* of earlier versions of the reference; ignored by it too */
};

enum conf_use {
	CONF_READ = 1, /* into the member at the offset */
	CONF_REQUIRED = 2,
	CONF_LATER = 4, /* of a file: it may become readable later */
	CONF_PLACE = 8, /* decides what a fetch brings; clients see it */
	CONF_SHOWN = 16, /* clients see it */
	CONF_URL = 32, /* of a place: secrets in it are not shown */
	CONF_DIGEST =
	    64, /* decides what a fetch brings, and is long or secret */
	CONF_DEADLINE = 128 /* how long one fetch may take */
};

/* Of a duration that its source does not use. */
#define CONF_NO_DURATION INT64_MIN

struct conf_key {
	const char *name; /* NULL ends a block */
	enum conf_form form;
	const struct conf_key *block; /* of CONF_BLOCK and CONF_BLOCKS */
	unsigned use; /* enum conf_use */
	size_t offset; /* of the member, if CONF_READ */
	int64_t initial_ns; /* of a duration that is not given */
};

/* Rows of a table: a key that is read elsewhere, and one into ${member}. */
#define CONF_KEY(key, what)                   \
	{                                     \
		.name = (key), .form = (what) \
	}
#define CONF_KEY_OF(key, what, type, member, uses)                        \
	{                                                                 \
		.name = (key), .form = (what), .use = CONF_READ | (uses), \
		.offset = offsetof(struct type, member)                   \
	}
#define CONF_KEY_BLOCK(key, what, keys)                         \
	{                                                       \
		.name = (key), .form = (what), .block = (keys), \
		.use = (what) == CONF_BLOCK ? CONF_READ : 0     \
	}
#define CONF_KEY_END         \
	{                    \
		.name = NULL \
	}

/*
 * Reads the block at ${at} into the zeroed struct at ${into}, by the rows of
 * ${keys} that have CONF_READ.  Messages call a key ${name}, a dot and its
 * name.
 */
void conf_block_read(void *into, const struct conf_key *keys,
    const struct conf_at *at, const char *name);
/*
 * The absolute name of a file that access(2) grants ${mode} on, the caller's;
 * NULL after a message that calls it ${name}, or when there is no such key.
 */
char *conf_block_file(
    const struct conf_at *at, const char *key, const char *name, int mode);
/* Overwrites and frees what that allocated. */
void conf_block_wipe(void *block, const struct conf_key *keys);
/* Adds a JSON member for every key that has one of ${uses} and a value. */
void conf_block_show(struct json_out *j, const void *block,
    const struct conf_key *keys, unsigned uses);
/* The duration with CONF_DEADLINE; 0 or less when there is none. */
int64_t conf_block_deadline(const void *block, const struct conf_key *keys);
/*
 * Calls ${visit} with each value of form CONF_STRING and CONF_FILE that is not
 * NULL.
 */
void conf_block_each_text(const void *block, const struct conf_key *keys,
    void (*visit)(void *ctx, const struct conf_key *key, const char *text),
    void *ctx);

#endif
