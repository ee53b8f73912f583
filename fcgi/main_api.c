/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thv-registry-api: answers GET requests from the registry database, as a
 * FastCGI responder or as a plain CGI program.
 */
#include "fcgi/answer/responder.h"
#include "fcgi/process/keeper.h"
#include "fcgi/process/program.h"
#include "fcgi/process/serve.h"
#include "fcgi/process/successor.h"
#include "fcgi/profile/profile.h"
#include "lib/db/db.h"
#include "lib/log/log.h"
#include "lib/sandbox/sandbox.h"

#include <stddef.h>
#include <stdlib.h>

static const struct program program = {
	.name = "thv-registry-api",
	.usage =
	    "usage: thv-registry-api [--help] [--version]\n"
	    "\n"
	    "Serves the registry database over HTTP.  Started by a web server,\n"
	    "it is a FastCGI responder, or a plain CGI program that answers one\n"
	    "request.\n"
	    "\n"
	    "Environment:\n"
	    "  THV_REGISTRY_DATABASE_PATH  the database, by default\n"
	    "                              " PROGRAM_DATABASE "\n"
	    "  THV_REGISTRY_LOG_LEVEL      debug, info (default), warn or "
	    "error\n"
	    "  THV_REGISTRY_LOG_REQUESTS   all (default), errors, none, or N: "
	    "one in N\n"
	    "                              successes, and every error\n"
	    "  THV_REGISTRY_METRICS_PATH   the file with the counters of all "
	    "responders\n"
	    "  THV_REGISTRY_PROFILE_DIR    a directory; enables profiling\n",
};

static void
handle(void *ctx, const struct request_input *in, struct response *out)
{
	responder_handle(ctx, in, out);
}

static void
take_cache_counts(void *ctx, uint64_t *hits, uint64_t *misses)
{
	responder_take_cache_counts(ctx, hits, misses);
}

/*
 * Whether the database is unavailable to this process and a new process might
 * read it: the program file was replaced, and the new one may know a newer
 * schema, or the directory was replaced, which the sandbox does not allow.
 */
static bool
outdated(const void *ctx)
{
	return responder_is_unavailable(ctx) &&
	       (program_is_replaced() ||
		   sandbox_is_outdated(program_database()));
}

static void
enter_sandbox(void)
{
	char warning[SANDBOX_WARNING_MAX];
	struct log_line line;

	sandbox_keep_profiling(profile_directory());
	sandbox_responder(program_database());
	sandbox_warning(warning, sandbox_now());
	if (*warning != '\0')
		log_message(LOG_LEVEL_WARN, SANDBOX_NOT_IN_FORCE, warning);
	log_begin(&line, LOG_LEVEL_DEBUG, "sandbox");
	log_int(&line, "landlock", sandbox_now()->landlock);
	log_str(&line, "seccomp", sandbox_now()->seccomp ? "true" : "false");
	log_end(&line);
}

/* Only for FastCGI: a CGI program exits after one response. */
static void
join_profiles(struct service *s)
{
	struct err e = ERR_INIT;

	if (profile_join(&e) == -1)
		log_message(LOG_LEVEL_WARN, "profiling is off", e.text);
	if (!profile_is_on())
		return;
	s->between = profile_poll;
}

/* Answers requests by FastCGI or CGI.  Returns the exit status. */
static int
serve(struct successor *successor)
{
	struct service service = { .handle = handle, .outdated = outdated };
	bool kept = successor->link != -1;
	struct counters *counters;
	struct responder *responder;
	int status;

	db_use_pool();
	responder =
	    responder_new(program_database(), ROUTE_API, serve_is_fastcgi());
	service.ctx = responder;
	if (kept)
		service.successor = successor;
	counters = program_observe(&service, COUNTERS_API, take_cache_counts);
	responder_set_counters(responder, counters);
	if (serve_is_fastcgi())
		join_profiles(&service);
	enter_sandbox();
	status = program_answer(&program, &service);
	if (kept && status == 0 && outdated(responder))
		status = KEEPER_RESTART;
	profile_leave();
	program_end(&service, counters);
	responder_free(responder);
	return status;
}

int
main(int argc, char **argv)
{
	struct successor successor = { .link = -1 };
	int status = -1;

	/* A CGI program's arguments come from the query (RFC 3875 4.4). */
	if (getenv("REQUEST_METHOD") == NULL)
		status = program_arguments(argc, argv, &program);
	if (status != -1)
		return status;
	/* Before the file can be replaced. */
	(void)program_path();
	keeper_hold_signals();
	if (serve_is_fastcgi())
		profile_load(argv);
	log_start(program.name, getenv("THV_REGISTRY_LOG_LEVEL"));
	if (serve_is_fastcgi())
		status = keeper_start(&successor.link, program_path());
	else
		keeper_end_by_signals();
	return status != -1 ? status : serve(&successor);
}
