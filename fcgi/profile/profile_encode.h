/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what gperftools left of several processes in the format of pprof
 * (profile.proto of github.com/google/pprof), not compressed, which its readers
 * accept.  Each sample has the label "process".
 *
 * Functions have no names in it: pprof finds them in the programs and libraries
 * that the profile refers to, better than a program could in its sandbox.  Each
 * process has mappings and locations of its own, as libraries lie at different
 * addresses in each; pprof merges them.
 */
#ifndef FCGI_PROFILE_PROFILE_ENCODE_H
#define FCGI_PROFILE_PROFILE_ENCODE_H

#include "lib/buf.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

struct profile_encoder {
	struct buf *out; /* borrowed */
	bool heap; /* else CPU */
	int64_t period_us; /* between samples of CPU time */
	/* The last one used. */
	uint64_t string, mapping, location;
};

/* Starts a profile, appended to ${out}. */
void profile_encode_begin(
    struct profile_encoder *n, struct buf *out, bool heap);

/*
 * Adds the samples of one process: ${dump} is a CPU or heap profile of
 * gperftools, ${maps} the text of its /proc/self/maps.  ERR_INTERNAL: the dump
 * is not such a profile, or not whole.
 */
int profile_encode_add(struct profile_encoder *n, int process,
    const struct buf *maps, const struct buf *dump, struct err *e);

/* Ends it: its start, in nanoseconds since 1970, its duration and a comment. */
void profile_encode_end(struct profile_encoder *n, int64_t time_ns,
    int64_t duration_ns, const char *comment);

#endif
