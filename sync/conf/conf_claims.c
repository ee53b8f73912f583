/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: texts and lists of texts under names of the user's choice, whose case
 * is kept, since the claims of a token are told apart by case.
 */
#include "lib/buf.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words the reference uses for what it found. */
static const char *
found_type(const struct yaml_tree *node)
{
	static const char *const names[] = {
		[YAML_TREE_NULL] = "null",
		[YAML_TREE_BOOL] = "bool",
		[YAML_TREE_INT] = "int",
		[YAML_TREE_FLOAT] = "float64",
		[YAML_TREE_STRING] = "string",
		[YAML_TREE_LIST] = "array",
		[YAML_TREE_MAP] = "map",
	};

	return names[node->type];
}

/* At the member itself: a look-up by key would not tell apart org and Org. */
static void
wrong_claim(const struct conf_at *at, const struct yaml_tree_member *m,
    const char *what, const struct yaml_tree *found)
{
	char shown[CONF_SHOWN_SIZE];
	char *path;

	conf_message_show(shown, m->key);
	path = xasprintf("%s.%s", at->path, shown);
	conf_message_add(at->reader, true, m->line, path,
	    "%sclaim \"%s\": %s, got %s", at->label, shown, what,
	    found_type(found));
	free(path);
}

/* Writes one claim.  False after messages about it. */
static bool
write_claim(struct json_out *j, const struct conf_at *at,
    const struct yaml_tree_member *m)
{
	const struct yaml_tree *node = m->value;
	bool ok = true;

	json_out_quote(j->to, m->key, strlen(m->key));
	buf_addc(j->to, ':');
	if (node->type == YAML_TREE_STRING) {
		json_out_quote(j->to, node->text, strlen(node->text));
		return true;
	}
	if (node->type != YAML_TREE_LIST) {
		wrong_claim(
		    at, m, "value must be a string or array of strings", node);
		return false;
	}
	buf_addc(j->to, '[');
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_tree *element = node->members[i].value;

		if (element->type != YAML_TREE_STRING) {
			char what[64];

			snprintf(what, sizeof what,
			    "array element [%zu] must be a string", i);
			wrong_claim(at, m, what, element);
			ok = false;
			continue;
		}
		if (i > 0)
			buf_addc(j->to, ',');
		json_out_quote(j->to, element->text, strlen(element->text));
	}
	buf_addc(j->to, ']');
	return ok;
}

bool
conf_claims_are_ignored(const struct conf_reader *r)
{
	const struct yaml_tree *auth = yaml_tree_get(r->root, "auth");
	const struct yaml_tree *word =
	    auth == NULL ? NULL : yaml_tree_get(auth, "claims");

	return word != NULL && !word->bad && conf_value_is_scalar(word) &&
	       strcmp(word->text, CONF_CLAIMS_IGNORED) == 0;
}

char *
conf_claims_read(const struct conf_at *at)
{
	char *path = xasprintf("%s.claims", at->path);
	struct conf_at claims = conf_value_enter(at, "claims", path);
	struct buf text = BUF_INIT(2 * LIMIT_CONFIG_TEXT * 6);
	struct json_out j = JSON_OUT_INIT(&text);
	bool ok = true;

	if (claims.node != NULL && claims.node->count > 0) {
		buf_addc(&text, '{');
		for (size_t i = 0; i < claims.node->count; i++) {
			if (i > 0)
				buf_addc(&text, ',');
			if (!write_claim(&j, &claims, &claims.node->members[i]))
				ok = false;
		}
		buf_addc(&text, '}');
		at->reader->has_claims = true;
	}
	if (ok && text.len > 0 && !conf_claims_are_ignored(at->reader))
		conf_message_error(at, "claims",
		    "claims are not enforced by this version: everyone would "
		    "be served everything; to accept that, write "
		    "'auth.claims: " CONF_CLAIMS_IGNORED "'");
	free(path);
	if (ok && text.len > 0)
		return buf_take(&text);
	buf_free(&text);
	return NULL;
}
