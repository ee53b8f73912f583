/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an upstream's response, line by line. */
#include "sync/fetch/http/http_private.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct http_response rs = { 0 };

	while (len > 0) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t used = end == NULL ? len : (size_t)(end - data) + 1;

		http_response_add_line(&rs, (const char *)data, used);
		data += used;
		len -= used;
	}
	FUZZ_HOLDS(rs.status >= 0 && rs.status <= 999);
	FUZZ_HOLDS(http_response_reason(rs.status) != NULL);
	if (rs.etag != NULL)
		FUZZ_HOLDS(strpbrk(rs.etag, "\r\n") == NULL);
	http_response_free(&rs);
}
