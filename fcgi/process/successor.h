/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Has one request answered by the program that replaced this one, through the
 * parent process (fcgi/process/keeper.h).  The responder exits afterwards.
 */
#ifndef FCGI_PROCESS_SUCCESSOR_H
#define FCGI_PROCESS_SUCCESSOR_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "lib/err.h"

struct successor {
	int link; /* to the parent; -1: none, or used already */
};

/*
 * Has ${in} answered: the body of ${out} becomes the whole answer, including
 * its head, and its head becomes empty.  On failure ${out} is unchanged: there
 * is no parent, it took too long, or the other program answered 503, too.
 */
int successor_answer(struct successor *s, const struct request_input *in,
    struct response *out, struct err *e);

#endif
