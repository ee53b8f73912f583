/* SPDX-License-Identifier: Apache-2.0 */
/* Making and comparing entity tags. */
#include "fcgi/http/etag.h"

#include "fcgi/process/program.h"
#include "lib/db/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * What lighttpd, Apache, nginx and proxies insert before the closing quote.
 * This program inserts the first one as well.
 */
static const char *const suffixes[] = { ETAG_GZIP, "-br", "-deflate", "-zstd",
	";gzip" };

static uint64_t
hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ bytes[i]) * UINT64_C(1099511628211);
	return h;
}

/*
 * The generation is not hashed, so two generations never have the same tag. The
 * rest, which rarely changes, is hashed.
 */
void
etag_make(char etag[ETAG_SIZE], const char *database, int64_t registry,
    int64_t generation)
{
	static const char program[] = PROGRAM_VERSION;
	const int schema = SCHEMA_VERSION;
	uint64_t h = UINT64_C(14695981039346656037);

	h = hash(h, database, strlen(database) + 1);
	h = hash(h, &registry, sizeof registry);
	h = hash(h, &schema, sizeof schema);
	h = hash(h, program, sizeof program);
	snprintf(etag, ETAG_SIZE, "\"%" PRIx64 "-%016" PRIx64 "\"",
	    (uint64_t)generation, h);
}

void
etag_of_content(char etag[ETAG_SIZE], const char *data, size_t len)
{
	uint64_t h = hash(UINT64_C(14695981039346656037), data, len);

	snprintf(etag, ETAG_SIZE, "\"%zx-%016" PRIx64 "\"", len, h);
}

static bool
is_suffix(const char *text, size_t len)
{
	if (len == 0)
		return true;
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
		if (strlen(suffixes[i]) == len &&
		    memcmp(suffixes[i], text, len) == 0)
			return true;
	return false;
}

/* ${tag} is the ${len} bytes between the quotes. */
static bool
tag_matches(const char *tag, size_t len, const char *etag)
{
	size_t own = strlen(etag) - 2;

	return len >= own && memcmp(tag, etag + 1, own) == 0 &&
	       is_suffix(tag + own, len - own);
}

bool
etag_matches(const char *header, const char *etag, bool *gzip)
{
	const char *at = header == NULL ? "" : header;

	for (;;) {
		const char *end;

		at += strspn(at, " \t,");
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (*at != '"')
			return false;
		end = strchr(++at, '"');
		if (end == NULL)
			return false;
		if (tag_matches(at, (size_t)(end - at), etag)) {
			*gzip = strncmp(at + strlen(etag) - 2, ETAG_GZIP "\"",
				    sizeof ETAG_GZIP) == 0;
			return true;
		}
		at = end + 1;
		/* Some servers insert it behind the closing quote. */
		at += strcspn(at, ",");
	}
}

bool
etag_is_any(const char *header)
{
	size_t start;

	if (header == NULL)
		return false;
	start = strspn(header, " \t");
	return header[start] == '*' &&
	       header[start + 1 + strspn(header + start + 1, " \t")] == '\0';
}
