/* SPDX-License-Identifier: Apache-2.0 */
/* The FastCGI loop. */
#include "fcgi/serve.h"

#include "lib/limits.h"
#include "lib/log.h"

#include <fcgiapp.h>
#include <signal.h>

/*
 * libfcgi has its own handler for these, which ends the wait for the next
 * request.  A request at work must not notice: its writes would be cut short.
 */
static void
hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(how, &set, NULL);
}

bool
serve_is_fastcgi(void)
{
	return FCGX_IsCGI() == 0;
}

static const char *
variable(const char *name, char **from)
{
	return FCGX_GetParam(name, from);
}

/* A web server may take it amiss when nobody reads what it passes on. */
static void
skip_body(FCGX_Request *request)
{
	char bytes[4096];
	size_t done = 0;
	int n;

	while (done < LIMIT_REQUEST_IGNORED &&
	       (n = FCGX_GetStr(bytes, sizeof bytes, request->in)) > 0)
		done += (size_t)n;
}

static void
serve_one(const struct service *s, FCGX_Request *request, struct response *out)
{
	struct request_input in;

	service_input(&in, s, variable, request->envp);
	if (s->changes_things)
		skip_body(request);
	s->handle(s->ctx, &in, out);
	/* A client that went away is no error of ours. */
	FCGX_PutStr(out->head.data, (int)out->head.len, request->out);
	if (out->body.len > 0)
		FCGX_PutStr(out->body.data, (int)out->body.len, request->out);
}

int
serve_run(const struct service *s)
{
	FCGX_Request request;
	struct response out;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0) {
		log_message(LOG_LEVEL_ERROR, "cannot start FastCGI", NULL);
		return 1;
	}
	response_init(&out);
	while (FCGX_Accept_r(&request) >= 0) {
		hold_signals(SIG_BLOCK);
		serve_one(s, &request, &out);
		FCGX_Finish_r(&request);
		hold_signals(SIG_UNBLOCK);
		if (s->outdated != NULL && s->outdated(s->ctx)) {
			log_message(LOG_LEVEL_INFO,
			    "ending, for another process to begin", NULL);
			break;
		}
	}
	response_free(&out);
	return 0;
}
