/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples in the format of pprof (profile.proto of github.com/google/pprof),
 * not compressed, which its readers take as well.  Functions have their names
 * in it, so that it can be read where the programs are not.
 */
#ifndef FCGI_PROFILE_PROFILE_ENCODE_H
#define FCGI_PROFILE_PROFILE_ENCODE_H

#include "fcgi/profile/profile_samples.h"
#include "fcgi/profile/profile_symbols.h"
#include "lib/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct profile_about {
	bool heap; /* else CPU */
	int64_t time_ns; /* when it was begun, since 1970 */
	int64_t duration_ns;
	const char *comment;
};

/* Appends to ${out}; each sample has the label "process". */
void profile_encode(struct buf *out, const struct profile_samples *s,
    const struct profile_symbols *symbols, const struct profile_about *about);

#endif
