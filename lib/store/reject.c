/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the table rejection. */
#include "lib/store/reject.h"

#include "lib/limits.h"
#include "lib/store/ids.h"

#include <stdio.h>

int
reject_start(struct reject *r, bool partial, struct err *e)
{
	struct stmt *s;
	bool row;

	if (!partial)
		return ids_run(r->db, SQL_REJECTION_CLEAR, r->source, e);
	s = db_query(r->db, SQL_REJECTION_TOTALS, ARGS(INT(r->source)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (row) {
		r->ordinal = stmt_int(s, 0);
		r->rejected = stmt_int(s, 1);
		r->listed = stmt_int(s, 2);
		r->notes = stmt_int(s, 3);
		r->has_earlier = r->ordinal > 0;
	}
	stmt_done(s);
	return 0;
}

static int
delete_rows(struct reject *r, const struct catalog_entry *entry, bool served,
    int64_t *deleted, struct err *e)
{
	if (db_run(r->db, SQL_REJECTION_DELETE,
		ARGS(INT(r->source), INT(entry->kind), STR(entry->facts.name),
		    STR(entry->facts.version), INT(served)),
		e) == -1)
		return -1;
	*deleted = db_changes(r->db);
	return 0;
}

int
reject_delete(
    struct reject *r, const struct catalog_entry *entry, struct err *e)
{
	int64_t bad, noted;

	if (!r->has_earlier || entry->facts.name == NULL ||
	    entry->facts.version == NULL)
		return 0;
	if (delete_rows(r, entry, false, &bad, e) == -1 ||
	    delete_rows(r, entry, true, &noted, e) == -1)
		return -1;
	r->rejected -= bad;
	r->listed -= bad;
	r->notes -= noted;
	return 0;
}

static void
name_place(char *into, size_t size, const struct reject_place *place,
    const struct rules_problem *problem)
{
	int used = 0;

	if (place->document != NULL)
		used = snprintf(into, size, "%s: ", place->document);
	if (used >= 0 && (size_t)used < size)
		catalog_place(into + used, size - (size_t)used, place->entry,
		    problem->path);
}

void
reject_text(char *into, size_t size, const struct reject_place *place,
    const struct rules_problem *problem)
{
	char where[LIMIT_PATH];

	name_place(where, sizeof where, place, problem);
	snprintf(into, size, "%.400s: %s", where, problem->rule);
}

static int
insert(struct reject *r, const char *path, const struct catalog_entry *entry,
    const char *rule, const char *value, bool served, struct err *e)
{
	r->ordinal++;
	return db_run(r->db, SQL_REJECTION_INSERT,
	    ARGS(INT(r->source), INT(r->ordinal), INT(entry->kind), STR(path),
		STR(entry->facts.name), STR(entry->facts.version), STR(rule),
		STR(value), INT(served)),
	    e);
}

/* Only the first LIMIT_REJECTED_KEPT are listed. */
static int
list_rejected(struct reject *r, const char *path,
    const struct catalog_entry *entry, const char *rule, const char *value,
    struct err *e)
{
	r->rejected++;
	if (r->listed == LIMIT_REJECTED_KEPT)
		return 0;
	r->listed++;
	return insert(r, path, entry, rule, value, false, e);
}

int
reject_entry(struct reject *r, const struct reject_place *place,
    const struct rules_problem *problem, struct err *e)
{
	char where[LIMIT_PATH];

	if (r->silent)
		return 0;
	if (r->strict) {
		/* The caller names the document. */
		catalog_place(where, sizeof where, place->entry, problem->path);
		err_set(e, ERR_INPUT,
		    "registry schema validation failed: %s: %s", where,
		    problem->rule);
		return -1;
	}
	name_place(where, sizeof where, place, problem);
	return list_rejected(
	    r, where, place->entry, problem->rule, problem->value, e);
}

int
reject_document(
    struct reject *r, const char *document, const char *why, struct err *e)
{
	static const struct catalog_entry none = { .kind = ENTRY_SERVER };

	return list_rejected(r, document, &none, why, "", e);
}

int
reject_note(struct reject *r, const struct reject_place *place,
    const struct rules_problem *problem, struct err *e)
{
	char where[LIMIT_PATH];

	if (r->silent || r->notes == LIMIT_REJECTED_KEPT)
		return 0;
	r->notes++;
	name_place(where, sizeof where, place, problem);
	return insert(
	    r, where, place->entry, problem->rule, problem->value, true, e);
}
