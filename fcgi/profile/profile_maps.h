/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the code of a process lies, from its /proc/self/maps: processes of one
 * program have it at different addresses, so an address of a profile means
 * something only with the maps of the process it is from.
 */
#ifndef FCGI_PROFILE_PROFILE_MAPS_H
#define FCGI_PROFILE_PROFILE_MAPS_H

#include "lib/buf.h"
#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

/* A stretch of addresses that can be executed. */
struct profile_map {
	uint64_t start;
	uint64_t end;
	uint64_t offset; /* in the file */
	char *path; /* or what the kernel calls it: "[vdso]" */
};

struct profile_maps {
	struct profile_map *list;
	size_t count;
};

/* Reads the text of this process; ERR_INTERNAL: there is none. */
int profile_maps_read(struct buf *out, struct err *e);

/* Takes from ${text} what is code.  Freed with profile_maps_free(). */
void profile_maps_parse(struct profile_maps *m, const char *text);
void profile_maps_free(struct profile_maps *m);

/* The stretch that holds ${address}, or NULL. */
const struct profile_map *profile_maps_find(
    const struct profile_maps *m, uint64_t address);

#endif
