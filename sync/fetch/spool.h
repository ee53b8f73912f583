/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Temporary files for documents until all of them were received.  A spool has
 * no name, so that nothing is left behind when the process is killed.  The
 * memory in use does not depend on the size of the documents.
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
 * The same with a name: opens ${path} with its content, and creates it if it is
 * missing.  spool_free() does not remove it.  Symbolic links are not followed.
 */
int spool_open(struct spool **out, const char *path, struct err *e);
void spool_free(struct spool *s);

/* Adds ${len} bytes.  ERR_FETCH when the disk is full and the like. */
int spool_add(struct spool *s, const void *data, size_t len, struct err *e);
/* Removes all bytes, or those after the first ${size}. */
int spool_clear(struct spool *s, struct err *e);
int spool_cut(struct spool *s, uint64_t size, struct err *e);
uint64_t spool_size(const struct spool *s);
/* The descriptor, for another process; the spool still owns it. */
int spool_fd(const struct spool *s);

/*
 * Reads from the start.  There may be several readers; none may outlive the
 * spool, and nothing may be added while there is one.
 */
void spool_reader(struct spool *s, struct reader *r);
/* The same for ${size} bytes at ${offset}, which must exist. */
void spool_part_reader(
    struct spool *s, uint64_t offset, uint64_t size, struct reader *r);

#endif
