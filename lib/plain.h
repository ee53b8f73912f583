/* SPDX-License-Identifier: Apache-2.0 */
/* Text that can be written without escapes. */
#ifndef LIB_PLAIN_H
#define LIB_PLAIN_H

#include <stddef.h>

/*
 * Where the text is written.  Control characters, quotes, backslashes and bytes
 * outside ASCII, which may be invalid UTF-8, are never plain.
 */
enum plain_where {
	PLAIN_IN_JSON, /* in a JSON string */
	PLAIN_IN_QUOTES, /* between quotes in the log: no DEL either */
	PLAIN_BARE /* without quotes in the log: no space and no '=' either */
};

/* The number of bytes in ${text} before the first that is not plain. */
size_t plain_span(const char *text, size_t len, enum plain_where where);

#endif
