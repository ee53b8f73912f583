/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind git: their keys, and what they need to be fetched. */
#include "lib/sandbox/sandbox.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/git/fetch_git.h"
#include "sync/kinds/kind.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TIMEOUT_NS (5 * 60 * INT64_C(1000000000))
#define DOCUMENT "registry.json"

static const struct conf_key auth_keys[] = {
	CONF_KEY_OF("username", CONF_STRING, conf_git, username, 0),
	CONF_KEY_OF(
	    "passwordFile", CONF_FILE, conf_git, password_file, CONF_LATER),
	CONF_KEY_OF("privateKeyFile", CONF_FILE, conf_git, private_key_file,
	    CONF_LATER),
	CONF_KEY_OF("knownHostsFile", CONF_FILE, conf_git, known_hosts_file,
	    CONF_LATER),
	CONF_KEY_END,
};

const struct conf_key kind_git_keys[] = {
	CONF_KEY_OF("repository", CONF_STRING, conf_git, repository,
	    CONF_REQUIRED | CONF_PLACE | CONF_URL),
	CONF_KEY_OF("branch", CONF_STRING, conf_git, branch, CONF_PLACE),
	CONF_KEY_OF("tag", CONF_STRING, conf_git, tag, CONF_PLACE),
	CONF_KEY_OF("commit", CONF_STRING, conf_git, commit, CONF_PLACE),
	CONF_KEY_OF("path", CONF_STRING, conf_git, path, CONF_PLACE),
	CONF_KEY_BLOCK("auth", CONF_BLOCK, auth_keys),
	CONF_KEY_OF("caFile", CONF_FILE, conf_git, ca_file, 0),
	{ .name = "timeout",
	    .form = CONF_DURATION,
	    .use = CONF_READ | CONF_SHOWN | CONF_DEADLINE,
	    .offset = offsetof(struct conf_git, timeout_ns),
	    .initial_ns = TIMEOUT_NS },
	CONF_KEY("allowPrivate", CONF_BOOL),
	CONF_KEY_END,
};

static void
check_reference(const struct conf_at *at)
{
	static const char *const keys[] = { "branch", "tag", "commit" };
	const char *second = NULL;
	int found = 0;

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (conf_value_text(at, keys[i]) != NULL && found++ > 0)
			second = keys[i];
	if (second != NULL)
		conf_message_error(at, second,
		    "only one of branch, tag, or commit may be specified, "
		    "found %d",
		    found);
}

static void
check_auth(const struct conf_git *g, const struct conf_at *at)
{
	char *path = xasprintf("%s.auth", at->path);
	struct conf_at auth = conf_value_enter(at, "auth", path);
	bool user = conf_value_present(&auth, "username");
	bool password = conf_value_present(&auth, "passwordFile");
	bool key = conf_value_present(&auth, "privateKeyFile");
	bool hosts = conf_value_present(&auth, "knownHostsFile");

	if (password && (key || hosts))
		conf_message_error(&auth, "passwordFile",
		    "git.auth.passwordFile (for http) and git.auth.%s (for "
		    "ssh) are mutually exclusive",
		    key ? "privateKeyFile" : "knownHostsFile");
	else if (user != password && !(user && key))
		conf_message_error(&auth, user ? "username" : "passwordFile",
		    "git.auth.username and git.auth.passwordFile must both be "
		    "specified");
	/* A password, or a token in the URL, must not travel in the clear. */
	if (g->repository != NULL) {
		conf_http_check_user(at, "repository", g->repository);
		if (password)
			conf_http_check_secret(&auth, "passwordFile",
			    "git.auth.passwordFile", g->repository);
	}
	free(path);
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	struct conf_git *g = &s->u.git;

	check_reference(at);
	if (g->path == NULL)
		g->path = xstrdup(DOCUMENT);
	check_auth(g, at);
	if (g->ca_file != NULL && g->repository != NULL &&
	    strncasecmp(g->repository, "https:", 6) != 0)
		conf_message_error(
		    at, "caFile", "git.caFile needs an https repository");
	g->public_only = conf_http_public_only(at);
	if (g->timeout_ns <= 0)
		conf_message_error(
		    at, "timeout", "git.timeout must be greater than zero");
}

static void
needs(struct kind_needs *n, const struct conf_source *s)
{
	static const char *const of_ssh[] = { "SSH_AUTH_SOCK", NULL };
	enum fetch_git_transport transport;
	struct err ignored;
	char *known_hosts;

	/* The process that talks to the server is one of its own. */
	n->keeps = SANDBOX_FETCH_KILL;
	/* The fetch reports an invalid URL. */
	if (fetch_git_url_check(&transport, s->u.git.repository, &ignored) ==
	    -1)
		return;
	if (fetch_git_runs_programs(transport))
		n->keeps |= SANDBOX_FETCH_PROGRAMS;
	/* Alternates and worktrees of a local repository lead anywhere. */
	if (transport == FETCH_GIT_LOCAL)
		kind_needs_file(n, "/");
	if (transport == FETCH_GIT_SSH) {
		n->variables = of_ssh;
		known_hosts = fetch_git_auth_known_hosts(&s->u.git);
		kind_needs_file(n, known_hosts);
		free(known_hosts);
	}
}

const struct source_kind kind_git = {
	.name = "git",
	.keys = kind_git_keys,
	.check = check,
	.fetch = fetch_git,
	.remote = true,
	.needs = needs,
};
