/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of kind file that have a URL. */
#include "sync/conf/conf_key.h"
#include "sync/kinds/kind.h"
#include "sync/kinds/url/fetch_url.h"

#define SECOND_NS INT64_C(1000000000)
#define TIMEOUT_NS (30 * SECOND_NS)
/* The reference's HTTP client takes 0 for this. */
#define TIMEOUT_OF_0_NS (10 * SECOND_NS)

static void
read_timeout(struct conf_file *f, const struct conf_at *at)
{
	f->timeout_ns = TIMEOUT_NS;
	if (!conf_duration(&f->timeout_ns, at, "timeout", "'30s', '1m'"))
		return;
	if (f->timeout_ns == 0)
		f->timeout_ns = TIMEOUT_OF_0_NS;
	if (f->timeout_ns < 0) {
		f->timeout_ns = 0;
		conf_warn(
		    at, "timeout", "a negative file.timeout means no limit");
	}
}

static void
check(struct conf_source *s, const struct conf_at *at)
{
	struct conf_file *f = &s->u.file;

	conf_http_check(&f->http, at, "url", f->url,
	    f->http.token_file != NULL ? "file.tokenFile" : NULL);
	read_timeout(f, at);
}

const struct source_kind kind_url = {
	.name = "file",
	.keys = kind_file_keys,
	.check = check,
	.fetch = fetch_url,
	.remote = true,
};
