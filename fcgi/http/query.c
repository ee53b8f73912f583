/* SPDX-License-Identifier: Apache-2.0 */
/* Reading query parameters. */
#include "fcgi/http/query.h"

#include "lib/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct query_page_size query_page_sizes[QUERY_STYLES] = {
	[QUERY_SERVERS] = { "-servers", LIMIT_PAGE_DEFAULT, LIMIT_PAGE_MAX,
	    true },
	[QUERY_EXTENSIONS] = { "-extensions", LIMIT_PAGE_EXTENSIONS,
	    LIMIT_PAGE_EXTENSIONS_MAX, false },
	[QUERY_VERSIONS] = { "-all", LIMIT_PAGE_MAX, LIMIT_PAGE_MAX, true },
};

/* The 400 of a parameter; returns -1. */
static int __attribute__((format(printf, 3, 4)))
invalid(struct err *e, enum parameter which, const char *fmt, ...)
{
	char why[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	err_set(e, ERR_INPUT, "Invalid %s parameter: %s",
	    parameters[which].name, why);
	return -1;
}

/*
 * An optional sign and decimal digits only.  A number of more than 64
 * bits becomes the nearest number of 64 bits.
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
	/* Negative, as INT64_MIN has no positive counterpart. */
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
	const struct query_page_size *s = &query_page_sizes[style];
	int rc = 0;

	q->limit = s->preset;
	q->limit_given = text != NULL;
	if (text == NULL)
		return 0;
	if (parse_int64(&q->limit, text) == -1)
		rc = invalid(e, PARAMETER_LIMIT, "must be an integer");
	else if (q->limit > s->most && s->clamp)
		q->limit = s->most;
	else if (q->limit < 1 && s->clamp)
		rc = invalid(e, PARAMETER_LIMIT, "must be at least 1");
	else if (q->limit < 1 || q->limit > s->most)
		rc = invalid(e, PARAMETER_LIMIT, "must be between 1 and %d",
		    (int)s->most);
	/* The reference writes "invalid" for skills and plugins. */
	if (rc == -1 && !s->clamp)
		e->text[0] = 'i';
	return rc;
}

static int
parse_since(struct query *q, const char *text, struct err *e)
{
	q->since = CLOCK_NEVER;
	if (text != NULL && clock_parse(&q->since, text, strlen(text), e) == -1)
		return invalid(e, PARAMETER_UPDATED_SINCE,
		    "must be RFC3339 format (e.g., 2025-08-07T13:15:04.280Z)");
	return 0;
}

/* A query for changes includes deleted versions. */
static int
parse_deleted(struct query *q, const char *text, struct err *e)
{
	bool wanted = text != NULL && strcmp(text, "true") == 0;

	q->deleted_word = text;
	if (text != NULL && !wanted && strcmp(text, "false") != 0)
		return invalid(
		    e, PARAMETER_INCLUDE_DELETED, "must be true or false");
	q->deleted = wanted || q->since != CLOCK_NEVER;
	return 0;
}

static int
parse_facets(
    struct query *q, const struct request *r, unsigned allowed, struct err *e)
{
	bool too_many = false;
	size_t bytes = 0;

	for (int i = 0; i < PARAMETER_FACETS; i++) {
		const struct value_set *from = &r->values.sets[i];
		unsigned bit = 1u << (PARAMETER_SINGLES + i);

		if ((allowed & bit) == 0)
			continue;
		too_many |= (r->too_many & bit) != 0;
		value_set_copy(&q->filters.sets[i], from);
		for (size_t k = 0; k < from->count; k++)
			bytes += strlen(from->at[k]) + 1;
	}
	if (too_many || bytes > LIMIT_FACET_BYTES) {
		err_set(e, ERR_INPUT,
		    "Invalid tag, registry_type or transport parameter: at "
		    "most %d values each, %d bytes in all",
		    LIMIT_FACETS, LIMIT_FACET_BYTES);
		return -1;
	}
	return 0;
}

static int
parse_filters(
    struct query *q, const struct request *r, unsigned allowed, struct err *e)
{
	const char *search;

	parameter_clear(&q->filters);
	if ((r->given & allowed) >> PARAMETER_SEARCH == 0)
		return 0;
	for (int i = 0; i < PARAMETER_SINGLES; i++)
		if (parameters[i].filter && (allowed & 1u << i) != 0)
			q->filters.text[i] = r->values.text[i];
	search = query_search(q);
	if (search != NULL && strlen(search) > LIMIT_SEARCH)
		return invalid(e, PARAMETER_SEARCH, "must be at most %d bytes",
		    LIMIT_SEARCH);
	return parse_facets(q, r, allowed, e);
}

/* A parameter that cannot be decoded must not be treated as absent. */
static int
check_encoding(const struct request *r, unsigned allowed, struct err *e)
{
	unsigned malformed = r->malformed & allowed;

	if (malformed == 0)
		return 0;
	return invalid(e, (enum parameter)__builtin_ctz(malformed),
	    "malformed percent-encoding, or a semicolon that is not written "
	    "as %%3B");
}

/* Whether a filter can match no entry; one of several values may match. */
static bool
is_impossible(const struct query *q, unsigned impossible)
{
	for (int i = 0; i < PARAMETER_FACETS; i++)
		if (q->filters.sets[i].count > 0)
			impossible &= ~(1u << (PARAMETER_SINGLES + i));
	return impossible != 0;
}

/* Most requests have no parameters. */
static void
set_defaults(struct query *q, enum query_style style)
{
	q->limit = query_page_sizes[style].preset;
	q->limit_given = q->deleted = q->matches_nothing = false;
	q->since = CLOCK_NEVER;
	q->deleted_word = q->cursor = NULL;
	parameter_clear(&q->filters);
}

int
query_parse(struct query *q, const struct request *r, unsigned allowed,
    enum query_style style, struct err *e)
{
	const char *given[PARAMETER_SINGLES];

	if (((r->given | r->malformed) & allowed) == 0) {
		set_defaults(q, style);
		return 0;
	}
	for (int i = 0; i < PARAMETER_SINGLES; i++)
		given[i] = (allowed & 1u << i) != 0 ? r->values.text[i] : NULL;
	q->cursor = given[PARAMETER_CURSOR];
	if (check_encoding(r, allowed, e) == -1 ||
	    parse_limit(q, given[PARAMETER_LIMIT], style, e) == -1 ||
	    parse_since(q, given[PARAMETER_UPDATED_SINCE], e) == -1 ||
	    parse_deleted(q, given[PARAMETER_INCLUDE_DELETED], e) == -1 ||
	    parse_filters(q, r, allowed, e) == -1)
		return -1;
	q->matches_nothing = is_impossible(q, r->impossible & allowed);
	return 0;
}

bool
query_has_facets(const struct query *q)
{
	for (int i = 0; i < PARAMETER_FACETS; i++)
		if (q->filters.sets[i].count > 0)
			return true;
	return false;
}

bool
query_is_latest(const struct query *q)
{
	const char *version = query_version(q);

	return version != NULL && strcmp(version, QUERY_LATEST) == 0;
}

/* Copies the cursor's value if ${own} has none; false if they differ. */
static bool
agree(struct parameter_values *own, const struct parameter_values *cursors,
    int which)
{
	struct value_set *set;
	const char *other;

	if (which < PARAMETER_SINGLES) {
		other = cursors->text[which];
		if (own->text[which] == NULL)
			own->text[which] = other;
		return own->text[which] == other ||
		       (other != NULL && strcmp(own->text[which], other) == 0);
	}
	set = &own->sets[which - PARAMETER_SINGLES];
	if (set->count > 0)
		return value_set_equal(
		    set, &cursors->sets[which - PARAMETER_SINGLES]);
	value_set_copy(set, &cursors->sets[which - PARAMETER_SINGLES]);
	return true;
}

int
query_resume(struct query *q, const struct cursor *c, struct err *e)
{
	int differing = 0;

	while (differing < PARAMETERS &&
	       (!parameters[differing].filter ||
		   agree(&q->filters, &c->filters, differing)))
		differing++;
	if (differing == PARAMETERS && q->deleted_word != NULL &&
	    c->since == CLOCK_NEVER && c->deleted != (*q->deleted_word == 't'))
		differing = PARAMETER_INCLUDE_DELETED;
	if (differing < PARAMETERS) {
		err_set(e, ERR_INPUT,
		    "cursor belongs to another query: %s differs",
		    parameters[differing].name);
		return -1;
	}
	q->since = c->since;
	q->deleted = c->deleted;
	if (!q->limit_given)
		q->limit = c->limit;
	return 0;
}
