/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that may be written as it stands.  Most of what goes into an answer or
 * into the log has nothing in it to be escaped, so it is copied and looked at
 * in the same go, sixteen bytes at a time.
 */
#ifndef LIB_PLAIN_H
#define LIB_PLAIN_H

#include <stddef.h>

/*
 * Where it is to be written.  Control characters, quotes and backslashes are
 * plain nowhere; nor is what is not ASCII, which may be no UTF-8.
 */
enum plain_where {
	PLAIN_IN_JSON, /* in a string */
	PLAIN_IN_QUOTES, /* between quotes in the log: no DEL either */
	PLAIN_BARE /* without quotes in the log: neither a blank nor '=' */
};

/*
 * Copies what is plain from the beginning of ${from} on to ${to} and returns
 * how many bytes that are.  ${to} has room for all ${len}; what comes behind
 * the plain ones there is anything.
 */
size_t plain_copy(
    char *to, const char *from, size_t len, enum plain_where where);

#endif
