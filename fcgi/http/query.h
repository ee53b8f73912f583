/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request asks for: its query parameters as values, and how they go
 * together with those a cursor carries.
 */
#ifndef FCGI_HTTP_QUERY_H
#define FCGI_HTTP_QUERY_H

#include "fcgi/http/cursor.h"
#include "fcgi/http/request.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Kinds of lists differ in their page sizes. */
enum query_style {
	QUERY_SERVERS, /* 30; above 1000 counts as 1000 */
	QUERY_EXTENSIONS, /* skills and plugins: 50; above 100 is an error */
	QUERY_VERSIONS /* versions of one entry: 1000, above the same; and
			  all lists below /v1 but those of servers */
};

/* The word for the latest version of each entry. */
#define QUERY_LATEST "latest"

struct query {
	int64_t limit;
	bool limit_given;
	bool deleted; /* deleted versions count too */
	bool deleted_given;
	bool deleted_word; /* what was given */
	bool nothing; /* a filter is a text that nothing can have */
	int64_t since; /* CLOCK_NEVER: whenever */
	/* Borrowed from the request or the cursor; NULL when not given. */
	const char *search;
	const char *version; /* "latest", or a version */
	const char *status;
	const char *cursor;
	struct facet_values facets[FACETS];
};

/*
 * Reads the parameters ${allowed} (bits of enum request_parameter) of ${r}.
 * ERR_INPUT with a text for the client.
 */
int query_parse(struct query *q, const struct request *r, unsigned allowed,
    enum query_style style, struct err *e);

/* Whether ${q} filters by any facet. */
bool query_has_facets(const struct query *q);

/* Whether ${q} wants only the latest version of each entry. */
bool query_is_latest(const struct query *q);

/*
 * Goes on with the query that ${c} was made for: takes over what ${q} leaves
 * out.  The cursor decides on updated_since, which a client may move between
 * two pages.  ERR_INPUT when another parameter that is repeated does not agree.
 */
int query_resume(struct query *q, const struct cursor *c, struct err *e);

#endif
