/* SPDX-License-Identifier: Apache-2.0 */
/* Making nodes of JSON text. */
#include "lib/document/jnode.h"

#include "lib/document/jscan.h"
#include "lib/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_NODES 512
#define DOUBLE_DIGITS 308 /* a double can hold integers this long */
#define NO_PARENT UINT32_MAX

struct reading {
	struct jnodes *nodes;
	const char *at;
	const char *end;
	uint32_t open; /* innermost node that is not complete */
};

/* ---- texts that some clients cannot read ---- */

static const char *
escape_defect(const char **at, const char *end)
{
	const char *p = *at;
	uint32_t c;

	if (end - p < 6 || p[1] != 'u') {
		*at = end - p < 2 ? end : p + 2;
		return NULL;
	}
	c = jscan_hex4(p + 2);
	p += 6;
	*at = p;
	if (c == 0)
		return "holds a NUL character (\\u0000)";
	if (c < 0xd800 || c >= 0xe000)
		return NULL;
	if (c >= 0xdc00 || end - p < 6 || p[0] != '\\' || p[1] != 'u' ||
	    (jscan_hex4(p + 2) & 0xfc00) != 0xdc00)
		return "cannot be read: half of a surrogate pair";
	*at = p + 6;
	return NULL;
}

static void
note_defect(struct reading *r, const char *defect)
{
	if (r->nodes->defect == NULL)
		r->nodes->defect = defect;
}

/* ---- nodes ---- */

static struct jnode *
add_node(struct reading *r)
{
	struct jnodes *nodes = r->nodes;
	struct jnode *n;

	/* One more than is used: read as the value of a name without one. */
	if (nodes->count + 1 >= nodes->capacity) {
		nodes->capacity =
		    nodes->capacity == 0 ? FIRST_NODES : nodes->capacity * 2;
		nodes->at = xreallocarray(
		    nodes->at, nodes->capacity, sizeof *nodes->at);
	}
	n = &nodes->at[nodes->count++];
	*n = (struct jnode){ .text = r->at, .span = 1 };
	return n;
}

/* Until a node is complete, its span is the index of its parent. */
static void
open_node(struct reading *r, struct jnode *n)
{
	n->span = r->open;
	r->open = (uint32_t)(n - r->nodes->at);
}

static struct jnode *
close_node(struct reading *r)
{
	struct jnode *n = &r->nodes->at[r->open];
	const uint32_t parent = n->span;

	n->span = (uint32_t)r->nodes->count - r->open;
	r->open = parent;
	return n;
}

/* After a value, the node of its name is complete, too. */
static void
close_name(struct reading *r)
{
	if (r->open != NO_PARENT && *r->nodes->at[r->open].text == '"')
		close_node(r);
}

static void
read_string(struct reading *r)
{
	struct jnode *n = add_node(r);
	const char *p = r->at + 1, *end = r->end;

	while ((p = jscan_plain(p, end)) < end && *p != '"') {
		if (*p == '\\') {
			n->escaped = true;
			note_defect(r, escape_defect(&p, end));
		} else {
			p++;
		}
	}
	p += p < end;
	n->len = (uint32_t)(p - n->text);
	if (p < end && *p == ':') {
		r->at = p + 1;
		open_node(r, n);
	} else {
		r->at = p;
		close_name(r);
	}
}

/* A number or a word. */
static void
read_plain(struct reading *r)
{
	struct jnode *n = add_node(r);
	const char *p = r->at + 1;
	bool exponent = false;

	for (; p < r->end && *p != ',' && *p != ']' && *p != '}'; p++)
		exponent |= (*p | 0x20) == 'e';
	n->len = (uint32_t)(p - n->text);
	r->at = p;
	if ((exponent || n->len > DOUBLE_DIGITS) && *n->text <= '9' &&
	    isinf(jnode_number(n)))
		note_defect(r, "holds a number that is out of range");
	close_name(r);
}

static void
read_close(struct reading *r)
{
	struct jnode *n;

	r->at++;
	if (r->open == NO_PARENT)
		return;
	n = close_node(r);
	n->len = (uint32_t)(r->at - n->text);
	close_name(r);
}

void
jnode_read(struct jnodes *nodes, const char *json, size_t len)
{
	struct reading r = { nodes, json, json + len, NO_PARENT };

	nodes->count = 0;
	nodes->defect = NULL;
	while (r.at < r.end) {
		switch (*r.at) {
		case '{':
		case '[':
			open_node(&r, add_node(&r));
			r.at++;
			break;
		case '}':
		case ']':
			read_close(&r);
			break;
		case ',':
			r.at++;
			break;
		case '"':
			read_string(&r);
			break;
		default:
			read_plain(&r);
			break;
		}
	}
	while (r.open != NO_PARENT)
		close_node(&r);
	*add_node(&r) = (struct jnode){ .text = "", .span = 1 };
	nodes->count--;
}

void
jnode_free(struct jnodes *nodes)
{
	free(nodes->at);
	*nodes = (struct jnodes){ 0 };
}

/* ---- values ---- */

static bool
is_named(const struct jnode *n, const char *name, size_t len)
{
	struct buf scratch = BUF_INIT(SIZE_MAX);
	struct jnode_text text;
	bool equal;

	if (!n->escaped)
		return n->len == len + 2 && memcmp(n->text + 1, name, len) == 0;
	text = jnode_string(n, &scratch);
	equal = text.len == len && memcmp(text.text, name, len) == 0;
	buf_free(&scratch);
	return equal;
}

const struct jnode *
jnode_member(const struct jnode *object, const char *name)
{
	const size_t len = strlen(name);
	const struct jnode *found = NULL, *n;

	if (object == NULL || *object->text != '{')
		return NULL;
	for (n = object + 1; n < jnode_end(object); n = jnode_end(n))
		if (is_named(n, name, len))
			found = n + 1;
	return found;
}

struct jnode_text
jnode_string(const struct jnode *n, struct buf *scratch)
{
	struct jnode_text text = { n->text + 1, n->len - 2 };

	if (n->len < 2)
		return (struct jnode_text){ "", 0 };
	if (!n->escaped)
		return text;
	buf_reset(scratch);
	buf_add(scratch, n->text, n->len);
	text.len = n->len;
	text.text = jscan_unquote(scratch->data, &text.len);
	return text;
}

double
jnode_number(const struct jnode *n)
{
	char *copy = xstrndup(n->text, n->len);
	double value = strtod(copy, NULL);

	free(copy);
	return value;
}
