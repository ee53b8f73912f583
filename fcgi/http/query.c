/* SPDX-License-Identifier: Apache-2.0 */
/* Reading query parameters. */
#include "fcgi/http/query.h"

#include "lib/clock.h"

#include <stddef.h>
#include <string.h>

static const struct style {
	int64_t preset;
	int64_t most;
	bool clamp; /* what is above ${most} counts as it */
	const char *not_integer;
	const char *out_of_range;
} styles[] = {
	[QUERY_SERVERS] = { LIMIT_PAGE_DEFAULT, LIMIT_PAGE_MAX, true,
	    "Invalid limit parameter: must be an integer",
	    "Invalid limit parameter: must be at least 1" },
	[QUERY_EXTENSIONS] = { LIMIT_PAGE_EXTENSIONS, LIMIT_PAGE_EXTENSIONS_MAX,
	    false, "invalid limit parameter: must be an integer",
	    "invalid limit parameter: must be between 1 and 100" },
	[QUERY_VERSIONS] = { LIMIT_PAGE_MAX, LIMIT_PAGE_MAX, true,
	    "Invalid limit parameter: must be an integer",
	    "Invalid limit parameter: must be at least 1" },
};

/*
 * An optional sign and decimal digits, nothing else.  What has more than 64
 * bits becomes the nearest number that has them.
 */
static int
parse_int64(int64_t *out, const char *text)
{
	bool negative = *text == '-';
	int64_t value = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return -1;
	/* Counts down from zero: there is one more number below it. */
	for (; *text != '\0'; text++) {
		int digit = *text - '0';

		if (digit < 0 || digit > 9)
			return -1;
		value = value < (INT64_MIN + digit) / 10 ? INT64_MIN
							 : value * 10 - digit;
	}
	if (!negative && value == INT64_MIN)
		value++;
	*out = negative ? value : -value;
	return 0;
}

static int
parse_limit(
    struct query *q, const char *text, enum query_style style, struct err *e)
{
	const struct style *s = &styles[style];

	q->limit = s->preset;
	q->limit_given = text != NULL;
	if (text == NULL)
		return 0;
	if (parse_int64(&q->limit, text) == -1) {
		err_set(e, ERR_INPUT, "%s", s->not_integer);
		return -1;
	}
	if (q->limit > s->most && s->clamp)
		q->limit = s->most;
	if (q->limit < 1 || q->limit > s->most) {
		err_set(e, ERR_INPUT, "%s", s->out_of_range);
		return -1;
	}
	return 0;
}

static int
parse_since(struct query *q, const char *text, struct err *e)
{
	q->since = CLOCK_NEVER;
	if (text == NULL)
		return 0;
	if (clock_parse(&q->since, text, strlen(text), e) == -1) {
		err_set(e, ERR_INPUT,
		    "Invalid updated_since parameter: must be RFC3339 format "
		    "(e.g., 2025-08-07T13:15:04.280Z)");
		return -1;
	}
	return 0;
}

/* Whoever asks what changed wants to hear of what is gone as well. */
static int
parse_deleted(struct query *q, const char *text, struct err *e)
{
	q->deleted_given = text != NULL;
	q->deleted_word = text != NULL && strcmp(text, "true") == 0;
	if (text != NULL && !q->deleted_word && strcmp(text, "false") != 0) {
		err_set(e, ERR_INPUT,
		    "Invalid include_deleted parameter: must be true or false");
		return -1;
	}
	q->deleted = q->deleted_word || q->since != CLOCK_NEVER;
	return 0;
}

static int
parse_search(struct query *q, const char *text, struct err *e)
{
	q->search = text;
	if (text != NULL && strlen(text) > LIMIT_SEARCH) {
		err_set(e, ERR_INPUT,
		    "Invalid search parameter: must be at most %d bytes",
		    LIMIT_SEARCH);
		return -1;
	}
	return 0;
}

static int
parse_facets(
    struct query *q, const struct request *r, unsigned allowed, struct err *e)
{
	size_t bytes = 0;
	bool used = false;

	for (int i = 0; i < FACETS; i++) {
		q->facets[i].count = 0;
		if ((allowed & 1u << (REQUEST_FACETS + i)) == 0)
			continue;
		used = true;
		q->facets[i] = r->facets[i];
		for (size_t k = 0; k < r->facets[i].count; k++)
			bytes += strlen(r->facets[i].at[k]) + 1;
	}
	if (used && (r->too_many_facets || bytes > LIMIT_FACET_BYTES)) {
		err_set(e, ERR_INPUT,
		    "Invalid tag, registry_type or transport parameter: at "
		    "most %d values each, %d bytes in all",
		    LIMIT_FACETS, LIMIT_FACET_BYTES);
		return -1;
	}
	return 0;
}

/* A parameter that cannot be read must not count as one that is not there. */
static int
check_encoding(const struct request *r, unsigned allowed, struct err *e)
{
	unsigned malformed = r->malformed & allowed;
	int which = 0;

	if (malformed == 0)
		return 0;
	while ((malformed & 1u << which) == 0)
		which++;
	err_set(e, ERR_INPUT,
	    "Invalid %s parameter: malformed percent-encoding, or a semicolon "
	    "that is not written as %%3B",
	    request_parameter_name((enum request_parameter)which));
	return -1;
}

/* Whether a filter can match nothing; of several values one may. */
static bool
is_impossible(const struct query *q, unsigned impossible)
{
	for (int i = 0; i < FACETS; i++)
		if (q->facets[i].count > 0)
			impossible &= ~(1u << (REQUEST_FACETS + i));
	return impossible != 0;
}

int
query_parse(struct query *q, const struct request *r, unsigned allowed,
    enum query_style style, struct err *e)
{
	const char *given[REQUEST_FACETS];

	for (int i = 0; i < REQUEST_FACETS; i++)
		given[i] = (allowed & 1u << i) != 0 ? r->query[i] : NULL;
	q->cursor = given[REQUEST_CURSOR];
	q->version = given[REQUEST_VERSION];
	q->status = given[REQUEST_STATUS];
	if (check_encoding(r, allowed, e) == -1 ||
	    parse_limit(q, given[REQUEST_LIMIT], style, e) == -1 ||
	    parse_since(q, given[REQUEST_UPDATED_SINCE], e) == -1 ||
	    parse_deleted(q, given[REQUEST_INCLUDE_DELETED], e) == -1 ||
	    parse_search(q, given[REQUEST_SEARCH], e) == -1 ||
	    parse_facets(q, r, allowed, e) == -1)
		return -1;
	q->nothing = is_impossible(q, r->impossible & allowed);
	return 0;
}

bool
query_has_facets(const struct query *q)
{
	for (int i = 0; i < FACETS; i++)
		if (q->facets[i].count > 0)
			return true;
	return false;
}

bool
query_is_latest(const struct query *q)
{
	return q->version != NULL && strcmp(q->version, QUERY_LATEST) == 0;
}

/* Takes ${theirs} where ${mine} is absent; false when both are and differ. */
static bool
agree(const char **mine, const char *theirs)
{
	if (*mine == NULL) {
		*mine = theirs;
		return true;
	}
	return theirs != NULL && strcmp(*mine, theirs) == 0;
}

/* The same for facets; the name of the first that differs, or NULL. */
static const char *
agree_facets(
    struct facet_values mine[FACETS], const struct facet_values theirs[FACETS])
{
	static const char *const names[FACETS] = { "tag", "registry_type",
		"transport" };

	for (int i = 0; i < FACETS; i++) {
		if (mine[i].count > 0 && !facets_equal(&mine[i], &theirs[i]))
			return names[i];
		mine[i] = theirs[i];
	}
	return NULL;
}

int
query_resume(struct query *q, const struct cursor *c, struct err *e)
{
	const char *odd = NULL;

	if (!agree(&q->search, c->search))
		odd = "search";
	else if (!agree(&q->version, c->version))
		odd = "version";
	else if (!agree(&q->status, c->status))
		odd = "status";
	else if (q->deleted_given && c->deleted != q->deleted_word &&
		 c->since == CLOCK_NEVER)
		odd = "include_deleted";
	else
		odd = agree_facets(q->facets, c->facets);
	if (odd != NULL) {
		err_set(e, ERR_INPUT,
		    "cursor belongs to another query: %s differs", odd);
		return -1;
	}
	q->since = c->since;
	q->deleted = c->deleted;
	if (!q->limit_given)
		q->limit = c->limit;
	return 0;
}
