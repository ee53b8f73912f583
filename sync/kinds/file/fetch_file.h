/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of a directory that someone else has opened.  For the kinds of
 * source that find out first which directory that is.
 */
#ifndef SYNC_KINDS_FILE_FETCH_FILE_H
#define SYNC_KINDS_FILE_FETCH_FILE_H

#include "sync/fetch/fetch.h"

/* As fetch_source() for a source of kind_file. */
int fetch_file(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

struct fetch_place {
	int base; /* what path is relative to, AT_FDCWD too; the caller's */
	const char *path; /* a file or a directory; "." is base itself */
	const char *generation; /* part of the identity; NULL: none */
};

/* As fetch_source() for the documents at ${place}. */
int fetch_file_at(struct fetch *out, const struct fetch_place *place,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

#endif
