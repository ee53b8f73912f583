/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the command line. */
#include "sync/options.h"

#include "lib/xalloc.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_DEFAULT "/etc/thv-registry/config.yaml"
#define CONFIG_VARIABLE "THV_REGISTRY_CONFIG"

const char options_help[] =
    "Usage: thv-registry-sync [OPTION]...\n"
    "       thv-registry-sync lint [OPTION]... [FILE]...\n"
    "Load the configured sources into the registry database, or tell which\n"
    "entries clients will refuse (lint --help).\n"
    "\n"
    "Without options every source that is due is synced, then the program\n"
    "ends.\n"
    "\n"
    "  -c, --config FILE   the configuration; default $THV_REGISTRY_CONFIG,\n"
    "                      else " CONFIG_DEFAULT "\n"
    "      --source NAME   only this source, whether due or not; may be\n"
    "                      repeated\n"
    "      --force         ignore intervals and what was remembered of the\n"
    "                      last sync\n"
    "      --dry-run       fetch and report the difference, write nothing\n"
    "      --check         check the configuration and end\n"
    "      --watch         stay: sync what falls due and what changes, and\n"
    "                      take changes of the configuration\n"
    "      --verify        check the database and end\n"
    "      --rebuild       make all that is derived in the database anew,\n"
    "                      then check it and end\n"
    "      --json          report as one JSON object on standard output\n"
    "  -q, --quiet         report failures only\n"
    "  -v, --verbose       log more\n"
    "      --version       print the version and end\n"
    "      --help          print this and end\n"
    "\n"
    "Environment:\n"
    "  THV_REGISTRY_CONFIG         the configuration\n"
    "  THV_REGISTRY_DATABASE_PATH  the database, over database.path\n"
    "  THV_REGISTRY_LOG_LEVEL      debug, info, warn or error\n"
    "\n"
    "Exit status: 0 done, nothing due, or another sync is running; 1 a source\n"
    "failed or the sync was interrupted, the others are in, or the database is\n"
    "not as it should be; 2 wrong usage or configuration, nothing was\n"
    "touched.\n";

enum {
	OPTION_SOURCE = 256,
	OPTION_FORCE,
	OPTION_DRY_RUN,
	OPTION_CHECK,
	OPTION_WATCH,
	OPTION_VERIFY,
	OPTION_REBUILD,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "source", required_argument, NULL, OPTION_SOURCE },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "watch", no_argument, NULL, OPTION_WATCH },
	{ "verify", no_argument, NULL, OPTION_VERIFY },
	{ "rebuild", no_argument, NULL, OPTION_REBUILD },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static void
add_name(struct options *o, char *name)
{
	o->names = xreallocarray(o->names, o->name_count + 1, sizeof *o->names);
	o->names[o->name_count++] = name;
}

static bool *
flag_of(struct options *o, int option)
{
	switch (option) {
	case OPTION_FORCE:
		return &o->force;
	case OPTION_DRY_RUN:
		return &o->dry_run;
	case OPTION_CHECK:
		return &o->check;
	case OPTION_WATCH:
		return &o->watch;
	case OPTION_VERIFY:
		return &o->verify;
	case OPTION_REBUILD:
		return &o->rebuild;
	case OPTION_JSON:
		return &o->json;
	case 'q':
		return &o->quiet;
	case 'v':
		return &o->verbose;
	case OPTION_VERSION:
		return &o->version;
	case OPTION_HELP:
		return &o->help;
	default:
		return NULL;
	}
}

const char *
options_default_config(void)
{
	const char *variable = getenv(CONFIG_VARIABLE);

	return variable == NULL || variable[0] == '\0' ? CONFIG_DEFAULT
						       : variable;
}

int
options_parse(struct options *out, int argc, char **argv, struct err *e)
{
	int option;

	memset(out, 0, sizeof *out);
	out->config = options_default_config();
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, ":c:qv", long_options, NULL)) != -1) {
		bool *flag = flag_of(out, option);

		if (flag != NULL) {
			*flag = true;
		} else if (option == 'c') {
			out->config = optarg;
		} else if (option == OPTION_SOURCE) {
			add_name(out, optarg);
		} else {
			err_set(e, ERR_USAGE,
			    option == ':' ? "option '%s' needs a value"
					  : "unknown option '%s'",
			    argv[optind - 1]);
			return -1;
		}
	}
	if (out->watch && (out->name_count > 0 || out->force || out->dry_run ||
			      out->check || out->json)) {
		err_set(e, ERR_USAGE,
		    "--watch goes with no other option than -c, -q and -v");
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
