/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The swap of content under readers: the steps of a writer and of two readers
 * in all orders, on a real database.
 *
 * The writer replaces content in two statements, then commits, takes it back,
 * dies, or has its whole database written over; and checkpoints.  A reader
 * looks twice inside one transaction.  Whatever the order: no reader is
 * refused, none sees half of a change, none sees two contents.
 */
#include "sync/store/database.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	READERS = 2,
	ROUNDS = 2
};

/* A writer's places, and the moves that leave them. */
enum writer_place {
	OUTSIDE,
	BEGUN,
	HALF,
	FULL,
	COMMITTED
};
enum writer_move {
	BEGIN,
	CHANGE_GENERATION,
	CHANGE_CONTENT,
	COMMIT,
	TAKE_BACK,
	DIE,
	CHECKPOINT,
	WRITE_OVER,
	WRITER_MOVES
};
enum reader_place {
	BEFORE,
	INSIDE,
	LOOKED,
	LOOKED_TWICE
};

#define MOVES (WRITER_MOVES + READERS)
#define DEPTH 64
#define STATES 65536

struct reader {
	struct db *db;
	enum reader_place place;
	int saw; /* the content of its first look */
};

struct world {
	struct db *writer;
	enum writer_place place;
	int content; /* what is committed: how often it was swapped */
	int rounds; /* transactions begun */
	struct reader readers[READERS];
};

static char directory[] = "/tmp/test_swap_states.XXXXXX";
static char path[64];
static struct db *other; /* a database that is written over the other one */
static bool seen[STATES];
static struct {
	size_t states, moves, looks;
	bool refused, torn, moved, stale;
} found;

static void
must(int result, const struct err *e)
{
	if (result == 0)
		return;
	printf("Bail out! %s\n", e->text);
	exit(1);
}

/* Brings the content of ${db} to number ${n}, half by half. */
static void
set_generation(struct db *db, int n)
{
	struct err e = ERR_INIT;
	char text[80];

	snprintf(text, sizeof text, "UPDATE registry SET generation = %d", n);
	must(db_script(db, text, &e), &e);
}

static void
set_content(struct db *db, int n)
{
	struct err e = ERR_INIT;
	char text[80];

	snprintf(text, sizeof text,
	    "UPDATE setting SET value = '%d' WHERE key = 'database_id'", n);
	must(db_script(db, text, &e), &e);
}

static void
open_writer(struct world *w)
{
	struct err e = ERR_INIT;

	must(db_open(&w->writer, path, DB_WRITE, &e), &e);
	/* The order of steps is looked at, not what a disk does. */
	must(db_script(w->writer, "PRAGMA synchronous = OFF", &e), &e);
	w->place = OUTSIDE;
}

/* Puts everybody back to the start; the connections stay. */
static void
start(struct world *w)
{
	for (int i = 0; i < READERS; i++) {
		db_rollback(w->readers[i].db);
		w->readers[i].place = BEFORE;
		w->readers[i].saw = 0;
	}
	db_rollback(w->writer);
	set_generation(w->writer, 0);
	set_content(w->writer, 0);
	db_checkpoint(w->writer);
	w->place = OUTSIDE;
	w->content = w->rounds = 0;
}

/* A database with the next content, made elsewhere, over the one in use. */
static void
write_over(struct world *w)
{
	struct err e = ERR_INIT;

	set_generation(other, w->content + 1);
	set_content(other, w->content + 1);
	must(db_write_over(other, path, &e), &e);
	w->content++;
	w->rounds++;
}

static bool
writer_can(const struct world *w, int move)
{
	switch ((enum writer_move)move) {
	case BEGIN:
	case WRITE_OVER:
		return w->place == OUTSIDE && w->rounds < ROUNDS;
	case CHANGE_GENERATION:
		return w->place == BEGUN;
	case CHANGE_CONTENT:
		return w->place == HALF;
	case COMMIT:
		return w->place == FULL;
	case TAKE_BACK:
	case DIE:
		return w->place == BEGUN || w->place == HALF ||
		       w->place == FULL;
	case CHECKPOINT:
		return w->place == COMMITTED;
	default:
		return false;
	}
}

static void
writer_go(struct world *w, int move)
{
	struct err e = ERR_INIT;

	switch ((enum writer_move)move) {
	case BEGIN:
		must(db_begin_write(w->writer, &e), &e);
		w->rounds++;
		w->place = BEGUN;
		break;
	case CHANGE_GENERATION:
		set_generation(w->writer, w->content + 1);
		w->place = HALF;
		break;
	case CHANGE_CONTENT:
		set_content(w->writer, w->content + 1);
		w->place = FULL;
		break;
	case COMMIT:
		must(db_commit(w->writer, &e), &e);
		w->content++;
		w->place = COMMITTED;
		break;
	case TAKE_BACK:
		db_rollback(w->writer);
		w->place = OUTSIDE;
		break;
	case DIE:
		db_close(w->writer);
		open_writer(w);
		break;
	case CHECKPOINT:
		db_checkpoint(w->writer);
		w->place = OUTSIDE;
		break;
	case WRITE_OVER:
		write_over(w);
		break;
	default:
		break;
	}
}

/* Both columns come from different tables: they must be of one content. */
static void
look(const struct world *w, struct reader *r)
{
	struct stmt *s = db_stmt(r->db, SQL_REGISTRY_DEFAULT_GET);
	struct err e = ERR_INIT;
	int generation, content;
	bool row;

	if (stmt_step(s, &row, &e) == -1 || !row) {
		found.refused = true;
		return;
	}
	generation = (int)stmt_int(s, 2);
	content = (int)strtol(stmt_text(s, 3, NULL), NULL, 10);
	stmt_done(s);
	found.looks++;
	found.torn |= generation != content;
	/* A first look sees the newest; a second what the first one saw. */
	if (r->place == INSIDE) {
		r->saw = generation;
		found.stale |= generation != w->content;
	}
	found.moved |= generation != r->saw;
}

static void
reader_go(const struct world *w, struct reader *r)
{
	struct err e = ERR_INIT;

	if (r->place == BEFORE) {
		found.refused |= db_begin_read(r->db, &e) == -1;
		r->place = INSIDE;
		return;
	}
	if (r->place == LOOKED_TWICE) {
		db_rollback(r->db);
		r->place = BEFORE;
		return;
	}
	look(w, r);
	r->place++;
}

static bool
can(const struct world *w, int move)
{
	return move >= WRITER_MOVES || writer_can(w, move);
}

static void
go(struct world *w, int move)
{
	if (move < WRITER_MOVES)
		writer_go(w, move);
	else
		reader_go(w, &w->readers[move - WRITER_MOVES]);
}

static size_t
number_of(const struct world *w)
{
	size_t n = (size_t)w->place * (ROUNDS + 1) + (size_t)w->content;

	n = n * (ROUNDS + 1) + (size_t)w->rounds;
	for (int i = 0; i < READERS; i++) {
		const struct reader *r = &w->readers[i];
		size_t saw = r->place > INSIDE ? (size_t)r->saw : 0;

		n = (n * 4 + r->place) * (ROUNDS + 1) + saw;
	}
	return n;
}

/* Takes every way on from where the moves ${way} lead. */
static void
explore(struct world *w, int *way, size_t length)
{
	for (int move = 0; move < MOVES; move++) {
		start(w);
		for (size_t i = 0; i < length; i++)
			go(w, way[i]);
		if (!can(w, move))
			continue;
		go(w, move);
		found.moves++;
		if (seen[number_of(w)] || length + 1 == DEPTH)
			continue;
		seen[number_of(w)] = true;
		found.states++;
		way[length] = move;
		explore(w, way, length + 1);
	}
}

/* A database of a registry that holds content number 0. */
static struct db *
make_database(const char *at)
{
	struct err e = ERR_INIT;
	struct db *db = NULL;

	must(database_open(&db, at, &e), &e);
	must(db_script(db,
		 "INSERT INTO registry (name, ordinal, is_default, generation,"
		 " created_us, updated_us) VALUES ('r', 0, 1, 0, 0, 0)",
		 &e),
	    &e);
	set_content(db, 0);
	return db;
}

static void
remove_all(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[80];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(directory);
}

int
main(void)
{
	struct world w = { 0 };
	struct err e = ERR_INIT;
	int way[DEPTH];

	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/db", directory);
	db_close(make_database(path));
	other = make_database(":memory:");
	open_writer(&w);
	for (int i = 0; i < READERS; i++) {
		must(db_open(&w.readers[i].db, path, DB_READ, &e), &e);
		must(db_prepare(w.readers[i].db, SQL_SET_READ, &e), &e);
	}
	explore(&w, way, 0);
	printf("# %zu states, %zu steps, %zu looks\n", found.states,
	    found.moves, found.looks);
	CHECK(found.states > 500 && found.moves > found.states);
	CHECK(found.looks > 500);
	CHECK(!found.refused);
	CHECK(!found.torn);
	CHECK(!found.moved);
	CHECK(!found.stale);
	for (int i = 0; i < READERS; i++)
		db_close(w.readers[i].db);
	db_close(w.writer);
	db_close(other);
	remove_all();
	return t_done();
}
