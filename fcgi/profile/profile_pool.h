/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the responders of one machine agree on what to profile: a small file
 * in the profile directory that each of them has mapped.
 *
 * Who is asked for a profile puts an order there, and every responder looks
 * between two requests and at least some times a second.  Each has a slot,
 * whose number names its files, so that there are never more files than slots.
 * A slot is free again when its holder has not been seen for a while, however
 * it ended.  Nothing is locked; times are CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef FCGI_PROFILE_PROFILE_POOL_H
#define FCGI_PROFILE_PROFILE_POOL_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/* How long a responder may be silent and still counts, in nanoseconds. */
#define PROFILE_POOL_SILENCE INT64_C(2000000000)

struct profile_pool;

/* What was asked for last. */
struct profile_order {
	int64_t number; /* a new one is greater */
	int64_t until; /* samples are taken up to this time; heap: 0 */
	bool heap; /* else CPU */
};

int64_t profile_pool_now(void);

/*
 * Maps the file in the directory ${path} and takes a slot.  ERR_DENIED: the
 * directory is not for this user alone; ERR_LIMIT: no slot is free;
 * ERR_STORAGE: no file can be made.  Freed with profile_pool_leave().
 */
int profile_pool_join(
    struct profile_pool **out, const char *path, struct err *e);
/* NULL is allowed. */
void profile_pool_leave(struct profile_pool *p);

/* Changes only in profile_pool_look(). */
int profile_pool_slot(const struct profile_pool *p);

/*
 * Says that this process is there, and reads the order.  ERR_LIMIT: it was
 * silent, its slot went to another, and no other is free.
 */
int profile_pool_look(
    struct profile_pool *p, struct profile_order *order, struct err *e);

/* Says that this process has done what order ${number} wants. */
void profile_pool_done(struct profile_pool *p, int64_t number);

/*
 * Gives the order for ${ns} nanoseconds from now.  ERR_BUSY: there is one that
 * has not ended; else profile_pool_finish() must follow, by ${until} and what
 * is allowed for silence at the latest.
 */
int profile_pool_order(struct profile_pool *p, struct profile_order *out,
    bool heap, int64_t ns, struct err *e);
void profile_pool_finish(struct profile_pool *p);

/* The process in slot ${slot}, 0 if none is there. */
int profile_pool_process(const struct profile_pool *p, int slot);
/* Whether it has done what order ${number} wants. */
bool profile_pool_has_done(
    const struct profile_pool *p, int slot, int64_t number);

#endif
