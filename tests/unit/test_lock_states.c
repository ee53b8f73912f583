/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sync lock in every state that a sync from cron and two triggers can
 * reach: all their steps in all orders, where each may be killed after any step
 * and may start again any number of times, as with a flood of requests.
 *
 * flock(2) belongs to an open file, not to a process, so the actors live in
 * this one process with descriptors of their own, and the real functions are
 * called.  A state is where each actor stands; from each state that can be
 * reached every step is taken once, on the lock as the shortest way there left
 * it.
 */
#include "lib/lockfile.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * An actor's places.  A trigger takes the lock, starts a sync that inherits
 * it, and lets go of its own descriptor; that sync is the second half.
 */
enum place {
	IDLE,
	TOOK, /* has the lock; a trigger has not started its sync yet */
	GONE, /* refused, dead, or done */
	PLACES
};

enum child {
	NONE,
	STARTED, /* has the descriptor, has not looked at it */
	WORKING,
	ENDED,
	CHILDREN
};

enum {
	ACTORS = 3,
	CRON = 0
};

struct actor {
	enum place place;
	enum child child;
	int fd;
	int child_fd;
};

struct world {
	struct actor actors[ACTORS];
};

enum step {
	TAKE,
	START, /* fork: the child has the descriptor too */
	ADOPT,
	LET_GO, /* and, at any place, die */
	CHILD_ENDS, /* or dies */
	AGAIN, /* the next run from cron, the next request */
	STEPS
};

#define MOVES (ACTORS * STEPS)
#define STATES 2000
#define DEPTH 64

/* How a state was reached first. */
struct node {
	struct world world;
	size_t from;
	int move;
	size_t depth;
};

static char database[] = "/tmp/test_lock_states.XXXXXX";
static struct node nodes[STATES];
static bool seen[STATES];
static struct {
	size_t states, moves, refusals, takeovers;
	bool two_at_once, refused_free, lost, astray;
} found;

static void
drop(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static size_t
number_of(const struct world *w)
{
	size_t n = 0;

	for (int i = 0; i < ACTORS; i++)
		n = (n * PLACES + w->actors[i].place) * CHILDREN +
		    w->actors[i].child;
	return n;
}

/* The number of open files that hold the lock. */
static int
holders(const struct world *w)
{
	int count = 0;

	for (int i = 0; i < ACTORS; i++)
		count += w->actors[i].fd != -1 || w->actors[i].child_fd != -1;
	return count;
}

static bool
possible(const struct world *w, int move)
{
	const struct actor *a = &w->actors[move / STEPS];

	switch ((enum step)(move % STEPS)) {
	case TAKE:
		return a->place == IDLE;
	case START:
		return move / STEPS != CRON && a->place == TOOK &&
		       a->child == NONE;
	case ADOPT:
		return a->child == STARTED;
	case LET_GO:
		return a->place == TOOK;
	case CHILD_ENDS:
		return a->child == STARTED || a->child == WORKING;
	case AGAIN:
		return a->place == GONE &&
		       (a->child == NONE || a->child == ENDED);
	default:
		return false;
	}
}

static void
take(struct world *w, struct actor *a)
{
	bool was_free = holders(w) == 0;
	struct err e = ERR_INIT;

	if (lockfile_take(&a->fd, database, &e) == 0) {
		a->place = TOOK;
		found.two_at_once |= !was_free;
		return;
	}
	a->place = GONE;
	a->fd = -1;
	found.refused_free |= was_free || e.code != ERR_BUSY;
	found.refusals++;
}

static void
adopt(struct actor *a)
{
	struct err e = ERR_INIT;
	char number[16];
	int fd = -1;

	snprintf(number, sizeof number, "%d", a->child_fd);
	/* Its trigger may be dead by now: the lock is the sync's all the same.
	 */
	found.takeovers += a->fd == -1;
	setenv(LOCKFILE_VARIABLE, number, 1);
	if (lockfile_adopt(&fd, database, &e) == -1 || fd != a->child_fd)
		found.lost = true;
	a->child = WORKING;
}

static void
go(struct world *w, int move)
{
	struct actor *a = &w->actors[move / STEPS];

	switch ((enum step)(move % STEPS)) {
	case TAKE:
		take(w, a);
		break;
	case START:
		a->child_fd = dup(a->fd);
		a->child = STARTED;
		break;
	case ADOPT:
		adopt(a);
		break;
	case LET_GO:
		drop(&a->fd);
		a->place = GONE;
		break;
	case CHILD_ENDS:
		drop(&a->child_fd);
		a->child = ENDED;
		break;
	case AGAIN:
		a->place = IDLE;
		a->child = NONE;
		break;
	default:
		break;
	}
}

static void
begin(struct world *w)
{
	memset(w, 0, sizeof *w);
	for (int i = 0; i < ACTORS; i++)
		w->actors[i].fd = w->actors[i].child_fd = -1;
}

static void
end(struct world *w)
{
	for (int i = 0; i < ACTORS; i++) {
		drop(&w->actors[i].fd);
		drop(&w->actors[i].child_fd);
	}
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
static void
go_to(struct world *w, size_t node)
{
	size_t length = nodes[node].depth;
	int way[DEPTH];

	if (length > DEPTH) {
		printf("Bail out! the way is too long\n");
		exit(1);
	}
	for (size_t at = node, i = length; i > 0; at = nodes[at].from)
		way[--i] = nodes[at].move;
	begin(w);
	for (size_t i = 0; i < length; i++)
		go(w, way[i]);
	found.astray |= number_of(w) != number_of(&nodes[node].world);
}

static void
explore(void)
{
	struct world w;

	begin(&w);
	add(&w, 0, 0);
	for (size_t i = 0; i < found.states; i++) {
		for (int move = 0; move < MOVES; move++) {
			if (!possible(&nodes[i].world, move))
				continue;
			go_to(&w, i);
			go(&w, move);
			found.moves++;
			found.two_at_once |= holders(&w) > 1;
			add(&w, i, move);
			end(&w);
		}
	}
}

int
main(void)
{
	char path[64];
	int file = mkstemp(database);

	if (file == -1)
		return 1;
	explore();
	printf("# %zu states, %zu steps, %zu refused, %zu taken over\n",
	    found.states, found.moves, found.refusals, found.takeovers);
	CHECK(found.states > 90 && found.moves > found.states);
	CHECK(found.refusals > 0 && found.takeovers > 0);
	CHECK(!found.two_at_once);
	CHECK(!found.refused_free);
	CHECK(!found.lost);
	CHECK(!found.astray);
	snprintf(path, sizeof path, "%s.lock", database);
	unlink(path);
	unlink(database);
	close(file);
	return t_done();
}
