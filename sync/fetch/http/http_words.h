/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server says when it refuses: its own words, made fit for a message.
 * For http.c, which adds them to its errors.
 */
#ifndef SYNC_FETCH_HTTP_HTTP_WORDS_H
#define SYNC_FETCH_HTTP_HTTP_WORDS_H

#include <stddef.h>

/*
 * The explanation in the body of a refusal, of which ${text} is the start: the
 * texts of members such as "error", "detail" and "message" of JSON, in their
 * order, wherever they stand, and what they refer to ("location", "loc",
 * "path"); "title" where there is nothing else.  Of a body that is plain text
 * the first line.  On one line, without control characters and characters that
 * cannot be seen, valid UTF-8.  The caller frees it; NULL when there is none.
 */
char *http_words_read(const char *text, size_t len);

/* Replaces each ${secret} in ${words} by stars; short ones are left alone. */
void http_words_hide(char *words, const char *secret);
/*
 * The same for what may be secret in ${url}: user and password, and the longer
 * values of its query.
 */
void http_words_hide_url(char *words, const char *url);
/* Cuts to LIMIT_HTTP_WORDS bytes, between characters; last of all. */
void http_words_cut(char *words);

#endif
