/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the kinds of entry. */
#include "lib/entry.h"

const char *
entry_kind_name(enum entry_kind kind)
{
	static const char *const names[] = {
		[ENTRY_SERVER] = "server",
		[ENTRY_SKILL] = "skill",
		[ENTRY_PLUGIN] = "plugin",
	};

	return names[kind];
}
