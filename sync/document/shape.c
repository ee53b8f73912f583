/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling shapes apart by the members of the root.  One that only one shape
 * has ends the search; one that several could have is remembered and decides
 * if nothing better comes.
 */
#include "sync/document/shape.h"

#include "lib/limits.h"
#include "sync/document/jscan.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ANY '\0'

/* In the order in which members that do not settle it count. */
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
	size_t best; /* of signs, COUNT(signs): none yet */
	enum shape_kind shape;
};

static enum jscan_action
look(void *ctx, const struct jscan_place *p)
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
	for (size_t i = 0; i < s->best; i++) {
		const struct sign *sign = &signs[i];

		if (!jscan_step_is(step, sign->member) ||
		    (sign->first != ANY && sign->first != p->first))
			continue;
		s->best = i;
		s->shape = sign->shape;
		return sign->settles ? JSCAN_STOP : JSCAN_SKIP;
	}
	return JSCAN_SKIP;
}

int
shape_detect(enum shape_kind *out, struct reader *r, struct err *e)
{
	struct search s = { COUNT(signs), SHAPE_FOREIGN };
	/* Nothing is ever handed out. */
	const struct jscan_handler handler = { &s, 0, look, NULL };

	if (jscan_run(r, &handler, e) == -1)
		return -1;
	*out = s.shape;
	return 0;
}
