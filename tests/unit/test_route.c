/* SPDX-License-Identifier: Apache-2.0 */
/* Which path is what, and which is nothing. */
#include "fcgi/http/route.h"

#include "fcgi/handlers/handle.h"
#include "tests/t.h"

static struct request request;
static struct route_match match;

static enum err_code
find(const char *method, const char *uri, struct err *e)
{
	const struct request_input in = { .method = method, .uri = uri };

	err_clear(e);
	if (request_parse(&request, &in, e) == -1 ||
	    route_find(&match, ROUTE_API, &request, e) == -1 ||
	    route_check(&match, e) == -1)
		return e->code;
	return ERR_NONE;
}

enum what {
	IS_NOTHING,
	IS_LIST,
	IS_VERSIONS,
	IS_ITEM,
	IS_STATUS,
	IS_HEALTH,
	IS_READY,
	IS_VERSION,
	IS_PING
};

static enum what
found(void)
{
	int (*const handlers[])(struct exchange *, struct err *) = {
		[IS_LIST] = handle_list,
		[IS_VERSIONS] = handle_versions,
		[IS_ITEM] = handle_item,
		[IS_STATUS] = handle_status,
		[IS_HEALTH] = handle_health,
		[IS_READY] = handle_ready,
		[IS_VERSION] = handle_version,
		[IS_PING] = handle_ping,
	};

	for (enum what i = IS_LIST; i <= IS_PING; i++)
		if (match.route->handle == handlers[i])
			return i;
	return IS_NOTHING;
}

#define REGISTRY "/registry/r/v0.1"

static const struct {
	int line;
	const char *uri;
	enum what what; /* IS_NOTHING: 404 */
	const char *registry, *server, *version;
} paths[] = {
	{ __LINE__, REGISTRY "/servers", IS_LIST, "r", NULL, NULL },
	{ __LINE__, "/registry/r/servers?x", IS_LIST, "r", NULL, NULL },
	{ __LINE__, "/v0.1/servers", IS_LIST, NULL, NULL, NULL },
	{ __LINE__, "/v0/servers", IS_LIST, NULL, NULL, NULL },
	{ __LINE__, "/servers", IS_LIST, NULL, NULL, NULL },
	{ __LINE__, "/v1/registry", IS_LIST, NULL, NULL, NULL },
	{ __LINE__, "/v1/registry/a%2Fb", IS_ITEM, NULL, "a/b", NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions", IS_VERSIONS, "r", "a/b",
	    NULL },
	{ __LINE__, REGISTRY "/servers/a%2fb/versions", IS_VERSIONS, "r", "a/b",
	    NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/1%25", IS_ITEM, "r",
	    "a/b", "1%" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/1+b", IS_ITEM, "r", "a/b",
	    "1+b" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/1%2Bb", IS_ITEM, "r",
	    "a/b", "1+b" },
	{ __LINE__, "/servers/a%2Fb/versions/latest", IS_ITEM, NULL, "a/b",
	    "latest" },
	{ __LINE__, "/registry/r/servers/a%2Fb/versions/1", IS_ITEM, "r", "a/b",
	    "1" },
	{ __LINE__, "/v0/servers/a%252Fb/versions/1", IS_ITEM, NULL, "a%2Fb",
	    "1" },
	{ __LINE__, "/registry/a%2Fb/v0.1/servers", IS_LIST, "a/b", NULL,
	    NULL },
	{ __LINE__, "/registry/status", IS_STATUS, NULL, NULL, NULL },
	{ __LINE__, "/registry/status/v0.1/servers", IS_LIST, "status", NULL,
	    NULL },
	{ __LINE__, "/health", IS_HEALTH, NULL, NULL, NULL },
	{ __LINE__, "/v0.1/health", IS_HEALTH, NULL, NULL, NULL },
	{ __LINE__, "/v0/health", IS_HEALTH, NULL, NULL, NULL },
	{ __LINE__, "/v0.1/ping", IS_PING, NULL, NULL, NULL },
	{ __LINE__, "/readiness", IS_READY, NULL, NULL, NULL },
	{ __LINE__, "/ready", IS_READY, NULL, NULL, NULL },
	{ __LINE__, "/version", IS_VERSION, NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills", IS_LIST, "r", NULL,
	    NULL },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/", IS_LIST, "r", NULL,
	    NULL },
	{ __LINE__, REGISTRY "/x/dev.toolhive/plugins/n/p", IS_ITEM, "r", NULL,
	    NULL },
	{ __LINE__, "/v0.1/x/dev.toolhive/plugins/n/p/versions", IS_VERSIONS,
	    NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/n/p/versions/2", IS_ITEM,
	    "r", NULL, "2" },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/ns%2Fname", IS_NOTHING,
	    NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb", IS_NOTHING, NULL, NULL, NULL },
	/* The slash of a name was decoded on its way. */
	{ __LINE__, REGISTRY "/servers/a/b/versions", IS_VERSIONS, "r", NULL,
	    NULL },
	{ __LINE__, REGISTRY "/servers/a/b/versions/1", IS_ITEM, "r", NULL,
	    "1" },
	{ __LINE__, "/v1/registry/a/b", IS_ITEM, NULL, NULL, NULL },
	{ __LINE__, "/servers/a/b/c/versions", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/servers/a/versions/versions", IS_ITEM, NULL, "a",
	    "versions" },
	{ __LINE__, "/servers/a/versions/versions/1", IS_ITEM, NULL, NULL,
	    "1" },
	{ __LINE__, "/servers/servers/versions/versions/versions", IS_ITEM,
	    NULL, NULL, "versions" },
	/* Slashes that are doubled or appended. */
	{ __LINE__, REGISTRY "/servers/", IS_LIST, "r", NULL, NULL },
	{ __LINE__, REGISTRY "//servers///", IS_LIST, "r", NULL, NULL },
	{ __LINE__, "//registry//r/v0.1/servers", IS_LIST, "r", NULL, NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/", IS_VERSIONS, "r",
	    "a/b", NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb//versions//1/", IS_ITEM, "r",
	    "a/b", "1" },
	{ __LINE__, "/v1/registry/", IS_LIST, NULL, NULL, NULL },
	{ __LINE__, "/registry/status/", IS_STATUS, NULL, NULL, NULL },
	{ __LINE__, "/health/", IS_HEALTH, NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/servers//versions", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, "/metrics/", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "//metrics", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/debug/pprof//heap", IS_NOTHING, NULL, NULL, NULL },
	/* v0 below a registry. */
	{ __LINE__, "/registry/r/v0/servers", IS_LIST, "r", NULL, NULL },
	{ __LINE__, "/registry/r/v0/servers/a%2Fb/versions/1", IS_ITEM, "r",
	    "a/b", "1" },
	{ __LINE__, "/registry/r/v0/x/dev.toolhive/skills/n/p", IS_ITEM, "r",
	    NULL, NULL },
	{ __LINE__, "/registry/v0/servers", IS_LIST, "v0", NULL, NULL },
	{ __LINE__, "/registry/r/v1/servers", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/../v0.1/servers", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/registry%2Fr/v0.1/servers", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, "/Registry/r/v0.1/servers", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/registry/r", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", IS_NOTHING, NULL,
	    NULL, NULL },
};

static void
test_paths(void)
{
	struct err e;

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		enum err_code code = find("GET", paths[i].uri, &e);

		T_AT(paths[i].line);
		if (paths[i].what == IS_NOTHING) {
			CHECK_INT(code, ERR_NOT_FOUND);
			CHECK_STR(e.text, "not found");
			continue;
		}
		if (!CHECK_INT(code, ERR_NONE))
			continue;
		CHECK_INT(found(), paths[i].what);
		CHECK_STR(
		    match.captures[ROUTE_REGISTRY_NAME], paths[i].registry);
		CHECK_STR(match.captures[ROUTE_SERVER_NAME], paths[i].server);
		CHECK_STR(match.captures[ROUTE_VERSION], paths[i].version);
	}
	T_AT(0);
}

/* Nothing has such a name: not found, never an error of the client's. */
static const struct {
	int line;
	const char *uri;
	const char *error; /* NULL: a name like others */
} odd[] = {
	{ __LINE__, "/registry//v0.1/servers", NULL },
	{ __LINE__, REGISTRY "/servers/%20%C2%A0/versions/1", NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/%20", NULL },
	{ __LINE__, REGISTRY "/servers/a%20b/versions/1%0A", NULL },
	{ __LINE__, "/registry/a%09b/v0.1/servers", NULL },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/a%20/b%0D", NULL },
	{ __LINE__, REGISTRY "/servers/a/versions", NULL },
	{ __LINE__, REGISTRY "/servers/%zz/versions/1", "not found" },
	{ __LINE__, REGISTRY "/servers/a/%zz/versions", "not found" },
	{ __LINE__, REGISTRY "/servers/a%00b/versions", "not found" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/%00", "not found" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/%ff", "not found" },
	{ __LINE__, "/registry/%c0%af/v0.1/servers/%zz/versions",
	    "registry not found" },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/%/b", "not found" },
	{ __LINE__, "/v1/registry/%2", "not found" },
	{ __LINE__, "/v1/sources/%2", "not found" },
	{ __LINE__, "/%zz", "not found" },
	{ __LINE__, "/v0.1/servers/%", "not found" },
};

static void
test_odd(void)
{
	struct err e;

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		enum err_code code = find("GET", odd[i].uri, &e);

		T_AT(odd[i].line);
		CHECK_INT(
		    code, odd[i].error == NULL ? ERR_NONE : ERR_NOT_FOUND);
		if (odd[i].error != NULL)
			CHECK_STR(e.text, odd[i].error);
	}
	T_AT(0);
}

static const struct {
	int line;
	const char *uri;
	enum what what; /* IS_NOTHING: there is no other reading */
	const char *server, *name, *version;
} again[] = {
	{ __LINE__, "/servers/a/versions/versions", IS_VERSIONS, NULL,
	    "versions", NULL },
	{ __LINE__, "/v0/servers/a/versions/versions/", IS_VERSIONS, NULL,
	    "versions", NULL },
	{ __LINE__, "/servers/a%252Fb/versions", IS_VERSIONS, "a/b", NULL,
	    NULL },
	{ __LINE__, "/servers/a%252fb/versions/1%252B2%2525", IS_ITEM, "a/b",
	    NULL, "1+2%" },
	{ __LINE__, "/v1/registry/a%252Fb", IS_ITEM, "a/b", NULL, NULL },
	{ __LINE__, "/servers/a%25C3%2525%252Fb/versions", IS_NOTHING, NULL,
	    NULL, NULL },
	{ __LINE__, "/servers/a%252Fb%2500/versions", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, "/servers/a%2Fb%252F/versions", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, "/servers/a%252Bb/versions", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/servers/a%2Fb/versions/1", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/servers/a/b/versions/versions", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, "/v0/x/dev.toolhive/skills/a/b%252F/versions/versions",
	    IS_NOTHING, NULL, NULL, NULL },
};

static void
test_read_again(void)
{
	struct err e;

	for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
		bool found_one;

		T_AT(again[i].line);
		if (!CHECK_INT(find("GET", again[i].uri, &e), ERR_NONE))
			continue;
		found_one = route_next_reading(&match, &request);
		CHECK_INT(found_one, again[i].what != IS_NOTHING);
		if (again[i].what == IS_NOTHING)
			continue;
		CHECK_INT(found(), again[i].what);
		CHECK_STR(match.captures[ROUTE_SERVER_NAME], again[i].server);
		CHECK_STR(match.captures[ROUTE_NAME], again[i].name);
		CHECK_STR(match.captures[ROUTE_VERSION], again[i].version);
		CHECK(!route_next_reading(&match, &request));
	}
	T_AT(0);
}

/* What no program answers yet, and what never will be. */
static const struct {
	int line;
	const char *method, *uri;
	bool planned;
} changes[] = {
	{ __LINE__, "POST", "/v0/publish", true },
	{ __LINE__, "POST", "/v0.1/publish/", true },
	{ __LINE__, "POST", "/registry/r/v0/publish", true },
	{ __LINE__, "POST", "/registry/r/v0.1/validate", true },
	{ __LINE__, "POST", "/v0/auth/github-at", true },
	{ __LINE__, "PUT", "/v0/servers/a%2Fb/versions/1", true },
	{ __LINE__, "DELETE", "/v0.1/servers/a/b/versions/1", true },
	{ __LINE__, "PATCH", "/v0/servers/a%2Fb/versions/1/status", true },
	{ __LINE__, "PATCH", "/registry/r/v0.1/servers/a/b/status", true },
	{ __LINE__, "PUT", "/v1/sources/s", true },
	{ __LINE__, "DELETE", "/v1/registries/r", true },
	{ __LINE__, "POST", "/v1/entries", true },
	{ __LINE__, "DELETE", "/v1/entries/server/a%2Fb/versions/1", true },
	{ __LINE__, "PUT", "/v1/entries/skill/a%2Fb/claims", true },
	{ __LINE__, "PUT", "/v1/registries/r/decisions/a%2Fb/1", true },
	{ __LINE__, "GET", "/v0/publish", false },
	{ __LINE__, "POST", "/v0/servers", false },
	{ __LINE__, "POST", "/v2/publish", false },
	{ __LINE__, "PUT", "/v1/sources", false },
	{ __LINE__, "DELETE", "/health", false },
};

static void
test_planned(void)
{
	struct err e;

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		T_AT(changes[i].line);
		CHECK_INT(
		    find(changes[i].method, changes[i].uri, &e) == ERR_NONE,
		    changes[i].planned);
		CHECK_INT(match.route != NULL && match.route->handle == NULL,
		    changes[i].planned);
	}
	T_AT(0);
}

static void
test_methods(void)
{
	struct err e;

	CHECK_INT(find("HEAD", "/v0.1/servers", &e), ERR_NONE);
	CHECK_INT(find("OPTIONS", "/v0.1/servers", &e), ERR_NONE);
	CHECK_INT(find("POST", "/v0.1/servers", &e), ERR_METHOD);
	CHECK_STR(e.text, "method not allowed");
	CHECK_INT(match.methods, REQUEST_GET | REQUEST_HEAD | REQUEST_OPTIONS);
	CHECK_INT(find("get", "/v0.1/servers", &e), ERR_METHOD);
	CHECK_INT(find(NULL, "/v0.1/servers", &e), ERR_METHOD);
	CHECK_INT(find("DELETE", "/nothing", &e), ERR_NOT_FOUND);
}

/* Each program answers its own routes and lists only their methods. */
static void
test_programs(void)
{
	static const struct {
		int line;
		const char *method, *uri;
		enum err_code api, admin;
	} rows[] = {
		{ __LINE__, "GET", "/v0.1/servers", ERR_NONE, ERR_NOT_FOUND },
		{ __LINE__, "POST", "/v0.1/servers", ERR_METHOD,
		    ERR_NOT_FOUND },
		{ __LINE__, "POST", "/registry/sync", ERR_NONE, ERR_NONE },
		{ __LINE__, "GET", "/registry/sync", ERR_METHOD, ERR_METHOD },
		{ __LINE__, "POST", "/v0/publish", ERR_NONE, ERR_NONE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct request_input in = { .method = rows[i].method,
			.uri = rows[i].uri };
		struct err e = ERR_INIT;

		T_AT(rows[i].line);
		CHECK_INT(request_parse(&request, &in, &e), 0);
		(void)route_find(&match, ROUTE_API, &request, &e);
		CHECK_INT(e.code, rows[i].api);
		err_clear(&e);
		(void)route_find(&match, ROUTE_ADMIN, &request, &e);
		CHECK_INT(e.code, rows[i].admin);
	}
	T_AT(0);
}

/* A row without access would be denied to all clients. */
static void
test_access(void)
{
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *r = &routes[i];

		if (r->handle == NULL)
			continue;
		if (!CHECK(r->access != ROUTE_DENIED))
			printf("# %s\n", r->path);
		CHECK(r->programs != 0 && r->methods != 0);
		/* Only these methods are answered again from the start. */
		CHECK((r->methods & (REQUEST_POST | REQUEST_PUT |
					REQUEST_DELETE | REQUEST_PATCH)) == 0 ||
		      !r->kept);
	}
}

int
main(void)
{
	test_paths();
	test_odd();
	test_read_again();
	test_planned();
	test_methods();
	test_programs();
	test_access();
	return t_done();
}
