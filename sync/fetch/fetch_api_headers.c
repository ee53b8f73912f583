/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a source, with secrets that may change while we run. */
#include "sync/fetch/fetch_api.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK " \t\r\n"

/* Reads up to ${size} bytes of ${path}; -1 with errno. */
static ssize_t
read_start(char *into, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = -1;

	if (fd == -1)
		return -1;
	while (len < size) {
		n = read(fd, into + len, size - len);
		if (n == 0 || (n == -1 && errno != EINTR))
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return n == -1 ? -1 : (ssize_t)len;
}

/* The content of ${path} without blanks around it; the caller frees it. */
static int
read_secret(char **out, const char *path, struct err *e)
{
	char *text = xmalloc(LIMIT_SECRET_FILE + 1), *start;
	ssize_t n = read_start(text, LIMIT_SECRET_FILE + 1, path);
	size_t len = n > 0 ? (size_t)n : 0;
	int rc = -1;

	*out = NULL;
	if (n == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to read the secret %s", path);
		goto out;
	}
	if (len > LIMIT_SECRET_FILE) {
		err_set(e, ERR_LIMIT, "the secret %s is larger than %zu bytes",
		    path, LIMIT_SECRET_FILE);
		goto out;
	}
	while (len > 0 && strchr(BLANK, text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	start = text + strspn(text, BLANK);
	if (*start == '\0' || strlen(text) != len ||
	    !conf_http_is_header_value(start)) {
		err_set(e, ERR_FETCH,
		    "the secret %s is empty or has more than one line", path);
		goto out;
	}
	*out = xstrdup(start);
	rc = 0;
out:
	free(text);
	return rc;
}

int
fetch_api_headers_read(
    char ***lines, size_t *count, const struct conf_api *conf, struct err *e)
{
	char *secret = NULL;
	int rc = -1;

	*count = 0;
	*lines = xcalloc(conf->header_count + 1, sizeof **lines);
	if (conf->token_file != NULL) {
		if (read_secret(&secret, conf->token_file, e) == -1)
			goto out;
		(*lines)[(*count)++] =
		    xasprintf("Authorization: Bearer %s", secret);
	}
	for (size_t i = 0; i < conf->header_count; i++) {
		const struct conf_http_header *h = &conf->headers[i];

		free(secret);
		secret = NULL;
		if (h->value_file != NULL &&
		    read_secret(&secret, h->value_file, e) == -1)
			goto out;
		(*lines)[(*count)++] = xasprintf(
		    "%s: %s", h->name, secret != NULL ? secret : h->value);
	}
	rc = 0;
out:
	free(secret);
	return rc;
}

void
fetch_api_headers_free(char **lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	free(lines);
}
