/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `thv-registry-sync lint`, and its exit status. */
#include "sync/lint/lint.h"

#include "sync/conf/conf.h"
#include "sync/lint/lint_input.h"
#include "sync/lint/lint_report.h"
#include "sync/options.h"

#include "lib/xalloc.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
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

struct command {
	const char *config;
	char **names; /* of --source; the array is owned */
	size_t name_count;
	char **files; /* borrowed from argv */
	size_t file_count;
	int rules; /* int for getopt_long() */
	int help;
	struct lint_report_options report;
};

static void
add_name(struct command *c, char *name)
{
	c->names = xreallocarray(c->names, c->name_count + 1, sizeof *c->names);
	c->names[c->name_count++] = name;
}

/* getopt_long() sets flags itself and returns the other options. */
static int
read_options(struct command *c, int argc, char **argv, struct err *e)
{
	const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "source", required_argument, NULL, 's' },
		{ "json", no_argument, &c->report.json, 1 },
		{ "rules", no_argument, &c->rules, 1 },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, &c->help, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:qv", table, NULL)) != -1) {
		if (option == 'c') {
			c->config = optarg;
		} else if (option == 's') {
			add_name(c, optarg);
		} else if (option == 'q') {
			c->report.quiet = true;
		} else if (option == 'v') {
			c->report.verbose = true;
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

static int
parse(struct command *c, int argc, char **argv, struct err *e)
{
	const char *no_colour = getenv("NO_COLOR");

	c->config = options_default_config();
	c->report.colour = isatty(STDOUT_FILENO) == 1 &&
			   (no_colour == NULL || no_colour[0] == '\0');
	if (read_options(c, argc, argv, e) == -1)
		return -1;
	c->files = argv + optind;
	c->file_count = (size_t)(argc - optind);
	if (c->file_count > 0 && c->name_count > 0) {
		err_set(e, ERR_USAGE,
		    "--source selects stored entries and cannot be combined "
		    "with files");
		return -1;
	}
	return 0;
}

static int
check_stored(const struct command *c, struct lint_report *report,
    size_t *entries, struct err *e)
{
	struct conf *conf = NULL;
	int rc = -1;

	if (conf_load(&conf, c->config, e) == -1)
		goto out;
	if (lint_input_database(report, entries, conf->database_path, c->names,
		c->name_count, e) == -1) {
		err_wrap(e, "%s", conf->database_path);
		goto out;
	}
	rc = 0;
out:
	conf_free(conf);
	return rc;
}

static int
check(const struct command *c, bool *refused, struct err *e)
{
	struct lint_report *report = lint_report_new(stdout, &c->report);
	size_t entries = 0;
	int rc = -1;

	lint_report_begin(report);
	if (c->file_count > 0) {
		if (lint_input_documents(
			report, &entries, c->files, c->file_count, e) == -1)
			goto out;
	} else if (check_stored(c, report, &entries, e) == -1) {
		goto out;
	}
	*refused = lint_report_errors(report) > 0;
	rc = 0;
out:
	/* Also after an error, so that the JSON is complete. */
	if (rc == 0 || c->report.json)
		lint_report_end(report, entries);
	lint_report_free(report);
	return rc;
}

int
lint_main(int argc, char **argv)
{
	struct command c = { 0 };
	struct err e = ERR_INIT;
	bool refused = false;
	int status = 0;

	if (parse(&c, argc, argv, &e) == -1) {
		fprintf(stderr,
		    "thv-registry-sync: %s\n"
		    "Try 'thv-registry-sync lint --help'.\n",
		    e.text);
		status = 2;
	} else if (c.help) {
		fputs(help, stdout);
	} else if (c.rules) {
		lint_report_rules(stdout, &c.report);
	} else if (check(&c, &refused, &e) == -1) {
		fflush(stdout);
		fprintf(stderr, "thv-registry-sync: %s\n", e.text);
		status = 2;
	} else {
		status = refused;
	}
	free(c.names);
	if (fflush(stdout) == EOF && status == 0)
		status = 2;
	return status;
}
