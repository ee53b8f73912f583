/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undoing gzip (RFC 1952), with a limit on what comes out.  Only gunzip.c
 * knows zlib, which is here because a ConfigMap holds 1 MiB and a catalogue
 * compressed in it is five to ten times that.
 */
#ifndef SYNC_FETCH_HTTP_GUNZIP_H
#define SYNC_FETCH_HTTP_GUNZIP_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether ${data} begins as gzip does. */
bool gunzip_applies(const void *data, size_t len);

/*
 * Hands what ${len} bytes at ${data} inflate to, one gzip member or several,
 * to ${write} piece by piece.  ERR_INPUT when the data is damaged, cut off or
 * followed by something else; ERR_LIMIT when more than ${max} bytes would come
 * out; else what ${write} reports.  Pieces may have been written before.
 */
int gunzip_run(const void *data, size_t len, uint64_t max,
    int (*write)(void *ctx, const void *data, size_t len, struct err *e),
    void *ctx, struct err *e);

#endif
