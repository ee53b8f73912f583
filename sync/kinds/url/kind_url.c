/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind file that have a URL. */
#include "sync/conf/conf_private.h"
#include "sync/kinds/kind.h"
#include "sync/kinds/url/fetch_url.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define TIMEOUT_NS (30 * SECOND_NS)
/* The reference's HTTP client takes 0 for this. */
#define TIMEOUT_OF_0_NS (10 * SECOND_NS)

static void
check_url(struct conf_file *f, const struct conf_at *at)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	struct conf_url u;

	conf_message_show(shown, f->url);
	if (conf_url_parse(&u, f->url, &e) == -1)
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
		    &f->public_only, &f->https_only, at, "url", f->url);
}

static void
read_timeout(struct conf_file *f, const struct conf_at *at)
{
	f->timeout_ns = TIMEOUT_NS;
	if (!conf_value_duration(
		&f->timeout_ns, at, "timeout", "file.timeout", "'30s', '1m'"))
		return;
	if (f->timeout_ns == 0)
		f->timeout_ns = TIMEOUT_OF_0_NS;
	if (f->timeout_ns < 0) {
		f->timeout_ns = 0;
		conf_message_warn(
		    at, "timeout", "a negative file.timeout means no limit");
	}
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	struct conf_file *f = &s->u.file;

	f->insecure = at->reader->insecure_url;
	if (f->token_file != NULL)
		conf_http_check_secret(at, "url", "file.tokenFile", f->url);
	check_url(f, at);
	read_timeout(f, at);
}

const struct source_kind kind_url = {
	.name = "file",
	.keys = kind_file_keys,
	.check = check,
	.fetch = fetch_url,
	.remote = true,
};
