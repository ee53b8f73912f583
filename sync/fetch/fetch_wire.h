/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a fetching process to its parent: progress now and then, and
 * one result.
 *
 * A message is a header of FETCH_WIRE_HEADER bytes and a payload; numbers are
 * in the machine's byte order, and the length of a text stands before it.  The
 * sender has parsed data from the network, so its messages are not trusted:
 * every length has a limit, a payload must be read to its end, and documents
 * must lie inside the spool.
 */
#ifndef SYNC_FETCH_FETCH_WIRE_H
#define SYNC_FETCH_FETCH_WIRE_H

#include "lib/buf.h"
#include "lib/err.h"
#include "lib/sandbox/sandbox.h"
#include "sync/fetch/fetch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_WIRE_HEADER 12
#define FETCH_WIRE_PHASE 64 /* the text of a phase, and its NUL */

enum fetch_wire_kind {
	FETCH_WIRE_PROGRESS = 1,
	FETCH_WIRE_RESULT = 2
};

struct fetch_wire_result {
	struct err err; /* ERR_NONE: fetched */
	struct fetch fetch; /* without phase, spool, opener and state */
	struct sandbox sandbox; /* of the process that fetched */
};

/* Append a message. */
void fetch_wire_add_progress(struct buf *to, const struct fetch_progress *p);
void fetch_wire_add_result(struct buf *to, const struct fetch_wire_result *r);

/*
 * Reads a header: the ${kind} of the message and the ${length} of its payload
 * in bytes.  ERR_FETCH: not a header, another version, or too long.
 */
int fetch_wire_header(enum fetch_wire_kind *kind, size_t *length,
    const void *bytes, struct err *e);
/* out->phase points to ${phase}, without control characters. */
int fetch_wire_progress(struct fetch_progress *out,
    char phase[FETCH_WIRE_PHASE], const void *payload, size_t len,
    struct err *e);
/*
 * Documents must lie in the first ${spool_size} bytes of the spool.  The caller
 * calls fetch_free() for its fetch, on failure too.
 */
int fetch_wire_result(struct fetch_wire_result *out, const void *payload,
    size_t len, uint64_t spool_size, struct err *e);

#endif
