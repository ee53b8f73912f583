/* SPDX-License-Identifier: Apache-2.0 */
/* The names of enum trigger_access. */
#include "lib/trigger.h"

#include <string.h>

const char *const trigger_access_words[] = {
	[TRIGGER_LOOPBACK] = "loopback",
	[TRIGGER_OPEN] = "open",
	[TRIGGER_TOKEN] = "token",
	[TRIGGER_OFF] = "off",
	NULL,
};

const char *
trigger_access_name(enum trigger_access access)
{
	return trigger_access_words[access];
}

int
trigger_access_from_name(enum trigger_access *access, const char *name)
{
	for (int i = TRIGGER_LOOPBACK; i <= TRIGGER_OFF; i++) {
		if (strcmp(trigger_access_words[i], name) == 0) {
			*access = (enum trigger_access)i;
			return 0;
		}
	}
	return -1;
}
