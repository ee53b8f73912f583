/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing the command line, with and without the command lint. */
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

const char options_lint_help[] =
    "Usage: thv-registry-sync lint [OPTION]... [FILE]...\n"
    "Report which clients will refuse or mangle an entry, and why.\n"
    "\n"
    "FILE is a registry document or a directory of them; several are checked\n"
    "as one source.  Without FILE, check the configured database.\n"
    "\n"
    "  -c, --config FILE   the configuration that names the database\n"
    "      --source NAME   only the stored entries of this source; may be\n"
    "                      repeated\n"
    "      --json          print one JSON object\n"
    "      --rules         print every rule with its meaning, and exit\n"
    "  -q, --quiet         show errors only\n"
    "  -v, --verbose       show findings of severity info, too\n"
    "      --help          print this help and exit\n"
    "\n"
    "Exit status: 0 no error was found; 1 a client will refuse an entry; 2\n"
    "invalid usage, or the input cannot be read.\n";

static void
add_name(struct options *o, char *name)
{
	o->names = xreallocarray(o->names, o->name_count + 1, sizeof *o->names);
	o->names[o->name_count++] = name;
}

/* getopt_long() sets flags itself and returns the other options. */
static int
read_options(struct options *o, int argc, char **argv,
    const struct option *table, struct err *e)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:qv", table, NULL)) != -1) {
		if (option == 'c') {
			o->config = optarg;
		} else if (option == 's') {
			add_name(o, optarg);
		} else if (option == 'q') {
			o->quiet = 1;
		} else if (option == 'v') {
			o->verbose = 1;
		} else if (option != 0) {
			err_set(e, ERR_USAGE,
			    option == ':' ? "option '%s' needs a value"
					  : "unknown option '%s'",
			    argv[optind - 1]);
			return -1;
		}
	}
	o->files = argv + optind;
	o->file_count = (size_t)(argc - optind);
	return 0;
}

static int
parse_lint(struct options *o, int argc, char **argv, struct err *e)
{
	const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "source", required_argument, NULL, 's' },
		{ "json", no_argument, &o->json, 1 },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, &o->help, 1 },
		{ "rules", no_argument, &o->rules, 1 },
		{ NULL, 0, NULL, 0 },
	};

	if (read_options(o, argc, argv, table, e) == -1)
		return -1;
	if (o->file_count > 0 && o->name_count > 0) {
		err_set(e, ERR_USAGE,
		    "--source selects stored entries and cannot be combined "
		    "with files");
		return -1;
	}
	return 0;
}

static int
parse_sync(struct options *o, int argc, char **argv, struct err *e)
{
	const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "source", required_argument, NULL, 's' },
		{ "json", no_argument, &o->json, 1 },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, &o->help, 1 },
		{ "version", no_argument, &o->version, 1 },
		{ "force", no_argument, &o->force, 1 },
		{ "dry-run", no_argument, &o->dry_run, 1 },
		{ "check", no_argument, &o->check, 1 },
		{ "watch", no_argument, &o->watch, 1 },
		{ "verify", no_argument, &o->verify, 1 },
		{ "rebuild", no_argument, &o->rebuild, 1 },
		{ NULL, 0, NULL, 0 },
	};

	if (read_options(o, argc, argv, table, e) == -1)
		return -1;
	if (o->watch && (o->name_count > 0 || o->force || o->dry_run ||
			    o->check || o->json)) {
		err_set(e, ERR_USAGE,
		    "--watch can only be combined with -c, -q and -v");
		return -1;
	}
	if (o->file_count > 0) {
		err_set(e, ERR_USAGE, "unexpected argument '%s'", o->files[0]);
		return -1;
	}
	return 0;
}

int
options_parse(struct options *out, int argc, char **argv, struct err *e)
{
	const char *variable = getenv(CONFIG_VARIABLE);

	memset(out, 0, sizeof *out);
	out->config =
	    variable == NULL || variable[0] == '\0' ? CONFIG_DEFAULT : variable;
	out->lint = argc > 1 && strcmp(argv[1], "lint") == 0;
	return out->lint ? parse_lint(out, argc - 1, argv + 1, e)
			 : parse_sync(out, argc, argv, e);
}

void
options_free(struct options *o)
{
	free(o->names);
	memset(o, 0, sizeof *o);
}
