/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes from outside in a log line of either format and in a JSON string.  A
 * line stays one line without control characters, and JSON stays valid if it is
 * truncated.
 */
#include "lib/json_out.h"
#include "lib/log/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <string.h>

#define FORMAT "THV_REGISTRY_LOG_FORMAT"

/* Closes it as log_end() does. */
static void
check_line(const struct log_line *l, bool json)
{
	struct buf line = BUF_INIT(LOG_LINE_MAX + 2);

	FUZZ_HOLDS(l->len + 2 <= sizeof l->text);
	for (size_t i = 0; i < l->len; i++)
		FUZZ_HOLDS(
		    (unsigned char)l->text[i] >= ' ' && l->text[i] != 0x7f);
	buf_add(&line, l->text, l->len);
	buf_addc(&line, '}');
	if (json)
		FUZZ_HOLDS(fuzz_is_json(buf_str(&line), line.len));
	buf_free(&line);
}

static void
try_line(const char *data, size_t len, bool json)
{
	const char *nul = memchr(data, '\0', len);
	struct log_line l;

	setenv(FORMAT, json ? "json" : "logfmt", 1);
	FUZZ_HOLDS(log_open("fuzz") == NULL);
	log_begin(&l, LOG_LEVEL_ERROR, "request");
	log_text(&l, "path", data, len);
	log_int(&l, "bytes", (int64_t)len);
	if (nul != NULL) {
		log_str(&l, "query", data);
		log_text(&l, "rest", nul, len - (size_t)(nul - data));
	}
	log_seconds(&l, "seconds", (int64_t)len - 100);
	check_line(&l, json);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct buf text = BUF_INIT(8 * len + 2);

	try_line((const char *)data, len, false);
	try_line((const char *)data, len, true);
	json_out_quote(&text, (const char *)data, len);
	FUZZ_HOLDS(!text.bad && fuzz_is_json(buf_str(&text), text.len));
	buf_free(&text);
}
