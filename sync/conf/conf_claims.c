/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: a map from names, which the user chooses, to texts or lists of texts.
 * Names of claims are case-sensitive, so case is kept.
 */
#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Passes the line: looking up the key would confuse org and Org. */
static void
wrong_claim(const struct conf_at *at, const struct yaml_tree_member *m,
    const char *what, const struct yaml_tree_node *found)
{
	char shown[CONF_SHOWN_SIZE];

	conf_show(shown, m->key);
	conf_message_add(at, true, shown, m->line, "claim \"%s\": %s, got %s",
	    shown, what, conf_value_type(found, true));
}

/* Writes the value of one claim.  False after messages about it. */
static bool
write_claim(struct json_out *j, const struct conf_at *at,
    const struct yaml_tree_member *m)
{
	const struct yaml_tree_node *node = m->value;
	char what[64];
	bool ok = true;

	if (node->type == YAML_TREE_STRING) {
		json_out_str(j, node->text);
		return true;
	}
	if (node->type != YAML_TREE_LIST) {
		wrong_claim(
		    at, m, "value must be a string or array of strings", node);
		return false;
	}
	json_out_open(j, '[');
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_tree_node *element = node->members[i].value;

		if (element->type == YAML_TREE_STRING) {
			json_out_str(j, element->text);
			continue;
		}
		snprintf(what, sizeof what,
		    "array element [%zu] must be a string", i);
		wrong_claim(at, m, what, element);
		ok = false;
	}
	json_out_close(j, ']');
	return ok;
}

char *
conf_claims_json(const struct conf_at *at)
{
	struct buf text = BUF_INIT(2 * LIMIT_CONFIG_TEXT * 6);
	struct json_out j = JSON_OUT_INIT(&text);
	bool ok = true;

	if (at->node->count == 0)
		return NULL;
	json_out_open(&j, '{');
	for (size_t i = 0; i < at->node->count; i++) {
		json_out_str(&j, at->node->members[i].key);
		buf_addc(&text, ':');
		j.comma = false;
		if (!write_claim(&j, at, &at->node->members[i]))
			ok = false;
	}
	json_out_close(&j, '}');
	/* It is an error to configure protection that is not enforced. */
	if (ok && !at->reader->claims_ignored)
		conf_error(at->parent, at->key,
		    "claims are not enforced by this version: every client "
		    "could read everything; to accept that, write "
		    "'auth.claims: ignored'");
	if (ok)
		return buf_take(&text);
	buf_free(&text);
	return NULL;
}
