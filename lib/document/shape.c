/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detecting shapes by the members of the root.  A member that only one shape
 * has ends the search.  A member that several shapes have decides if no such
 * member follows.  The search also notes the members of other known files.
 */
#include "lib/document/shape.h"

#include "lib/document/foreign.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ANY '\0'

/* Of members that do not end the search, the first row here decides. */
static const struct sign {
	const char *member;
	char first; /* of its value */
	bool settles;
	enum shape_kind shape;
} signs[] = {
	{ "data", ANY, true, SHAPE_REGISTRY },
	{ "servers", '[', true, SHAPE_PAGE },
	{ "servers", '{', true, SHAPE_LEGACY },
	{ "remote_servers", '{', true, SHAPE_LEGACY },
	{ "server", '{', true, SHAPE_ITEM },
	{ "name", ANY, false, SHAPE_SERVER },
	{ "skills", '[', false, SHAPE_PAGE },
	{ "plugins", '[', false, SHAPE_PAGE },
	{ "servers", 'n', false, SHAPE_PAGE },
	{ "meta", ANY, false, SHAPE_REGISTRY },
};

struct search {
	size_t best; /* row of signs so far; COUNT(signs): none */
	enum shape_kind shape;
	struct foreign foreign;
};

static enum jscan_action
decide(void *ctx, const struct jscan_place *p)
{
	struct search *s = ctx;
	const struct jscan_step *step = p->steps;

	if (p->depth == 0) {
		if (p->first == '[') {
			s->shape = SHAPE_LIST;
			return JSCAN_STOP;
		}
		return JSCAN_DESCEND;
	}
	if (foreign_note_member(&s->foreign, p))
		return JSCAN_CAPTURE;
	for (size_t i = 0; i < s->best; i++) {
		const struct sign *sign = &signs[i];

		if (!jscan_step_is(step, sign->member) ||
		    (sign->first != ANY && sign->first != p->first))
			continue;
		s->best = i;
		s->shape = sign->shape;
		/* Kubernetes manifests have data, too. */
		if (sign->shape == SHAPE_REGISTRY &&
		    foreign_may_be_manifest(&s->foreign))
			return JSCAN_SKIP;
		return sign->settles ? JSCAN_STOP : JSCAN_SKIP;
	}
	return JSCAN_SKIP;
}

static int
captured(void *ctx, const struct jscan_place *p,
    const struct jscan_capture *capture, struct err *e)
{
	struct search *s = ctx;

	(void)p;
	(void)e;
	foreign_set_kind(&s->foreign, capture);
	return 0;
}

int
shape_detect(
    enum shape_kind *out, const char **seems, struct reader *r, struct err *e)
{
	struct search s = { .best = COUNT(signs), .shape = SHAPE_FOREIGN };
	const struct jscan_handler handler = { &s, FOREIGN_KIND, decide,
		captured };

	*seems = NULL;
	if (jscan_run(r, &handler, e) == -1)
		return -1;
	if (s.shape == SHAPE_REGISTRY && foreign_is_manifest(&s.foreign))
		s.shape = SHAPE_FOREIGN;
	if (s.shape == SHAPE_FOREIGN || s.shape == SHAPE_SERVER ||
	    s.shape == SHAPE_ITEM)
		*seems = foreign_members(&s.foreign);
	*out = s.shape;
	return 0;
}
