/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of functions, from the ELF files a process runs (elf(5)): their symbol
 * tables, those of their debug files below /usr/lib/debug where there are any,
 * or at least what they export.
 *
 * The files are mapped at the start, since a sandbox lets none be opened later;
 * nothing of them is read before a name is asked for.
 */
#ifndef FCGI_PROFILE_PROFILE_SYMBOLS_H
#define FCGI_PROFILE_PROFILE_SYMBOLS_H

#include "fcgi/profile/profile_maps.h"

#include <stdbool.h>

#define PROFILE_SYMBOLS_ID_SIZE 65 /* of a build id in hexadecimal */

struct profile_symbols;

/* Maps all files that ${maps} names.  Freed with profile_symbols_free(). */
struct profile_symbols *profile_symbols_new(const struct profile_maps *maps);
/* NULL is allowed. */
void profile_symbols_free(struct profile_symbols *s);

/*
 * The function at byte ${offset} of the file ${path}; NULL: it has no name.
 * Lives as long as ${s}.
 */
const char *profile_symbols_name(
    const struct profile_symbols *s, const char *path, uint64_t offset);

/* Whether all functions of the file have names, not only the exported. */
bool profile_symbols_complete(
    const struct profile_symbols *s, const char *path);

/* The build id of the file, or "". */
const char *profile_symbols_build_id(
    const struct profile_symbols *s, const char *path);

#endif
