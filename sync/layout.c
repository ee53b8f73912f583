/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as JSON, as lib/store/reconcile.h describes it. */
#include "sync/layout.h"

#include "lib/json_out.h"
#include "lib/store/database.h"
#include "lib/store/reconcile.h"

#include <stdlib.h>

/* Frees ${text}. */
static void
add_owned(struct json_out *j, const char *key, char *text)
{
	json_out_member_str(j, key, text);
	free(text);
}

static void
add_source(struct json_out *j, const struct conf_source *s)
{
	json_out_open(j, '{');
	json_out_member_str(j, "name", s->name);
	json_out_member_str(j, "kind", source_kind_name(s->kind));
	add_owned(j, "config", conf_source_json(s));
	add_owned(j, "identity", conf_source_identity(s));
	add_owned(j, "filter", filter_spec_json(&s->filter));
	json_out_key(j, "interval");
	if (source_kind_is_synced(s->kind))
		json_out_int(j, s->interval_ns / 1000);
	else
		json_out_null(j);
	json_out_member_bool(j, "strict", s->strict);
	json_out_member_str(j, "claims", s->claims);
	json_out_close(j, '}');
}

static void
add_registry(struct json_out *j, const struct conf_registry *r,
    const struct conf_source *sources)
{
	json_out_open(j, '{');
	json_out_member_str(j, "name", r->name);
	json_out_member_bool(j, "default", r->is_default);
	json_out_member_str(j, "claims", r->claims);
	json_out_key(j, "sources");
	json_out_open(j, '[');
	for (size_t i = 0; i < r->source_count; i++)
		json_out_str(j, sources[r->sources[i]].name);
	json_out_close(j, ']');
	json_out_close(j, '}');
}

static void
add_layout(struct json_out *j, const struct conf *conf)
{
	json_out_open(j, '{');
	json_out_key(j, "sources");
	json_out_open(j, '[');
	for (size_t i = 0; i < conf->source_count; i++)
		add_source(j, &conf->sources[i]);
	json_out_close(j, ']');
	json_out_key(j, "registries");
	json_out_open(j, '[');
	for (size_t i = 0; i < conf->registry_count; i++)
		add_registry(j, &conf->registries[i], conf->sources);
	json_out_close(j, ']');
	json_out_close(j, '}');
}

int
layout_store(struct db *db, const struct conf *conf, struct err *e)
{
	/* Limited by the size of the configuration. */
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	struct json_out j = JSON_OUT_INIT(&text);
	const char *token_file = conf->trigger_token_file;
	int rc = -1;

	add_layout(&j, conf);
	if (reconcile(db, buf_str(&text), e) == -1 ||
	    database_set(db, TRIGGER_SETTING_ACCESS,
		trigger_access_name(conf->trigger_access), e) == -1 ||
	    database_set(db, TRIGGER_SETTING_TOKEN_FILE,
		token_file == NULL ? "" : token_file, e) == -1)
		goto out;
	rc = 0;
out:
	buf_free(&text);
	return rc;
}
