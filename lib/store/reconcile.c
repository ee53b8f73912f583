/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the difference between the configuration and the database. */
#include "lib/store/reconcile.h"

#include "lib/digest.h"
#include "lib/store/database.h"
#include "lib/store/derive.h"
#include "lib/store/ids.h"
#include "lib/store/instant.h"

#include <stdlib.h>
#include <string.h>

/* One at a time: no row is renamed twice, and no name is used twice. */
static int
rename_sources(struct db *db, const char *layout, struct err *e)
{
	do {
		if (db_run(db, SQL_SOURCE_RENAME, ARGS(STR(layout)), e) == -1)
			return -1;
	} while (db_changes(db) > 0);
	return 0;
}

static int
put_sources(struct db *db, const char *layout, int64_t now, struct err *e)
{
	/* Validators of another location are useless. */
	static const enum sql_id moved[] = { SQL_SOURCE_FORGET_VALIDATORS };

	if (rename_sources(db, layout, e) == -1 ||
	    ids_run_listed(db,
		db_query(db, SQL_SOURCE_MOVED, ARGS(STR(layout))), moved, 1,
		e) == -1 ||
	    db_run(db, SQL_SOURCE_PUT, ARGS(STR(layout), INT(now)), e) == -1)
		return -1;
	return ids_run(db, SQL_SOURCE_STATE_PUT, now, e);
}

/* The index has a term for each registry. */
static int
delete_registries(struct db *db, const char *layout, struct err *e)
{
	static const enum sql_id steps[] = { SQL_REGISTRY_POSTINGS_DELETE,
		SQL_REGISTRY_DELETE };

	return ids_run_listed(db,
	    db_query(db, SQL_REGISTRY_UNCONFIGURED, ARGS(STR(layout))), steps,
	    2, e);
}

/* Called when no registry shows them any more. */
static int
delete_sources(struct db *db, const char *layout, struct err *e)
{
	static const enum sql_id steps[] = { SQL_SOURCE_STALE,
		SQL_SOURCE_DOCUMENTS_DELETE, SQL_SOURCE_DELETE };

	return ids_run_listed(db,
	    db_query(db, SQL_SOURCE_UNCONFIGURED, ARGS(STR(layout))), steps, 3,
	    e);
}

static int
put_links(struct db *db, const char *layout, int64_t registry, struct err *e)
{
	if (ids_run(db, SQL_REGISTRY_SOURCE_CLEAR, registry, e) == -1)
		return -1;
	return db_run(db, SQL_REGISTRY_SOURCE_INSERT,
	    ARGS(STR(layout), INT(registry)), e);
}

static int
put_registries(
    struct db *db, const char *layout, const struct instant *at, struct err *e)
{
	struct ids relinked;
	int rc = -1;

	if (db_run(db, SQL_REGISTRY_CLEAR_DEFAULT,
		ARGS(STR(layout), INT(at->now)), e) == -1 ||
	    db_run(db, SQL_REGISTRY_PUT, ARGS(STR(layout), INT(at->now)), e) ==
		-1 ||
	    ids_read(&relinked,
		db_query(db, SQL_REGISTRY_RELINKED, ARGS(STR(layout))),
		e) == -1)
		return -1;
	for (size_t i = 0; i < relinked.count; i++)
		if (put_links(db, layout, relinked.at[i], e) == -1 ||
		    derive_registry(db, relinked.at[i], at->changed, e) == -1)
			goto out;
	rc = 0;
out:
	ids_free(&relinked);
	return rc;
}

/* Whether ${layout} is stored already; sets ${digest} to its digest. */
static int
compare_layout(bool *same, char digest[DIGEST_HEX_SIZE], struct db *db,
    const char *layout, struct err *e)
{
	struct digest *d = digest_new();
	char *stored = NULL;

	digest_add(d, layout, strlen(layout));
	digest_hex(d, digest);
	digest_free(d);
	if (database_setting(&stored, db, DATABASE_LAYOUT, e) == -1)
		return -1;
	*same = stored != NULL && strcmp(stored, digest) == 0;
	free(stored);
	return 0;
}

int
reconcile(struct db *db, const char *layout, struct err *e)
{
	char digest[DIGEST_HEX_SIZE];
	struct instant at;
	bool same;

	if (compare_layout(&same, digest, db, layout, e) == -1)
		return -1;
	if (same)
		return 0;
	/*
	 * A registry that loses a source has other links than before, so it is
	 * composed again; after that no registry shows the source.
	 */
	if (db_prepare(db, SQL_SET_RARE, e) == -1 ||
	    instant_get(&at, db, e) == -1 ||
	    put_sources(db, layout, at.now, e) == -1 ||
	    delete_registries(db, layout, e) == -1 ||
	    put_registries(db, layout, &at, e) == -1 ||
	    delete_sources(db, layout, e) == -1 ||
	    derive_registries_end(db, at.changed, e) == -1)
		return -1;
	return database_set(db, DATABASE_LAYOUT, digest, e);
}

int
reconcile_source_id(int64_t *id, struct db *db, const char *name, struct err *e)
{
	struct stmt *s = db_query(db, SQL_SOURCE_FIND, ARGS(STR(name)));

	if (stmt_number(id, s, e) == -1)
		return -1;
	if (*id == 0) {
		err_set(e, ERR_INTERNAL, "source '%s' is not stored", name);
		return -1;
	}
	return 0;
}
