/* SPDX-License-Identifier: Apache-2.0 */
/* A duration and an instant: parsing the formatted text gives the same. */
#include "lib/clock.h"
#include "lib/duration.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
try_duration(const char *text)
{
	char shown[DURATION_TEXT_SIZE];
	struct err e = ERR_INIT;
	int64_t ns, again;

	if (duration_parse(&ns, text, &e) == -1) {
		FUZZ_HOLDS(e.code == ERR_INPUT && e.text[0] != '\0');
		return;
	}
	duration_format(shown, ns);
	/* The most negative one has no positive twin to be read from. */
	if (ns == INT64_MIN)
		return;
	FUZZ_HOLDS(duration_parse(&again, shown, &e) == 0);
	FUZZ_HOLDS(again == ns);
}

static void
try_instant(const char *text, size_t len)
{
	char shown[CLOCK_TEXT_SIZE];
	struct err e = ERR_INIT;
	int64_t us, again;
	size_t shown_len;

	(void)clock_parse_lenient(&us, text, len, &e);
	err_clear(&e);
	if (clock_parse(&us, text, len, &e) == -1)
		return;
	shown_len = clock_format(shown, us);
	FUZZ_HOLDS(shown_len == strlen(shown));
	FUZZ_HOLDS(clock_parse(&again, shown, shown_len, &e) == 0);
	FUZZ_HOLDS(again == us);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *text;

	fuzz_texts(&text, 1, data, len);
	try_duration(text);
	try_instant(text, strlen(text));
	fuzz_texts_free(&text, 1);
}
