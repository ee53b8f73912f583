/* SPDX-License-Identifier: Apache-2.0 */
/* Which path is what, and the words for parameters that cannot be. */
#include "fcgi/name.h"
#include "fcgi/routes.h"

#include "fcgi/handle.h"
#include "tests/t.h"

static struct request request;
static struct route_match match;

static enum err_code
find(const char *method, const char *uri, struct err *e)
{
	const struct request_input in = { .method = method, .uri = uri };

	err_clear(e);
	if (request_parse(&request, &in, e) == -1 ||
	    route_find(&match, routes_api, routes_api_count, &request, e) ==
		-1 ||
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
	{ __LINE__, REGISTRY "/servers/", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, REGISTRY "/servers/a/b/versions", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, REGISTRY "/servers/a/b/versions/1", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, REGISTRY "//servers", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, REGISTRY "/../v0.1/servers", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/registry%2Fr/v0.1/servers", IS_NOTHING, NULL, NULL,
	    NULL },
	{ __LINE__, "/Registry/r/v0.1/servers", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/registry/r", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "/v1/registry/", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "//", IS_NOTHING, NULL, NULL, NULL },
	{ __LINE__, "//", IS_NOTHING, NULL, NULL, NULL },
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

static const struct {
	int line;
	const char *uri;
	const char *error;
} bad[] = {
	{ __LINE__, REGISTRY "/servers//versions",
	    "serverName cannot be empty" },
	{ __LINE__, "/registry//v0.1/servers", "registryName cannot be empty" },
	{ __LINE__, REGISTRY "/servers/%20%C2%A0/versions/1",
	    "serverName cannot be empty" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/%20",
	    "version cannot be empty" },
	{ __LINE__, REGISTRY "/servers/a%20b/versions/1",
	    "serverName cannot contain whitespace" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/1%0A",
	    "version cannot contain whitespace" },
	{ __LINE__, "/registry/a%09b/v0.1/servers",
	    "registryName cannot contain whitespace" },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/a%20/b",
	    "namespace cannot contain whitespace" },
	{ __LINE__, REGISTRY "/x/dev.toolhive/skills/a/b%0D",
	    "name cannot contain whitespace" },
	{ __LINE__, REGISTRY "/servers/%zz/versions/1",
	    "invalid URL encoding in serverName" },
	{ __LINE__, "/registry/%c0%af/v0.1/servers/%zz/versions",
	    "invalid URL encoding in registryName" },
	{ __LINE__, REGISTRY "/servers/a%2Fb/versions/%00",
	    "invalid URL encoding in version" },
	{ __LINE__, "/%zz", "invalid URL encoding" },
	{ __LINE__, "/v0.1/servers/%", "invalid URL encoding" },
	{ __LINE__, REGISTRY "/servers/a/versions",
	    "invalid server name format: server name must be in format "
	    "'dns-namespace/name' (e.g., 'com.example.api/server')" },
	{ __LINE__, REGISTRY "/servers/a%252Fb/versions",
	    "invalid server name format: server name must be in format "
	    "'dns-namespace/name' (e.g., 'com.example.api/server')" },
};

static void
test_bad(void)
{
	struct err e;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		T_AT(bad[i].line);
		CHECK_INT(find("GET", bad[i].uri, &e), ERR_INPUT);
		CHECK_STR(e.text, bad[i].error);
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

static const struct {
	int line;
	const char *name;
	const char *error; /* NULL: a name */
} names[] = {
	{ __LINE__, "io.github.acme/foo", NULL },
	{ __LINE__, "a/b", NULL },
	{ __LINE__, "A.b-c/D_e.f-g", NULL },
	{ __LINE__, "", "server name cannot be empty" },
	{ __LINE__, "a",
	    "server name must be in format 'dns-namespace/name' "
	    "(e.g., 'com.example.api/server')" },
	{ __LINE__, "a/b/c",
	    "server name must contain exactly one '/' separator" },
	{ __LINE__, "//",
	    "server name must contain exactly one '/' separator" },
	{ __LINE__, "/b", "namespace part cannot be empty" },
	{ __LINE__, "/", "namespace part cannot be empty" },
	{ __LINE__, "a/", "name part cannot be empty" },
	{ __LINE__, "-a/b",
	    "namespace '-a' is invalid. Namespace must start and end with "
	    "alphanumeric characters, and may contain dots and hyphens in the "
	    "middle" },
	{ __LINE__, "a_c/b",
	    "namespace 'a_c' is invalid. Namespace must start and end with "
	    "alphanumeric characters, and may contain dots and hyphens in the "
	    "middle" },
	{ __LINE__, "a/b.",
	    "name 'b.' is invalid. Name must start and end with alphanumeric "
	    "characters, and may contain dots, underscores, and hyphens in the "
	    "middle" },
	{ __LINE__, "a/b c",
	    "name 'b c' is invalid. Name must start and end with alphanumeric "
	    "characters, and may contain dots, underscores, and hyphens in the "
	    "middle" },
	{ __LINE__, "a/\xc3\xa4",
	    "name '\xc3\xa4' is invalid. Name must start and end with "
	    "alphanumeric characters, and may contain dots, underscores, and "
	    "hyphens in the middle" },
};

static void
test_names(void)
{
	char name[202];
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		T_AT(names[i].line);
		CHECK_INT(name_check_server(names[i].name, &e),
		    names[i].error == NULL ? 0 : -1);
		if (names[i].error != NULL)
			CHECK_STR(e.text, names[i].error);
	}
	T_AT(0);
	memset(name, 'x', sizeof name);
	name[1] = '/';
	name[201] = '\0';
	CHECK_INT(name_check_server(name, &e), -1);
	CHECK_STR(
	    e.text, "server name exceeds maximum length of 200 characters");
	name[200] = '\0';
	CHECK_INT(name_check_server(name, &e), 0);
}

int
main(void)
{
	test_paths();
	test_bad();
	test_methods();
	test_names();
	return t_done();
}
