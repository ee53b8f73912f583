/* SPDX-License-Identifier: Apache-2.0 */
/* A configured source: its kind, its JSON, its identity. */
#include "lib/buf.h"
#include "lib/digest.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"

#include <stdlib.h>
#include <string.h>

#define JSON_MAX (8 * LIMIT_CONFIG_TEXT)

const char *
source_kind_name(const struct source_kind *kind)
{
	return kind->name;
}

bool
source_kind_is_synced(const struct source_kind *kind)
{
	return kind->fetch != NULL;
}

static void
add_block(struct json_out *j, const struct conf_source *s, unsigned flags)
{
	conf_block_show(j, s, s->kind->keys, flags);
	if (s->kind->show != NULL)
		s->kind->show(j, s);
}

char *
conf_source_json(const struct conf_source *s)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	add_block(&j, s, CONF_PLACE | CONF_SHOWN);
	json_out_close(&j, '}');
	return buf_take(&text);
}

static void
add_digest(struct json_out *j, const char *key, const char *text)
{
	struct digest *d = digest_new();
	char hex[DIGEST_HEX_SIZE];

	digest_add(d, text, strlen(text));
	digest_hex(d, hex);
	digest_free(d);
	json_out_member_str(j, key, hex);
}

/*
 * Secrets that url_shown() hides decide what is fetched, too.  Most URLs have
 * none, and initializing libcrypto is slow.
 */
static void
add_hidden(void *ctx, const struct conf_key *key, const char *text)
{
	char *shown;

	if ((key->flags & CONF_DIGEST) != 0)
		add_digest(ctx, key->name, text);
	if ((key->flags & CONF_ADDRESS) == 0)
		return;
	shown = url_shown(text);
	if (strcmp(shown, text) != 0)
		add_digest(ctx, "address", text);
	free(shown);
}

char *
conf_source_identity(const struct conf_source *s)
{
	struct buf text = BUF_INIT(JSON_MAX);
	struct json_out j = JSON_OUT_INIT(&text);

	json_out_open(&j, '{');
	json_out_member_str(&j, "kind", s->kind->name);
	add_block(&j, s, CONF_PLACE);
	conf_block_each_text(s, s->kind->keys, add_hidden, &j);
	if (s->kind->identify != NULL)
		s->kind->identify(&j, s);
	json_out_close(&j, '}');
	return buf_take(&text);
}

void
conf_source_free(struct conf_source *s)
{
	/* An invalid one may have no kind. */
	if (s->kind != NULL)
		conf_block_free(s->kind->keys, s);
	conf_block_free(conf_keys_source, s);
	memset(s, 0, sizeof *s);
}

void
conf_forget_others(const struct conf *c, const struct conf_source *source)
{
	for (size_t i = 0; c != NULL && i < c->source_count; i++)
		if (&c->sources[i] != source)
			conf_source_free(&c->sources[i]);
}
