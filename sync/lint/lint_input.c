/* SPDX-License-Identifier: Apache-2.0 */
/* Reading entries of documents and of the database, one after the other. */
#include "sync/lint/lint_input.h"

#include "lib/db/db.h"
#include "lib/document/catalog.h"
#include "lib/limits.h"
#include "lib/reader.h"
#include "sync/fetch/file_list.h"
#include "sync/lint/lint_across.h"
#include "sync/lint/lint_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REFERENCE_DOCUMENT 104857600 /* most bytes it reads from a URL */

struct input {
	struct lint_sink sink;
	struct lint_server server;
	struct lint_across *across; /* NULL: entries are not compared */
	size_t *entries;
	bool many; /* several documents: a place includes the document */
};

static struct input
input_new(struct lint_report *report, size_t *entries)
{
	return (struct input){
		.sink = { .found = lint_report_found, .ctx = report },
		.entries = entries,
	};
}

static void
input_free(struct input *in)
{
	lint_checks_free(&in->server);
	lint_across_free(in->across);
}

static void
report(struct input *in, const char *id, const struct lint_place *place,
    const char *path, const char *detail, const char *value)
{
	const struct lint_finding f = { .rule = lint_rules_find(id),
		.place = place,
		.path = path,
		.detail = detail,
		.value = value };

	in->sink.found(in->sink.ctx, &f);
}

static void
compare(struct input *in, const struct lint_place *place,
    const struct lint_server *server, size_t size)
{
	char where[LIMIT_PATH + 64];
	struct lint_place full = *place;

	if (in->across == NULL)
		return;
	if (in->many) {
		snprintf(
		    where, sizeof where, "%s: %s", place->scope, place->where);
		full.where = where;
	}
	lint_across_add(in->across, &full, server, size);
}

/* Checks one entry; without ${check} it is only compared with others. */
static void
check_entry(struct input *in, const struct lint_place *place, const char *json,
    size_t len, bool check)
{
	const struct lint_server *server = NULL;

	if (place->kind == ENTRY_SERVER &&
	    lint_checks_read(&in->server, json, len))
		server = &in->server;
	in->sink.place = place;
	if (check && server != NULL)
		lint_rules_check(&in->sink, server);
	compare(in, place, server, len);
}

static void
finish(struct input *in, const char *scope_kind, const char *scope)
{
	const struct lint_place place = { .scope_kind = scope_kind,
		.scope = scope };

	lint_across_check(in->across, &place, &in->sink);
	lint_across_free(in->across);
	in->across = NULL;
}

/* ---- documents ---- */

struct document {
	struct input *in;
	const char *path;
};

static void
report_problem(struct input *in, const char *rule,
    const struct lint_place *place, const struct rules_problem *problem)
{
	report(in, rule, place, problem->path, problem->rule,
	    problem->value[0] == '\0' ? NULL : problem->value);
}

static int
on_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	const struct document *d = ctx;
	char where[256];
	const struct lint_place place = { .scope_kind = "document",
		.scope = d->path,
		.where = where,
		.kind = entry->kind,
		.name = entry->facts.name,
		.version = entry->facts.version };
	const struct rules_problem *problem = entry->problem;

	(void)e;
	++*d->in->entries;
	catalog_place(where, sizeof where, entry, "");
	if (problem != NULL)
		report_problem(d->in, "rejected", &place, problem);
	for (size_t i = 0; i < entry->note_count; i++)
		report_problem(d->in, "format", &place, &entry->note[i]);
	check_entry(d->in, &place, entry->json, entry->json_len, true);
	return 0;
}

static void
check_size(struct input *in, const struct file_entry *file)
{
	const struct lint_place place = { .scope_kind = "document",
		.scope = file->path };
	char size[32];

	if (file->stat.st_size <= REFERENCE_DOCUMENT)
		return;
	snprintf(
	    size, sizeof size, "%lld bytes", (long long)file->stat.st_size);
	report(in, "document-size", &place, "", NULL, size);
}

/* Reads the open file twice: its shape, then its entries. */
static int
read_document(struct document *document, int fd, struct err *e)
{
	struct catalog_options options = { .max_meta_size =
					       LIMIT_META_DEFAULT };
	struct catalog_summary summary = { 0 };
	struct reader reader;

	reader_from_fd(&reader, fd, 0);
	if (shape_detect(&options.shape, &options.seems, &reader, e) == -1)
		return -1;
	if (options.shape == SHAPE_FOREIGN) {
		catalog_refuse_shape(e, options.seems);
		return -1;
	}
	if (lseek(fd, 0, SEEK_SET) == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to seek to the start");
		return -1;
	}
	reader_from_fd(&reader, fd, 0);
	if (catalog_read(&summary, &reader, &options, on_entry, document, e) ==
	    -1)
		return -1;
	return catalog_check_summary(&summary, e);
}

static int
check_file(struct input *in, const struct file_entry *file, struct err *e)
{
	const struct lint_place place = { .scope_kind = "document",
		.scope = file->path };
	struct document document = { in, file->path };
	struct err why = ERR_INIT;
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	int rc = -1;

	if (fd == -1) {
		file_list_fail(e, errno, file->path);
		return -1;
	}
	check_size(in, file);
	if (read_document(&document, fd, &why) == -1) {
		if (why.code != ERR_INPUT && why.code != ERR_LIMIT) {
			err_set(e, why.code, "%s: %s", file->path, why.text);
			goto out;
		}
		report(in, "document", &place, "", why.text, NULL);
	}
	rc = 0;
out:
	close(fd);
	return rc;
}

static int
check_path(struct input *in, const char *path, struct err *e)
{
	struct file_list list;
	int rc = -1;

	if (file_list_read(&list, AT_FDCWD, path, e) == -1)
		return -1;
	in->many |= list.count > 1;
	for (size_t i = 0; i < list.count; i++) {
		if (list.entries[i].problem != NULL) {
			err_set(e, ERR_FETCH, "%s", list.entries[i].problem);
			goto out;
		}
		if (check_file(in, &list.entries[i], e) == -1)
			goto out;
	}
	rc = 0;
out:
	file_list_free(&list);
	return rc;
}

int
lint_input_documents(struct lint_report *report, size_t *entries,
    char *const *paths, size_t count, struct err *e)
{
	struct input in = input_new(report, entries);
	int rc = -1;

	in.across = lint_across_new();
	in.many = count > 1;
	for (size_t i = 0; i < count; i++)
		if (check_path(&in, paths[i], e) == -1)
			goto out;
	if (count == 1)
		finish(&in, "document", paths[0]);
	else
		finish(&in, "documents", "together");
	rc = 0;
out:
	input_free(&in);
	return rc;
}

/* ---- the database ---- */

/* Reports the rows of ${s}: problems found by a sync, each an entry if
 * ${counted}. */
static int
report_rows(struct input *in, struct stmt *s, const char *rule, bool counted,
    const char *name, struct err *e)
{
	bool row;

	for (;;) {
		struct lint_place place = { .scope_kind = "source",
			.scope = name };

		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		*in->entries += counted;
		place.kind = (enum entry_kind)stmt_int(s, 0);
		place.name = stmt_text(s, 2, NULL);
		place.version = stmt_text(s, 3, NULL);
		report(in, rule, &place, stmt_text(s, 1, NULL),
		    stmt_text(s, 4, NULL), stmt_text(s, 5, NULL));
	}
}

static int
report_stored(struct input *in, struct db *db, const char *name, struct err *e)
{
	struct stmt *rejections = db_stmt(db, SQL_LINT_REJECTIONS);
	struct stmt *notes = db_stmt(db, SQL_LINT_NOTES);

	stmt_bind_str(rejections, SQL_LINT_REJECTIONS_P_SOURCE, name);
	stmt_bind_str(notes, SQL_LINT_NOTES_P_SOURCE, name);
	if (report_rows(in, rejections, "rejected", true, name, e) == -1)
		return -1;
	return report_rows(in, notes, "format", false, name, e);
}

/* Checks the rows of ${s}: kind, name, version and document. */
static int
check_rows(struct input *in, struct stmt *s, const char *scope_kind,
    const char *scope, bool check, struct err *e)
{
	bool row;

	for (;;) {
		struct lint_place place = { .scope_kind = scope_kind,
			.scope = scope };
		const char *json;
		size_t len;

		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		*in->entries += check;
		place.kind = (enum entry_kind)stmt_int(s, 0);
		place.name = stmt_text(s, 1, NULL);
		place.version = stmt_text(s, 2, NULL);
		json = stmt_text(s, 3, &len);
		check_entry(in, &place, json, len, check);
	}
}

/* With ${alone}, the entries of the source are compared with each other. */
static int
check_source(struct input *in, struct db *db, int64_t source, const char *name,
    bool alone, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_LINT_DOCUMENTS);

	if (report_stored(in, db, name, e) == -1)
		return -1;
	if (alone)
		in->across = lint_across_new();
	stmt_bind_int(s, SQL_LINT_DOCUMENTS_P_SOURCE, source);
	if (check_rows(in, s, "source", name, true, e) == -1)
		return -1;
	if (alone)
		finish(in, "source", name);
	return 0;
}

/* Checks the source ${only}, or all of them if that is NULL. */
static int
check_sources(struct input *in, struct db *db, const char *only, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_LINT_SOURCES);
	bool row, found = false;

	for (;;) {
		const char *name;

		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		name = stmt_text(s, 1, NULL);
		if (only != NULL && strcmp(name, only) != 0)
			continue;
		found = true;
		if (check_source(
			in, db, stmt_int(s, 0), name, only != NULL, e) == -1)
			return -1;
	}
	if (only != NULL && !found) {
		err_set(e, ERR_USAGE, "no source called '%s' is stored", only);
		return -1;
	}
	return 0;
}

static int
check_registries(struct input *in, struct db *db, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_LINT_REGISTRIES);
	struct stmt *shown = db_stmt(db, SQL_LINT_SHOWN);
	bool row;

	for (;;) {
		const char *name;

		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		name = stmt_text(s, 1, NULL);
		in->across = lint_across_new();
		stmt_bind_int(shown, SQL_LINT_SHOWN_P_REGISTRY, stmt_int(s, 0));
		if (check_rows(in, shown, "registry", name, false, e) == -1)
			return -1;
		finish(in, "registry", name);
	}
}

static int
check_database(struct input *in, struct db *db, char *const *names,
    size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (check_sources(in, db, names[i], e) == -1)
			return -1;
	if (count > 0)
		return 0;
	if (check_sources(in, db, NULL, e) == -1)
		return -1;
	return check_registries(in, db, e);
}

int
lint_input_database(struct lint_report *report, size_t *entries,
    const char *path, char *const *names, size_t count, struct err *e)
{
	struct input in = input_new(report, entries);
	struct db *db = NULL;
	int rc = -1;

	if (db_open(&db, path, DB_READ, e) == -1 ||
	    db_prepare(db, SQL_SET_LINT, e) == -1 || db_begin_read(db, e) == -1)
		goto out;
	if (check_database(&in, db, names, count, e) == -1)
		goto out;
	rc = 0;
out:
	if (db != NULL)
		db_rollback(db);
	db_close(db);
	input_free(&in);
	return rc;
}
