/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to requests that this program cannot give and the one that took its
 * place can: asked for through the keeper (fcgi/process/keeper.h), once, by a
 * responder that ends afterwards.
 */
#ifndef FCGI_PROCESS_SUCCESSOR_H
#define FCGI_PROCESS_SUCCESSOR_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "lib/err.h"

struct successor {
	int link; /* to the keeper; -1: there is none, or it was asked */
};

/*
 * Has ${in} answered: the body of ${out} becomes the whole answer, head and
 * all, and its head empty.  On failure ${out} is as it was: nobody is there,
 * it took too long, or had nothing to say but that it cannot serve either.
 */
int successor_answer(struct successor *s, const struct request_input *in,
    struct response *out, struct err *e);

#endif
