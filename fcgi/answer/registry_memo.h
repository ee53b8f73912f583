/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers the rows of registries until the database changes, so that a
 * request for a known registry needs no transaction.  Allocates no memory.
 */
#ifndef FCGI_ANSWER_REGISTRY_MEMO_H
#define FCGI_ANSWER_REGISTRY_MEMO_H

#include "fcgi/http/etag.h"
#include "lib/db/db.h"

#include <stdbool.h>
#include <stdint.h>

#define REGISTRY_MEMO_SLOTS \
	16 /* a power of two; two registries may share one */
#define REGISTRY_MEMO_NAME 128 /* with NUL; longer names are not kept */

struct registry_memo {
	struct db_state state; /* in which all slots were read */
	struct registry_facts {
		bool known;
		bool by_default; /* requested without a name */
		int64_t id;
		char name[REGISTRY_MEMO_NAME];
		char etag[ETAG_SIZE];
	} slots[REGISTRY_MEMO_SLOTS];
};

/*
 * Returns the registry ${name}, NULL for the default one, if it is remembered
 * from ${state}; else NULL.  Borrowed until the next registry_memo_put().
 */
const struct registry_facts *registry_memo_get(const struct registry_memo *memo,
    const struct db_state *state, const char *name);

/* Keeps a row that was read in ${state}; forgets rows of other states. */
void registry_memo_put(struct registry_memo *memo, const struct db_state *state,
    const char *requested, int64_t id, const char *name, const char *etag);

#endif
