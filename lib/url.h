/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs as people may see them: in messages, logs, the database and answers.
 */
#ifndef LIB_URL_H
#define LIB_URL_H

#include <stddef.h>

/*
 * ${url} without what may be a secret: of http and https the user part, since
 * tokens come as user names; of other schemes the password, and the user name
 * unless it is "git"; and every value in query and fragment, which become
 * "***". Names of parameters stay.  Text without a scheme is treated alike,
 * except that a part of the query without "=" stays: it may be any text.  git's
 * user@host:path is understood.  Nothing is checked.  The caller frees it.
 */
char *url_shown(const char *url);

/*
 * Replaces each URL in the message ${text}, an array of ${size} bytes, with
 * what url_shown() makes of it, and each secret of ${url} that stands alone,
 * as written or decoded, with "***".  ${url} may be NULL.
 */
void url_hide(char *text, size_t size, const char *url);

/* Decodes %XX in place; a '%' before anything else stays. */
void url_decode(char *text);

#endif
