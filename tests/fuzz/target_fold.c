/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as search folds it: folding twice changes nothing more. */
#include "lib/base64.h"
#include "lib/fold.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define LARGEST ((size_t)64 << 20)

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct buf once = BUF_INIT(LARGEST), twice = BUF_INIT(LARGEST);
	struct buf text = BUF_INIT(LARGEST), back = BUF_INIT(LARGEST);

	fold_add(&once, (const char *)data, len);
	fold_add(&twice, buf_str(&once), once.len);
	FUZZ_HOLDS(once.len == twice.len &&
		   memcmp(buf_str(&once), buf_str(&twice), once.len) == 0);
	base64_url_encode(&text, data, len);
	FUZZ_HOLDS(base64_url_decode(&back, buf_str(&text), text.len) == 0);
	FUZZ_HOLDS(back.len == len && memcmp(buf_str(&back), data, len) == 0);
	buf_reset(&back);
	(void)base64_url_decode(&back, (const char *)data, len);
	buf_free(&once);
	buf_free(&twice);
	buf_free(&text);
	buf_free(&back);
}
