/* SPDX-License-Identifier: Apache-2.0 */
/* Matching paths with patterns. */
#include "fcgi/http/route.h"

#include <string.h>
#include <strings.h>

static const char *const mounts[ROUTE_MOUNTS] = {
	"",
	"/v0",
	"/v0.1",
	"/registry/{registryName}",
	"/registry/{registryName}/v0.1",
	"/registry/{registryName}/v0",
};

const struct route_capture_info route_captures[ROUTE_CAPTURES] = {
	[ROUTE_REGISTRY_NAME] = { "registryName", "The name of a registry." },
	[ROUTE_SERVER_NAME] = { "serverName",
	    "The name of a server, its slash as %2F." },
	[ROUTE_NAMESPACE] = { "namespace",
	    "The namespace of a skill or plugin." },
	[ROUTE_NAME] = { "name",
	    "The name of a skill, plugin, source or registry." },
	[ROUTE_VERSION] = { "version", "A version, or the word latest." },
};

/* ${name} is followed by a brace. */
static int
capture_of(const char *name, size_t len)
{
	int i = 0;

	while (i < ROUTE_CAPTURES - 1 &&
	       (strlen(route_captures[i].name) != len ||
		   memcmp(route_captures[i].name, name, len) != 0))
		i++;
	return i;
}

static bool
segment_matches(struct route_match *m, const struct request_segment *s,
    const char *pattern, size_t len)
{
	int which;

	if (pattern[0] != '{')
		return !s->bad && strlen(s->text) == len &&
		       memcmp(s->text, pattern, len) == 0;
	which = capture_of(pattern + 1, len - 2);
	m->captures[which] = s->text;
	if (s->bad)
		m->bad |= 1u << which;
	return true;
}

/* Matches ${pattern} from segment ${*at} on. */
static bool
pattern_matches(struct route_match *m, const struct request *r, size_t *at,
    const char *pattern)
{
	while (*pattern == '/') {
		const struct request_segment *s = &r->segments[*at];
		size_t len;

		/* The root has no segment. */
		if (*++pattern == '\0')
			break;
		/* Most patterns differ in the first letter. */
		if (*at == r->segment_count ||
		    (*pattern != '{' && *pattern != *s->text))
			return false;
		len = strcspn(pattern, "/");
		if (!segment_matches(m, s, pattern, len))
			return false;
		pattern += len;
		(*at)++;
	}
	return true;
}

static bool
path_matches(struct route_match *m, const struct request *r, const char *mount,
    const char *path)
{
	size_t at = 0;

	for (int i = 0; i < ROUTE_CAPTURES; i++)
		m->captures[i] = NULL;
	m->bad = 0;
	return r->segment_count <= LIMIT_PATH_SEGMENTS &&
	       pattern_matches(m, r, &at, mount) &&
	       pattern_matches(m, r, &at, path) && at == r->segment_count;
}

/* Whether ${route} matches; if only its path does, adds its methods to ${m}. */
static bool
try_route(
    struct route_match *m, const struct route *route, const struct request *r)
{
	bool answers = (route->programs & m->program) != 0;

	if ((!answers && route->elsewhere == NULL) ||
	    (route->exact && r->extra_slashes))
		return false;
	for (unsigned i = 0; i < ROUTE_MOUNTS; i++) {
		if ((route->mounts & 1u << i) == 0 ||
		    !path_matches(m, r, mounts[i], route->path))
			continue;
		if (route->handle != NULL)
			m->methods |= route->methods;
		m->closed |= route->closed;
		if ((route->methods & r->method) != 0) {
			m->route = route;
			m->mount = i;
			return true;
		}
	}
	return false;
}

int
route_find(struct route_match *m, enum route_program program,
    const struct request *r, struct err *e)
{
	m->route = NULL;
	m->program = program;
	m->methods = 0;
	m->closed = false;
	for (size_t i = 0; i < routes_count; i++)
		if (try_route(m, &routes[i], r))
			return 0;
	if (m->methods != 0)
		err_set(e, ERR_METHOD, "method not allowed");
	else
		err_set(e, ERR_NOT_FOUND, "not found");
	return -1;
}

const char *
route_prefix(enum route_mount mount)
{
	int i = 0;

	while (i < ROUTE_MOUNTS - 1 && 1 << i != (int)mount)
		i++;
	return mounts[i];
}

int
route_check(const struct route_match *m, struct err *e)
{
	if (m->bad == 0)
		return 0;
	err_set(e, ERR_NOT_FOUND, "%s",
	    (m->bad & 1u << ROUTE_REGISTRY_NAME) != 0 ? "registry not found"
						      : "not found");
	return -1;
}

/*
 * Whether a name was encoded twice.  That is certain only if the name has no
 * slash but would have one after decoding: every name has a slash.
 */
static bool
is_encoded_twice(const char *name)
{
	if (strchr(name, '/') != NULL)
		return false;
	while ((name = strchr(name, '%')) != NULL)
		if (strncasecmp(name++, "%2f", 3) == 0)
			return true;
	return false;
}

bool
route_next_reading(struct route_match *m, const struct request *r)
{
	char *name = m->captures[ROUTE_SERVER_NAME];
	char *version = m->captures[ROUTE_VERSION];

	if (name == NULL)
		return false;
	if (is_encoded_twice(name))
		return request_decode_again(name) &&
		       (version == NULL || request_decode_again(version));
	/* .../x/versions/versions may be the list of "x/versions". */
	if (version == NULL || strcmp(version, "versions") != 0)
		return false;
	for (const struct route *next = m->route + 1;
	     next < routes + routes_count; next++)
		if (try_route(m, next, r))
			return true;
	return false;
}
