/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars to C values, as the reference's decoder reads them. */
#include "lib/text.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_MAX 9007199254740992.0 /* whole numbers in a double */

const char *
conf_value_type(const struct yaml_tree_node *node, bool of_reference)
{
	static const char *const names[][2] = {
		[YAML_TREE_NULL] = { "nothing", "null" },
		[YAML_TREE_BOOL] = { "a boolean", "bool" },
		[YAML_TREE_INT] = { "a number", "int" },
		[YAML_TREE_FLOAT] = { "a number", "float64" },
		[YAML_TREE_STRING] = { "text", "string" },
		[YAML_TREE_LIST] = { "a list", "array" },
		[YAML_TREE_MAP] = { "a block of keys", "map" },
	};

	return names[node->type][of_reference];
}

bool
conf_value_switch(const char *text)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true",
		"True", NULL };

	return text_is_one_of(text, yes);
}

/* A number as YAML writes it, with underscores between digits. */
static bool
read_number(double *out, const char *text)
{
	enum yaml_tree_type type = yaml_tree_plain_type(text);
	char *digits = xstrdup(text), *to = digits, *end;
	bool ok;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from != '_')
			*to++ = *from;
	}
	*to = '\0';
	*out = strtod(digits, &end);
	/* ".inf" and ".nan" end here too: no setting can be either. */
	ok = (type == YAML_TREE_INT || type == YAML_TREE_FLOAT) &&
	     end != digits && *end == '\0' && isfinite(*out);
	free(digits);
	return ok;
}

bool
conf_value_bool(bool *out, const struct yaml_tree_node *node)
{
	static const char *const no[] = { "0", "f", "F", "FALSE", "false",
		"False", "", NULL };
	double number;

	*out = conf_value_switch(node->text);
	if (*out || text_is_one_of(node->text, no))
		return true;
	/* A quoted number is a string. */
	if (node->type == YAML_TREE_STRING || !read_number(&number, node->text))
		return false;
	*out = number != 0;
	return true;
}

bool
conf_value_int(int64_t *out, const char *text)
{
	double number;

	if (!read_number(&number, text) || number < -EXACT_MAX ||
	    number > EXACT_MAX)
		return false;
	*out = (int64_t)number;
	return (double)*out == number;
}
