/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a source, with secrets that may change while we run. */
#include "sync/kinds/api/fetch_api.h"

#include "lib/xalloc.h"
#include "sync/fetch/secret.h"

#include <stdlib.h>

int
fetch_api_headers_read(
    char ***lines, size_t *count, const struct conf_api *conf, struct err *e)
{
	char *secret = NULL;
	int rc = -1;

	*count = 0;
	*lines = xcalloc(conf->header_count + 1, sizeof **lines);
	if (conf->token_file != NULL) {
		if (secret_read(&secret, "the file of api.tokenFile",
			conf->token_file, e) == -1)
			goto out;
		(*lines)[(*count)++] =
		    xasprintf("Authorization: Bearer %s", secret);
	}
	for (size_t i = 0; i < conf->header_count; i++) {
		const struct conf_http_header *h = &conf->headers[i];

		secret_free(secret);
		secret = NULL;
		if (h->value_file != NULL &&
		    secret_read(&secret, "the file of api.headers.valueFile",
			h->value_file, e) == -1)
			goto out;
		(*lines)[(*count)++] = xasprintf(
		    "%s: %s", h->name, secret != NULL ? secret : h->value);
	}
	rc = 0;
out:
	secret_free(secret);
	return rc;
}

void
fetch_api_headers_free(char **lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		secret_free(lines[i]);
	free(lines);
}
