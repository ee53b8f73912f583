/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the clients. */
#include "sync/lint/lint_client.h"

static const struct {
	const char *name;
	const char *id;
} clients[LINT_CLIENT_COUNT] = {
	{ "VS Code", "vscode" },
	{ "Copilot CLI", "copilot-cli" },
	{ "JetBrains", "jetbrains" },
	{ "ToolHive", "toolhive" },
	{ "thv-registry-api", "thv-registry-api" },
	{ "official registry", "official-registry" },
	{ "this sync", "thv-registry-sync" },
	{ "Kiro", "kiro" },
};

const char *
lint_client_name(size_t i)
{
	return clients[i].name;
}

const char *
lint_client_id(size_t i)
{
	return clients[i].id;
}
