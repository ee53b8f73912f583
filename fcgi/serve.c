/* SPDX-License-Identifier: Apache-2.0 */
/* The FastCGI loop. */
#include "fcgi/serve.h"

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

static void
serve_one(struct api *api, FCGX_Request *request, struct response *out)
{
	const struct request_input in = {
		.method = FCGX_GetParam("REQUEST_METHOD", request->envp),
		.uri = FCGX_GetParam("REQUEST_URI", request->envp),
		.if_none_match =
		    FCGX_GetParam("HTTP_IF_NONE_MATCH", request->envp),
	};

	api_handle(api, &in, out);
	/* A client that went away is no error of ours. */
	FCGX_PutStr(out->head.data, (int)out->head.len, request->out);
	if (out->body.len > 0)
		FCGX_PutStr(out->body.data, (int)out->body.len, request->out);
}

int
serve_run(struct api *api)
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
		serve_one(api, &request, &out);
		FCGX_Finish_r(&request);
		hold_signals(SIG_UNBLOCK);
	}
	response_free(&out);
	return 0;
}
