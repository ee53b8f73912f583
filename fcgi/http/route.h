/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of routes: for each path its methods and query parameters, the
 * programs that answer it, the clients that may use it, and the handler.
 *
 * A pattern is a path whose segments are literal or the name of a parameter in
 * braces.  A parameter matches any segment.  Every route has one or more
 * mounts, the prefixes below which it is found.
 */
#ifndef FCGI_HTTP_ROUTE_H
#define FCGI_HTTP_ROUTE_H

#include "fcgi/http/query.h"
#include "fcgi/http/request.h"
#include "lib/entry.h"

#include <stdbool.h>
#include <stddef.h>

struct exchange;

enum route_mount {
	ROUTE_AT_ROOT = 1 << 0,
	ROUTE_AT_V0 = 1 << 1, /* /v0 */
	ROUTE_AT_V01 = 1 << 2, /* /v0.1 */
	ROUTE_AT_REGISTRY = 1 << 3, /* /registry/{registryName} */
	ROUTE_AT_REGISTRY_V01 = 1 << 4, /* /registry/{registryName}/v0.1 */
	ROUTE_AT_REGISTRY_V0 = 1 << 5, /* /registry/{registryName}/v0 */
	ROUTE_MOUNTS = 6 /* how many there are */
};

/* Parameters of paths. */
enum route_capture {
	ROUTE_REGISTRY_NAME,
	ROUTE_SERVER_NAME,
	ROUTE_NAMESPACE,
	ROUTE_NAME,
	ROUTE_VERSION,
	ROUTE_CAPTURES /* how many there are */
};
struct route_capture_info {
	const char *name; /* in patterns */
	const char *about; /* for the description of the API */
};
extern const struct route_capture_info route_captures[ROUTE_CAPTURES];

/* Bits: the programs that answer a route. */
enum route_program {
	ROUTE_API = 1 << 0,
	ROUTE_ADMIN = 1 << 1
};

/* The clients that may use a route (fcgi/access/access.h). */
enum route_access {
	ROUTE_DENIED, /* none: the default of a new row */
	ROUTE_PUBLIC, /* all */
	ROUTE_LOOPBACK, /* processes of this machine, without a proxy */
	ROUTE_TRIGGER /* those of the setting trigger.access */
};

/* What a route needs from the database before its handler is called. */
enum route_scope {
	ROUTE_NO_DATABASE,
	ROUTE_TRY, /* a snapshot; none if the database cannot be read */
	ROUTE_IF_CREATED, /* a snapshot; none if there is no database yet */
	ROUTE_DATABASE, /* a snapshot of the database */
	ROUTE_REGISTRY /* the same and the registry; there is an entity tag */
};

struct route {
	unsigned mounts; /* bits of enum route_mount */
	const char *path;
	unsigned methods; /* bits of enum request_method */
	unsigned programs; /* bits of enum route_program */
	enum route_access access;
	enum route_scope scope;
	unsigned parameters; /* bits of enum parameter */
	enum query_style style;
	enum entry_kind kind;
	bool kept; /* responses are remembered (fcgi/answer/memo.h) */
	bool content_tag; /* the entity tag is a hash of the body */
	bool looks_up; /* 404 when the registry has no such entry */
	bool exact; /* double and trailing slashes are not ignored */
	bool closed; /* pages of other origins may not read its responses */
	size_t body; /* the longest request body, bytes; 0: it is not read */
	/*
	 * The text of the 404 in a program that does not answer this path but
	 * knows its methods; NULL: the path is unknown there.
	 */
	const char *elsewhere;
	/* The 503 of a failure; NULL: "service unavailable", or a 500. */
	const char *failure;
	/* For the description of the API (fcgi/handlers/handle_openapi.c). */
	const char *summary; /* one line; NULL: the route is not described */
	const char *answer; /* the schema of a 200 */
	/*
	 * Fills the response; -1 with an error for another status than 200.
	 * NULL: planned, answered with 501.
	 */
	int (*handle)(struct exchange *x, struct err *e);
};

/* All routes (fcgi/routes.c). */
extern const struct route routes[];
extern const size_t routes_count;

struct route_match {
	const struct route *route;
	unsigned mount; /* of enum route_mount, which bit */
	enum route_program program; /* that received the request */
	/* Decoded; NULL if the route has no such parameter. */
	char *captures[ROUTE_CAPTURES];
	unsigned bad; /* bits of enum route_capture: cannot be decoded */
	unsigned methods; /* of the path; also set on ERR_METHOD */
	bool closed; /* of the route; also set on ERR_METHOD */
};

/*
 * Finds the route of ${r} that ${program} answers.  ERR_NOT_FOUND: no such
 * path; ERR_METHOD: the path has other methods, which are in ${m}.
 */
int route_find(struct route_match *m, enum route_program program,
    const struct request *r, struct err *e);

/* The pattern of the mount ${mount}, one bit; "" for the root. */
const char *route_prefix(enum route_mount mount);

/*
 * ERR_NOT_FOUND: a parameter of the path cannot be decoded, so no entry can
 * have that name.
 */
int route_check(const struct route_match *m, struct err *e);

/*
 * Whether the path of a server that was not found can be read in another way,
 * which is then in ${m}: a proxy may have decoded the slash of the name, or
 * encoded the path a second time.
 */
bool route_next_reading(struct route_match *m, const struct request *r);

#endif
