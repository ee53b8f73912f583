/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars to C values, as the reference's decoder reads them. */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool
is_word(const char *text, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

bool
conf_value_switch(const char *text)
{
	static const char *const yes[] = { "1", "t", "T", "TRUE", "true",
		"True", NULL };

	return is_word(text, yes);
}

/* The text without the underscores that YAML allows between digits. */
static char *
digits_of(const char *text)
{
	char *copy = xstrdup(text), *to = copy;

	for (const char *from = text; *from != '\0'; from++) {
		if (*from != '_')
			*to++ = *from;
	}
	*to = '\0';
	return copy;
}

static bool
read_float(double *out, const struct yaml_tree_node *node)
{
	enum yaml_tree_type type;
	char *digits, *end;
	bool ok;

	type = yaml_tree_plain_type(node->text);
	if (type != YAML_TREE_INT && type != YAML_TREE_FLOAT)
		return false;
	digits = digits_of(node->text);
	*out = strtod(digits, &end);
	/* ".inf" and ".nan" end here too: no setting can be either. */
	ok = end != digits && *end == '\0' && isfinite(*out);
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
	if (*out || is_word(node->text, no))
		return true;
	if (node->type != YAML_TREE_INT && node->type != YAML_TREE_FLOAT)
		return false;
	if (!read_float(&number, node))
		return false;
	*out = number != 0;
	return true;
}

bool
conf_value_int(int64_t *out, const struct yaml_tree_node *node)
{
	bool ok = false;
	double number;
	long long n;
	char *digits, *end;

	switch (yaml_tree_plain_type(node->text)) {
	case YAML_TREE_INT:
		digits = digits_of(node->text);
		errno = 0;
		n = strtoll(digits, &end, 0);
		ok = errno == 0 && end != digits && *end == '\0';
		free(digits);
		*out = (int64_t)n;
		return ok;
	case YAML_TREE_FLOAT:
		if (!read_float(&number, node) || number < -9e18 ||
		    number > 9e18)
			return false;
		*out = (int64_t)number;
		return (double)*out == number;
	default:
		return false;
	}
}
