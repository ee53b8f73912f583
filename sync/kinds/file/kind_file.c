/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of kind file: a path of this machine, or a document in the
 * configuration itself.  The kind of one with a URL is kind_url.
 */
#include "lib/xalloc.h"
#include "sync/conf/conf_key.h"
#include "sync/kinds/file/fetch_file.h"
#include "sync/kinds/kind.h"

#include <stddef.h>

#define AT(member) CONF_AT(conf_source, u.file.member)

const struct conf_key kind_file_keys[] = {
	{ "path", CONF_TEXT, AT(path), CONF_PLACE },
	{ "url", CONF_URL, AT(url), CONF_PLACE | CONF_ADDRESS },
	{ "data", CONF_TEXT, AT(data), CONF_SHOWN | CONF_DIGEST },
	/* Read by kind_url. */
	{ "timeout", CONF_DURATION, AT(timeout_ns),
	    CONF_CHECKED | CONF_SHOWN | CONF_DEADLINE },
	{ "tokenFile", CONF_FILE, AT(http.token_file) },
	{ "caFile", CONF_FILE, AT(http.ca_file) },
	{ "allowPrivate", CONF_BOOL, AT(http.public_only), CONF_INVERTED,
	    .fallback = "true" },
	{ "requireHttps", CONF_BOOL, AT(http.https_only) },
	CONF_KEY_END,
};

static void
check_place(const struct conf_at *at)
{
	bool path = conf_present(at, "path");
	bool url = conf_present(at, "url");
	bool data = conf_present(at, "data");

	if (path && url)
		conf_error(at, "url",
		    "file.path and file.url are mutually exclusive%s",
		    data ? ", and file.data is set, too" : "");
	else if (data && (path || url))
		conf_error(at, "data",
		    "file.%s and file.data are mutually exclusive",
		    path ? "path" : "url");
	else if (!path && !url && !data)
		conf_error(at, NULL,
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
	if (conf_present(at, "url"))
		return; /* an invalid one, which is reported */
	for (size_t i = 0; i < sizeof of_a_url / sizeof *of_a_url; i++)
		if (conf_present(at, of_a_url[i]))
			conf_error(at, of_a_url[i], "file.%s needs file.url",
			    of_a_url[i]);
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
