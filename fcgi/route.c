/* SPDX-License-Identifier: Apache-2.0 */
/* Matching paths with patterns, and what holds for all path parameters. */
#include "fcgi/route.h"

#include "fcgi/name.h"

#include <string.h>

static const char *const mounts[ROUTE_MOUNTS] = {
	"",
	"/v0",
	"/v0.1",
	"/registry/{registryName}",
	"/registry/{registryName}/v0.1",
};

static const char *const capture_names[ROUTE_CAPTURES] = {
	[ROUTE_REGISTRY_NAME] = "registryName",
	[ROUTE_SERVER_NAME] = "serverName",
	[ROUTE_NAMESPACE] = "namespace",
	[ROUTE_NAME] = "name",
	[ROUTE_VERSION] = "version",
};

/* ${name} is followed by a brace. */
static int
capture_of(const char *name, size_t len)
{
	int i = 0;

	while (i < ROUTE_CAPTURES - 1 &&
	       (strlen(capture_names[i]) != len ||
		   memcmp(capture_names[i], name, len) != 0))
		i++;
	return i;
}

static bool
segment_matches(struct route_match *m, const struct request_segment *s,
    bool last, const char *pattern, size_t len)
{
	int which;

	if (len == 0 || pattern[0] != '{')
		return !s->bad && strlen(s->text) == len &&
		       memcmp(s->text, pattern, len) == 0;
	if (last && !s->bad && s->text[0] == '\0')
		return false;
	which = capture_of(pattern + 1, len - 2);
	m->captures[which] = s->text;
	m->bad[which] = s->bad;
	return true;
}

/* Matches ${pattern} from segment ${*at} on. */
static bool
pattern_matches(struct route_match *m, const struct request *r, size_t *at,
    const char *pattern)
{
	while (*pattern == '/') {
		size_t len = strcspn(++pattern, "/");

		if (*at == r->segment_count ||
		    !segment_matches(m, &r->segments[*at],
			*at + 1 == r->segment_count, pattern, len))
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

	for (int i = 0; i < ROUTE_CAPTURES; i++) {
		m->captures[i] = NULL;
		m->bad[i] = false;
	}
	return r->segment_count <= LIMIT_PATH_SEGMENTS &&
	       pattern_matches(m, r, &at, mount) &&
	       pattern_matches(m, r, &at, path) && at == r->segment_count;
}

/* Notes the methods of a route whose path fits; true when it is the one. */
static bool
try_route(
    struct route_match *m, const struct route *route, const struct request *r)
{
	for (unsigned i = 0; i < ROUTE_MOUNTS; i++) {
		if ((route->mounts & 1u << i) == 0 ||
		    !path_matches(m, r, mounts[i], route->path))
			continue;
		m->methods |= route->methods;
		if ((route->methods & r->method) != 0) {
			m->route = route;
			m->mount = i;
			return true;
		}
	}
	return false;
}

int
route_find(struct route_match *m, const struct route *table, size_t count,
    const struct request *r, struct err *e)
{
	m->route = NULL;
	m->methods = 0;
	for (size_t i = 0; i < count; i++)
		if (try_route(m, &table[i], r))
			return 0;
	if (m->methods != 0)
		err_set(e, ERR_METHOD, "method not allowed");
	else if (r->bad_segment)
		err_set(e, ERR_INPUT, "invalid URL encoding");
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

static int
check_captures(const struct route_match *m, struct err *e)
{
	for (int i = 0; i < ROUTE_CAPTURES; i++) {
		const char *text = m->captures[i];
		const char *problem = NULL;

		if (text == NULL)
			continue;
		if (m->bad[i]) {
			err_set(e, ERR_INPUT, "invalid URL encoding in %s",
			    capture_names[i]);
			return -1;
		}
		if (request_is_blank(text))
			problem = "cannot be empty";
		else if (text[strcspn(text, " \t\r\n")] != '\0')
			problem = "cannot contain whitespace";
		if (problem != NULL) {
			err_set(
			    e, ERR_INPUT, "%s %s", capture_names[i], problem);
			return -1;
		}
	}
	return 0;
}

int
route_check(const struct route_match *m, struct err *e)
{
	if (check_captures(m, e) == -1)
		return -1;
	if (m->route->strict_name &&
	    name_check_server(m->captures[ROUTE_SERVER_NAME], e) == -1) {
		err_wrap(e, "invalid server name format");
		return -1;
	}
	return 0;
}
