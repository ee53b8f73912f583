/* SPDX-License-Identifier: Apache-2.0 */
/* The block that makes a source what it is: git, api, file and the others. */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define GIT_TIMEOUT_NS (5 * 60 * SECOND_NS)
#define FILE_TIMEOUT_NS (30 * SECOND_NS)
/* The reference's HTTP client has its own idea of what 0 means. */
#define FILE_TIMEOUT_OF_0_NS (10 * SECOND_NS)
#define DOCUMENT "registry.json"

/* ---- git ---- */

char *
conf_kinds_file(
    const struct conf_at *at, const char *key, const char *name, int mode)
{
	const char *file = conf_value_text(at, key);

	if (file == NULL)
		return NULL;
	if (*file != '/') {
		conf_message_error(at, key,
		    "%s must be an absolute path, found '%s'", name, file);
		return NULL;
	}
	if (access(file, mode) == -1) {
		conf_message_error(at, key, "%s is not accessible: %s: %s",
		    name, file, strerror(errno));
		return NULL;
	}
	return xstrdup(file);
}

static char *
read_git_secret(const struct conf_at *auth, const char *key)
{
	char *name = xasprintf("git.auth.%s", key);
	char *path = conf_kinds_file(auth, key, name, F_OK);

	free(name);
	return path;
}

/* A password, or a token in the URL, must not travel in the clear. */
static void
check_git_secrets(const struct conf_git *g, const struct conf_at *at,
    const struct conf_at *auth)
{
	if (g->repository == NULL)
		return;
	conf_http_check_user(at, "repository", g->repository);
	if (conf_value_present(auth, "passwordFile"))
		conf_http_check_secret(auth, "passwordFile",
		    "git.auth.passwordFile", g->repository);
}

static void
read_git_auth(struct conf_git *g, const struct conf_at *at)
{
	char *path = xasprintf("%s.auth", at->path);
	struct conf_at auth = conf_value_enter(at, "auth", path);
	bool user = conf_value_present(&auth, "username");
	bool password = conf_value_present(&auth, "passwordFile");
	bool key = conf_value_present(&auth, "privateKeyFile");
	bool hosts = conf_value_present(&auth, "knownHostsFile");

	g->username = conf_value_copy(&auth, "username", NULL);
	g->password_file = read_git_secret(&auth, "passwordFile");
	g->private_key_file = read_git_secret(&auth, "privateKeyFile");
	g->known_hosts_file = read_git_secret(&auth, "knownHostsFile");
	if (password && (key || hosts))
		conf_message_error(&auth, "passwordFile",
		    "git.auth.passwordFile (for http) and git.auth.%s (for "
		    "ssh) are mutually exclusive",
		    key ? "privateKeyFile" : "knownHostsFile");
	else if (user != password && !(user && key))
		conf_message_error(&auth, user ? "username" : "passwordFile",
		    "git.auth.username and git.auth.passwordFile must both be "
		    "specified");
	check_git_secrets(g, at, &auth);
	free(path);
}

static void
read_git(struct conf_git *g, const struct conf_at *at)
{
	const char *const refs[] = { "branch", "tag", "commit" };
	const char *second = NULL;
	int found = 0;

	g->repository = conf_value_required(at, "repository", "git.repository");
	g->branch = conf_value_copy(at, "branch", NULL);
	g->tag = conf_value_copy(at, "tag", NULL);
	g->commit = conf_value_copy(at, "commit", NULL);
	for (size_t i = 0; i < 3; i++) {
		if (conf_value_text(at, refs[i]) == NULL)
			continue;
		if (found++ > 0)
			second = refs[i];
	}
	if (second != NULL)
		conf_message_error(at, second,
		    "only one of branch, tag, or commit may be specified, "
		    "found %d",
		    found);
	g->path = conf_value_copy(at, "path", DOCUMENT);
	read_git_auth(g, at);
	g->ca_file = conf_kinds_file(at, "caFile", "git.caFile", R_OK);
	if (g->ca_file != NULL && g->repository != NULL &&
	    strncasecmp(g->repository, "https:", 6) != 0)
		conf_message_error(
		    at, "caFile", "git.caFile needs an https repository");
	g->public_only = conf_http_public_only(at);
	g->timeout_ns = GIT_TIMEOUT_NS;
	if (conf_value_duration(
		&g->timeout_ns, at, "timeout", "git.timeout", "'5m', '90s'") &&
	    g->timeout_ns <= 0)
		conf_message_error(
		    at, "timeout", "git.timeout must be greater than zero");
}

/* ---- file ---- */

static void
check_file_url(struct conf_file *f, const struct conf_at *at, const char *url)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	struct conf_url u;

	conf_message_show(shown, url);
	if (conf_url_parse(&u, url, &e) == -1)
		conf_message_error(
		    at, "url", "file.url is invalid: %s: %s", e.text, shown);
	else if (*u.scheme == '\0' || !u.has_host)
		conf_message_error(at, "url",
		    "file.url must be an absolute URL with host, found '%s'",
		    shown);
	else if (strcmp(u.scheme, "http") != 0 &&
		 strcmp(u.scheme, "https") != 0)
		conf_message_error(at, "url",
		    "file.url must use http or https scheme, found '%s'",
		    shown);
	else
		conf_http_read_rules(
		    &f->public_only, &f->https_only, at, "url", url);
}

static void
check_file_place(const struct conf_at *at)
{
	bool path = conf_value_present(at, "path");
	bool url = conf_value_present(at, "url");
	bool data = conf_value_present(at, "data");

	if (path && url)
		conf_message_error(at, "url",
		    "file.path and file.url are mutually exclusive%s",
		    data ? ", and file.data is there too" : "");
	else if (data && (path || url))
		conf_message_error(at, "data",
		    "file.%s and file.data are mutually exclusive",
		    path ? "path" : "url");
	else if (!path && !url && !data)
		conf_message_error(at, NULL,
		    "file.path or file.url is required, or file.data with the "
		    "document itself");
}

static void
read_file_timeout(struct conf_file *f, const struct conf_at *at)
{
	f->timeout_ns = FILE_TIMEOUT_NS;
	if (!conf_value_duration(
		&f->timeout_ns, at, "timeout", "file.timeout", "'30s', '1m'"))
		return;
	if (f->timeout_ns == 0)
		f->timeout_ns = FILE_TIMEOUT_OF_0_NS;
	if (f->timeout_ns < 0) {
		f->timeout_ns = 0;
		conf_message_warn(
		    at, "timeout", "a negative file.timeout means no limit");
	}
}

/* How to ask for a url; of path and data these keys have no meaning. */
static void
read_file_trust(struct conf_file *f, const struct conf_at *at)
{
	static const char *const of_a_url[] = { "tokenFile", "caFile" };

	for (size_t i = 0; f->url == NULL && i < 2; i++)
		if (conf_value_present(at, of_a_url[i]))
			conf_message_error(at, of_a_url[i],
			    "file.%s needs file.url", of_a_url[i]);
	f->insecure = at->reader->insecure_url;
	f->token_file =
	    conf_kinds_file(at, "tokenFile", "file.tokenFile", R_OK);
	f->ca_file = conf_kinds_file(at, "caFile", "file.caFile", R_OK);
	if (f->token_file != NULL && f->url != NULL)
		conf_http_check_secret(at, "url", "file.tokenFile", f->url);
}

static void
read_file(struct conf_file *f, const struct conf_at *at)
{
	f->path = conf_value_copy(at, "path", NULL);
	f->url = conf_value_copy(at, "url", NULL);
	f->data = conf_value_copy(at, "data", NULL);
	check_file_place(at);
	read_file_trust(f, at);
	if (f->url == NULL)
		return;
	check_file_url(f, at, f->url);
	read_file_timeout(f, at);
}

/* ---- what comes from a cluster ---- */

/* The reference checks these when it starts to watch; here it is at once. */
static void
check_namespace(
    const struct filter_list *list, size_t index, const struct conf_at *at)
{
	const char *name = list->items[index];
	char *path = xasprintf("%s.namespaces[%zu]", at->path, index);
	int line = conf_value_string_line(at, "namespaces", index);
	char shown[CONF_SHOWN_SIZE];
	size_t first = 0;

	conf_message_show(shown, name);
	while (strcmp(list->items[first], name) != 0)
		first++;
	if (!conf_sources_name_is_valid(name))
		conf_message_add(at->reader, true, line, path,
		    "%sinvalid namespace name: %s", at->label, shown);
	else if (first < index)
		conf_message_add(at->reader, true, line, path,
		    "%sduplicate namespace: %s", at->label, shown);
	free(path);
}

static void
read_kubernetes(struct conf_kubernetes *k, const struct conf_at *at)
{
	struct filter_list list;

	conf_value_strings(&list, at, "namespaces");
	k->namespaces = list.items;
	k->namespace_count = list.count;
	if (list.count > LIMIT_CONFIG_NAMESPACES)
		conf_message_error(at, "namespaces",
		    "found %zu namespaces, expected at most %d", list.count,
		    LIMIT_CONFIG_NAMESPACES);
	for (size_t i = 0; i < list.count && i < LIMIT_CONFIG_NAMESPACES; i++)
		check_namespace(&list, i, at);
	conf_message_warn(
	    at, NULL, "kubernetes sources are not filled by this version");
}

void
conf_kinds_read(struct conf_source *s, const struct conf_at *at)
{
	const char *kind = source_kind_name(s->kind);
	char *path = xasprintf("%s.%s", at->path, kind);
	struct conf_at block = conf_value_enter(at, kind, path);

	/* A block of the wrong form has been reported. */
	if (block.node != NULL) {
		switch (s->kind) {
		case SOURCE_GIT:
			read_git(&s->u.git, &block);
			break;
		case SOURCE_API:
			conf_http_read_api(&s->u.api, &block);
			break;
		case SOURCE_FILE:
			read_file(&s->u.file, &block);
			break;
		case SOURCE_CONFIGMAP:
			conf_configmap_read(&s->u.configmap, &block);
			break;
		case SOURCE_KUBERNETES:
			read_kubernetes(&s->u.kubernetes, &block);
			break;
		case SOURCE_MANAGED:
			break;
		}
	}
	free(path);
}
