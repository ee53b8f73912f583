/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs as people may see them: in messages, logs, the database and answers.
 */
#ifndef LIB_URL_H
#define LIB_URL_H

/*
 * ${url} without what may be a secret: of http and https the user part, since
 * tokens come as user names, of others the password alone; and the values of
 * query parameters whose name tells of a secret (token, key, signature...)
 * become "***".  Addresses as git has them (user@host:path) are understood.
 * Nothing is checked.  The caller frees it.
 */
char *url_shown(const char *url);

#endif
