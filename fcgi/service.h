/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that answers requests, as the two ways they arrive see it
 * (fcgi/serve.c, fcgi/cgi.c).
 */
#ifndef FCGI_SERVICE_H
#define FCGI_SERVICE_H

#include "fcgi/request.h"
#include "fcgi/response.h"

#include <stdbool.h>

struct service {
	void *ctx;
	/* Answers ${in}: fills ${out} and finishes it.  Always an answer. */
	void (*handle)(
	    void *ctx, const struct request_input *in, struct response *out);
	/* Whether a supervisor should start the program anew; may be NULL. */
	bool (*outdated)(const void *ctx);
	/* Called between requests, and when a signal ends the waiting for one;
	 * may be NULL. */
	void (*between)(void);
	bool changes_things; /* so it asks who sends, and takes bodies */
	bool asks_who; /* sends; changes nothing */
};

/*
 * Fills ${in} with what ${s} wants to know of a request.  ${variable} looks up
 * one of CGI's variables in ${from}: the text is borrowed, NULL when absent.
 */
void service_input(struct request_input *in, const struct service *s,
    const char *(*variable)(const char *name, char **from), char **from);

#endif
