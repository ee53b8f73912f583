/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs without secrets, for messages, logs, the database and responses.
 */
#ifndef LIB_URL_H
#define LIB_URL_H

#include <stddef.h>

/*
 * ${url} with "***" instead of possible secrets: the user part of http and
 * https, since tokens are used as user names; for other schemes the
 * password, and the user name unless it is "git"; every value in query and
 * fragment.  Names of parameters stay.  Text without a scheme is treated the
 * same, except that a part of the query without "=" stays: it may be any text.
 * git's user@host:path is understood.  The URL need not be valid.  The caller
 * frees the result.
 */
char *url_shown(const char *url);

/*
 * Replaces each URL in the message ${text}, an array of ${size} bytes, with the
 * result of url_shown(), and each secret of ${url} that stands alone,
 * as written or decoded, with "***".  ${url} may be NULL.
 */
void url_hide(char *text, size_t size, const char *url);

/* Decodes %XX in place; a '%' before anything else stays. */
void url_decode(char *text);

#endif
