/* SPDX-License-Identifier: Apache-2.0 */
/* Whose limits and habits the lint knows: bits, so that a rule can name many.
 */
#ifndef SYNC_LINT_LINT_CLIENT_H
#define SYNC_LINT_LINT_CLIENT_H

#include <stddef.h>

enum lint_client {
	LINT_VSCODE = 1,
	LINT_COPILOT_CLI = 2,
	LINT_JETBRAINS = 4,
	LINT_TOOLHIVE = 8,
	LINT_REFERENCE = 16, /* thv-registry-api, with this as its source */
	LINT_OFFICIAL = 32, /* the official registry, when publishing */
	LINT_SYNC = 64, /* this program */
	LINT_KIRO = 128 /* Kiro, with a file made of the registry */
};

#define LINT_CLIENT_COUNT 8
#define LINT_READERS \
	(LINT_VSCODE | LINT_COPILOT_CLI | LINT_JETBRAINS | LINT_TOOLHIVE)

/* The client of bit ${i}: for people, or as JSON has it. */
const char *lint_client_name(size_t i);
const char *lint_client_id(size_t i);

#endif
