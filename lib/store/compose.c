/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding what registries show. */
#include "lib/store/compose.h"

#include "lib/store/ids.h"

/* Notes entries that are shown now and were not before. */
static int
note_shown(struct db *db, int64_t registry, int64_t now, struct err *e)
{
	if (db_run(db, SQL_COMPOSE_NOW_SHOWN, ARGS(INT(registry), INT(now)),
		e) == -1 ||
	    stmt_run(db_stmt(db, SQL_WAS_SHOWN_CLEAR), e) == -1)
		return -1;
	return stmt_run(db_stmt(db, SQL_STALE_NAMES), e);
}

static int
compose_names(struct db *db, int64_t registry, int64_t now, struct err *e)
{
	if (ids_run(db, SQL_COMPOSE_WAS_SHOWN, registry, e) == -1 ||
	    ids_run(db, SQL_COMPOSE_FORGET, registry, e) == -1 ||
	    ids_run(db, SQL_COMPOSE_SHOW, registry, e) == -1 ||
	    note_shown(db, registry, now, e) == -1)
		return -1;
	return ids_run(db, SQL_REGISTRY_COUNT_PUT, registry, e);
}

static int
touch_registry(struct db *db, int64_t registry, int64_t now, struct err *e)
{
	return db_run(db, SQL_REGISTRY_TOUCH, ARGS(INT(now), INT(registry)), e);
}

/* Decides the names in recompose for the registries that ${s} lists. */
static int
compose_listed(struct db *db, struct stmt *s, int64_t now, struct err *e)
{
	struct ids registries;
	int64_t same; /* 1: no name has to be decided */
	int rc = -1;

	if (stmt_number(&same, db_stmt(db, SQL_RECOMPOSE_IS_EMPTY), e) == -1 ||
	    ids_read(&registries, s, e) == -1)
		return -1;
	for (size_t i = 0; i < registries.count; i++)
		if ((same == 0 &&
			compose_names(db, registries.at[i], now, e) == -1) ||
		    touch_registry(db, registries.at[i], now, e) == -1)
			goto out;
	if (stmt_run(db_stmt(db, SQL_RECOMPOSE_CLEAR), e) == -1)
		goto out;
	rc = 0;
out:
	ids_free(&registries);
	return rc;
}

int
compose_after_source(struct db *db, int64_t source, int64_t now, struct err *e)
{
	struct stmt *s =
	    db_query(db, SQL_REGISTRY_OF_SOURCE, ARGS(INT(source)));

	return compose_listed(db, s, now, e);
}

int
compose_after_touched(struct db *db, int64_t now, struct err *e)
{
	return compose_listed(db, db_stmt(db, SQL_REGISTRY_OF_TOUCHED), now, e);
}

int
compose_registry(struct db *db, int64_t registry, int64_t now, struct err *e)
{
	if (ids_run(db, SQL_RECOMPOSE_REGISTRY, registry, e) == -1 ||
	    compose_names(db, registry, now, e) == -1 ||
	    touch_registry(db, registry, now, e) == -1)
		return -1;
	return stmt_run(db_stmt(db, SQL_RECOMPOSE_CLEAR), e);
}

int
compose_everything(struct db *db, int64_t now, struct err *e)
{
	struct ids registries;
	int rc = -1;

	if (ids_read(&registries, db_stmt(db, SQL_REGISTRY_LIST), e) == -1)
		return -1;
	for (size_t i = 0; i < registries.count; i++)
		if (compose_registry(db, registries.at[i], now, e) == -1)
			goto out;
	rc = 0;
out:
	ids_free(&registries);
	return rc;
}
