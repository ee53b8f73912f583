/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the database, and opening it again after it was replaced. */
#include "fcgi/answer/store.h"

#include "lib/db/schema.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>

void
store_init(struct store *s, const char *path)
{
	*s = (struct store){ .path = path };
}

void
store_close(struct store *s)
{
	db_close(s->db);
	s->db = NULL;
}

static bool
same_instant(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Whether ${now} is the open file; a frozen one must not have changed. */
static bool
is_current(const struct store *s, const struct stat *now)
{
	const struct stat *then = &s->file;

	if (now->st_dev != then->st_dev || now->st_ino != then->st_ino)
		return false;
	return !db_is_frozen(s->db) ||
	       (now->st_size == then->st_size &&
		   same_instant(&now->st_mtim, &then->st_mtim) &&
		   same_instant(&now->st_ctim, &then->st_ctim) &&
		   db_stays_frozen(s->db));
}

bool
store_state(const struct store *s, struct db_state *state)
{
	struct stat now;

	return s->db != NULL && stat(s->path, &now) == 0 &&
	       is_current(s, &now) && db_read_state(s->db, &now, state);
}

static int
open_current(struct store *s, struct err *e)
{
	struct stat now;

	if (stat(s->path, &now) == -1) {
		err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", s->path);
		return -1;
	}
	if (s->db != NULL && is_current(s, &now) && !db_is_stuck(s->db))
		return 0;
	store_close(s);
	s->file = now;
	if (db_open(&s->db, s->path, DB_READ, e) == -1)
		return -1;
	return db_prepare(s->db, SQL_SET_READ, e);
}

static int
begin(struct store *s, struct err *e)
{
	int64_t version;

	if (open_current(s, e) == -1 || db_begin_read(s->db, e) == -1 ||
	    db_user_version(s->db, &version, e) == -1)
		return -1;
	if (version != SCHEMA_VERSION) {
		err_set(e, ERR_UNAVAILABLE,
		    "%s has schema %lld, this program needs %d", s->path,
		    (long long)version, SCHEMA_VERSION);
		return -1;
	}
	return 0;
}

int
store_check(const struct store *s, struct err *e)
{
	struct stat now;

	if (s->db == NULL || !db_is_frozen(s->db) ||
	    (stat(s->path, &now) == 0 && is_current(s, &now)))
		return 0;
	err_set(
	    e, ERR_UNAVAILABLE, "%s changed while it was being read", s->path);
	return -1;
}

int
store_begin(struct store *s, struct err *e)
{
	bool was_open = s->db != NULL;

	if (begin(s, e) == 0)
		return 0;
	/*
	 * The error may be of this connection only, or a writer may have opened
	 * or closed the database since then: opening it again waits for that.
	 */
	was_open = was_open || s->db != NULL;
	store_close(s);
	if (was_open && begin(s, e) == 0) {
		err_clear(e);
		return 0;
	}
	store_close(s);
	e->code = ERR_UNAVAILABLE;
	return -1;
}

void
store_end(struct store *s)
{
	if (s->db != NULL)
		db_rollback(s->db);
}
