/* SPDX-License-Identifier: Apache-2.0 */
/* Small files that hold one secret or name, read at each use. */
#ifndef SYNC_FETCH_SECRET_H
#define SYNC_FETCH_SECRET_H

#include "lib/err.h"

/*
 * Reads ${file} without the white space around its text.  Messages call it
 * ${what}, which names the key of the configuration instead of the path,
 * because status pages show messages to all clients.  ERR_FETCH when the file
 * cannot be read, is empty, or holds bytes other than printable ASCII, which a
 * header field cannot carry; ERR_LIMIT over LIMIT_SECRET_FILE.  The caller
 * frees
 * *${out} with secret_free().
 */
int secret_read(char **out, const char *what, const char *file, struct err *e);
/* The same for a text that may hold any byte but NUL. */
int secret_read_text(
    char **out, const char *what, const char *file, struct err *e);
/* Wipes and frees; NULL is allowed. */
void secret_free(char *secret);

#endif
