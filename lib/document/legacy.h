/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format that ToolHive's registry had before it took the upstream one:
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
 * Writes the server that the entry ${json} of ${len} bytes stands for to
 * ${out}.
 * ${key} of ${key_len} bytes is its name in the map of containers, or with
 * ${remote} in that of remote servers.  ${json} is valid and without white
 * space.  -1 with ${problem} when a member that the server is made of is
 * missing or of a wrong type; ${out} is bad when the server is too large.
 */
int legacy_convert(struct buf *out, const char *key, size_t key_len,
    bool remote, const char *json, size_t len, struct rules_problem *problem);

#endif
