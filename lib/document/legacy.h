/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format that ToolHive's registry had before it adopted the upstream one:
 * {"servers": {key: {}}, "remote_servers": {key: {}}}.  Each entry becomes an
 * upstream server object; nested values and numbers keep their text.  Inner
 * part of lib/document/catalog.c.
 */
#ifndef LIB_DOCUMENT_LEGACY_H
#define LIB_DOCUMENT_LEGACY_H

#include "lib/buf.h"
#include "lib/document/rules.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Converts the entry ${json} of ${len} bytes, which is valid and has no white
 * space, to a server in ${out}.  ${key} of ${key_len} bytes is its name in the
 * map of containers or, with ${remote}, of remote servers.  -1 with ${problem}
 * if a member that the conversion needs is missing or has a wrong type.  ${out}
 * is bad if the server is too large.
 */
int legacy_convert(struct buf *out, const char *key, size_t key_len,
    bool remote, const char *json, size_t len, struct rules_problem *problem);

#endif
