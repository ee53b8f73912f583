/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its response, with the state of a responder that belongs to
 * them (fcgi/answer/responder.c).
 */
#ifndef FCGI_ANSWER_EXCHANGE_H
#define FCGI_ANSWER_EXCHANGE_H

#include "fcgi/handlers/candidates.h"
#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/http/route.h"
#include "fcgi/observe/counters.h"
#include "lib/buf.h"
#include "lib/db/db.h"

/* Buffers for texts, reused for the next request. */
struct scratch {
	struct buf registry; /* the registry's name */
	struct buf name; /* of the requested entry */
	struct buf needle; /* the folded search text */
	struct candidates candidates; /* of a search in the index */
	struct buf sort_keys; /* of candidates, a JSON array */
	struct buf key; /* the order key of a version */
	struct buf last_name; /* of the last item on a page */
	struct buf last_version;
	struct buf cursor_in; /* the bytes of a cursor */
	struct buf cursor_out;
};

/* The registry of a request, for routes of ROUTE_REGISTRY. */
struct registry {
	int64_t id;
	const char *name; /* borrowed from the scratch or the memo */
};

struct exchange {
	const struct request *request;
	struct route_match match;
	struct query *query;
	struct db *db; /* inside a transaction; NULL: none has begun */
	const char *database; /* its path */
	bool persistent; /* the process outlives the request */
	const struct buf *body; /* of the request; NULL: not read */
	struct counters *counters; /* NULL for none */
	struct registry registry;
	struct scratch *scratch;
	struct response *response;
};

void scratch_init(struct scratch *s);
void scratch_free(struct scratch *s);

#endif
