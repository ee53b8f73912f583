/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of bytes that is read once: a file or a part of one, a spooled
 * download, a git blob in memory.
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
	/* Releases resources, but not the struct itself. */
	void (*close)(struct reader *r);
	void *state;
	int fd;
	uint64_t offset; /* part of a file: of the next byte */
	const char *what; /* part of a file: its name in messages */
	const char *at; /* memory: the next byte */
	size_t left;
};

/* Reads ${fd}; if ${owned}, reader_close() closes it. */
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
/* Releases resources; a zeroed reader is allowed. */
void reader_close(struct reader *r);

#endif
