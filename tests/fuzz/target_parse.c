/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any JSON cut into nodes: what is found without defect is what jansson reads,
 * value by value, and what jansson cannot read has a defect.
 */
#include "lib/document/jnode.h"
#include "lib/document/jscan.h"
#include "lib/limits.h"
#include "lib/reader.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>
#include <string.h>

static void
compare_string(const struct jnode *n, const json_t *value)
{
	struct buf scratch = BUF_INIT(SIZE_MAX);
	struct jnode_text text = jnode_string(n, &scratch);

	FUZZ_HOLDS(json_is_string(value));
	FUZZ_HOLDS(text.len == json_string_length(value) &&
		   memcmp(text.text, json_string_value(value), text.len) == 0);
	buf_free(&scratch);
}

static void compare(const struct jnode *n, const json_t *value);

static void
compare_container(const struct jnode *n, const json_t *value)
{
	const bool object = *n->text == '{';
	size_t count = 0;
	json_t *item;
	const char *key;

	FUZZ_HOLDS(object ? json_is_object(value) : json_is_array(value));
	for (const struct jnode *m = n + 1; m < jnode_end(n); m = jnode_end(m))
		if (object)
			FUZZ_HOLDS(*m->text == '"' && jnode_end(m) > m + 1);
		else
			compare(m, json_array_get(value, count++));
	if (!object)
		FUZZ_HOLDS(json_array_size(value) == count);
	else
		json_object_foreach((json_t *)value, key, item)
		{
			FUZZ_HOLDS(jnode_member(n, key) != NULL);
			compare(jnode_member(n, key), item);
		}
}

static void
compare(const struct jnode *n, const json_t *value)
{
	FUZZ_HOLDS(n->text[0] != '\0' && n->span > 0);
	switch (*n->text) {
	case '{':
	case '[':
		compare_container(n, value);
		break;
	case '"':
		compare_string(n, value);
		break;
	case 't':
		FUZZ_HOLDS(json_is_true(value));
		break;
	case 'f':
		FUZZ_HOLDS(json_is_false(value));
		break;
	case 'n':
		FUZZ_HOLDS(json_is_null(value));
		break;
	default:
		FUZZ_HOLDS(json_is_real(value));
		FUZZ_HOLDS(!(jnode_number(n) < json_real_value(value)) &&
			   !(jnode_number(n) > json_real_value(value)));
		break;
	}
}

static enum jscan_action
capture_root(void *ctx, const struct jscan_place *p)
{
	(void)ctx;
	(void)p;
	return JSCAN_CAPTURE;
}

static int
take(void *ctx, const struct jscan_place *p, const struct jscan_capture *c,
    struct err *e)
{
	struct jnodes *nodes = ctx;
	json_error_t ignored;
	json_t *value;

	(void)p;
	(void)e;
	if (c->too_large || c->too_deep)
		return 0;
	jnode_read(nodes, c->json, c->len);
	value = json_loadb(c->json, c->len,
	    JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY, &ignored);
	FUZZ_HOLDS((value == NULL) == (nodes->defect != NULL));
	FUZZ_HOLDS(jnode_end(nodes->at) == nodes->at + nodes->count);
	if (value != NULL)
		compare(nodes->at, value);
	json_decref(value);
	return 0;
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static struct jnodes nodes;
	const struct jscan_handler handler = { &nodes, LIMIT_ENTRY,
		capture_root, take };
	struct err e = ERR_INIT;
	struct reader reader;

	reader_from_memory(&reader, data, len);
	jscan_run(&reader, &handler, &e);
	/* Other texts mean nothing, and nothing outside of them is touched. */
	jnode_read(&nodes, (const char *)data, len);
}
