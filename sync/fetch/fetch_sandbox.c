/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting the paths that a source leads to.  Runs in a fetching process
 * before it says a word to anybody.
 */
#include "sync/fetch/fetch_sandbox.h"

#include "lib/sandbox/sandbox.h"
#include "lib/xalloc.h"
#include "sync/kinds/configmap/fetch_configmap.h"
#include "sync/kinds/git/fetch_git.h"

#include <stdlib.h>
#include <string.h>

#define PATHS_MAX 8 /* besides one for each header of an API */

struct paths {
	const char **at;
	size_t count;
	char *owned; /* one of them */
	unsigned keeps; /* enum sandbox_fetch_keeps */
};

static void
add(struct paths *p, const char *path)
{
	if (path != NULL && *path != '\0')
		p->at[p->count++] = path;
}

static void
add_git(struct paths *p, const struct conf_git *git)
{
	enum fetch_git_transport transport;
	struct err ignored;

	add(p, git->password_file);
	add(p, git->private_key_file);
	add(p, git->ca_file);
	/* The process that talks to the server is one of its own. */
	p->keeps = SANDBOX_FETCH_KILL;
	/* A wrong URL is for the fetch to complain about. */
	if (fetch_git_url_check(&transport, git->repository, &ignored) == -1)
		return;
	if (fetch_git_runs_programs(transport))
		p->keeps |= SANDBOX_FETCH_PROGRAMS;
	if (transport == FETCH_GIT_LOCAL)
		add(p, "/");
	if (transport == FETCH_GIT_SSH) {
		p->owned = fetch_git_auth_known_hosts(git);
		add(p, p->owned);
	}
}

static void
add_api(struct paths *p, const struct conf_api *api)
{
	add(p, api->token_file);
	add(p, api->ca_file);
	for (size_t i = 0; i < api->header_count; i++)
		add(p, api->headers[i].value_file);
}

static void
add_file(struct paths *p, const struct conf_file *file)
{
	add(p, file->token_file);
	add(p, file->ca_file);
}

static void
add_configmap(struct paths *p, const struct conf_configmap *configmap)
{
	add(p, configmap->token_file);
	add(p, configmap->ca_file);
	/* Whole: the files in it are links that change when it is renewed. */
	add(p, FETCH_CONFIGMAP_SERVICE_ACCOUNT);
}

void
fetch_sandbox_enter(const struct conf_source *source, const char *cache_dir)
{
	const char *const writable[] = { cache_dir, NULL };
	struct paths p = { .count = 0 };
	size_t headers =
	    source->kind == SOURCE_API ? source->u.api.header_count : 0;

	p.at = xcalloc(PATHS_MAX + headers, sizeof *p.at);
	add(&p, getenv("SSL_CERT_FILE"));
	add(&p, getenv("SSL_CERT_DIR"));
	add(&p, getenv("OPENSSL_CONF"));
	if (source->kind == SOURCE_GIT)
		add_git(&p, &source->u.git);
	else if (source->kind == SOURCE_API)
		add_api(&p, &source->u.api);
	else if (source->kind == SOURCE_FILE)
		add_file(&p, &source->u.file);
	else if (source->kind == SOURCE_CONFIGMAP)
		add_configmap(&p, &source->u.configmap);
	sandbox_fetch(writable, p.at, p.keeps);
	free(p.owned);
	free(p.at);
}
