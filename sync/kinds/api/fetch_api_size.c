/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading in a refusal that fewer entries have to be asked for at once.  No
 * standard has a code for that, so the words decide.
 */
#define _GNU_SOURCE /* strcasestr */
#include "sync/kinds/api/fetch_api.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A smaller number in the words is rather a code or a minimum. */
#define NAMED_MIN 10
#define NAMED_DIGITS 4

static bool
mentions(const char *words, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasestr(words, names[i]) != NULL)
			return true;
	return false;
}

/* The largest number below ${size}, 0 for none. */
static unsigned
find_limit(const char *words, unsigned size)
{
	unsigned best = 0, n;
	size_t len;

	for (; *words != '\0'; words += len) {
		len = strspn(words, "0123456789");
		if (len == 0) {
			len = 1;
			continue;
		}
		if (len > NAMED_DIGITS)
			continue;
		n = (unsigned)strtoul(words, NULL, 10);
		if (n >= NAMED_MIN && n < size && n > best)
			best = n;
	}
	return best;
}

bool
fetch_api_size_is_refused(
    unsigned *named, int status, const char *words, unsigned size)
{
	static const char *const sizes[] = { "limit", "page", "size", "maximum",
		"too many" };
	/* Other parameters of the request, which fail in other ways. */
	static const char *const others[] = { "cursor", "include_deleted",
		"updated_since" };

	*named = 0;
	if (status == 413)
		return true;
	if ((status != 400 && status != 422) || words == NULL ||
	    !mentions(words, sizes, sizeof sizes / sizeof *sizes) ||
	    mentions(words, others, sizeof others / sizeof *others))
		return false;
	*named = find_limit(words, size);
	return true;
}
