/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of rules: what a finding means.  thv-registry-lint(1) says the same
 * to people.
 */
#include "sync/lint/lint_rules.h"

#include "sync/lint/lint_checks.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct lint_rule lint_rules_table[] = {
	{ "document", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The document cannot be read, so nothing of it is served.",
	    "Repair the place that is named.", NULL },
	{ "document-size", LINT_ERROR, LINT_REFERENCE,
	    "The reference takes at most 104857600 bytes from a URL.",
	    "Split it into several sources.", NULL },
	{ "rejected", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The entry breaks a rule without which it cannot be served: the "
	    "sync leaves it out, and the reference refuses the whole "
	    "document.",
	    "Make the member that is named follow the rule.", NULL },
	{ "format", LINT_WARNING, LINT_SYNC | LINT_REFERENCE,
	    "The entry breaks a rule of its format.  The sync serves it, or "
	    "ignores the member, but the reference refuses a document that "
	    "holds it, and clients may be unable to use it.",
	    "Make the member that is named follow the rule.", NULL },
	{ "duplicate", LINT_ERROR, LINT_SYNC | LINT_REFERENCE,
	    "The name and version stand in the document twice: the sync "
	    "leaves the second out, and the reference refuses the whole "
	    "document.",
	    "Remove one, or give it a version of its own.", NULL },
	{ "item-fields", LINT_ERROR, LINT_VSCODE | LINT_KIRO,
	    "VS Code needs a name, a description and a version that are not "
	    "empty.  It passes over an entry without them, and when that "
	    "entry is the first of a page it refuses the page.  Kiro refuses "
	    "the file.",
	    "Fill in the member.", lint_checks_item },
	{ "text-length", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A description or title of more than 100 characters makes the "
	    "reference refuse the whole document, and cannot be published.",
	    "Shorten it; websiteUrl may lead to more.",
	    lint_checks_text_length },
	{ "name-form", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A name has 3 to 200 characters, letters, digits, dots and "
	    "hyphens, one slash, and underscores after it.  Another one needs "
	    "percent-encoding in URLs that clients build without it.",
	    "Rename the server; what was installed by the old name has to be "
	    "installed anew.",
	    lint_checks_name },
	{ "version-latest", LINT_WARNING, LINT_READERS | LINT_OFFICIAL,
	    "In a URL the version latest means the newest one, whatever it is "
	    "called: this version cannot be asked for.",
	    "Give it a number.", lint_checks_version_latest },
	{ "version-range", LINT_WARNING, LINT_OFFICIAL,
	    "The version is a range, which is not ordered among versions and "
	    "cannot be published.",
	    "Name one version.", lint_checks_version_range },
	{ "version-order", LINT_INFO, LINT_SYNC,
	    "The version is no semantic version: it counts as older than "
	    "every one that is, and is ordered by its bytes.",
	    "Use three numbers, like 1.4.0.", lint_checks_version_order },
	{ "version-encoding", LINT_WARNING, LINT_READERS,
	    "The version has characters that need percent-encoding in a URL; "
	    "a plus sign that is sent as it is may arrive as a space.",
	    "Leave build metadata and special characters out.",
	    lint_checks_version_encoding },
	{ "schema-missing", LINT_INFO, LINT_OFFICIAL,
	    "The entry does not say which format it is written in ($schema).",
	    "Name the schema of " LINT_CHECKS_SCHEMA ".",
	    lint_checks_schema_missing },
	{ "schema-old", LINT_INFO, LINT_OFFICIAL | LINT_REFERENCE,
	    "The entry names a schema older than that of " LINT_CHECKS_SCHEMA
	    ", which the reference puts into its answers whatever is there.",
	    "Check it against the newer schema and name that.",
	    lint_checks_schema_old },
	{ "nothing-to-run", LINT_ERROR, LINT_READERS,
	    "The entry has neither packages nor remotes: there is nothing to "
	    "install and nothing to connect to.",
	    "Add a package or a remote, or take the entry out.",
	    lint_checks_nothing_to_run },
	{ "toolhive-dropped", LINT_ERROR, LINT_TOOLHIVE,
	    "ToolHive drops an entry without an OCI package or a remote and "
	    "does not say so.",
	    "Publish a container image, or offer the server at a URL.",
	    lint_checks_toolhive },
	{ "copilot-install", LINT_ERROR, LINT_COPILOT_CLI,
	    "Copilot CLI installs packages of npm, pypi, oci and docker only, "
	    "and the entry has no other way in.",
	    "Add such a package or a remote.", lint_checks_copilot },
	{ "package-type", LINT_WARNING, LINT_VSCODE,
	    "VS Code knows how to start npm, pypi, oci and nuget packages; of "
	    "another type it makes a command called like the type.",
	    "List a package of a type it knows first.",
	    lint_checks_vscode_type },
	{ "package-cargo", LINT_WARNING, LINT_READERS,
	    "The official registry accepts cargo packages, but no client is "
	    "known to have a command that starts one.",
	    "Add a package of npm, pypi or oci, or a remote.",
	    lint_checks_package_cargo },
	{ "package-executable", LINT_ERROR, LINT_OFFICIAL,
	    "Only an npm package may name the executable to start; with "
	    "another type the entry cannot be published.",
	    "Remove executable, or name the program in the arguments.",
	    lint_checks_package_executable },
	{ "package-version-twice", LINT_ERROR, LINT_VSCODE,
	    "The identifier carries a version and there is a version too: VS "
	    "Code joins them, as in image:1.0:1.0, and the start fails.",
	    "Keep one of the two.", lint_checks_version_twice },
	{ "package-npm-hint", LINT_WARNING, LINT_JETBRAINS,
	    "JetBrains does not fill in an npm package that is written as "
	    "name@latest and has a runtimeHint.",
	    "Leave @latest out, and name a version.", lint_checks_npm_hint },
	{ "package-latest", LINT_ERROR, LINT_REFERENCE | LINT_OFFICIAL,
	    "A package of version latest makes the reference refuse the whole "
	    "document, and cannot be published.",
	    "Name a version.", lint_checks_package_latest },
	{ "package-range", LINT_WARNING, LINT_READERS | LINT_OFFICIAL,
	    "The version of the package is a range: installers that take an "
	    "exact version find none, others install what they like.",
	    "Name one version.", lint_checks_package_range },
	{ "package-floating", LINT_INFO, LINT_READERS,
	    "No version is named, or latest: what gets installed changes "
	    "without this entry changing.",
	    "Name a version, or a digest of the image.",
	    lint_checks_package_floating },
	{ "transport-sse", LINT_WARNING, LINT_READERS,
	    "The protocol has replaced SSE with streamable HTTP, and clients "
	    "remove it.  Where only registered servers may run, a client that "
	    "is configured with http for the same URL is refused.",
	    "Use streamable-http if the server supports it.",
	    lint_checks_transport_sse },
	{ "transport-variable", LINT_WARNING, LINT_REFERENCE | LINT_OFFICIAL,
	    "The URL begins with a variable, which only the draft of the next "
	    "schema allows: the reference refuses a document that holds it.",
	    "Begin the URL with https://.", lint_checks_transport_variable },
	{ "remote-variable", LINT_ERROR, LINT_VSCODE,
	    "VS Code writes the URL into its settings as it is, and where "
	    "only registered servers may run compares it as it is: with the "
	    "variable filled in, the server is refused.",
	    "List the URLs people really use, one remote each.",
	    lint_checks_remote_variable },
	{ "remote-http", LINT_WARNING, LINT_VSCODE | LINT_TOOLHIVE,
	    "The URL is plain http: what is sent can be read and changed on "
	    "the way, and clients that insist on https refuse it.",
	    "Offer the server over https.", lint_checks_remote_http },
	{ "remote-local", LINT_WARNING, LINT_READERS,
	    "The URL leads to the machine of whoever reads it.",
	    "Describe what has to run there as a package.",
	    lint_checks_remote_local },
	{ "remote-slash", LINT_WARNING, LINT_VSCODE,
	    "The URL ends in a slash.  Where only registered servers may run "
	    "VS Code compares every character: written without the slash, the "
	    "server is refused.",
	    "Leave the slash out if the server answers without it.",
	    lint_checks_remote_slash },
	{ "remote-query", LINT_WARNING, LINT_VSCODE,
	    "The URL has a query.  Where only registered servers may run VS "
	    "Code compares every character: with another query, the server is "
	    "refused.",
	    "Move what is variable into a header.", lint_checks_remote_query },
	{ "remote-form", LINT_WARNING, LINT_VSCODE,
	    "The URL has upper case in scheme or host, the port that is the "
	    "default, or a fragment: a client that rewrites it no longer "
	    "matches what VS Code compares.",
	    "Write scheme and host in lower case, and only what is needed.",
	    lint_checks_remote_form },
	{ "icon-missing", LINT_INFO, LINT_VSCODE,
	    "VS Code has no picture to show for the entry.",
	    "Add icons with an https URL.", lint_checks_icon_missing },
	{ "icon-http", LINT_WARNING, LINT_VSCODE,
	    "The window of VS Code loads pictures over https only.",
	    "Put the picture behind https.", lint_checks_icon_http },
	{ "publisher-scalar", LINT_WARNING, LINT_REFERENCE,
	    "A value directly below publisher-provided is no object.  The "
	    "official registry accepts that, but the reference refuses a "
	    "document that holds it.",
	    "Put it into an object under a name of the publisher.",
	    lint_checks_publisher_scalar },
	{ "publisher-size", LINT_ERROR, LINT_REFERENCE,
	    "The publisher-provided object has more than 262144 bytes: unless "
	    "configured otherwise the reference refuses the whole document.",
	    "Shorten it, or raise database.maxMetaSize there.",
	    lint_checks_publisher_size },
	{ "tag-form", LINT_ERROR, LINT_REFERENCE | LINT_TOOLHIVE,
	    "A tag of ToolHive has two or more of a-z, 0-9, hyphen and "
	    "underscore, a letter or digit first and last.  With another one "
	    "the reference refuses the whole document.",
	    "Write it in lower case, with hyphens for spaces.",
	    lint_checks_tag },
	{ "kiro-ways", LINT_WARNING, LINT_KIRO,
	    "Kiro takes an entry with exactly one remote or exactly one "
	    "package, not both, and refuses a whole file for one other entry.",
	    "Leave the entry out of the file for Kiro, or keep one way in.",
	    lint_checks_kiro_ways },
	{ "kiro-remote", LINT_WARNING, LINT_KIRO,
	    "Kiro takes a remote of type streamable-http or sse with a URL.",
	    "Leave the entry out of the file for Kiro, or use such a remote.",
	    lint_checks_kiro_remote },
	{ "kiro-headers", LINT_WARNING, LINT_KIRO,
	    "Kiro needs a name and a value of each header, because it does "
	    "not ask for one.",
	    "Give the value, or leave the entry out of the file for Kiro.",
	    lint_checks_kiro_headers },
	{ "kiro-package", LINT_WARNING, LINT_KIRO,
	    "Kiro starts npm and pypi packages with an identifier, a version "
	    "and the transport stdio.",
	    "Leave the entry out of the file for Kiro, or offer such a "
	    "package.",
	    lint_checks_kiro_package },
	{ "kiro-arguments", LINT_WARNING, LINT_KIRO,
	    "Kiro takes positional package arguments with a value only.",
	    "Write each argument as a positional one with a value.",
	    lint_checks_kiro_arguments },
	{ "kiro-environment", LINT_WARNING, LINT_KIRO,
	    "Kiro needs a name and a default of each environment variable, "
	    "because it does not ask for a value.",
	    "Give a default, or leave the entry out of the file for Kiro.",
	    lint_checks_kiro_environment },
	{ "name-case", LINT_WARNING, LINT_READERS,
	    "Two names differ only in upper and lower case: people and "
	    "allowlists take one for the other.",
	    "Keep one of them.", NULL },
	{ "remote-shared", LINT_WARNING, LINT_VSCODE,
	    "Several entries have the same remote URL.  Where only registered "
	    "servers may run the URL decides, so allowing one allows all.",
	    "Keep one entry per endpoint.", NULL },
	{ "toolhive-entries", LINT_ERROR, LINT_TOOLHIVE,
	    "ToolHive gives up on a registry of more than 10000 entries: "
	    "neither lists nor look-ups work.",
	    "Make smaller registries, with sources that filter.", NULL },
	{ "toolhive-cache", LINT_WARNING, LINT_TOOLHIVE,
	    "ToolHive drops its cache on disk above 10 MB and loads the whole "
	    "registry again for each use.",
	    "Make smaller registries, with sources that filter.", NULL },
	{ "mirror-records", LINT_ERROR, LINT_REFERENCE,
	    "The reference reads at most 100000 versions, in 1000 pages of "
	    "100, from a registry that is its source.",
	    "Give it a smaller registry to mirror.", NULL },
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
		sink->rule = &lint_rules_table[i];
		if (sink->rule->check != NULL)
			sink->rule->check(sink, s);
	}
}

const char *
lint_rules_severity(enum lint_severity severity)
{
	static const char *const names[] = { "error", "warning", "info" };

	return names[severity];
}
