/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting, counting and cleaning UTF-8 text. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How many of the ${len} bytes at ${text} fit into ${max} bytes if no character
 * is cut.
 */
size_t text_cut(const char *text, size_t len, size_t max);
/*
 * Removes the incomplete last character of a string that was cut; returns the
 * new length.
 */
size_t text_trim(char *text);
/* The number of characters, which are bytes if the text is not UTF-8. */
size_t text_characters(const char *text, size_t len);
/* Whether ${text} is one of ${words}, which end with NULL.  It may be NULL. */
bool text_is_one_of(const char *text, const char *const *words);
/* Whether ${text} is longer than ${end} and ends with it. */
bool text_ends_in(const char *text, const char *end);
/*
 * The number of bytes of the character that ${text} starts with; 0 if it is
 * ASCII, or invalid or incomplete UTF-8.
 */
size_t text_multibyte(const char *text, size_t len);
/* Replaces each ASCII control character, which a terminal would interpret. */
void text_replace_controls(char *text, char with);

#endif
