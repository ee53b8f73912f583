/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entity tags.
 *
 * All responses below a registry have the same tag, which is made of the
 * registry's generation: it is known before any entry is read.  It is strong:
 * the same tag and the same URL mean the same bytes, from this version of the
 * program.  Responses without a generation have a hash of their bytes as tag.
 */
#ifndef FCGI_HTTP_ETAG_H
#define FCGI_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETAG_SIZE 48 /* with quotes and NUL */
/* Stands before the closing quote of the tag of a compressed body. */
#define ETAG_GZIP "-gzip"

/* Writes the tag of a registry.  ${database} names the database. */
void etag_make(char etag[ETAG_SIZE], const char *database, int64_t registry,
    int64_t generation);

/* Writes a tag that is a hash of the ${len} bytes of a body. */
void etag_of_content(char etag[ETAG_SIZE], const char *data, size_t len);

/*
 * Whether ${header}, the value of If-None-Match or NULL, holds ${etag}.  Weak
 * forms match, and so do those that web servers make of a tag when they
 * compress: "tag-gzip", "tag-br" and the like.  Sets ${gzip} to whether the
 * first match is the tag of the compressed body, "tag-gzip".
 */
bool etag_matches(const char *header, const char *etag, bool *gzip);

/* Whether ${header} is "*", which matches every tag. */
bool etag_is_any(const char *header);

#endif
