/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers recent responses, for requests that are repeated.
 *
 * The key is the URI as it came and the entity tag of the response.  The same
 * tag and the same URI mean the same bytes (fcgi/http/etag.h), so a response
 * that is out of date is never found.  A response is kept when it is requested
 * a second time: a client that walks a whole catalogue does not replace popular
 * responses.  The oldest one is overwritten first.
 */
#ifndef FCGI_ANSWER_MEMO_H
#define FCGI_ANSWER_MEMO_H

#include "fcgi/answer/exchange.h"

#include <stdbool.h>
#include <stddef.h>

struct memo;

/* Room for ${size} bytes, taken from the system as it is used. */
struct memo *memo_new(size_t size);
/* NULL is allowed. */
void memo_free(struct memo *m);

/* Fills the body of ${x} if the response to it is remembered. */
bool memo_recall(struct memo *m, struct exchange *x);
/* Whether a 304 for ${x} is remembered: its entry exists. */
bool memo_recall_found(struct memo *m, const struct exchange *x);
/*
 * Keeps the response of ${x}, a 200 or a 304, if it is worth it.  Compresses a
 * body if the client accepts that; a 304 loses its body.
 */
void memo_keep(struct memo *m, struct exchange *x);

#endif
