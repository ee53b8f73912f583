/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of registries, as long as the database has not changed, so that a
 * request for a known registry needs no transaction.  Allocates nothing.
 */
#ifndef FCGI_ANSWER_REGISTRY_MEMO_H
#define FCGI_ANSWER_REGISTRY_MEMO_H

#include "fcgi/http/etag.h"
#include "lib/db/db.h"

#include <stdbool.h>
#include <stdint.h>

#define REGISTRY_MEMO_SLOTS 16 /* a power of two; two may share one */
#define REGISTRY_MEMO_NAME 128 /* with NUL; longer ones are not kept */

struct registry_memo {
	struct db_state state; /* in which all of them were read */
	struct registry_facts {
		bool known;
		bool by_default; /* asked for without a name */
		int64_t id;
		char name[REGISTRY_MEMO_NAME];
		char etag[ETAG_SIZE];
	} slots[REGISTRY_MEMO_SLOTS];
};

/*
 * What is known of the registry ${name}, or with NULL of the default one, if
 * the database still is in ${state}; else NULL.  Borrowed until a change.
 */
const struct registry_facts *registry_memo_get(const struct registry_memo *memo,
    const struct db_state *state, const char *name);

/* Keeps a row that was read in ${state}; drops rows of other states. */
void registry_memo_put(struct registry_memo *memo, const struct db_state *state,
    const char *asked, int64_t id, const char *name, const char *etag);

#endif
