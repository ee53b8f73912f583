/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repeating answers to requests (fcgi/answer/answers.h), plain or compressed,
 * and for 304 the fact that an entry exists.
 */
#ifndef FCGI_ANSWER_MEMO_H
#define FCGI_ANSWER_MEMO_H

#include "fcgi/answer/exchange.h"

#include <stdbool.h>

struct memo;

struct memo *memo_new(void);
/* NULL is allowed. */
void memo_free(struct memo *m);

/* Fills the body of ${x} if the same was answered under its tag before. */
bool memo_recall(struct memo *m, struct exchange *x);
/* Compresses the answer of ${x} if the client accepts that, and keeps it. */
void memo_keep(struct memo *m, struct exchange *x);

/* Whether the entry of ${x} is known to exist under its tag. */
bool memo_recall_found(struct memo *m, struct exchange *x);
/* Keeps that; the body of ${x} becomes empty. */
void memo_keep_found(struct memo *m, struct exchange *x);

#endif
