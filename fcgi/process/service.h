/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What FastCGI (fcgi/process/serve.c) and plain CGI (fcgi/process/cgi.c) call
 * to have a request answered.
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
	/* Whether the program should be restarted; may be NULL. */
	bool (*outdated)(const void *ctx);
	/* Called between requests, and when a signal interrupts waiting;
	 * may be NULL. */
	void (*between)(void);
	/* Answers instead if it is outdated; borrowed, NULL for none. */
	struct successor *successor;
	struct observer *observer; /* borrowed */
	bool changes_things; /* requests have bodies */
};

/*
 * Fills ${in} from CGI variables: borrowed texts NAME=VALUE up to a NULL.  Of
 * duplicate variables the first counts.
 */
void service_input(struct request_input *in, char *const *variables);

/* The reverse: appends the same texts to ${to}, each with its NUL. */
void service_variables(struct buf *to, const struct request_input *in);
/* Whether ${text} is a variable that service_input() reads. */
bool service_is_variable(const char *text);

#endif
