/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind kubernetes: accepted; this version does not read them. */
#include "lib/limits.h"
#include "sync/conf/conf_key.h"
#include "sync/kinds/kind.h"

#include <string.h>

const struct conf_key kind_kubernetes_keys[] = {
	{ "namespaces", CONF_STRINGS,
	    CONF_AT(conf_source, u.kubernetes.namespaces),
	    .max = LIMIT_CONFIG_NAMESPACES },
	CONF_KEY_END,
};

/* The reference checks these when it starts to watch. */
static void
check(struct conf_source *s, const struct conf_at *at)
{
	const struct filter_list *list = &s->u.kubernetes.namespaces;
	char shown[CONF_SHOWN_SIZE];

	for (size_t i = 0; i < list->count; i++) {
		size_t first = 0;

		conf_show(shown, list->items[i]);
		while (strcmp(list->items[first], list->items[i]) != 0)
			first++;
		if (!conf_name_is_label(list->items[i]))
			conf_error_element(at, "namespaces", i,
			    "invalid namespace name: %s", shown);
		else if (first < i)
			conf_error_element(at, "namespaces", i,
			    "duplicate namespace: %s", shown);
	}
	conf_warn(at, NULL,
	    "this version does not read entries from kubernetes sources");
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
