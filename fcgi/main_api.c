/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thv-registry-api: answers GET requests from the registry database, as a
 * FastCGI responder or as a plain CGI program.
 */
#include "fcgi/api.h"
#include "fcgi/cgi.h"
#include "fcgi/program.h"
#include "fcgi/serve.h"
#include "lib/db.h"
#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE_DEFAULT "/var/lib/thv-registry/registry.db"

static const char usage[] =
    "usage: thv-registry-api [--help] [--version]\n"
    "\n"
    "Serves the registry database over HTTP.  Started by a web server, it is\n"
    "a FastCGI responder, or a plain CGI program that answers one request.\n"
    "\n"
    "Environment:\n"
    "  THV_REGISTRY_DATABASE_PATH  the database, by default\n"
    "                              " DATABASE_DEFAULT "\n"
    "  THV_REGISTRY_LOG_LEVEL      debug, info (default), warn or error\n";

/* Returns an exit status, or -1 to go on. */
static int
parse_arguments(int argc, char **argv)
{
	if (argc == 1)
		return -1;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) == EOF;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("thv-registry-api %s\n", PROGRAM_VERSION) < 0;
	fputs(usage, stderr);
	return 2;
}

static void
set_log_level(void)
{
	enum log_level level;

	if (log_level_from_name(&level, getenv("THV_REGISTRY_LOG_LEVEL")) == -1)
		log_message(LOG_LEVEL_WARN, "unknown THV_REGISTRY_LOG_LEVEL",
		    getenv("THV_REGISTRY_LOG_LEVEL"));
	log_set_level(level);
}

int
main(int argc, char **argv)
{
	const char *path = getenv("THV_REGISTRY_DATABASE_PATH");
	struct api *api;
	int status = -1;

	/* A CGI program's arguments come from the query (RFC 3875 4.4). */
	if (getenv("REQUEST_METHOD") == NULL)
		status = parse_arguments(argc, argv);
	if (status != -1)
		return status;
	set_log_level();
	db_use_pool();
	api = api_new(path == NULL || *path == '\0' ? DATABASE_DEFAULT : path);
	if (serve_is_fastcgi()) {
		status = serve_run(api);
	} else if (getenv("REQUEST_METHOD") != NULL) {
		status = cgi_run(api);
	} else {
		fputs(usage, stderr);
		status = 2;
	}
	api_free(api);
	return status;
}
