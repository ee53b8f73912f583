/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind git: their keys, and what they need to be fetched. */
#include "sync/conf/conf_key.h"
#include "sync/kinds/git/fetch_git.h"
#include "sync/kinds/kind.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define AT(member) CONF_AT(conf_source, u.git.member)

static const struct conf_key auth_keys[] = {
	{ "username", CONF_TEXT, AT(username) },
	{ "passwordFile", CONF_FILE, AT(password_file), CONF_LATER },
	{ "privateKeyFile", CONF_FILE, AT(private_key_file), CONF_LATER },
	{ "knownHostsFile", CONF_FILE, AT(known_hosts_file), CONF_LATER },
	CONF_KEY_END,
};

const struct conf_key kind_git_keys[] = {
	{ "repository", CONF_TEXT, AT(repository), CONF_PLACE | CONF_ADDRESS,
	    .required = "git.repository is required" },
	{ "branch", CONF_TEXT, AT(branch), CONF_PLACE },
	{ "tag", CONF_TEXT, AT(tag), CONF_PLACE },
	{ "commit", CONF_TEXT, AT(commit), CONF_PLACE },
	{ "path", CONF_TEXT, AT(path), CONF_PLACE,
	    .fallback = "registry.json" },
	{ "auth", CONF_BLOCK, .keys = auth_keys },
	{ "caFile", CONF_FILE, AT(ca_file) },
	{ "timeout", CONF_DURATION, AT(timeout_ns), CONF_SHOWN | CONF_DEADLINE,
	    .fallback = "5m", .min = 1 },
	{ "allowPrivate", CONF_BOOL, AT(public_only), CONF_INVERTED,
	    .fallback = "true" },
	CONF_KEY_END,
};

static void
check_reference(const struct conf_at *at)
{
	static const char *const refs[] = { "branch", "tag", "commit" };
	const char *second = NULL;
	int found = 0;

	for (size_t i = 0; i < 3; i++) {
		if (conf_text(at, refs[i]) != NULL && found++ > 0)
			second = refs[i];
	}
	if (second != NULL)
		conf_error(at, second,
		    "only one of branch, tag, or commit may be specified, "
		    "found %d",
		    found);
}

static void
check_auth(const struct conf_at *at, const struct conf_git *g)
{
	struct conf_at auth = conf_enter(at, "auth");
	bool user = conf_present(&auth, "username");
	bool password = conf_present(&auth, "passwordFile");
	bool key = conf_present(&auth, "privateKeyFile");

	if (password && (key || conf_present(&auth, "knownHostsFile")))
		conf_error(&auth, "passwordFile",
		    "git.auth.passwordFile (for http) and git.auth.%s (for "
		    "ssh) are mutually exclusive",
		    key ? "privateKeyFile" : "knownHostsFile");
	else if (user != password && !(user && key))
		conf_error(&auth, user ? "username" : "passwordFile",
		    "git.auth.username and git.auth.passwordFile must both be "
		    "specified");
	if (password && g->repository != NULL)
		conf_url_check_secret(&auth, "passwordFile",
		    "git.auth.passwordFile", g->repository);
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	const struct conf_git *g = &s->u.git;

	check_reference(at);
	check_auth(at, g);
	if (g->repository == NULL)
		return;
	conf_url_check_user(at, "repository", g->repository);
	if (g->ca_file != NULL && strncasecmp(g->repository, "https:", 6) != 0)
		conf_error(
		    at, "caFile", "git.caFile needs an https repository");
}

static void
needs(struct kind_needs *n, const struct conf_source *s)
{
	static const char *const of_ssh[] = { "SSH_AUTH_SOCK", NULL };
	enum fetch_git_transport transport;
	struct err ignored;
	char *known_hosts;

	/* The fetch reports an invalid URL. */
	if (fetch_git_url_check(&transport, s->u.git.repository, &ignored) ==
	    -1)
		return;
	n->runs_programs = fetch_git_runs_programs(transport);
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
	.abandon = fetch_git_cache_abandon,
};
