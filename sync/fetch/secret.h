/* SPDX-License-Identifier: Apache-2.0 */
/* Small files that hold one secret or name, read at each use. */
#ifndef SYNC_FETCH_SECRET_H
#define SYNC_FETCH_SECRET_H

#include "lib/err.h"

/*
 * Reads ${file} without the white space around its text.  ${what} is
 * what messages call it: status pages show them to everybody, so they do not
 * say where secrets are kept, but which key of the configuration does.
 * ERR_FETCH when it cannot be read, or holds nothing or bytes that a header
 * field cannot carry (anything but printable ASCII); ERR_LIMIT over
 * LIMIT_SECRET_FILE.  The caller frees *${out} with secret_free().
 */
int secret_read(char **out, const char *what, const char *file, struct err *e);
/* The same for a text that may hold any byte but NUL. */
int secret_read_text(
    char **out, const char *what, const char *file, struct err *e);
/* Wipes and frees; NULL is allowed. */
void secret_free(char *secret);

#endif
