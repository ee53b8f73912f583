/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thv-registry-admin: answers the requests that change something, as a FastCGI
 * responder or as a plain CGI program.
 */
#include "fcgi/answer/responder.h"
#include "fcgi/process/keeper.h"
#include "fcgi/process/program.h"
#include "fcgi/process/serve.h"
#include "lib/db/db.h"
#include "lib/log/log.h"

#include <stdlib.h>

static const struct program program = {
	.name = "thv-registry-admin",
	.usage =
	    "usage: thv-registry-admin [--help] [--version]\n"
	    "\n"
	    "Starts a sync of the registry database when POST /registry/sync\n"
	    "arrives.  Started by a web server, it is a FastCGI responder, or\n"
	    "a plain CGI program that answers one request.\n"
	    "\n"
	    "Environment:\n"
	    "  THV_REGISTRY_DATABASE_PATH  the database, by default\n"
	    "                              " PROGRAM_DATABASE "\n"
	    "  THV_REGISTRY_SYNC           the program that syncs, by default\n"
	    "                              thv-registry-sync beside this one\n"
	    "  THV_REGISTRY_CONFIG         its configuration\n"
	    "  THV_REGISTRY_LOG_LEVEL      debug, info (default), warn or "
	    "error\n",
};

static void
handle(void *ctx, const struct request_input *in, struct response *out)
{
	responder_handle(ctx, in, out);
}

int
main(int argc, char **argv)
{
	int status = program_arguments(argc, argv, &program);
	struct service service = { .handle = handle, .changes_things = true };
	struct counters *counters;
	struct responder *responder;

	if (status != -1)
		return status;
	keeper_hold_signals();
	if (!serve_is_fastcgi())
		keeper_end_by_signals();
	log_start(program.name, getenv("THV_REGISTRY_LOG_LEVEL"));
	db_use_pool();
	responder =
	    responder_new(program_database(), ROUTE_ADMIN, serve_is_fastcgi());
	service.ctx = responder;
	counters = program_observe(&service, COUNTERS_ADMIN, NULL);
	status = program_answer(&program, &service);
	program_end(&service, counters);
	responder_free(responder);
	return status;
}
