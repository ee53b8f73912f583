/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an entry: what is read without jansson is what jansson reads. */
#include "lib/document/rules_arena.h"
#include "lib/document/rules_parse.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

void
fuzz_one(const uint8_t *data, size_t len)
{
	static struct rules_arena *arena;
	const char *text = (const char *)data;
	json_error_t ignored;
	json_t *value, *other;

	if (arena == NULL)
		arena = rules_arena_new(LIMIT_ENTRY_TREE);
	rules_arena_reset(arena);
	rules_arena_enter(arena);
	value = rules_parse(text, len);
	if (value != NULL) {
		other = json_loadb(text, len, RULES_PARSE_FLAGS, &ignored);
		FUZZ_HOLDS(other != NULL && json_equal(value, other));
	}
	rules_arena_leave();
}
