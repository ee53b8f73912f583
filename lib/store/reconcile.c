/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the configuration with the database and writing the difference. */
#include "lib/store/reconcile.h"

#include "lib/store/apply.h"
#include "lib/store/blocks.h"
#include "lib/store/compose.h"
#include "lib/store/database.h"
#include "lib/store/heads.h"
#include "lib/store/instant.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* A source as its row should be. */
struct source_row {
	const struct conf_source *conf;
	int64_t ordinal;
	char *config;
	char *identity;
	char *filter;
	int64_t id; /* 0: not stored */
};

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

static int
write_source(struct db *db, struct source_row *row, int64_t now, struct err *e)
{
	bool insert = row->id == 0;
	struct stmt *s =
	    db_stmt(db, insert ? SQL_SOURCE_INSERT : SQL_SOURCE_UPDATE);
	const struct conf_source *c = row->conf;

	if (insert)
		stmt_bind_str(s, SQL_SOURCE_INSERT_P_NAME, c->name);
	else
		stmt_bind_int(s, SQL_SOURCE_UPDATE_P_ID, row->id);
#define P(name)                                   \
	(insert ? (int)SQL_SOURCE_INSERT_P_##name \
		: (int)SQL_SOURCE_UPDATE_P_##name)
	stmt_bind_str(s, P(KIND), source_kind_name(c->kind));
	stmt_bind_int(s, P(ORDINAL), row->ordinal);
	stmt_bind_str(s, P(CONFIG), row->config);
	stmt_bind_str(s, P(IDENTITY), row->identity);
	stmt_bind_str(s, P(FILTER), row->filter);
	if (source_kind_is_synced(c->kind))
		stmt_bind_int(s, P(INTERVAL), c->interval_ns / 1000);
	else
		stmt_bind_null(s, P(INTERVAL));
	stmt_bind_int(s, P(STRICT), c->strict);
	stmt_bind_str(s, P(CLAIMS), c->claims);
	stmt_bind_int(s, P(NOW), now);
#undef P
	return stmt_run(s, e);
}

static int
insert_source(struct db *db, struct source_row *row, int64_t now, struct err *e)
{
	bool synced = source_kind_is_synced(row->conf->kind);
	struct stmt *s;
	char *message;
	int rc;

	if (write_source(db, row, now, e) == -1)
		return -1;
	row->id = db_last_rowid(db);
	message = synced ? xstrdup("No previous sync status found")
			 : xasprintf("Non-synced source (type: %s)",
			       source_kind_name(row->conf->kind));
	s = db_stmt(db, SQL_SOURCE_STATE_INSERT);
	stmt_bind_int(s, SQL_SOURCE_STATE_INSERT_P_SOURCE, row->id);
	stmt_bind_str(
	    s, SQL_SOURCE_STATE_INSERT_P_PHASE, synced ? "failed" : "complete");
	stmt_bind_str(s, SQL_SOURCE_STATE_INSERT_P_MESSAGE, message);
	stmt_bind_int(s, SQL_SOURCE_STATE_INSERT_P_NOW, now);
	rc = stmt_run(s, e);
	free(message);
	return rc;
}

static int
forget_validators(struct db *db, int64_t source, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_FORGET_VALIDATORS);

	stmt_bind_int(s, SQL_SOURCE_FORGET_VALIDATORS_P_SOURCE, source);
	return stmt_run(s, e);
}

/* Compares the stored row with ${row}; fills row->id. */
static int
compare_source(struct db *db, struct source_row *row, bool *same,
    bool *same_place, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_FIND);
	const struct conf_source *c = row->conf;
	bool found;

	stmt_bind_str(s, SQL_SOURCE_FIND_P_NAME, c->name);
	if (stmt_step(s, &found, e) == -1)
		return -1;
	*same = *same_place = false;
	if (found) {
		row->id = stmt_int(s, 0);
		*same_place = same_text(stmt_text(s, 4, NULL), row->identity);
		*same = *same_place &&
			same_text(
			    stmt_text(s, 1, NULL), source_kind_name(c->kind)) &&
			stmt_int(s, 2) == row->ordinal &&
			same_text(stmt_text(s, 3, NULL), row->config) &&
			same_text(stmt_text(s, 5, NULL), row->filter) &&
			stmt_int(s, 6) == c->interval_ns / 1000 &&
			stmt_int(s, 7) == c->strict &&
			same_text(stmt_text(s, 8, NULL), c->claims);
	}
	stmt_done(s);
	return 0;
}

static bool has_source(const struct conf *conf, const char *name);

/*
 * A source that is not stored under its name may be one that was renamed: the
 * same place, under a name that the configuration no longer has.  Its row takes
 * the new name and keeps its content.
 */
static int
adopt_renamed(struct db *db, const struct conf *conf, struct source_row *row,
    struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_FIND_PLACE);
	int64_t id = 0;
	bool found;

	stmt_bind_str(s, SQL_SOURCE_FIND_PLACE_P_IDENTITY, row->identity);
	for (;;) {
		if (stmt_step(s, &found, e) == -1)
			return -1;
		if (!found)
			break;
		if (id == 0 && !has_source(conf, stmt_text(s, 1, NULL)))
			id = stmt_int(s, 0);
	}
	stmt_done(s);
	if (id == 0)
		return 0;
	s = db_stmt(db, SQL_SOURCE_RENAME);
	stmt_bind_str(s, SQL_SOURCE_RENAME_P_NAME, row->conf->name);
	stmt_bind_int(s, SQL_SOURCE_RENAME_P_ID, id);
	row->id = id;
	return stmt_run(s, e);
}

static int
reconcile_source(struct db *db, const struct conf *conf, size_t index,
    int64_t now, bool *changed, struct err *e)
{
	const struct conf_source *c = &conf->sources[index];
	struct source_row row = { .conf = c, .ordinal = (int64_t)index };
	bool same, same_place;
	int rc = -1;

	row.config = conf_source_json(c);
	row.identity = conf_source_identity(c);
	row.filter = filter_spec_json(&c->filter);
	if (compare_source(db, &row, &same, &same_place, e) == -1)
		goto out;
	if (row.id == 0) {
		same_place = true;
		if (adopt_renamed(db, conf, &row, e) == -1)
			goto out;
	}
	if (row.id == 0) {
		*changed = true;
		if (insert_source(db, &row, now, e) == -1)
			goto out;
	} else if (!same) {
		*changed = true;
		if (write_source(db, &row, now, e) == -1 ||
		    (!same_place && forget_validators(db, row.id, e) == -1))
			goto out;
	}
	rc = 0;
out:
	free(row.config);
	free(row.identity);
	free(row.filter);
	return rc;
}

int
reconcile_source_id(int64_t *id, struct db *db, const char *name, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_SOURCE_FIND);
	bool found;

	stmt_bind_str(s, SQL_SOURCE_FIND_P_NAME, name);
	if (stmt_step(s, &found, e) == -1)
		return -1;
	if (!found) {
		err_set(e, ERR_INTERNAL, "source '%s' is not stored", name);
		return -1;
	}
	*id = stmt_int(s, 0);
	stmt_done(s);
	return 0;
}

static int
write_registry(struct db *db, const struct conf_registry *c, int64_t ordinal,
    int64_t *id, int64_t now, struct err *e)
{
	bool insert = *id == 0;
	struct stmt *s;

	if (c->is_default &&
	    stmt_run(db_stmt(db, SQL_REGISTRY_CLEAR_DEFAULT), e) == -1)
		return -1;
	s = db_stmt(db, insert ? SQL_REGISTRY_INSERT : SQL_REGISTRY_UPDATE);
#define P(name)                                     \
	(insert ? (int)SQL_REGISTRY_INSERT_P_##name \
		: (int)SQL_REGISTRY_UPDATE_P_##name)
	if (insert)
		stmt_bind_str(s, SQL_REGISTRY_INSERT_P_NAME, c->name);
	else
		stmt_bind_int(s, SQL_REGISTRY_UPDATE_P_ID, *id);
	stmt_bind_int(s, P(ORDINAL), ordinal);
	stmt_bind_int(s, P(IS_DEFAULT), c->is_default);
	stmt_bind_str(s, P(CLAIMS), c->claims);
	stmt_bind_int(s, P(NOW), now);
#undef P
	if (stmt_run(s, e) == -1)
		return -1;
	if (insert)
		*id = db_last_rowid(db);
	return 0;
}

/* Whether the registry's list of sources is the configured one. */
static int
compare_links(struct db *db, const struct conf *conf,
    const struct conf_registry *c, int64_t id, bool *same, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_REGISTRY_SOURCE_LIST);
	size_t at = 0;
	int64_t wanted;
	bool row;

	*same = true;
	stmt_bind_int(s, SQL_REGISTRY_SOURCE_LIST_P_REGISTRY, id);
	for (;; at++) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		if (at >= c->source_count) {
			*same = false;
			continue;
		}
		if (reconcile_source_id(&wanted, db,
			conf->sources[c->sources[at]].name, e) == -1)
			return -1;
		*same = *same && wanted == stmt_int(s, 0);
	}
	*same = *same && at == c->source_count;
	return 0;
}

static int
write_links(struct db *db, const struct conf *conf,
    const struct conf_registry *c, int64_t id, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_REGISTRY_SOURCE_CLEAR);
	int64_t source;

	stmt_bind_int(s, SQL_REGISTRY_SOURCE_CLEAR_P_REGISTRY, id);
	if (stmt_run(s, e) == -1)
		return -1;
	for (size_t i = 0; i < c->source_count; i++) {
		if (reconcile_source_id(&source, db,
			conf->sources[c->sources[i]].name, e) == -1)
			return -1;
		s = db_stmt(db, SQL_REGISTRY_SOURCE_INSERT);
		stmt_bind_int(s, SQL_REGISTRY_SOURCE_INSERT_P_REGISTRY, id);
		stmt_bind_int(
		    s, SQL_REGISTRY_SOURCE_INSERT_P_POSITION, (int64_t)i);
		stmt_bind_int(s, SQL_REGISTRY_SOURCE_INSERT_P_SOURCE, source);
		if (stmt_run(s, e) == -1)
			return -1;
	}
	return 0;
}

static int
reconcile_registry(struct db *db, const struct conf *conf, size_t index,
    const struct instant *at, bool *changed, struct err *e)
{
	const struct conf_registry *c = &conf->registries[index];
	struct stmt *s = db_stmt(db, SQL_REGISTRY_FIND);
	bool found, same = false, same_links = false;
	int64_t id = 0;

	stmt_bind_str(s, SQL_REGISTRY_FIND_P_NAME, c->name);
	if (stmt_step(s, &found, e) == -1)
		return -1;
	if (found) {
		id = stmt_int(s, 0);
		same = stmt_int(s, 1) == (int64_t)index &&
		       stmt_int(s, 2) == c->is_default &&
		       same_text(stmt_text(s, 3, NULL), c->claims);
	}
	stmt_done(s);
	if (found && compare_links(db, conf, c, id, &same_links, e) == -1)
		return -1;
	if (same && same_links)
		return 0;
	*changed = true;
	if (!same &&
	    write_registry(db, c, (int64_t)index, &id, at->now, e) == -1)
		return -1;
	if (same_links)
		return 0;
	if (write_links(db, conf, c, id, e) == -1)
		return -1;
	return compose_registry(db, id, at->changed, e);
}

/* A row that the configuration no longer has. */
struct leftover {
	int64_t id;
	struct leftover *next;
};

static bool
has_source(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->source_count; i++)
		if (strcmp(conf->sources[i].name, name) == 0)
			return true;
	return false;
}

static bool
has_registry(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->registry_count; i++)
		if (strcmp(conf->registries[i].name, name) == 0)
			return true;
	return false;
}

static int
find_leftovers(struct leftover **out, struct db *db, enum sql_id list,
    const struct conf *conf, bool (*has)(const struct conf *, const char *),
    struct err *e)
{
	struct stmt *s = db_stmt(db, list);
	struct leftover *l;
	bool row;

	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		if (has(conf, stmt_text(s, 1, NULL)))
			continue;
		l = xmalloc(sizeof *l);
		l->id = stmt_int(s, 0);
		l->next = *out;
		*out = l;
	}
}

static void
leftovers_free(struct leftover *l)
{
	struct leftover *next;

	for (; l != NULL; l = next) {
		next = l->next;
		free(l);
	}
}

/* Which registries show an entry is indexed, too. */
static int
delete_registry(struct db *db, int64_t id, struct err *e)
{
	struct stmt *s = db_stmt(db, SQL_REGISTRY_POSTINGS_DELETE);

	stmt_bind_int(s, SQL_REGISTRY_POSTINGS_DELETE_P_REGISTRY, id);
	if (stmt_run(s, e) == -1)
		return -1;
	s = db_stmt(db, SQL_REGISTRY_DELETE);
	stmt_bind_int(s, SQL_REGISTRY_DELETE_P_ID, id);
	return stmt_run(s, e);
}

static int
drop_registries(
    struct db *db, const struct conf *conf, bool *changed, struct err *e)
{
	struct leftover *gone = NULL;
	int rc = -1;

	if (find_leftovers(
		&gone, db, SQL_REGISTRY_LIST, conf, has_registry, e) == -1)
		goto out;
	for (struct leftover *l = gone; l != NULL; l = l->next) {
		*changed = true;
		if (delete_registry(db, l->id, e) == -1)
			goto out;
	}
	rc = 0;
out:
	leftovers_free(gone);
	return rc;
}

static int
drop_sources(
    struct db *db, const struct conf *conf, bool *changed, struct err *e)
{
	struct leftover *gone = NULL;
	int rc = -1;

	if (find_leftovers(&gone, db, SQL_SOURCE_LIST, conf, has_source, e) ==
	    -1)
		goto out;
	for (struct leftover *l = gone; l != NULL; l = l->next) {
		*changed = true;
		if (apply_drop_source(db, l->id, e) == -1)
			goto out;
	}
	rc = 0;
out:
	leftovers_free(gone);
	return rc;
}

int
reconcile_setting(
    struct db *db, const char *key, const char *value, struct err *e)
{
	char *old = NULL;
	int rc = -1;

	if (database_setting(&old, db, key, e) == -1)
		goto out;
	if (!same_text(old, value) && database_set(db, key, value, e) == -1)
		goto out;
	rc = 0;
out:
	free(old);
	return rc;
}

static int
reconcile_trigger(struct db *db, const struct conf *conf, struct err *e)
{
	const char *file = conf->trigger_token_file;

	if (reconcile_setting(db, TRIGGER_SETTING_ACCESS,
		trigger_access_name(conf->trigger_access), e) == -1)
		return -1;
	return reconcile_setting(
	    db, TRIGGER_SETTING_TOKEN_FILE, file == NULL ? "" : file, e);
}

int
reconcile(struct db *db, const struct conf *conf, bool *changed, struct err *e)
{
	struct instant at;

	*changed = false;
	if (instant_take(&at, db, e) == -1 ||
	    reconcile_trigger(db, conf, e) == -1)
		return -1;
	for (size_t i = 0; i < conf->source_count; i++)
		if (reconcile_source(db, conf, i, at.now, changed, e) == -1)
			return -1;
	if (drop_registries(db, conf, changed, e) == -1)
		return -1;
	/*
	 * A registry that loses a source has other links than before, so it is
	 * composed again here; after that no registry shows the source.
	 */
	for (size_t i = 0; i < conf->registry_count; i++)
		if (reconcile_registry(db, conf, i, &at, changed, e) == -1)
			return -1;
	if (drop_sources(db, conf, changed, e) == -1 ||
	    heads_show(db, at.changed, e) == -1)
		return -1;
	return blocks_update(db, e);
}
