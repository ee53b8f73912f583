/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decompresses gzip (RFC 1952) with a limit on the output.  A ConfigMap holds
 * 1 MiB, and a compressed catalogue five to ten times that.  Only gunzip.c
 * includes zlib.
 */
#ifndef SYNC_FETCH_HTTP_GUNZIP_H
#define SYNC_FETCH_HTTP_GUNZIP_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether ${data} starts with the magic bytes of gzip. */
bool gunzip_applies(const void *data, size_t len);

/*
 * Decompresses ${len} bytes at ${data}, one gzip member or several, and calls
 * ${write} for each piece.  ERR_INPUT when the data is damaged, truncated or
 * followed by something else; ERR_LIMIT for more than ${max} bytes of output;
 * else what ${write} reports.  Pieces may have been written before.
 */
int gunzip_run(const void *data, size_t len, uint64_t max,
    int (*write)(void *ctx, const void *data, size_t len, struct err *e),
    void *ctx, struct err *e);

#endif
