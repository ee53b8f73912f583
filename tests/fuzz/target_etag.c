/* SPDX-License-Identifier: Apache-2.0 */
/* The value of If-None-Match: added to a list, a tag is found in it. */
#include "fcgi/http/etag.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

void
fuzz_one(const uint8_t *data, size_t len)
{
	char etag[ETAG_SIZE], other[ETAG_SIZE];
	char *header, *longer;
	size_t size;
	bool gzip;

	etag_make(etag, "0123456789abcdef", 1, 1700000000000000);
	etag_make(other, "0123456789abcdef", 2, 1700000000000000);
	fuzz_texts(&header, 1, data, len);
	(void)etag_is_any(header);
	size = strlen(header) + 2 * ETAG_SIZE;
	longer = malloc(size);
	if (longer == NULL)
		abort();
	snprintf(longer, size, "%s, %s", etag, header);
	FUZZ_HOLDS(etag_matches(longer, etag, &gzip) && !gzip);
	if (strstr(header, "cdef") == NULL)
		FUZZ_HOLDS(!etag_matches(header, etag, &gzip) ||
			   strchr(header, '"') != NULL);
	FUZZ_HOLDS(!etag_matches(NULL, etag, &gzip));
	free(longer);
	fuzz_texts_free(&header, 1);
}
