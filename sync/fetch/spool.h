/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a download waits until all of it is here and its hash is known: a
 * file without a name, so that nothing is left behind however the process
 * ends, and memory does not grow with what an upstream sends.
 */
#ifndef SYNC_FETCH_SPOOL_H
#define SYNC_FETCH_SPOOL_H

#include "lib/err.h"
#include "lib/reader.h"

#include <stddef.h>
#include <stdint.h>

struct spool;

/*
 * Makes an empty spool in directory ${dir}, readable by this user alone.  The
 * caller frees *${out} with spool_free() (NULL is allowed).  ERR_FETCH when
 * the directory cannot be written.
 */
int spool_new(struct spool **out, const char *dir, struct err *e);
/*
 * The same with a name: opens ${path}, which may hold something already and
 * stays.  No symbolic link is followed.
 */
int spool_open(struct spool **out, const char *path, struct err *e);
void spool_free(struct spool *s);

/* Adds ${len} bytes.  ERR_FETCH when the disk is full and the like. */
int spool_add(struct spool *s, const void *data, size_t len, struct err *e);
/* Forgets all bytes added so far, or those behind the first ${size}. */
int spool_clear(struct spool *s, struct err *e);
int spool_cut(struct spool *s, uint64_t size, struct err *e);
uint64_t spool_size(const struct spool *s);
/* The descriptor, to hand the spool to another process; stays the spool's. */
int spool_fd(const struct spool *s);

/*
 * Reads from the front; any number of readers, none of which may outlive the
 * spool.  Nothing may be added while there is one.
 */
void spool_reader(struct spool *s, struct reader *r);
/* The same for the ${size} bytes at ${offset}, which must be there. */
void spool_part_reader(
    struct spool *s, uint64_t offset, uint64_t size, struct reader *r);

#endif
