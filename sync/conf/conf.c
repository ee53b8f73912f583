/* SPDX-License-Identifier: Apache-2.0 */
/* Loading and freeing the configuration. */
#include "sync/conf/conf.h"

#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/conf/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

/* Sets at->node to the map of the file, which may be empty. */
static void
parse_text(struct conf_at *at, const char *text, size_t len)
{
	struct yaml_tree *t = &at->reader->tree;
	struct err e = ERR_INIT;

	if (yaml_tree_parse(t, text, len, &e) == -1)
		conf_message_add(at, true, NULL, t->error_line,
		    "failed to read config file: %s", e.text);
	else if (t->root != NULL && t->root->type != YAML_TREE_MAP &&
		 t->root->type != YAML_TREE_NULL)
		conf_message_add(at, true, NULL, t->root->line,
		    "failed to read config file: expected keys such as "
		    "'sources:' and 'registries:' at the top");
	if (t->second_document_line > 0)
		conf_message_add(at, false, NULL, t->second_document_line,
		    "a second document starts here; it is ignored");
	at->node = t->root != NULL && t->root->type == YAML_TREE_MAP
		       ? t->root
		       : yaml_tree_new(t, YAML_TREE_MAP, 1, NULL);
}

int
conf_load(struct conf **out, const char *file, struct err *e)
{
	struct conf *c = xcalloc(1, sizeof *c);
	struct conf_reader r = { .conf = c };
	char label[CONF_LABEL_SIZE] = "";
	struct conf_at whole = {
		.reader = &r,
		.index = CONF_NO_INDEX,
		.line = 1,
		.label = label,
	};
	char *text = NULL;
	size_t len = 0;
	int rc = -1;

	*out = NULL;
	c->file = xstrdup(file);
	if (conf_path_read(&text, &len, file, e) == -1) {
		conf_free(c);
		goto out;
	}
	*out = c;
	parse_text(&whole, text, len);
	/* If the file is not YAML, each key would be reported as missing. */
	if (c->error_count == 0) {
		conf_block_read(&whole, conf_keys_top, c);
		conf_check_whole(&whole, c);
	}
	if (conf_message_finish(&r, e) == -1)
		goto out;
	rc = 0;
out:
	yaml_tree_free(&r.tree);
	if (text != NULL)
		explicit_bzero(text, len);
	free(text);
	return rc;
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->source_count; i++)
		conf_source_free(&c->sources[i]);
	for (size_t i = 0; i < c->registry_count; i++)
		free(c->registries[i].sources);
	for (size_t i = 0; i < c->message_count; i++)
		free(c->messages[i].text);
	conf_block_free(conf_keys_top, c);
	free(c->messages);
	free(c->file);
	free(c);
}
