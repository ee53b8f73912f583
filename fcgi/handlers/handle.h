/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler gets to work with, and the handlers.
 *
 * A handler fills the response's body and leaves its status at 200, or returns
 * -1 with an error: ERR_INPUT, ERR_NOT_FOUND and such reach the client with
 * their text, all else becomes a 500 or 503 that says nothing.
 */
#ifndef FCGI_HANDLERS_HANDLE_H
#define FCGI_HANDLERS_HANDLE_H

#include "fcgi/handlers/candidates.h"
#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/http/route.h"
#include "fcgi/observe/counters.h"
#include "lib/buf.h"
#include "lib/db/db.h"
#include "lib/json_out.h"

/* Texts that outlive a statement's row; kept from request to request. */
struct scratch {
	struct buf registry; /* the registry's name */
	struct buf name; /* of the entry that is asked for */
	struct buf needle; /* the folded search text */
	struct candidates candidates; /* the question to the index */
	struct buf sort_keys; /* some of the answers, in JSON */
	struct buf key; /* a version's place in the order of versions */
	struct buf last_name; /* of the last item on a page */
	struct buf last_version;
	struct buf cursor_in; /* the bytes of a cursor */
	struct buf cursor_out;
};

/* The registry that is asked, for routes of ROUTE_REGISTRY. */
struct registry {
	int64_t id;
	const char *name; /* borrowed from the scratch, or from memory */
};

struct exchange {
	const struct request *request;
	struct route_match match;
	struct query query;
	struct db *db; /* inside a transaction; NULL: there is none (yet) */
	const char *database; /* its path */
	struct counters *counters; /* NULL for none */
	struct registry registry;
	struct scratch *scratch;
	struct response *response;
};

void scratch_init(struct scratch *s);
void scratch_free(struct scratch *s);

/* The name under which the database has the entry that ${x} asks for. */
const char *handle_entry_name(struct exchange *x);

/* Adds the member "sources": the names of those a registry is made of. */
int handle_add_source_names(
    struct json_out *j, struct db *db, int64_t registry, struct err *e);

int handle_item(struct exchange *x, struct err *e);
int handle_versions(struct exchange *x, struct err *e);
int handle_list(struct exchange *x, struct err *e);
int handle_status(struct exchange *x, struct err *e);
int handle_history(struct exchange *x, struct err *e);
int handle_front(struct exchange *x, struct err *e);
int handle_sources(struct exchange *x, struct err *e);
int handle_source(struct exchange *x, struct err *e);
int handle_source_entries(struct exchange *x, struct err *e);
int handle_registries(struct exchange *x, struct err *e);
int handle_registry(struct exchange *x, struct err *e);
int handle_registry_entries(struct exchange *x, struct err *e);
int handle_openapi_json(struct exchange *x, struct err *e);
int handle_openapi_yaml(struct exchange *x, struct err *e);
int handle_health(struct exchange *x, struct err *e);
int handle_ping(struct exchange *x, struct err *e);
/* POST /registry/sync where the web server has not thv-registry-admin for it.
 */
int handle_no_trigger(struct exchange *x, struct err *e);
/* Profiles of all responders, to this machine only. */
int handle_profile(struct exchange *x, struct err *e);
int handle_ready(struct exchange *x, struct err *e);
int handle_metrics(struct exchange *x, struct err *e);
int handle_version(struct exchange *x, struct err *e);

#endif
