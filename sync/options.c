/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the command line. */
#include "sync/options.h"

#include "lib/xalloc.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "directories.h"

#define CONFIG_DEFAULT SYSCONFDIR "/thv-registry/config.yaml"
#define CONFIG_VARIABLE "THV_REGISTRY_CONFIG"

const char options_help[] =
    "Usage: thv-registry-sync [OPTION]...\n"
    "       thv-registry-sync lint [OPTION]... [FILE]...\n"
    "Load the configured sources into the registry database, or report which\n"
    "entries clients will refuse (lint --help).\n"
    "\n"
    "Without options, sync every source that is due, then exit.\n"
    "\n"
    "  -c, --config FILE   the configuration; default $THV_REGISTRY_CONFIG,\n"
    "                      else " CONFIG_DEFAULT "\n"
    "      --source NAME   only this source, whether due or not; may be\n"
    "                      repeated\n"
    "      --force         ignore intervals and the state of the last sync\n"
    "      --dry-run       fetch and report the difference, write nothing\n"
    "      --check         check the configuration and exit\n"
    "      --watch         keep running: sync sources that are due or have\n"
    "                      changed, and load a changed configuration\n"
    "      --verify        check the database and exit\n"
    "      --rebuild       rebuild the derived tables of the database, check\n"
    "                      it and exit\n"
    "      --json          report as one JSON object on standard output\n"
    "  -q, --quiet         report failures only\n"
    "  -v, --verbose       log more\n"
    "      --version       print the version and exit\n"
    "      --help          print this help and exit\n"
    "\n"
    "Environment:\n"
    "  THV_REGISTRY_CONFIG         the configuration\n"
    "  THV_REGISTRY_DATABASE_PATH  the database; overrides database.path\n"
    "  THV_REGISTRY_LOG_LEVEL      debug, info, warn or error\n"
    "\n"
    "Exit status: 0 success, nothing due, or another sync is running; 1 a\n"
    "source failed, the sync was interrupted, or the database check found a\n"
    "problem; 2 invalid usage or configuration, nothing was changed.\n";

static void
add_name(struct options *o, char *name)
{
	o->names = xreallocarray(o->names, o->name_count + 1, sizeof *o->names);
	o->names[o->name_count++] = name;
}

const char *
options_default_config(void)
{
	const char *variable = getenv(CONFIG_VARIABLE);

	return variable == NULL || variable[0] == '\0' ? CONFIG_DEFAULT
						       : variable;
}

/* getopt_long() sets flags itself and returns the other options. */
static int
read_options(struct options *out, int argc, char **argv, struct err *e)
{
	const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "source", required_argument, NULL, 's' },
		{ "force", no_argument, &out->force, 1 },
		{ "dry-run", no_argument, &out->dry_run, 1 },
		{ "check", no_argument, &out->check, 1 },
		{ "watch", no_argument, &out->watch, 1 },
		{ "verify", no_argument, &out->verify, 1 },
		{ "rebuild", no_argument, &out->rebuild, 1 },
		{ "json", no_argument, &out->json, 1 },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, &out->version, 1 },
		{ "help", no_argument, &out->help, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:qv", table, NULL)) != -1) {
		if (option == 'c') {
			out->config = optarg;
		} else if (option == 's') {
			add_name(out, optarg);
		} else if (option == 'q') {
			out->quiet = 1;
		} else if (option == 'v') {
			out->verbose = 1;
		} else if (option != 0) {
			err_set(e, ERR_USAGE,
			    option == ':' ? "option '%s' needs a value"
					  : "unknown option '%s'",
			    argv[optind - 1]);
			return -1;
		}
	}
	return 0;
}

int
options_parse(struct options *out, int argc, char **argv, struct err *e)
{
	memset(out, 0, sizeof *out);
	out->config = options_default_config();
	if (read_options(out, argc, argv, e) == -1)
		return -1;
	if (out->watch && (out->name_count > 0 || out->force || out->dry_run ||
			      out->check || out->json)) {
		err_set(e, ERR_USAGE,
		    "--watch can only be combined with -c, -q and -v");
		return -1;
	}
	if (optind < argc) {
		err_set(e, ERR_USAGE, "unexpected argument '%s'", argv[optind]);
		return -1;
	}
	return 0;
}

void
options_free(struct options *o)
{
	free(o->names);
	memset(o, 0, sizeof *o);
}
