/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking names of servers in requests.  A name that cannot be is told apart
 * from one that does not exist, with the words clients know.
 */
#include "fcgi/name.h"

#include "lib/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define NAME_SHORTEST 3

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* Letters and digits, and ${inner} between the first and the last. */
static bool
is_word(const char *text, size_t len, const char *inner)
{
	if (len == 0 || !is_alphanumeric(text[0]) ||
	    !is_alphanumeric(text[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alphanumeric(text[i]) && strchr(inner, text[i]) == NULL)
			return false;
	return true;
}

static const char *
shape_problem(const char *name, const char *slash)
{
	if (*name == '\0')
		return "server name cannot be empty";
	if (slash == NULL)
		return "server name must be in format 'dns-namespace/name' "
		       "(e.g., 'com.example.api/server')";
	if (strchr(slash + 1, '/') != NULL)
		return "server name must contain exactly one '/' separator";
	if (slash == name)
		return "namespace part cannot be empty";
	if (slash[1] == '\0')
		return "name part cannot be empty";
	if (strlen(name) < NAME_SHORTEST)
		return "server name must be at least 3 characters long";
	if (strlen(name) > LIMIT_NAME)
		return "server name exceeds maximum length of 200 characters";
	return NULL;
}

int
name_check_server(const char *name, struct err *e)
{
	const char *slash = strchr(name, '/');
	const char *problem = shape_problem(name, slash);

	if (problem != NULL) {
		err_set(e, ERR_INPUT, "%s", problem);
	} else if (!is_word(name, (size_t)(slash - name), ".-")) {
		err_set(e, ERR_INPUT,
		    "namespace '%.*s' is invalid. Namespace must start and end "
		    "with alphanumeric characters, and may contain dots and "
		    "hyphens in the middle",
		    (int)(slash - name), name);
	} else if (!is_word(slash + 1, strlen(slash + 1), "._-")) {
		err_set(e, ERR_INPUT,
		    "name '%s' is invalid. Name must start and end with "
		    "alphanumeric characters, and may contain dots, "
		    "underscores, and hyphens in the middle",
		    slash + 1);
	} else {
		return 0;
	}
	return -1;
}
