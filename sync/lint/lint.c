/* SPDX-License-Identifier: Apache-2.0 */
/* `thv-registry-sync lint`: from its options to its exit status. */
#include "sync/lint/lint.h"

#include "sync/conf/conf.h"
#include "sync/lint/lint_input.h"
#include "sync/lint/lint_report.h"

#include <stdbool.h>
#include <stdio.h>

static int
check_stored(const struct options *o, struct lint_report *report,
    size_t *entries, struct err *e)
{
	struct conf *conf = NULL;
	int rc = -1;

	if (conf_load(&conf, o->config, e) == -1)
		goto out;
	if (lint_input_database(report, entries, conf->database_path, o->names,
		o->name_count, e) == -1) {
		err_wrap(e, "%s", conf->database_path);
		goto out;
	}
	rc = 0;
out:
	conf_free(conf);
	return rc;
}

static int
check(const struct options *o, bool *refused, struct err *e)
{
	struct lint_report *report = lint_report_new(stdout, o);
	size_t entries = 0;
	int rc = -1;

	lint_report_start(report);
	if (o->file_count > 0) {
		if (lint_input_documents(
			report, &entries, o->files, o->file_count, e) == -1)
			goto out;
	} else if (check_stored(o, report, &entries, e) == -1) {
		goto out;
	}
	*refused = lint_report_errors(report) > 0;
	rc = 0;
out:
	/* Also after an error, so that the JSON is complete. */
	if (rc == 0 || o->json)
		lint_report_end(report, entries);
	lint_report_free(report);
	return rc;
}

int
lint(const struct options *o)
{
	struct err e = ERR_INIT;
	bool refused = false;

	if (o->rules) {
		lint_report_rules(stdout, o);
		return 0;
	}
	if (check(o, &refused, &e) == -1) {
		fflush(stdout);
		fprintf(stderr, "thv-registry-sync: %s\n", e.text);
		return 2;
	}
	return refused;
}
