/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a request: parse, find the route, check access, parse the query,
 * find the registry, then 304, a remembered response, or the handler.  All
 * reads of one response are of one snapshot of the database.
 */
#include "fcgi/answer/responder.h"

#include "fcgi/access/access.h"
#include "fcgi/answer/memo.h"
#include "fcgi/answer/registry_memo.h"
#include "fcgi/answer/store.h"
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/page.h"
#include "fcgi/http/body.h"
#include "fcgi/http/gzip.h"
#include "fcgi/observe/endpoint.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK 200
#define NO_CONTENT 204
#define NOT_MODIFIED 304
#define URI_TOO_LONG 414
#define NOT_IMPLEMENTED 501

/* A writer that opens or closes the database can disturb several in a row. */
#define ATTEMPTS_MAX 5

struct responder {
	char *path;
	enum route_program program;
	bool persistent;
	struct store store;
	struct scratch scratch;
	struct request request;
	struct query query;
	struct buf body; /* of the request */
	struct counters *counters; /* borrowed; NULL for none */
	bool unavailable; /* the database, at the last request that needed it */
	struct registry_memo registries;
	struct memo *memo;

	/* ---- of the current request ---- */
	/* The state of the database before anything was read. */
	struct db_state state;
	bool watched; /* ${state} is known */
	bool recalled; /* the registry was remembered */
	bool mixed; /* then more was read, maybe of another state */
	bool made; /* the response was made, not remembered */
};

struct responder *
responder_new(const char *path, enum route_program program, bool persistent)
{
	struct responder *r = xcalloc(1, sizeof *r);

	r->path = xstrdup(path);
	r->program = program;
	r->persistent = persistent;
	store_init(&r->store, r->path);
	scratch_init(&r->scratch);
	buf_init(&r->body, LIMIT_REQUEST_BODY);
	r->memo = memo_new(LIMIT_ANSWERS);
	return r;
}

void
responder_free(struct responder *r)
{
	if (r == NULL)
		return;
	store_close(&r->store);
	scratch_free(&r->scratch);
	buf_free(&r->body);
	memo_free(r->memo);
	free(r->path);
	free(r);
}

void
responder_set_counters(struct responder *r, struct counters *counters)
{
	r->counters = counters;
}

void
responder_take_cache_counts(
    struct responder *r, uint64_t *hits, uint64_t *misses)
{
	*hits = *misses = 0;
	if (r->store.db != NULL)
		db_take_cache_counts(r->store.db, hits, misses);
}

static int
begin(struct responder *r, struct exchange *x, struct err *e)
{
	if (store_begin(&r->store, e) == -1)
		return -1;
	x->db = r->store.db;
	return 0;
}

/* ---- the registry ---- */

/* Uses the remembered registry if the database has not changed. */
static bool
recall_registry(struct responder *r, struct exchange *x)
{
	const struct registry_facts *known = registry_memo_get(
	    &r->registries, &r->state, x->match.captures[ROUTE_REGISTRY_NAME]);

	if (known == NULL)
		return false;
	x->registry.id = known->id;
	x->registry.name = known->name;
	memcpy(x->response->etag, known->etag, sizeof known->etag);
	return true;
}

/* Reads the registry's row and makes the entity tag from it. */
static int
read_registry(struct exchange *x, struct err *e)
{
	const char *name = x->match.captures[ROUTE_REGISTRY_NAME];
	struct buf *kept = &x->scratch->registry;
	const char *database;
	struct stmt *s;
	bool row;

	s = name == NULL ? db_stmt(x->db, SQL_REGISTRY_DEFAULT_GET)
			 : db_query(x->db, SQL_REGISTRY_GET, ARGS(STR(name)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		err_set(e, ERR_NOT_FOUND, "registry not found");
		return -1;
	}
	x->registry.id = stmt_int(s, 0);
	buf_reset(kept);
	buf_adds(kept, stmt_str(s, 1));
	x->registry.name = buf_str(kept);
	database = stmt_text(s, 3, NULL);
	etag_make(x->response->etag, database == NULL ? "" : database,
	    x->registry.id, stmt_int(s, 2));
	stmt_done(s);
	return 0;
}

/* Whether the database is still in the state r->state. */
static bool
is_unchanged(const struct responder *r)
{
	struct db_state now;

	return r->watched && store_state(&r->store, &now) &&
	       db_same_state(&r->state, &now);
}

/* The registry of the request, from the memo or from the database. */
static int
find_registry(struct responder *r, struct exchange *x, struct err *e)
{
	r->watched = store_state(&r->store, &r->state);
	r->recalled = r->watched && recall_registry(r, x);
	if (!r->recalled) {
		if (begin(r, x, e) == -1 || read_registry(x, e) == -1)
			return -1;
		if (is_unchanged(r))
			registry_memo_put(&r->registries, &r->state,
			    x->match.captures[ROUTE_REGISTRY_NAME],
			    x->registry.id, x->registry.name,
			    x->response->etag);
	}
	x->response->cacheable = true;
	return 0;
}

/* ---- the response ---- */

static int
handle(struct exchange *x, struct err *e)
{
	struct response *out = x->response;

	if (x->match.route->handle(x, e) == -1)
		return -1;
	if (out->body.bad) {
		err_set(e, ERR_INTERNAL, "the response is too long");
		return -1;
	}
	if (x->db != NULL && db_is_damaged(x->db)) {
		err_set(e, ERR_STORAGE,
		    "the database is damaged: NULL in a "
		    "column that is NOT NULL");
		return -1;
	}
	if (x->match.route->content_tag)
		etag_of_content(out->etag, buf_str(&out->body), out->body.len);
	return 0;
}

/*
 * Opens the database unless there is none yet.  A database that cannot be read
 * is an error: its settings might be stricter than the default.
 */
static int
begin_if_created(struct responder *r, struct exchange *x, struct err *e)
{
	if (access(r->path, F_OK) == -1 && errno == ENOENT)
		return 0;
	return begin(r, x, e);
}

/* Fills the body from the memo or by the handler. */
static int
fill(struct responder *r, struct exchange *x, struct err *e)
{
	const struct route *route = x->match.route;
	struct err ignored = ERR_INIT;

	if (route->kept && memo_recall(r->memo, x))
		return 0;
	if (route->scope >= ROUTE_DATABASE && x->db == NULL &&
	    begin(r, x, e) == -1)
		return -1;
	r->mixed = r->recalled;
	r->made = true;
	if (route->scope == ROUTE_TRY)
		(void)begin(r, x, &ignored);
	return handle(x, e);
}

/*
 * Whether the client has the body with the tag of the response.  Sets ${gzip}
 * to whether it has the compressed one, as a 304 has its tag (RFC
 * 9110, 15.4.5).
 */
static bool
is_not_modified(const struct exchange *x, bool *gzip)
{
	const struct request_input *in = x->request->in;

	if (x->response->etag[0] == '\0' ||
	    !etag_matches(in->if_none_match, x->response->etag, gzip))
		return false;
	*gzip = *gzip && gzip_is_accepted(in->accept_encoding);
	return true;
}

/*
 * Sets ${sure} if the request would get a 200, without reading entries.  Only
 * an invalid cursor is an error.
 */
static int
check_without_reading(
    bool *sure, struct responder *r, struct exchange *x, struct err *e)
{
	const struct cursor_scope scope = {
		.registry = x->registry.name,
		.kind = x->match.route->kind,
	};
	struct cursor c;
	bool resumed;

	*sure = true;
	if (x->match.route->looks_up)
		*sure = memo_recall_found(r->memo, x);
	else if (x->query->cursor != NULL)
		return page_resume(&resumed, &c, x, &scope, e);
	return 0;
}

/* Only a request that would get a 200 gets a 304. */
static int
answer_or_304(struct responder *r, struct exchange *x, struct err *e)
{
	struct response *out = x->response;
	bool gzip, known = is_not_modified(x, &gzip), sure = false;

	if (known && check_without_reading(&sure, r, x, e) == -1)
		return -1;
	if (!sure && fill(r, x, e) == -1)
		return -1;
	/* The handler may have made the tag; "*" matches any. */
	if (known || is_not_modified(x, &gzip)) {
		out->status = NOT_MODIFIED;
		out->gzip = gzip;
	} else if (out->etag[0] != '\0' &&
		   etag_is_any(x->request->in->if_none_match)) {
		out->status = NOT_MODIFIED;
	}
	return 0;
}

static int
read_body(struct responder *r, struct exchange *x, struct err *e)
{
	const struct route *route = x->match.route;

	if (route->body == 0 || x->body != NULL)
		return 0;
	x->body = &r->body;
	return body_read(&r->body, x->request->in, route->body, e);
}

static int
answer(struct responder *r, struct exchange *x, struct err *e)
{
	const struct route *route = x->match.route;

	r->watched = r->recalled = r->mixed = r->made = false;
	if (route_check(&x->match, e) == -1)
		return -1;
	if (route->scope == ROUTE_IF_CREATED && begin_if_created(r, x, e) == -1)
		return -1;
	if (access_check(route->access, x->db, x->request->in, e) == -1 ||
	    query_parse(
		x->query, x->request, route->parameters, route->style, e) == -1)
		return -1;
	if (route->scope == ROUTE_REGISTRY && find_registry(r, x, e) == -1)
		return -1;
	if (read_body(r, x, e) == -1)
		return -1;
	return answer_or_304(r, x, e);
}

/*
 * Whether all reads were of one state of the database; if not, ends the
 * transaction or closes the database.  A file that SQLite treats as immutable
 * may have been written to, or the database may have changed between the look
 * into the memo and the transaction.
 */
static bool
is_consistent(struct responder *r, struct err *e)
{
	if (store_check(&r->store, e) == -1) {
		store_close(&r->store);
		return false;
	}
	if (!r->mixed || is_unchanged(r))
		return true;
	err_set(e, ERR_UNAVAILABLE, "the database changed during the request");
	store_end(&r->store);
	return false;
}

/* Resets the response and the exchange for another attempt. */
static void
reset_attempt(struct exchange *x, struct err *e)
{
	response_reset(x->response);
	x->registry.name = NULL;
	x->db = NULL;
	err_clear(e);
}

static bool
is_safe(const struct request *r)
{
	return (r->method & (REQUEST_GET | REQUEST_HEAD)) != 0;
}

/*
 * Tries again while the response, an error included, was read from more than
 * one state.  A request that changes something is never repeated.
 */
static int
answer_consistently(struct responder *r, struct exchange *x, struct err *e)
{
	struct err changed = ERR_INIT;
	int rc = answer(r, x, e);

	if (!is_safe(x->request))
		return rc;
	for (int i = 1; !is_consistent(r, &changed); i++) {
		if (i == ATTEMPTS_MAX) {
			*e = changed;
			return -1;
		}
		err_clear(&changed);
		reset_attempt(x, e);
		rc = answer(r, x, e);
	}
	if (rc == 0 && x->match.route->kept && r->made) {
		if (x->response->status == OK || x->match.route->looks_up)
			memo_keep(r->memo, x);
	}
	return rc;
}

/* Tries each reading of the path until one is found. */
static int
answer_each_reading(struct responder *r, struct exchange *x, struct err *e)
{
	while (answer_consistently(r, x, e) == -1) {
		if (e->code != ERR_NOT_FOUND ||
		    !route_next_reading(&x->match, x->request))
			return -1;
		store_end(&r->store);
		reset_attempt(x, e);
	}
	return 0;
}

/* ---- errors ---- */

/* Only the log has the cause of a failure. */
static void
answer_failure(
    struct responder *r, const struct exchange *x, const struct err *e)
{
	const struct route *route = x->match.route;
	const char *text = route == NULL ? NULL : route->failure;

	/* The next request opens the database again. */
	if (e->code == ERR_UNAVAILABLE || e->code == ERR_STORAGE)
		store_close(&r->store);
	if (e->code != ERR_UNAVAILABLE && text == NULL) {
		log_message(LOG_LEVEL_ERROR, "request failed", e->text);
		response_error(x->response, err_http_status(ERR_INTERNAL),
		    "internal server error");
		return;
	}
	if (!r->unavailable)
		log_message(LOG_LEVEL_ERROR,
		    text == NULL ? "database unavailable" : text, e->text);
	r->unavailable = true;
	response_error(x->response, err_http_status(ERR_UNAVAILABLE),
	    text == NULL ? "service unavailable" : text);
}

static void
answer_error(struct responder *r, const struct exchange *x, const struct err *e)
{
	struct response *out = x->response;
	int status = err_http_status(e->code);

	switch (e->code) {
	case ERR_METHOD:
		out->allow = x->match.methods;
		break;
	case ERR_IDENTITY:
		out->line = "WWW-Authenticate: Bearer\r\n";
		break;
	case ERR_LIMIT:
		if (x->match.route == NULL)
			status = URI_TOO_LONG;
		break;
	case ERR_INPUT:
	case ERR_NOT_FOUND:
	case ERR_BUSY:
	case ERR_DENIED:
	case ERR_LENGTH:
		break;
	default:
		answer_failure(r, x, e);
		return;
	}
	response_error(out, status, e->text);
}

/* ---- one request ---- */

static int
respond(struct responder *r, struct exchange *x, const struct request_input *in,
    struct err *e)
{
	const struct route *route;

	if (request_parse(&r->request, in, e) == -1 ||
	    route_find(&x->match, r->program, &r->request, e) == -1)
		return -1;
	route = x->match.route;
	if (route->handle == NULL) {
		response_error(x->response, NOT_IMPLEMENTED,
		    "not implemented: this server does not take changes over "
		    "HTTP yet");
	} else if (r->request.method == REQUEST_OPTIONS) {
		x->response->status = NO_CONTENT;
		x->response->allow = x->match.methods;
	} else if ((route->programs & r->program) == 0) {
		err_set(e, ERR_NOT_FOUND, "%s", route->elsewhere);
		return -1;
	} else if (answer_each_reading(r, x, e) == -1) {
		return -1;
	}
	return 0;
}

/* Logs that the database is available again after a failure. */
static void
log_recovery(struct responder *r)
{
	if (r->unavailable)
		log_message(LOG_LEVEL_INFO, "available again", NULL);
	r->unavailable = false;
}

void
responder_handle(
    struct responder *r, const struct request_input *in, struct response *out)
{
	struct exchange x = {
		.request = &r->request,
		.query = &r->query,
		.scratch = &r->scratch,
		.database = r->path,
		.persistent = r->persistent,
		.counters = r->counters,
		.response = out,
	};
	struct err e = ERR_INIT;

	response_reset(out);
	if (respond(r, &x, in, &e) == -1)
		answer_error(r, &x, &e);
	if (out->status < err_http_status(ERR_INTERNAL) &&
	    (x.db != NULL || r->program == ROUTE_ADMIN))
		log_recovery(r);
	store_end(&r->store);
	out->endpoint = endpoint_of(&x.match);
	out->registry = x.registry.name;
	out->path_len = r->request.path_len;
	out->for_pages = r->program == ROUTE_API && !x.match.closed;
	out->omit_body = r->request.method == REQUEST_HEAD;
	response_finish(out);
}

bool
responder_is_unavailable(const struct responder *r)
{
	return r->unavailable;
}
