/* SPDX-License-Identifier: Apache-2.0 */
/* Documents on this machine, for sources of kind file and configmap. */
#ifndef SYNC_KINDS_FILE_FETCH_FILE_H
#define SYNC_KINDS_FILE_FETCH_FILE_H

#include "sync/fetch/fetch.h"

/* As fetch_source() for a source of kind_file. */
int fetch_file(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

struct fetch_place {
	const char *mount; /* a mounted ConfigMap; NULL: none */
	const char *path; /* in it; "." is all of it */
};

/* As fetch_source() for the documents at ${place}. */
int fetch_file_at(struct fetch *out, const struct fetch_place *place,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

#endif
