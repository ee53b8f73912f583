/* SPDX-License-Identifier: Apache-2.0 */
/* A bearer token that is stored in a file. */
#ifndef FCGI_ACCESS_TOKEN_H
#define FCGI_ACCESS_TOKEN_H

#include "lib/err.h"

/*
 * Compares the token in ${authorization}, the value of that header field or
 * NULL, with the one in the file ${path}, which is read each time.
 *
 * ERR_IDENTITY: no token, or a wrong one.  ERR_UNAVAILABLE: the file cannot be
 * read, is empty, or is accessible to other users.
 */
int token_check(const char *authorization, const char *path, struct err *e);

#endif
