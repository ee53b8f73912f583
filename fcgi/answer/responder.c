/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a request: taken apart, routed, checked, answered from one
 * snapshot of the database; and what becomes of errors.
 */
#include "fcgi/answer/responder.h"

#include "fcgi/answer/answers.h"
#include "fcgi/answer/registry_memo.h"
#include "fcgi/answer/store.h"
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/page.h"
#include "fcgi/http/gzip.h"
#include "fcgi/observe/endpoint.h"
#include "fcgi/routes.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define OK 200
#define NOT_MODIFIED 304
#define URI_TOO_LONG 414

/* What is shorter gains nothing by being compressed. */
#define COMPRESSED_FROM 512

/* A writer that opens or closes the database spoils some in a row. */
#define READINGS 5

struct responder {
	char *path;
	struct store store;
	struct scratch scratch;
	struct request request;
	struct counters *counters; /* borrowed; NULL for none */
	bool unavailable; /* so said the last request; each change is logged */

	/* ---- what was read before, and may be told again ---- */
	struct registry_memo memo;
	struct answers *answers;
	struct gzip *gzip;
	struct buf packed; /* a body that was compressed */

	/* ---- of the request in hand ---- */
	/* The state that the database was in before anything was read. */
	struct db_state state;
	bool watched; /* it could be told */
	bool recalled; /* the registry was not read, but known from before */
	bool mixed; /* and more was read then, maybe of another state */
	bool made; /* the answer was made, not told again */
};

struct responder *
responder_new(const char *path)
{
	struct responder *api = xcalloc(1, sizeof *api);

	api->path = xstrdup(path);
	store_init(&api->store, api->path);
	scratch_init(&api->scratch);
	api->answers = answers_new(LIMIT_ANSWERS);
	api->gzip = gzip_new();
	buf_init(&api->packed, LIMIT_RESPONSE);
	return api;
}

void
responder_free(struct responder *api)
{
	if (api == NULL)
		return;
	store_close(&api->store);
	scratch_free(&api->scratch);
	answers_free(api->answers);
	gzip_free(api->gzip);
	buf_free(&api->packed);
	free(api->path);
	free(api);
}

void
responder_set_counters(struct responder *api, struct counters *counters)
{
	api->counters = counters;
}

void
responder_take_cache_counts(
    struct responder *api, uint64_t *hits, uint64_t *misses)
{
	*hits = *misses = 0;
	if (api->store.db != NULL)
		db_take_cache_counts(api->store.db, hits, misses);
}

static int
begin(struct responder *api, struct exchange *x, struct err *e)
{
	if (store_begin(&api->store, e) == -1)
		return -1;
	x->db = api->store.db;
	if (api->unavailable)
		log_message(LOG_LEVEL_INFO, "database available again", NULL);
	api->unavailable = false;
	return 0;
}

/* Tells of a registry what is known of it, if nothing has moved since. */
static bool
recall_registry(struct responder *api, struct exchange *x)
{
	const struct registry_facts *known = registry_memo_get(
	    &api->memo, &api->state, x->match.captures[ROUTE_REGISTRY_NAME]);

	if (known == NULL)
		return false;
	x->registry.id = known->id;
	x->registry.name = known->name;
	x->response->registry_number = known->number;
	memcpy(x->response->etag, known->etag, sizeof known->etag);
	return true;
}

/* Reads the registry's row, and makes the entity tag of it. */
static int
read_registry(struct exchange *x, struct err *e)
{
	const char *name = x->match.captures[ROUTE_REGISTRY_NAME];
	struct buf *kept = &x->scratch->registry;
	const char *database;
	struct stmt *s;
	bool row;

	s = db_stmt(
	    x->db, name == NULL ? SQL_REGISTRY_DEFAULT_GET : SQL_REGISTRY_GET);
	if (name != NULL)
		stmt_bind_str(s, SQL_REGISTRY_GET_P_NAME, name);
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

/* Whether the database still is as it was before anything was read. */
static bool
is_unmoved(const struct responder *api)
{
	struct db_state now;

	return api->watched && store_look(&api->store, &now) &&
	       db_same_state(&api->state, &now);
}

/* The registry that is asked, from memory or from the database. */
static int
find_registry(struct responder *api, struct exchange *x, struct err *e)
{
	api->watched = store_look(&api->store, &api->state);
	api->recalled = api->watched && recall_registry(api, x);
	if (!api->recalled) {
		if (begin(api, x, e) == -1 || read_registry(x, e) == -1)
			return -1;
		if (is_unmoved(api))
			registry_memo_put(&api->memo, &api->state,
			    x->match.captures[ROUTE_REGISTRY_NAME],
			    x->registry.id, x->registry.name,
			    x->response->etag);
	}
	x->response->cacheable = true;
	return 0;
}

/* ---- the answer -----------------------------------------------------------
 */

/* The database for an answer that is given without one, too. */
static void
try_begin(struct responder *api, struct exchange *x)
{
	struct err ignored = ERR_INIT;

	if (store_begin(&api->store, &ignored) == 0)
		x->db = api->store.db;
}

/* Which of the answers that are kept would do. */
static struct answers_key
key_of(const struct exchange *x)
{
	const struct request_input *in = x->request->in;

	return (struct answers_key){
		.uri = in->uri,
		.uri_len = strlen(in->uri),
		.etag = x->response->etag,
		.form = gzip_is_accepted(in->accept_encoding) ? ANSWERS_GZIP
							      : ANSWERS_PLAIN,
	};
}

/* The same for a 304; parameters without a meaning make no difference. */
static struct answers_key
found_key_of(const struct exchange *x)
{
	const struct request *r = x->request;

	return (struct answers_key){
		.uri = r->in->uri,
		.uri_len = r->given == 0 ? r->path_len : strlen(r->in->uri),
		.etag = x->response->etag,
		.form = ANSWERS_FOUND,
	};
}

static bool
recall_answer(struct responder *api, struct exchange *x)
{
	const struct answers_key key = key_of(x);
	struct response *out = x->response;

	return answers_get(api->answers, &key, &out->body, &out->gzip);
}

/* Whether an earlier request found the same entry. */
static bool
recall_found(struct responder *api, struct exchange *x)
{
	const struct answers_key key = found_key_of(x);
	bool ignored;

	return answers_get(api->answers, &key, &x->response->body, &ignored);
}

/* Gives the answer the form in which it is sent, and keeps it. */
static void
keep_answer(struct responder *api, struct exchange *x)
{
	const struct answers_key key = key_of(x);
	struct response *out = x->response;

	if (key.form == ANSWERS_GZIP && out->body.len >= COMPRESSED_FROM &&
	    gzip_compress(api->gzip, &api->packed, &out->body)) {
		/* Copied: of the other buffer little was ever touched. */
		buf_reset(&out->body);
		buf_add(&out->body, api->packed.data, api->packed.len);
		out->gzip = true;
	}
	answers_put(api->answers, &key, &out->body, out->gzip);
}

/* Keeps of a 304 only that the entry exists. */
static void
keep_found(struct responder *api, struct exchange *x)
{
	const struct answers_key key = found_key_of(x);

	buf_reset(&x->response->body);
	answers_put(api->answers, &key, &x->response->body, false);
}

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
		    "the database is damaged: a value is "
		    "NULL that the schema does not allow to be");
		return -1;
	}
	if (x->match.route->content_tag)
		etag_of_content(out->etag, buf_str(&out->body), out->body.len);
	return 0;
}

/* Fills the body from memory, or by the handler. */
static int
fill(struct responder *api, struct exchange *x, struct err *e)
{
	const struct route *route = x->match.route;

	if (route->kept && recall_answer(api, x))
		return 0;
	if (route->scope >= ROUTE_DATABASE && x->db == NULL &&
	    begin(api, x, e) == -1)
		return -1;
	api->mixed = api->recalled;
	api->made = true;
	if (route->scope == ROUTE_WITHOUT)
		try_begin(api, x);
	return handle(x, e);
}

/*
 * Whether the client has the body of the answer's tag.  Sets ${gzip} to whether
 * it is the compressed one: a 304 has its tag (RFC 9110, 15.4.5).
 */
static bool
is_known(const struct exchange *x, bool *gzip)
{
	const struct request *r = x->request;

	if (x->response->etag[0] == '\0' ||
	    !etag_matches(r->if_none_match, x->response->etag, gzip))
		return false;
	*gzip = *gzip && gzip_is_accepted(r->in->accept_encoding);
	return true;
}

/*
 * Sets ${sure} if the answer is a 200 without reading entries: only the cursor
 * can still be invalid.
 */
static int
check_sure(bool *sure, struct responder *api, struct exchange *x, struct err *e)
{
	const struct cursor_scope scope = {
		.registry = x->registry.name,
		.kind = x->match.route->kind,
	};
	struct cursor c;
	bool resumed;

	*sure = true;
	if (x->match.route->looks_up)
		*sure = recall_found(api, x);
	else if (x->query.cursor != NULL)
		return page_resume(&resumed, &c, x, &scope, e);
	return 0;
}

/* What the route asks for.  A 304 is given only for what would be a 200. */
static int
answer(struct responder *api, struct exchange *x, struct err *e)
{
	const struct route *route = x->match.route;
	struct response *out = x->response;
	bool known, gzip, sure = false;

	api->watched = api->recalled = api->mixed = api->made = false;
	if (route_check(&x->match, e) == -1 ||
	    query_parse(&x->query, x->request, route->parameters, route->style,
		e) == -1)
		return -1;
	if (route->scope == ROUTE_REGISTRY && find_registry(api, x, e) == -1)
		return -1;
	known = is_known(x, &gzip);
	if (known && check_sure(&sure, api, x, e) == -1)
		return -1;
	if (!sure && fill(api, x, e) == -1)
		return -1;
	/*
	 * The tag may have come with the answer only; and "*" is true of
	 * whatever exists.
	 */
	if (known || is_known(x, &gzip)) {
		out->status = NOT_MODIFIED;
		out->gzip = gzip;
	} else if (out->etag[0] != '\0' &&
		   etag_is_any(x->request->if_none_match)) {
		out->status = NOT_MODIFIED;
	}
	return 0;
}

/*
 * Whether all that was read is of one state; if not, ends the transaction or
 * closes the database.  A file that SQLite was told not to watch may have been
 * written to, or the registry was known from before and the database moved just
 * then.
 */
static bool
is_whole(struct responder *api, struct err *e)
{
	if (store_check(&api->store, e) == -1) {
		store_close(&api->store);
		return false;
	}
	if (!api->mixed || is_unmoved(api))
		return true;
	err_set(e, ERR_UNAVAILABLE, "the database moved while it was read");
	store_end(&api->store);
	return false;
}

/* Forgets an attempt to answer, for another one. */
static void
start_again(struct exchange *x, struct err *e)
{
	response_reset(x->response);
	x->registry.name = NULL;
	x->db = NULL;
	err_clear(e);
}

/* What was read of no one state, an error too, does not count. */
static int
answer_whole(struct responder *api, struct exchange *x, struct err *e)
{
	struct err moved = ERR_INIT;
	int rc = answer(api, x, e);

	for (int i = 1; !is_whole(api, &moved); i++) {
		if (i == READINGS) {
			*e = moved;
			return -1;
		}
		err_clear(&moved);
		start_again(x, e);
		rc = answer(api, x, e);
	}
	if (rc == 0 && x->match.route->kept && api->made) {
		if (x->response->status == OK)
			keep_answer(api, x);
		else if (x->match.route->looks_up)
			keep_found(api, x);
	}
	return rc;
}

/* Tries each reading of the path until one finds something. */
static int
answer_readings(struct responder *api, struct exchange *x, struct err *e)
{
	while (answer_whole(api, x, e) == -1) {
		if (e->code != ERR_NOT_FOUND ||
		    !route_read_again(
			&x->match, routes_api, routes_api_count, x->request))
			return -1;
		store_end(&api->store);
		start_again(x, e);
	}
	return 0;
}

/* An error nobody outside can help: what it is stays in the log. */
static void
answer_failure(
    struct responder *api, const struct exchange *x, const struct err *e)
{
	const struct route *route = x->match.route;
	bool probe = route != NULL && route->handle == handle_ready;

	/* After any trouble with the database the next request opens it anew.
	 */
	if (e->code == ERR_UNAVAILABLE || e->code == ERR_STORAGE)
		store_close(&api->store);
	if (e->code != ERR_UNAVAILABLE) {
		log_message(LOG_LEVEL_ERROR, "request failed", e->text);
		response_error(x->response, 500, "internal server error");
		return;
	}
	if (!api->unavailable)
		log_message(LOG_LEVEL_ERROR, "database unavailable", e->text);
	api->unavailable = true;
	response_error(x->response, err_http_status(ERR_UNAVAILABLE),
	    probe ? "service not ready" : "service unavailable");
}

static void
answer_error(
    struct responder *api, const struct exchange *x, const struct err *e)
{
	switch (e->code) {
	case ERR_METHOD:
		x->response->allow = x->match.methods;
		/* FALLTHROUGH */
	case ERR_INPUT:
	case ERR_NOT_FOUND:
	case ERR_BUSY:
	case ERR_DENIED:
		response_error(x->response, err_http_status(e->code), e->text);
		break;
	case ERR_LIMIT:
		response_error(x->response, URI_TOO_LONG, e->text);
		break;
	default:
		answer_failure(api, x, e);
		break;
	}
}

void
responder_handle(
    struct responder *api, const struct request_input *in, struct response *out)
{
	struct exchange x = {
		.request = &api->request,
		.scratch = &api->scratch,
		.database = api->path,
		.counters = api->counters,
		.response = out,
	};
	struct err e = ERR_INIT;

	response_reset(out);
	if (request_parse(&api->request, in, &e) == -1) {
		answer_error(api, &x, &e);
	} else if (route_find(&x.match, routes_api, routes_api_count,
		       &api->request, &e) == -1) {
		if (routes_is_planned(&api->request))
			response_error(
			    out, ROUTES_PLANNED_STATUS, ROUTES_PLANNED_TEXT);
		else
			answer_error(api, &x, &e);
	} else if (api->request.method == REQUEST_OPTIONS) {
		out->status = 204;
		out->allow = x.match.methods;
	} else if (answer_readings(api, &x, &e) == -1) {
		answer_error(api, &x, &e);
	}
	out->endpoint = endpoint_of(&x.match);
	out->registry = x.registry.name;
	out->path_len = api->request.path_len;
	store_end(&api->store);
	out->for_pages = !x.match.closed;
	out->omit_body = api->request.method == REQUEST_HEAD;
	response_finish(out);
}

bool
responder_is_unavailable(const struct responder *api)
{
	return api->unavailable;
}
