/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recent answers, for requests that are repeated.
 *
 * The key is the URI as it came and the entity tag of the answer.  The same tag
 * and the same URI mean the same bytes (fcgi/http/etag.h), so an answer that is
 * out of date is never found.  An answer is kept when it is requested a second
 * time: a client that walks a whole catalogue does not replace popular answers.
 * The oldest answer is overwritten first.
 */
#ifndef FCGI_ANSWER_ANSWERS_H
#define FCGI_ANSWER_ANSWERS_H

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct answers;

enum answers_form {
	ANSWERS_PLAIN,
	ANSWERS_GZIP, /* a compressed one may be given */
	ANSWERS_FOUND /* no body: only that there is something to answer */
};

/* Which of several answers to a URI. */
struct answers_key {
	const char *uri;
	size_t uri_len;
	const char *etag; /* shorter than ETAG_SIZE */
	enum answers_form form;
};

/* Room for ${size} bytes, taken from the system as it is used. */
struct answers *answers_new(size_t size);
/* NULL is allowed. */
void answers_free(struct answers *a);

/*
 * Adds the answer to ${body}, and sets ${compressed} if it is so; false: none
 * is there.
 */
bool answers_get(struct answers *a, const struct answers_key *key,
    struct buf *body, bool *compressed);

/* Keeps an answer that answers_get() did not find, if it is worth it. */
void answers_put(struct answers *a, const struct answers_key *key,
    const struct buf *body, bool compressed);

#endif
