/* SPDX-License-Identifier: Apache-2.0 */
/* Reading secrets from files. */
#include "sync/fetch/secret.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPACE " \t\r\n"

/* Reads up to ${size} bytes; the count, or -1. */
static ssize_t
read_all(int fd, char *into, size_t size)
{
	size_t used = 0;
	ssize_t n = 1;

	while (used < size && n > 0) {
		n = read(fd, into + used, size - used);
		if (n > 0)
			used += (size_t)n;
		else if (n == -1 && errno == EINTR)
			n = 1;
		else if (n == -1)
			return -1;
	}
	return (ssize_t)used;
}

int
secret_read_text(char **out, const char *what, const char *file, struct err *e)
{
	const size_t size = LIMIT_SECRET_FILE + 1;
	char *bytes = xcalloc(1, size + 1), *text;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd == -1 ? -1 : read_all(fd, bytes, size);
	size_t len;
	int rc = -1;

	*out = NULL;
	if (got == -1) {
		err_set_errno(e, ERR_FETCH, errno, "failed to read %s", what);
		goto out;
	}
	if ((size_t)got == size) {
		err_set(e, ERR_LIMIT, "%s is over %zu bytes", what,
		    LIMIT_SECRET_FILE);
		goto out;
	}
	if (strlen(bytes) != (size_t)got) {
		err_set(e, ERR_FETCH,
		    "%s holds a control character at byte %zu", what,
		    strlen(bytes));
		goto out;
	}
	text = bytes + strspn(bytes, SPACE);
	len = strlen(text);
	while (len > 0 && strchr(SPACE, text[len - 1]) != NULL)
		len--;
	if (len == 0) {
		err_set(e, ERR_FETCH, "%s is empty", what);
		goto out;
	}
	*out = xstrndup(text, len);
	rc = 0;
out:
	explicit_bzero(bytes, size);
	free(bytes);
	if (fd != -1)
		close(fd);
	return rc;
}

int
secret_read(char **out, const char *what, const char *file, struct err *e)
{
	int rc = -1;

	if (secret_read_text(out, what, file, e) == -1)
		goto out;
	for (const char *at = *out; *at != '\0'; at++) {
		if (*at > ' ' && *at < 0x7f)
			continue;
		err_set(e, ERR_FETCH,
		    "%s holds a space, a control character or "
		    "other than ASCII at byte %td",
		    what, at - *out);
		secret_free(*out);
		*out = NULL;
		goto out;
	}
	rc = 0;
out:
	return rc;
}

void
secret_free(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
