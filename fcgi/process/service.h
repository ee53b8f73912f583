/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that answers requests, as the two ways they arrive see it
 * (fcgi/process/serve.c, fcgi/process/cgi.c).
 */
#ifndef FCGI_PROCESS_SERVICE_H
#define FCGI_PROCESS_SERVICE_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "fcgi/observe/observer.h"

#include <stdbool.h>

struct successor;

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
	/* Who answers instead when it is outdated; borrowed, NULL for none. */
	struct successor *successor;
	struct observer *observer; /* borrowed */
	bool changes_things; /* so bodies are taken */
};

/*
 * Fills ${in} from CGI's variables: texts NAME=VALUE, which are borrowed; NULL
 * is the end.  What occurs twice counts as it stands first.
 */
void service_input(struct request_input *in, char *const *variables);

/* The way back: the same texts, each with its NUL, appended to ${to}. */
void service_variables(struct buf *to, const struct request_input *in);
/* Whether ${text} is one of those that service_input() takes. */
bool service_is_variable(const char *text);

#endif
