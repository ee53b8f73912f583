/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacing content while it is read: the steps of a writer and two readers in
 * all orders, on a real database, each in its own process.
 *
 * The writer replaces content in two statements, then commits or rolls back; or
 * the whole database is overwritten; and it checkpoints.  A reader reads twice
 * in one transaction.  The writer is killed at any place, the first reader
 * where it prevents an overwrite, and a new process replaces it.  In every
 * order no reader fails, and none sees half a change or two contents in a
 * transaction.
 *
 * A state is the place of each process.  From each reachable state every step
 * is tried once, after the shortest sequence of steps to that state.
 */
#include "lib/store/database.h"
#include "tests/t.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	READERS = 2,
	ROUNDS = 2 /* changes of content */
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
	CHECKPOINT,
	WRITE_OVER,
	DIE,
	WRITER_MOVES
};
enum reader_place {
	BEFORE,
	INSIDE,
	LOOKED,
	LOOKED_TWICE
};
enum reader_move {
	STEP,
	READER_DIES,
	READER_MOVES
};

#define MOVES (WRITER_MOVES + READERS * READER_MOVES)
#define STATES 65536
#define RESET MOVES /* an order beside the moves */

struct reader {
	enum reader_place place;
	int saw; /* the content of its first look */
};

struct world {
	enum writer_place place;
	int content; /* what is committed: how often it was swapped */
	int rounds; /* transactions begun */
	bool pending; /* content that was not brought into the file whole */
	struct reader readers[READERS];
};

/* How a state was reached first. */
struct node {
	struct world world;
	size_t from;
	int move;
	size_t depth;
};

static char directory[] = "/tmp/test_swap_states.XXXXXX";
static char path[64];
static struct node nodes[STATES];
static bool seen[STATES];
static struct {
	size_t states, moves, looks, deaths;
	bool refused, torn, moved, stale, lost;
} found;

static void
must(int result, const struct err *e)
{
	if (result == 0)
		return;
	printf("Bail out! %s\n", e->text);
	fflush(stdout);
	_exit(1);
}

/* ---- processes and their orders ---- */

struct order {
	int what;
	int content; /* number of the next one */
};

struct answer {
	bool refused;
	int generation, content; /* of a look */
};

struct process {
	void (*work)(const struct order *o, struct answer *a);
	pid_t pid;
	int to, from;
};

static struct db *db; /* each process has its own */

static _Noreturn void
serve(const struct process *p, int in, int out)
{
	struct answer a;
	struct order o;

	while (read(in, &o, sizeof o) == (ssize_t)sizeof o) {
		memset(&a, 0, sizeof a);
		p->work(&o, &a);
		if (write(out, &a, sizeof a) != (ssize_t)sizeof a)
			break;
	}
	_exit(0);
}

static void
run(struct process *p)
{
	int to[2], from[2];

	if (pipe(to) == -1 || pipe(from) == -1) {
		printf("Bail out! pipe\n");
		exit(1);
	}
	fflush(stdout);
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(p, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	p->to = to[1];
	p->from = from[0];
}

static void
end(struct process *p)
{
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) == -1 && errno == EINTR)
		;
	close(p->to);
	close(p->from);
}

static struct answer
send_order(const struct process *p, int what, int content)
{
	const struct order o = { what, content };
	struct answer a;

	if (write(p->to, &o, sizeof o) != (ssize_t)sizeof o ||
	    read(p->from, &a, sizeof a) != (ssize_t)sizeof a) {
		printf("Bail out! a process ended by itself\n");
		exit(1);
	}
	return a;
}

/* ---- in the processes ---- */

/* Brings the content of a database to number ${n}, half by half. */
static void
set_generation(struct db *of, int n)
{
	struct err e = ERR_INIT;
	char text[80];

	snprintf(text, sizeof text, "UPDATE registry SET generation = %d", n);
	must(db_script(of, text, &e), &e);
}

static void
set_content(struct db *of, int n)
{
	struct err e = ERR_INIT;
	char text[80];

	snprintf(text, sizeof text,
	    "UPDATE setting SET value = '%d' WHERE key = 'database_id'", n);
	must(db_script(of, text, &e), &e);
}

/* A database of a registry that holds content number 0. */
static struct db *
make_database(const char *at)
{
	struct err e = ERR_INIT;
	struct db *made = NULL;

	must(database_open(&made, at, &e), &e);
	must(db_script(made,
		 "INSERT INTO registry (name, ordinal, is_default, generation,"
		 " created_us, updated_us) VALUES ('r', 0, 1, 0, 0, 0)",
		 &e),
	    &e);
	set_content(made, 0);
	return made;
}

/* A database with the next content, made elsewhere, over the one in use. */
static void
write_over(const struct order *o, struct answer *a)
{
	static struct db *other;
	struct err e = ERR_INIT;

	(void)a;
	if (other == NULL)
		other = make_database(":memory:");
	set_generation(other, o->content);
	set_content(other, o->content);
	must(db_write_over(other, path, &e), &e);
}

static void
reset(void)
{
	db_rollback(db);
	set_generation(db, 0);
	set_content(db, 0);
	db_checkpoint(db);
}

static void
write_content(const struct order *o, struct answer *a)
{
	struct err e = ERR_INIT;

	(void)a;
	if (db == NULL) {
		must(db_open(&db, path, DB_WRITE, &e), &e);
		/* Orders are looked at, not what a disk does. */
		must(db_script(db, "PRAGMA synchronous = OFF", &e), &e);
	}
	switch (o->what) {
	case RESET:
		reset();
		break;
	case BEGIN:
		must(db_begin_write(db, &e), &e);
		break;
	case CHANGE_GENERATION:
		set_generation(db, o->content);
		break;
	case CHANGE_CONTENT:
		set_content(db, o->content);
		break;
	case COMMIT:
		must(db_commit(db, &e), &e);
		break;
	case TAKE_BACK:
		db_rollback(db);
		break;
	default:
		db_checkpoint(db);
		break;
	}
}

/* Both columns come from different tables: they must be of one content. */
static void
look(struct answer *a)
{
	struct stmt *s = db_stmt(db, SQL_REGISTRY_DEFAULT_GET);
	struct err e = ERR_INIT;
	bool row = false;

	if (stmt_step(s, &row, &e) == -1 || !row) {
		a->refused = true;
		return;
	}
	a->generation = (int)stmt_int(s, 2);
	a->content = (int)strtol(stmt_text(s, 3, NULL), NULL, 10);
	stmt_done(s);
}

static void
read_content(const struct order *o, struct answer *a)
{
	struct err e = ERR_INIT;

	if (db == NULL) {
		must(db_open(&db, path, DB_READ, &e), &e);
		must(db_prepare(db, SQL_SET_READ, &e), &e);
	}
	switch (o->what) {
	case BEFORE:
		a->refused = db_begin_read(db, &e) == -1;
		break;
	case INSIDE:
	case LOOKED:
		look(a);
		break;
	default:
		db_rollback(db);
		break;
	}
}

static struct process writer = { .work = write_content };
static struct process maker = { .work = write_over };
static struct process readers[READERS] = { { .work = read_content },
	{ .work = read_content } };

/* ---- moves ---- */

/* Resets the world to its start; the processes continue. */
static struct world
start(void)
{
	const struct world w = { .place = OUTSIDE };

	for (int i = 0; i < READERS; i++)
		(void)send_order(&readers[i], RESET, 0);
	(void)send_order(&writer, RESET, 0);
	return w;
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
		return w->place == BEGUN || w->place == HALF ||
		       w->place == FULL;
	case CHECKPOINT:
		return w->place == COMMITTED;
	default:
		return w->place != OUTSIDE;
	}
}

static bool
can(const struct world *w, int move)
{
	if (move < WRITER_MOVES)
		return writer_can(w, move);
	/* Readers are all the same, so one that dies will do. */
	move -= WRITER_MOVES;
	return move % READER_MOVES == STEP ||
	       (move == READER_DIES && w->readers[0].place == LOOKED);
}

/* Some reader may keep what it sees from being written over. */
static bool
is_read(const struct world *w)
{
	bool any = false;

	for (int i = 0; i < READERS; i++)
		any |= w->readers[i].place >= LOOKED;
	return any;
}

static void
writer_dies(struct world *w)
{
	end(&writer);
	run(&writer);
	found.deaths++;
	w->place = OUTSIDE;
}

static void
writer_go(struct world *w, int move)
{
	static const enum writer_place next[] = { [BEGIN] = BEGUN,
		[CHANGE_GENERATION] = HALF,
		[CHANGE_CONTENT] = FULL,
		[COMMIT] = COMMITTED,
		[TAKE_BACK] = OUTSIDE,
		[CHECKPOINT] = OUTSIDE,
		[WRITE_OVER] = OUTSIDE };

	if (move == DIE) {
		writer_dies(w);
		return;
	}
	(void)send_order(
	    move == WRITE_OVER ? &maker : &writer, move, w->content + 1);
	w->place = next[move];
	w->rounds += move == BEGIN || move == WRITE_OVER;
	w->content += move == COMMIT || move == WRITE_OVER;
	if (move == COMMIT || move == WRITE_OVER)
		w->pending = true;
	else if (move == CHECKPOINT)
		w->pending = is_read(w);
}

static void
judge(const struct world *w, struct reader *r, const struct answer *a)
{
	found.looks++;
	found.torn |= a->generation != a->content;
	/* A first look sees the newest; a second what the first one saw. */
	if (r->place == INSIDE) {
		r->saw = a->generation;
		found.stale |= a->generation != w->content;
	}
	found.moved |= a->generation != r->saw;
}

static void
reader_go(struct world *w, int number, int move)
{
	struct reader *r = &w->readers[number];
	struct answer a;

	if (move == READER_DIES) {
		end(&readers[number]);
		run(&readers[number]);
		found.deaths++;
		*r = (struct reader){ BEFORE, 0 };
		return;
	}
	a = send_order(&readers[number], (int)r->place, 0);
	found.refused |= a.refused;
	if (r->place == INSIDE || r->place == LOOKED)
		judge(w, r, &a);
	if (r->place == LOOKED_TWICE)
		*r = (struct reader){ BEFORE, 0 };
	else
		r->place++;
}

static void
go(struct world *w, int move)
{
	if (move < WRITER_MOVES)
		writer_go(w, move);
	else
		reader_go(w, (move - WRITER_MOVES) / READER_MOVES,
		    (move - WRITER_MOVES) % READER_MOVES);
}

/* ---- all of them ---- */

static size_t
number_of(const struct world *w)
{
	size_t n = (size_t)w->place * (ROUNDS + 1) + (size_t)w->content;

	n = (n * (ROUNDS + 1) + (size_t)w->rounds) * 2 + w->pending;
	for (int i = 0; i < READERS; i++) {
		const struct reader *r = &w->readers[i];

		n = (n * 4 + r->place) * (ROUNDS + 1) + (size_t)r->saw;
	}
	return n;
}

static void
add(const struct world *w, size_t from, int move)
{
	size_t number = number_of(w);

	if (seen[number])
		return;
	seen[number] = true;
	nodes[found.states] = (struct node){ *w, from, move,
		found.states == 0 ? 0 : nodes[from].depth + 1 };
	found.states++;
}

/* Repeats the moves to a state, which must be the same as before. */
static struct world
go_to(size_t node)
{
	struct world w = start();
	int way[64];
	size_t length = nodes[node].depth;

	if (length > sizeof way / sizeof way[0]) {
		printf("Bail out! the way is too long\n");
		exit(1);
	}
	for (size_t at = node, i = length; i > 0; at = nodes[at].from)
		way[--i] = nodes[at].move;
	for (size_t i = 0; i < length; i++)
		go(&w, way[i]);
	found.lost |= number_of(&w) != number_of(&nodes[node].world);
	return w;
}

static void
explore(void)
{
	struct world w = start();

	add(&w, 0, 0);
	for (size_t i = 0; i < found.states; i++) {
		for (int move = 0; move < MOVES; move++) {
			if (!can(&nodes[i].world, move))
				continue;
			w = go_to(i);
			go(&w, move);
			found.moves++;
			add(&w, i, move);
		}
	}
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
	if (mkdtemp(directory) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/db", directory);
	db_close(make_database(path));
	run(&writer);
	run(&maker);
	for (int i = 0; i < READERS; i++)
		run(&readers[i]);
	explore();
	printf("# %zu states, %zu steps, %zu looks, %zu deaths\n", found.states,
	    found.moves, found.looks, found.deaths);
	CHECK(found.states > 600 && found.moves > found.states);
	CHECK(found.looks > 1000 && found.deaths > 400);
	CHECK(!found.refused);
	CHECK(!found.torn);
	CHECK(!found.moved);
	CHECK(!found.stale);
	CHECK(!found.lost);
	end(&writer);
	end(&maker);
	for (int i = 0; i < READERS; i++)
		end(&readers[i]);
	remove_all();
	return t_done();
}
