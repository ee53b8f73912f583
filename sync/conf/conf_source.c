/* SPDX-License-Identifier: Apache-2.0 */
/* A configured source: what it is called, how it is shown, what it fetches. */
#include "lib/buf.h"
#include "lib/digest.h"
#include "lib/duration.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <stdlib.h>
#include <string.h>

#define JSON_MAX (8 * LIMIT_CONFIG_TEXT)

static const struct {
	const char *name;
	bool synced;
} kinds[] = {
	[SOURCE_GIT] = { "git", true },
	[SOURCE_API] = { "api", true },
	[SOURCE_FILE] = { "file", true },
	[SOURCE_MANAGED] = { "managed", false },
	[SOURCE_KUBERNETES] = { "kubernetes", false },
	[SOURCE_CONFIGMAP] = { "configmap", true },
};

const char *
source_kind_name(enum source_kind kind)
{
	return kinds[kind].name;
}

bool
source_kind_is_synced(enum source_kind kind)
{
	return kinds[kind].synced;
}

static void
add_str(struct json_out *j, const char *key, const char *value)
{
	if (value == NULL)
		return;
	json_out_key(j, key);
	json_out_str(j, value);
}

static void
add_url(struct json_out *j, const char *key, const char *value)
{
	char *shown;

	if (value == NULL)
		return;
	shown = url_shown(value);
	add_str(j, key, shown);
	free(shown);
}

static void
add_duration(struct json_out *j, const char *key, int64_t ns)
{
	char text[DURATION_TEXT_SIZE];

	duration_format(text, ns);
	add_str(j, key, text);
}

/* Where the content comes from. */
static void
add_place(struct json_out *j, const struct conf_source *s)
{
	switch (s->kind) {
	case SOURCE_GIT:
		add_url(j, "repository", s->u.git.repository);
		add_str(j, "branch", s->u.git.branch);
		add_str(j, "tag", s->u.git.tag);
		add_str(j, "commit", s->u.git.commit);
		add_str(j, "path", s->u.git.path);
		break;
	case SOURCE_API:
		add_url(j, "endpoint", s->u.api.endpoint);
		break;
	case SOURCE_FILE:
		add_str(j, "path", s->u.file.path);
		add_url(j, "url", s->u.file.url);
		break;
	case SOURCE_CONFIGMAP:
		add_str(j, "path", s->u.configmap.path);
		add_str(j, "namespace", s->u.configmap.namespace_name);
		add_str(j, "name", s->u.configmap.name);
		add_str(j, "key", s->u.configmap.key);
		add_url(j, "server", s->u.configmap.server);
		break;
	case SOURCE_KUBERNETES:
		/* In the reference's answers this key has a capital letter. */
		json_out_key(j, "Namespaces");
		if (s->u.kubernetes.namespace_count == 0) {
			json_out_null(j);
			break;
		}
		json_out_open(j, '[');
		for (size_t i = 0; i < s->u.kubernetes.namespace_count; i++)
			json_out_str(j, s->u.kubernetes.namespaces[i]);
		json_out_close(j, ']');
		break;
	case SOURCE_MANAGED:
		break;
	}
}

char *
conf_source_json(const struct conf_source *s)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	add_place(&j, s);
	if (s->kind == SOURCE_FILE)
		add_str(&j, "data", s->u.file.data);
	if (s->kind == SOURCE_GIT)
		add_duration(&j, "timeout", s->u.git.timeout_ns);
	if (s->kind == SOURCE_API)
		add_duration(&j, "timeout", s->u.api.timeout_ns);
	if (s->kind == SOURCE_FILE && s->u.file.url != NULL)
		add_duration(&j, "timeout", s->u.file.timeout_ns);
	json_out_close(&j, '}');
	return buf_take(&text);
}

/* Headers may be secrets, and identities are stored. */
static void
add_headers_digest(struct json_out *j, const struct conf_api *a)
{
	struct digest *d;
	char hex[DIGEST_HEX_SIZE];

	if (a->header_count == 0)
		return;
	d = digest_new();
	for (size_t i = 0; i < a->header_count; i++) {
		const struct conf_http_header *h = &a->headers[i];
		const char *value = h->value != NULL ? h->value : h->value_file;

		digest_add(d, h->name, strlen(h->name) + 1);
		if (value != NULL)
			digest_add(d, value, strlen(value) + 1);
	}
	digest_hex(d, hex);
	digest_free(d);
	add_str(j, "headers", hex);
}

static void
add_digest(struct json_out *j, const char *key, const char *text)
{
	struct digest *d = digest_new();
	char hex[DIGEST_HEX_SIZE];

	digest_add(d, text, strlen(text));
	digest_hex(d, hex);
	digest_free(d);
	add_str(j, key, hex);
}

/*
 * What the shown URL hides decides the content, too.  Most hide nothing, and
 * libcrypto takes its time to start.
 */
static void
add_hidden(struct json_out *j, const struct conf_source *s)
{
	const char *url = s->kind == SOURCE_GIT	   ? s->u.git.repository
			  : s->kind == SOURCE_API  ? s->u.api.endpoint
			  : s->kind == SOURCE_FILE ? s->u.file.url
						   : NULL;
	char *shown = url == NULL ? NULL : url_shown(url);

	if (url != NULL && strcmp(shown, url) != 0)
		add_digest(j, "address", url);
	free(shown);
}

char *
conf_source_identity(const struct conf_source *s)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	add_str(&j, "kind", source_kind_name(s->kind));
	add_place(&j, s);
	add_hidden(&j, s);
	/* A tenant's header may decide what there is to see. */
	if (s->kind == SOURCE_API)
		add_headers_digest(&j, &s->u.api);
	if (s->kind == SOURCE_FILE && s->u.file.data != NULL)
		add_digest(&j, "data", s->u.file.data);
	json_out_close(&j, '}');
	return buf_take(&text);
}

static void
free_git(struct conf_git *g)
{
	xwipe(g->repository);
	xwipe(g->branch);
	xwipe(g->tag);
	xwipe(g->commit);
	xwipe(g->path);
	xwipe(g->username);
	xwipe(g->password_file);
	xwipe(g->private_key_file);
	xwipe(g->known_hosts_file);
	xwipe(g->ca_file);
}

static void
free_kind(struct conf_source *s)
{
	switch (s->kind) {
	case SOURCE_GIT:
		free_git(&s->u.git);
		break;
	case SOURCE_API:
		conf_http_free_api(&s->u.api);
		break;
	case SOURCE_FILE:
		xwipe(s->u.file.path);
		xwipe(s->u.file.url);
		xwipe(s->u.file.data);
		xwipe(s->u.file.token_file);
		xwipe(s->u.file.ca_file);
		break;
	case SOURCE_CONFIGMAP:
		xwipe(s->u.configmap.path);
		xwipe(s->u.configmap.namespace_name);
		xwipe(s->u.configmap.name);
		xwipe(s->u.configmap.key);
		xwipe(s->u.configmap.server);
		xwipe(s->u.configmap.token_file);
		xwipe(s->u.configmap.ca_file);
		break;
	case SOURCE_KUBERNETES:
		for (size_t i = 0; i < s->u.kubernetes.namespace_count; i++)
			free(s->u.kubernetes.namespaces[i]);
		free(s->u.kubernetes.namespaces);
		break;
	case SOURCE_MANAGED:
		break;
	}
}

void
conf_source_free(struct conf_source *s)
{
	free_kind(s);
	free(s->name);
	free(s->claims);
	filter_spec_free(&s->filter);
}

void
conf_forget_others(const struct conf *c, const struct conf_source *source)
{
	for (; c != NULL; c = c->earlier)
		for (size_t i = 0; i < c->source_count; i++)
			if (&c->sources[i] != source)
				conf_source_free(&c->sources[i]);
}
