/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind kubernetes: accepted, and not filled by this version. */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"

#include <stdlib.h>
#include <string.h>

const struct conf_key kind_kubernetes_keys[] = {
	CONF_KEY_OF("namespaces", CONF_STRINGS, conf_kubernetes, namespaces, 0),
	CONF_KEY_END,
};

/* The reference checks these when it starts to watch; here it is at once. */
static void
check_namespace(
    const struct filter_list *list, size_t index, const struct conf_at *at)
{
	const char *name = list->items[index];
	char *path = xasprintf("%s.namespaces[%zu]", at->path, index);
	int line = conf_value_string_line(at, "namespaces", index);
	char shown[CONF_SHOWN_SIZE];
	size_t first = 0;

	conf_message_show(shown, name);
	while (strcmp(list->items[first], name) != 0)
		first++;
	if (!conf_sources_name_is_valid(name))
		conf_message_add(at->reader, true, line, path,
		    "%sinvalid namespace name: %s", at->label, shown);
	else if (first < index)
		conf_message_add(at->reader, true, line, path,
		    "%sduplicate namespace: %s", at->label, shown);
	free(path);
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	const struct filter_list *list = &s->u.kubernetes.namespaces;

	if (list->count > LIMIT_CONFIG_NAMESPACES)
		conf_message_error(at, "namespaces",
		    "found %zu namespaces, expected at most %d", list->count,
		    LIMIT_CONFIG_NAMESPACES);
	for (size_t i = 0; i < list->count && i < LIMIT_CONFIG_NAMESPACES; i++)
		check_namespace(list, i, at);
	conf_message_warn(
	    at, NULL, "kubernetes sources are not filled by this version");
}

static void
show(struct json_out *j, const struct conf_source *s)
{
	const struct filter_list *list = &s->u.kubernetes.namespaces;

	/* In the reference's answers this key has a capital letter. */
	json_out_key(j, "Namespaces");
	if (list->count == 0) {
		json_out_null(j);
		return;
	}
	json_out_open(j, '[');
	for (size_t i = 0; i < list->count; i++)
		json_out_str(j, list->items[i]);
	json_out_close(j, ']');
}

const struct source_kind kind_kubernetes = {
	.name = "kubernetes",
	.keys = kind_kubernetes_keys,
	.check = check,
	.show = show,
};
