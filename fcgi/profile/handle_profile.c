/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles for pprof, for clients on this machine. */
#include "fcgi/handlers/handle.h"
#include "fcgi/profile/profile.h"
#include "lib/limits.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS_DEFAULT 30

#define TYPE "application/octet-stream"
#define SAVE_AS(name) \
	"Content-Disposition: attachment; filename=\"" name "\"\r\n"

static int
read_seconds(int *seconds, const char *text, struct err *e)
{
	char *end;
	long n;

	*seconds = SECONDS_DEFAULT;
	if (text == NULL)
		return 0;
	n = strtol(text, &end, 10);
	if (*end != '\0' || n < 1 || n > LIMIT_PROFILE_SECONDS) {
		err_set(e, ERR_INPUT, "seconds must be from 1 to %d",
		    LIMIT_PROFILE_SECONDS);
		return -1;
	}
	*seconds = (int)n;
	return 0;
}

int
handle_profile(struct exchange *x, struct err *e)
{
	const char *name = x->match.captures[ROUTE_NAME];
	bool heap = strcmp(name, "heap") == 0;
	int seconds;

	if (!profile_is_on()) {
		err_set(e, ERR_NOT_FOUND, "%s", profile_why_off());
		return -1;
	}
	if (read_seconds(
		&seconds, x->request->values.text[PARAMETER_SECONDS], e) == -1)
		return -1;
	if (!heap && strcmp(name, "profile") != 0) {
		err_set(e, ERR_NOT_FOUND,
		    "no such profile: there are profile and heap");
		return -1;
	}
	if (heap && !profile_watches_heap()) {
		err_set(e, ERR_NOT_FOUND,
		    "the heap is not watched: " PROFILE_VARIABLE_HEAP
		    " is not set");
		return -1;
	}
	if (profile_take(&x->response->body, heap ? PROFILE_HEAP : PROFILE_CPU,
		seconds, e) == -1)
		return -1;
	x->response->type = TYPE;
	x->response->line = heap ? SAVE_AS("heap.pb") : SAVE_AS("profile.pb");
	return 0;
}
