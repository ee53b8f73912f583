/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The query of a request: its parameters as values, completed by those of a
 * cursor.
 */
#ifndef FCGI_HTTP_QUERY_H
#define FCGI_HTTP_QUERY_H

#include "fcgi/http/cursor.h"
#include "fcgi/http/request.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Kinds of lists, which differ in their page sizes. */
enum query_style {
	QUERY_SERVERS,
	QUERY_EXTENSIONS, /* skills and plugins */
	QUERY_VERSIONS, /* versions of one entry, and other lists below /v1 */
	QUERY_STYLES /* how many there are */
};
struct query_page_size {
	const char *suffix; /* of its name in the description of the API */
	int64_t preset;
	int64_t most;
	bool clamp; /* above ${most} means ${most}; false: it is a 400 */
};
extern const struct query_page_size query_page_sizes[QUERY_STYLES];

/* The value of "version" for the latest version of each entry. */
#define QUERY_LATEST "latest"

struct query {
	int64_t limit;
	bool limit_given;
	bool deleted; /* include deleted versions */
	const char *deleted_word; /* "true", "false", or NULL: not given */
	bool matches_nothing; /* a filter has a value that no entry can have */
	int64_t since; /* CLOCK_NEVER: no such filter */
	const char *cursor; /* NULL: the first page */
	/* Borrowed from the request or the cursor; only filters are set. */
	struct parameter_values filters;
};

static inline const char *
query_search(const struct query *q)
{
	return q->filters.text[PARAMETER_SEARCH];
}

/* "latest", or a version. */
static inline const char *
query_version(const struct query *q)
{
	return q->filters.text[PARAMETER_VERSION];
}

/*
 * Reads the parameters ${allowed} (bits of enum parameter) of ${r}.
 * ERR_INPUT with a text for the client.
 */
int query_parse(struct query *q, const struct request *r, unsigned allowed,
    enum query_style style, struct err *e);

/* Whether ${q} filters by any facet. */
bool query_has_facets(const struct query *q);

/* Whether ${q} selects only the latest version of each entry. */
bool query_is_latest(const struct query *q);

/*
 * Continues the query that ${c} was made for: copies the parameters that ${q}
 * does not have from ${c}.  updated_since is always copied, because clients
 * change it between two pages.  ERR_INPUT: another parameter differs.
 */
int query_resume(struct query *q, const struct cursor *c, struct err *e);

#endif
