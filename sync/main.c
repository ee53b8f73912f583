/* SPDX-License-Identifier: Apache-2.0 */
/* thv-registry-sync: the command line, the command, the exit status. */
#include "lib/db/db.h"
#include "lib/log/log.h"
#include "sync/conf/conf.h"
#include "sync/lint/lint.h"
#include "sync/options.h"
#include "sync/report.h"
#include "sync/run.h"
#include "sync/stop.h"
#include "sync/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "directories.h"

#define NICENESS 10 /* the default of nice(1) */

/*
 * Lowers the priority so that requests are served first, unless the process
 * was started with another niceness than 0.
 */
static void
lower_priority(void)
{
	if (getpriority(PRIO_PROCESS, 0) == 0)
		(void)setpriority(PRIO_PROCESS, 0, NICENESS);
}

static void
set_up_log(const struct options *o, bool plain)
{
	const char *level = getenv("THV_REGISTRY_LOG_LEVEL");

	if (level == NULL || level[0] == '\0')
		level = getenv("LOG_LEVEL");
	log_start("thv-registry-sync", level);
	if (o->verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	else if (level == NULL && (o->quiet || plain))
		log_set_level(LOG_LEVEL_WARN);
}

/* Frees ${conf}. */
static int
sync_sources(
    const struct options *o, struct conf *conf, struct reporter *reporter)
{
	struct run run = { .options = o, .reporter = reporter };
	struct err e = ERR_INIT;
	int status = 0;

	if (run_init(&run, conf, &e) == -1 || run_loop(&run, &e) == -1) {
		report_error(reporter, &e);
		status = err_exit_status(e.code);
	} else if (!o->watch) {
		report_end(reporter, &run);
		status = run_has_failed(&run);
	}
	run_free(&run);
	return status;
}

/* Does what the options ask for; frees ${conf}. */
static int
run_command(
    const struct options *o, struct conf *conf, struct reporter *reporter)
{
	struct err e = ERR_INIT;
	int status = 0;

	if (o->verify || o->rebuild) {
		status = verify(o, conf->database_path);
	} else if (o->check) {
		if (!o->quiet)
			printf("%s: %zu sources, %zu registries: valid\n",
			    o->config, conf->source_count,
			    conf->registry_count);
	} else if (stop_install(o->watch, &e) == -1) {
		report_error(reporter, &e);
		status = err_exit_status(e.code);
	} else {
		return sync_sources(o, conf, reporter);
	}
	conf_free(conf);
	return status;
}

static int
load_and_run(const struct options *o)
{
	/* On a terminal, print text instead of log lines. */
	bool plain = isatty(STDOUT_FILENO) == 1 && !o->watch;
	struct reporter reporter = { .json = o->json,
		.quiet = o->quiet,
		.verbose = o->verbose,
		.terminal = isatty(STDERR_FILENO) == 1,
		.plain = plain || o->check };
	struct conf *conf = NULL;
	struct err e = ERR_INIT;
	int loaded;

	set_up_log(o, plain);
	lower_priority();
	loaded = conf_load(&conf, o->config, &e);
	if (loaded == -1 && (conf == NULL || conf->error_count == 0))
		report_error(&reporter, &e);
	report_messages(&reporter, conf);
	if (loaded == 0)
		return run_command(o, conf, &reporter);
	conf_free(conf);
	return err_exit_status(ERR_CONFIG);
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err e = ERR_INIT;
	int status;

	if (options_parse(&o, argc, argv, &e) == -1) {
		fprintf(stderr,
		    "thv-registry-sync: %s\n"
		    "Try 'thv-registry-sync%s --help'.\n",
		    e.text, o.lint ? " lint" : "");
		status = err_exit_status(e.code);
	} else if (o.help) {
		fputs(o.lint ? options_lint_help : options_help, stdout);
		status = 0;
	} else if (o.version) {
		puts("thv-registry-sync " PROGRAM_VERSION);
		status = 0;
	} else {
		db_use_one_thread();
		status = o.lint ? lint(&o) : load_and_run(&o);
	}
	if (fflush(stdout) == EOF && status == 0)
		status = o.lint ? 2 : 1;
	options_free(&o);
	return status;
}
