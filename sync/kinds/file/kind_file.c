/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of kind file: a path of this machine, or a document in the
 * configuration itself.  One with a URL is handed over to kind_url.
 */
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"
#include "sync/kinds/file/fetch_file.h"
#include "sync/kinds/kind.h"

#include <stddef.h>

const struct conf_key kind_file_keys[] = {
	CONF_KEY_OF("path", CONF_STRING, conf_file, path, CONF_PLACE),
	CONF_KEY_OF("url", CONF_STRING, conf_file, url, CONF_PLACE | CONF_URL),
	CONF_KEY_OF(
	    "data", CONF_STRING, conf_file, data, CONF_SHOWN | CONF_DIGEST),
	/* kind_url reads it. */
	{ .name = "timeout",
	    .form = CONF_DURATION,
	    .use = CONF_SHOWN | CONF_DEADLINE,
	    .offset = offsetof(struct conf_file, timeout_ns) },
	CONF_KEY_OF("tokenFile", CONF_FILE, conf_file, token_file, 0),
	CONF_KEY_OF("caFile", CONF_FILE, conf_file, ca_file, 0),
	CONF_KEY("allowPrivate", CONF_BOOL),
	CONF_KEY("requireHttps", CONF_BOOL),
	CONF_KEY_END,
};

static void
check_place(const struct conf_at *at)
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
check(struct conf_source *s, const struct conf_at *at)
{
	static const char *const of_a_url[] = { "tokenFile", "caFile" };

	check_place(at);
	if (s->u.file.url != NULL) {
		s->kind = &kind_url;
		kind_url.check(s, at);
		return;
	}
	s->u.file.timeout_ns = CONF_NO_DURATION;
	for (size_t i = 0; i < sizeof of_a_url / sizeof *of_a_url; i++)
		if (conf_value_present(at, of_a_url[i]))
			conf_message_error(at, of_a_url[i],
			    "file.%s needs file.url", of_a_url[i]);
}

static char *
watched(const struct conf_source *s)
{
	return xstrdup_null(s->u.file.path);
}

const struct source_kind kind_file = {
	.name = "file",
	.keys = kind_file_keys,
	.check = check,
	.fetch = fetch_file,
	.watched = watched,
};
