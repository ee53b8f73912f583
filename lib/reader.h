/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of bytes to be read once from front to end: a file or a part of
 * one, a spooled download, a git blob in memory.
 */
#ifndef LIB_READER_H
#define LIB_READER_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct reader {
	/* Up to ${len} bytes into ${into}; 0 at the end, -1 with ${e}. */
	ssize_t (*read)(
	    struct reader *r, void *into, size_t len, struct err *e);
	/* Releases what the reader holds; the struct itself is the caller's. */
	void (*close)(struct reader *r);
	void *state;
	int fd;
	uint64_t offset; /* readers over a part of a file: of the next byte */
	const char *what; /* the same: for messages */
	const char *at; /* readers over memory: what is left */
	size_t left;
};

/* Reads ${fd}; close() closes it when ${owned}. */
void reader_from_fd(struct reader *r, int fd, int owned);
/*
 * Reads ${len} bytes of ${fd} from ${offset} on, without moving its position.
 * ${fd} must outlive the reader, and so must ${what}, which names the file in
 * messages.  ERR_FETCH: the file is shorter.
 */
void reader_from_range(
    struct reader *r, int fd, const char *what, uint64_t offset, uint64_t len);
/* Reads ${len} bytes at ${data}, which must outlive the reader. */
void reader_from_memory(struct reader *r, const void *data, size_t len);
/* Releases; a zeroed reader is allowed. */
void reader_close(struct reader *r);

#endif
