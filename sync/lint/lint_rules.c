/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rules.  thv-registry-lint(1) has the same texts. */
#include "sync/lint/lint_rules.h"

#include "sync/lint/lint_checks.h"
#include "sync/lint/lint_text.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PUBLISHER LINT_CHECKS_PUBLISHER

/* A place in a document, and a condition on the value there. */
#define AT(condition, ...)                               \
	{                                                \
		{ __VA_ARGS__ }, .is_wrong = (condition) \
	}
/* The same, for rules that apply to some entries only. */
#define WHEN(applies, condition, ...)                                       \
	{                                                                   \
		{ __VA_ARGS__ }, .when = (applies), .is_wrong = (condition) \
	}
/* A condition on a text; other values are right. */
#define TEXT(condition, ...)                                  \
	{                                                     \
		{ __VA_ARGS__ }, .is_wrong_text = (condition) \
	}
#define NOWHERE                \
	{                      \
		AT(NULL, NULL) \
	}
#define EACH_PACKAGE "packages", LINT_ANY
#define EACH_REMOTE "remotes", LINT_ANY
#define EACH_HEADER EACH_REMOTE, "headers", LINT_ANY
#define EACH_ARGUMENT EACH_PACKAGE, "packageArguments", LINT_ANY
#define EACH_VARIABLE EACH_PACKAGE, "environmentVariables", LINT_ANY

const struct lint_rule lint_rules_table[] = {
	{ "document", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The document cannot be read, so nothing of it is served.",
	    "Fix the place that the message names.", NOWHERE },
	{ "document-size", LINT_ERROR, LINT_REFERENCE,
	    "The reference accepts at most 104857600 bytes from a URL.",
	    "Split it into several sources.", NOWHERE },
	{ "rejected", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The entry breaks a rule that is required to serve it: the sync "
	    "rejects it, and the reference refuses the whole document.",
	    "Make the named member follow the rule.", NOWHERE },
	{ "format", LINT_WARNING, LINT_SYNC | LINT_REFERENCE,
	    "The entry breaks a rule of its format.  The sync serves it, or "
	    "ignores the member, but the reference refuses a document that "
	    "contains it, and clients may be unable to use it.",
	    "Make the named member follow the rule.", NOWHERE },
	{ "duplicate", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The name and version are in the document twice: the sync rejects"
	    " the second, and the reference refuses the whole document.",
	    "Remove one, or give it a version of its own.", NOWHERE },
	{ "item-fields", LINT_ERROR, LINT_VSCODE | LINT_KIRO,
	    "VS Code needs a name, a description and a version that are not "
	    "empty.  It skips an entry without them, and refuses the page if "
	    "that entry is its first.  Kiro refuses the file.",
	    "Fill in the member.",
	    { AT(lint_checks_blank, "name"),
		AT(lint_checks_blank, "description"),
		AT(lint_checks_blank, "version") } },
	{ "text-length", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A description or title of more than 100 characters makes the "
	    "reference refuse the whole document, and cannot be published.",
	    "Shorten it; websiteUrl can link to more.",
	    { TEXT(lint_text_is_long, "description"),
		TEXT(lint_text_is_long, "title") } },
	{ "name-form", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A name must have 3 to 200 characters: letters, digits, dots and "
	    "hyphens, one slash, and underscores after the slash.  Another "
	    "name needs percent-encoding, which clients leave out.",
	    "Rename the server; users must then install it again.",
	    { TEXT(lint_text_is_bad_name, "name") } },
	{ "version-latest", LINT_WARNING, LINT_READERS | LINT_OFFICIAL,
	    "In a URL the version latest means the newest version, so this "
	    "one cannot be requested.",
	    "Give it a number.", { TEXT(lint_text_is_latest, "version") } },
	{ "version-range", LINT_WARNING, LINT_OFFICIAL,
	    "The version is a range, which has no place in the order of "
	    "versions and cannot be published.",
	    "Name one version.", { TEXT(lint_text_is_range, "version") } },
	{ "version-order", LINT_INFO, LINT_SYNC,
	    "The version is not a semantic version: it sorts before all "
	    "semantic versions, by its bytes.",
	    "Use three numbers, like 1.4.0.",
	    { TEXT(lint_text_is_unordered, "version") } },
	{ "version-encoding", LINT_WARNING, LINT_READERS,
	    "The version has characters that need percent-encoding in a URL; "
	    "a plus sign that is sent as it is may arrive as a space.",
	    "Leave build metadata and special characters out.",
	    { TEXT(lint_text_needs_encoding, "version") } },
	{ "schema-missing", LINT_INFO, LINT_OFFICIAL,
	    "The entry does not say which format it is written in ($schema).",
	    "Name the schema of " LINT_TEXT_SCHEMA ".",
	    { AT(lint_checks_missing, "$schema") } },
	{ "schema-old", LINT_INFO, LINT_OFFICIAL | LINT_REFERENCE,
	    "The entry names a schema older than that of " LINT_TEXT_SCHEMA
	    ", with which the reference replaces it in responses.",
	    "Check the entry against the newer schema and name that one.",
	    { TEXT(lint_text_is_old_schema, "$schema") } },
	{ "nothing-to-run", LINT_ERROR, LINT_READERS,
	    "The entry has neither packages nor remotes: there is nothing to "
	    "install and nothing to connect to.",
	    "Add a package or a remote, or remove the entry.",
	    { AT(lint_checks_nothing_to_run, NULL) } },
	{ "toolhive-dropped", LINT_ERROR, LINT_TOOLHIVE,
	    "ToolHive silently drops an entry without an OCI package or a "
	    "remote.",
	    "Publish a container image, or offer the server at a URL.",
	    { AT(lint_checks_toolhive, "packages") } },
	{ "copilot-install", LINT_ERROR, LINT_COPILOT_CLI,
	    "Copilot CLI installs packages of npm, pypi, oci and docker only,"
	    " and the entry offers nothing else.",
	    "Add such a package or a remote.",
	    { AT(lint_checks_copilot, "packages") } },
	{ "package-type", LINT_WARNING, LINT_VSCODE,
	    "VS Code can start npm, pypi, oci and nuget packages; for another"
	    " type it uses the type as the command.",
	    "List a package of one of these types first.",
	    { TEXT(lint_text_is_unknown_type, EACH_PACKAGE, "registryType") } },
	{ "package-cargo", LINT_WARNING, LINT_READERS,
	    "The official registry accepts cargo packages, but no client is "
	    "known to have a command that starts one.",
	    "Add a package of npm, pypi or oci, or a remote.",
	    { TEXT(lint_text_is_cargo, EACH_PACKAGE, "registryType") } },
	{ "package-executable", LINT_ERROR, LINT_OFFICIAL,
	    "Only an npm package may name the executable to start; with "
	    "another type the entry cannot be published.",
	    "Remove executable, or name the program in the arguments.",
	    { AT(lint_checks_executable, EACH_PACKAGE, "executable") } },
	{ "package-version-twice", LINT_ERROR, LINT_VSCODE,
	    "The identifier carries a version and there is a version too: VS "
	    "Code joins them, as in image:1.0:1.0, and the start fails.",
	    "Keep one of the two.",
	    { AT(lint_checks_twice, EACH_PACKAGE, "identifier") } },
	{ "package-npm-hint", LINT_WARNING, LINT_JETBRAINS,
	    "JetBrains does not fill in an npm package that is written as "
	    "name@latest and has a runtimeHint.",
	    "Leave @latest out, and name a version.",
	    { AT(lint_checks_hint, EACH_PACKAGE, "identifier") } },
	{ "package-latest", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A package of version latest makes the reference refuse the whole "
	    "document, and cannot be published.",
	    "Name a version.",
	    { TEXT(lint_text_is_latest, EACH_PACKAGE, "version") } },
	{ "package-range", LINT_WARNING, LINT_READERS | LINT_OFFICIAL,
	    "The version of the package is a range: installers that need an "
	    "exact version find none, others choose one.",
	    "Name one version.",
	    { TEXT(lint_text_is_range, EACH_PACKAGE, "version"),
		AT(lint_checks_identifier_range, EACH_PACKAGE,
		    "identifier") } },
	{ "package-floating", LINT_INFO, LINT_READERS,
	    "No version is named, or latest: installations change although "
	    "this entry does not.",
	    "Name a version, or a digest of the image.",
	    { AT(lint_checks_floating, EACH_PACKAGE, "identifier") } },
	{ "transport-sse", LINT_WARNING, LINT_READERS,
	    "The protocol has replaced SSE with streamable HTTP, and clients "
	    "stop supporting SSE.  Where only registered servers may run, a "
	    "client that is configured with http for the same URL is refused.",
	    "Use streamable-http if the server supports it.",
	    { TEXT(lint_text_is_sse, EACH_PACKAGE, "transport", "type"),
		TEXT(lint_text_is_sse, EACH_REMOTE, "type") } },
	{ "transport-variable", LINT_WARNING, LINT_REFERENCE | LINT_OFFICIAL,
	    "The URL starts with a variable, which only the draft of the "
	    "next schema allows: the reference refuses a document that contains "
	    "it.",
	    "Start the URL with https://.",
	    { TEXT(lint_text_starts_with_variable, EACH_PACKAGE, "transport",
		  "url"),
		TEXT(lint_text_starts_with_variable, EACH_REMOTE, "url") } },
	{ "remote-variable", LINT_ERROR, LINT_VSCODE,
	    "VS Code copies the URL to its settings unchanged.  Where only "
	    "registered servers may run it compares the URL unchanged, too: "
	    "with the variable filled in, the server is refused.",
	    "List the URLs people really use, one remote each.",
	    { TEXT(lint_text_has_variable, EACH_REMOTE, "url") } },
	{ "remote-http", LINT_WARNING, LINT_VSCODE | LINT_TOOLHIVE,
	    "The URL is plain http: others can read and change the traffic, "
	    "and clients that require https refuse it.",
	    "Offer the server over https.",
	    { TEXT(lint_text_is_remote_http, EACH_REMOTE, "url") } },
	{ "remote-local", LINT_WARNING, LINT_READERS,
	    "The host of the URL is the client's own machine.",
	    "Describe the local server as a package.",
	    { TEXT(lint_text_is_local, EACH_REMOTE, "url") } },
	{ "remote-slash", LINT_WARNING, LINT_VSCODE,
	    "The URL ends in a slash.  Where only registered servers may run "
	    "VS Code compares every character: written without the slash, the "
	    "server is refused.",
	    "Leave the slash out if the server responds without it.",
	    { TEXT(lint_text_ends_in_slash, EACH_REMOTE, "url") } },
	{ "remote-query", LINT_WARNING, LINT_VSCODE,
	    "The URL has a query.  Where only registered servers may run VS "
	    "Code compares every character: with another query, the server is "
	    "refused.",
	    "Move what is variable into a header.",
	    { TEXT(lint_text_has_query, EACH_REMOTE, "url") } },
	{ "remote-form", LINT_WARNING, LINT_VSCODE,
	    "The URL has upper case in scheme or host, the default port, or "
	    "a fragment.  A client that normalizes it no longer matches what "
	    "VS Code compares.",
	    "Write scheme and host in lower case, and only what is needed.",
	    { TEXT(lint_text_is_rewritten, EACH_REMOTE, "url") } },
	{ "icon-missing", LINT_INFO, LINT_VSCODE,
	    "VS Code has no picture to show for the entry.",
	    "Add icons with an https URL.",
	    { AT(lint_checks_no_picture, "icons") } },
	{ "icon-http", LINT_WARNING, LINT_VSCODE,
	    "VS Code loads pictures over https only.",
	    "Serve the picture over https.",
	    { TEXT(lint_text_is_http, "icons", LINT_ANY, "src") } },
	{ "publisher-scalar", LINT_WARNING, LINT_REFERENCE,
	    "A value directly below publisher-provided is not an object.  The"
	    " official registry accepts that, but the reference refuses a "
	    "document that contains it.",
	    "Put it into an object under a name of the publisher.",
	    { AT(lint_checks_scalar, "_meta", PUBLISHER, LINT_ANY) } },
	{ "publisher-size", LINT_ERROR, LINT_REFERENCE,
	    "The publisher-provided object has more than 262144 bytes: unless "
	    "configured otherwise the reference refuses the whole document.",
	    "Shorten it, or raise database.maxMetaSize there.",
	    { AT(lint_checks_large, "_meta", PUBLISHER) } },
	{ "tag-form", LINT_ERROR, LINT_REFERENCE | LINT_TOOLHIVE,
	    "A tag of ToolHive must have two or more of a-z, 0-9, hyphen and "
	    "underscore, a letter or digit first and last.  With another tag "
	    "the reference refuses the whole document.",
	    "Write it in lower case, with hyphens for spaces.",
	    { TEXT(lint_text_is_bad_tag, "_meta", PUBLISHER,
		"io.github.stacklok", LINT_ANY, "tags", LINT_ANY) } },
	{ "kiro-ways", LINT_WARNING, LINT_KIRO,
	    "Kiro accepts an entry with exactly one remote or exactly one "
	    "package, not both.  It refuses a whole file for one other entry.",
	    "Leave the entry out of the file for Kiro, or keep one remote or "
	    "package.",
	    { AT(lint_checks_kiro_ways, NULL) } },
	{ "kiro-remote", LINT_WARNING, LINT_KIRO,
	    "Kiro accepts a remote of type streamable-http or sse with a URL.",
	    "Leave the entry out of the file for Kiro, or use such a remote.",
	    { WHEN(lint_checks_one_remote, lint_checks_blank, EACH_REMOTE,
		  "url"),
		WHEN(lint_checks_one_remote, lint_checks_kiro_remote,
		    EACH_REMOTE, "type") } },
	{ "kiro-headers", LINT_WARNING, LINT_KIRO,
	    "Kiro needs a name and a value of each header, because it does "
	    "not prompt for one.",
	    "Give the value, or leave the entry out of the file for Kiro.",
	    { WHEN(lint_checks_one_remote, lint_checks_blank, EACH_HEADER,
		  "name"),
		WHEN(lint_checks_one_remote, lint_checks_kiro_header_value,
		    EACH_HEADER, "value") } },
	{ "kiro-package", LINT_WARNING, LINT_KIRO,
	    "Kiro starts npm and pypi packages with an identifier, a version "
	    "and the transport stdio.",
	    "Leave the entry out of the file for Kiro, or offer such a "
	    "package.",
	    { WHEN(lint_checks_one_package, lint_checks_kiro_type, EACH_PACKAGE,
		  "registryType"),
		WHEN(lint_checks_kiro_starts, lint_checks_blank, EACH_PACKAGE,
		    "identifier"),
		WHEN(lint_checks_kiro_starts, lint_checks_kiro_version,
		    EACH_PACKAGE, "version"),
		WHEN(lint_checks_kiro_starts, lint_checks_kiro_transport,
		    EACH_PACKAGE, "transport", "type") } },
	{ "kiro-arguments", LINT_WARNING, LINT_KIRO,
	    "Kiro accepts only positional package arguments with a value.",
	    "Write each argument as a positional one with a value.",
	    { WHEN(lint_checks_kiro_starts, lint_checks_kiro_argument_type,
		  EACH_ARGUMENT, "type"),
		WHEN(lint_checks_kiro_starts, lint_checks_kiro_argument_value,
		    EACH_ARGUMENT, "value") } },
	{ "kiro-environment", LINT_WARNING, LINT_KIRO,
	    "Kiro needs a name and a default of each environment variable, "
	    "because it does not prompt for a value.",
	    "Give a default, or leave the entry out of the file for Kiro.",
	    { WHEN(lint_checks_kiro_starts, lint_checks_blank, EACH_VARIABLE,
		  "name"),
		WHEN(lint_checks_kiro_starts, lint_checks_kiro_variable_default,
		    EACH_VARIABLE, "default") } },
	{ "name-case", LINT_WARNING, LINT_READERS,
	    "Two names differ only in upper and lower case: people and "
	    "allowlists confuse them.",
	    "Keep one of them.", NOWHERE },
	{ "remote-shared", LINT_WARNING, LINT_VSCODE,
	    "Several entries have the same remote URL.  Where only registered "
	    "servers may run the URL decides, so allowing one allows all.",
	    "Keep one entry per endpoint.", NOWHERE },
	{ "toolhive-entries", LINT_ERROR, LINT_TOOLHIVE,
	    "ToolHive fails on a registry of more than 10000 entries: neither"
	    " lists nor look-ups work.",
	    "Make smaller registries, with sources that filter.", NOWHERE },
	{ "toolhive-cache", LINT_WARNING, LINT_TOOLHIVE,
	    "ToolHive drops its cache on disk above 10 MB and loads the whole "
	    "registry again for each use.",
	    "Make smaller registries, with sources that filter.", NOWHERE },
	{ "mirror-records", LINT_ERROR, LINT_REFERENCE,
	    "The reference reads at most 100000 versions, in 1000 pages of "
	    "100, from a registry that is its source.",
	    "Give it a smaller registry to mirror.", NOWHERE },
};

const size_t lint_rules_count = COUNT(lint_rules_table);

const struct lint_rule *
lint_rules_find(const char *id)
{
	const struct lint_rule *rule = lint_rules_table;

	while (strcmp(rule->id, id) != 0)
		rule++;
	return rule;
}

void
lint_rules_check(struct lint_sink *sink, const struct lint_server *s)
{
	for (size_t i = 0; i < lint_rules_count; i++) {
		const struct lint_spot *spot = lint_rules_table[i].spots;

		sink->rule = &lint_rules_table[i];
		for (; spot < sink->rule->spots + LINT_SPOTS &&
		       (spot->is_wrong != NULL || spot->is_wrong_text != NULL);
		     spot++)
			lint_checks_try(sink, s, spot);
	}
}

const char *
lint_rules_severity(enum lint_severity severity)
{
	static const char *const names[] = { "error", "warning", "info" };

	return names[severity];
}

const char *
lint_rules_client(size_t i, bool as_id)
{
	static const struct {
		const char *name;
		const char *id;
	} clients[LINT_CLIENTS] = {
		{ "VS Code", "vscode" },
		{ "Copilot CLI", "copilot-cli" },
		{ "JetBrains", "jetbrains" },
		{ "ToolHive", "toolhive" },
		{ "thv-registry-api", "thv-registry-api" },
		{ "official registry", "official-registry" },
		{ "this sync", "thv-registry-sync" },
		{ "Kiro", "kiro" },
	};

	return as_id ? clients[i].id : clients[i].name;
}
