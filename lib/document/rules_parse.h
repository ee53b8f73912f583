/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making jansson's values of an entry that jscan has checked already.
 *
 * Every byte of an entry has been looked at when it gets here, and has no white
 * space around its tokens, so it need not go through jansson's reading byte by
 * byte, which was a third of a first sync.  Whatever is not plain in this sense
 * is left to jansson, whose word is the last: this only ever agrees with it.
 */
#ifndef LIB_DOCUMENT_RULES_PARSE_H
#define LIB_DOCUMENT_RULES_PARSE_H

#include <jansson.h>
#include <stddef.h>

/* As jansson is told to read: every number is a real one, any value will do. */
#define RULES_PARSE_FLAGS (JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY)

/*
 * The value of the ${len} bytes at ${json}, equal to what json_loadb() makes of
 * them; NULL for all that json_loadb() has to be asked about.  To be called
 * with an arena in use (lib/document/rules_arena.h): what was made before it
 * gave up is not released.
 */
json_t *rules_parse(const char *json, size_t len);

#endif
