/* SPDX-License-Identifier: Apache-2.0 */
/* The file that responders have in common. */
#include "fcgi/profile/profile_pool.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)
#define NAME "pool.1" /* the number is that of what is in it */
#define DIRECTORY_OTHERS (S_IWGRP | S_IWOTH)

/* Nobody claims more time than that; what does is from before a restart. */
#define BUSY_MOST (LIMIT_PROFILE_SECONDS * SECOND + 2 * PROFILE_POOL_SILENCE)

struct slot {
	_Atomic int64_t process;
	_Atomic int64_t seen;
	_Atomic int64_t done;
};

/* All zeroes to begin with. */
struct shared {
	_Atomic int64_t busy_until;
	/* Even: CPU, odd: heap.  Set after ${until}. */
	_Atomic int64_t order;
	_Atomic int64_t until;
	struct slot slots[LIMIT_PROFILE_PROCESSES];
};

struct profile_pool {
	struct shared *shared;
	int slot;
};

int64_t
profile_pool_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static int
check_directory(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & DIRECTORY_OTHERS) != 0) {
		err_set(e, ERR_DENIED,
		    "%s has to be a directory of the user who runs this, that "
		    "others cannot write to (chmod go-w)",
		    path);
		return -1;
	}
	return 0;
}

static int
map(struct shared **out, const char *directory, struct err *e)
{
	char *path = xasprintf("%s/" NAME, directory);
	int fd, rc = -1;
	void *at;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 || ftruncate(fd, (off_t)sizeof **out) == -1) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	at =
	    mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		err_set_errno(e, ERR_STORAGE, errno, "%s", path);
		goto out;
	}
	*out = at;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	free(path);
	return rc;
}

static bool
is_there(const struct slot *slot, int64_t now)
{
	int64_t seen = atomic_load(&slot->seen);

	/* After a restart of the machine the clock begins anew. */
	return atomic_load(&slot->process) != 0 && seen <= now &&
	       now - seen < PROFILE_POOL_SILENCE;
}

static int
take_slot(struct profile_pool *p, struct err *e)
{
	int64_t now = profile_pool_now();

	for (p->slot = 0; p->slot < LIMIT_PROFILE_PROCESSES; p->slot++) {
		struct slot *slot = &p->shared->slots[p->slot];
		int64_t holder = atomic_load(&slot->process);

		if (is_there(slot, now) ||
		    !atomic_compare_exchange_strong(
			&slot->process, &holder, getpid()))
			continue;
		atomic_store(&slot->seen, now);
		atomic_store(&slot->done, 0);
		return 0;
	}
	err_set(e, ERR_LIMIT, "%d processes have this directory for profiles",
	    LIMIT_PROFILE_PROCESSES);
	return -1;
}

int
profile_pool_join(struct profile_pool **out, const char *path, struct err *e)
{
	struct profile_pool *p = xcalloc(1, sizeof *p);
	int rc = -1;

	if (check_directory(path, e) == -1 || map(&p->shared, path, e) == -1 ||
	    take_slot(p, e) == -1)
		goto out;
	*out = p;
	p = NULL;
	rc = 0;
out:
	if (p != NULL && p->shared != NULL)
		munmap(p->shared, sizeof *p->shared);
	free(p);
	return rc;
}

/* Who was silent for long may have lost the slot to another. */
static bool
holds_slot(const struct profile_pool *p)
{
	return p->slot < LIMIT_PROFILE_PROCESSES &&
	       atomic_load(&p->shared->slots[p->slot].process) == getpid();
}

void
profile_pool_leave(struct profile_pool *p)
{
	if (p == NULL)
		return;
	if (holds_slot(p))
		atomic_store(&p->shared->slots[p->slot].process, 0);
	munmap(p->shared, sizeof *p->shared);
	free(p);
}

int
profile_pool_slot(const struct profile_pool *p)
{
	return p->slot;
}

int
profile_pool_look(
    struct profile_pool *p, struct profile_order *order, struct err *e)
{
	if (!holds_slot(p) && take_slot(p, e) == -1)
		return -1;
	atomic_store(&p->shared->slots[p->slot].seen, profile_pool_now());
	order->number = atomic_load(&p->shared->order);
	order->until = atomic_load(&p->shared->until);
	order->heap = (order->number & 1) != 0;
	return 0;
}

void
profile_pool_done(struct profile_pool *p, int64_t number)
{
	atomic_store(&p->shared->slots[p->slot].done, number);
}

int
profile_pool_order(struct profile_pool *p, struct profile_order *out, bool heap,
    int64_t ns, struct err *e)
{
	struct shared *s = p->shared;
	int64_t now = profile_pool_now();
	int64_t busy = atomic_load(&s->busy_until);

	if ((busy > now && busy - now <= BUSY_MOST) ||
	    !atomic_compare_exchange_strong(
		&s->busy_until, &busy, now + ns + 2 * PROFILE_POOL_SILENCE)) {
		err_set(e, ERR_BUSY, "a profile is being taken");
		return -1;
	}
	out->heap = heap;
	out->until = heap ? 0 : now + ns;
	out->number = (atomic_load(&s->order) | 1) + (heap ? 2 : 1);
	atomic_store(&s->until, out->until);
	atomic_store(&s->order, out->number);
	return 0;
}

void
profile_pool_finish(struct profile_pool *p)
{
	atomic_store(&p->shared->busy_until, 0);
}

int
profile_pool_process(const struct profile_pool *p, int slot)
{
	const struct slot *s = &p->shared->slots[slot];

	return is_there(s, profile_pool_now()) ? (int)atomic_load(&s->process)
					       : 0;
}

bool
profile_pool_has_done(const struct profile_pool *p, int slot, int64_t number)
{
	return atomic_load(&p->shared->slots[slot].done) == number;
}
