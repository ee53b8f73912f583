/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a registry holds: servers, skills and plugins.  The numbers are stored
 * in the database (entry.kind); they never change.
 */
#ifndef LIB_ENTRY_H
#define LIB_ENTRY_H

enum entry_kind {
	ENTRY_SERVER = 1,
	ENTRY_SKILL = 2,
	ENTRY_PLUGIN = 3
};

/* "server", "skill" or "plugin". */
const char *entry_kind_name(enum entry_kind kind);

#endif
