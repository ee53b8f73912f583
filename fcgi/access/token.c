/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and comparing a token. */
#include "fcgi/access/token.h"

#include "lib/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BEARER "Bearer "
#define WHITE_SPACE " \t\r\n"

struct token {
	char text[LIMIT_TOKEN + 1];
	size_t len;
};

static int
read_all(struct token *t, int file, const char *path, struct err *e)
{
	ssize_t n;

	t->len = 0;
	while (
	    (n = read(file, t->text + t->len, sizeof t->text - t->len)) != 0) {
		if (n == -1 && errno != EINTR) {
			err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", path);
			return -1;
		}
		t->len += n > 0 ? (size_t)n : 0;
		if (t->len == sizeof t->text) {
			err_set(e, ERR_UNAVAILABLE, "%s: longer than %zu bytes",
			    path, LIMIT_TOKEN);
			return -1;
		}
	}
	t->text[t->len] = '\0';
	return 0;
}

static int
trim(struct token *t, const char *path, struct err *e)
{
	size_t lead = strspn(t->text, WHITE_SPACE);

	t->len -= lead;
	memmove(t->text, t->text + lead, t->len);
	while (t->len > 0 && strchr(WHITE_SPACE, t->text[t->len - 1]) != NULL)
		t->len--;
	t->text[t->len] = '\0';
	if (t->len > 0)
		return 0;
	err_set(e, ERR_UNAVAILABLE, "%s: empty token file", path);
	return -1;
}

static int
read_token(struct token *t, const char *path, struct err *e)
{
	struct stat st;
	int file, rc = -1;

	file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file == -1 || fstat(file, &st) == -1) {
		err_set_errno(e, ERR_UNAVAILABLE, errno, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & S_IRWXO) != 0) {
		err_set(e, ERR_UNAVAILABLE,
		    "%s: the token file must not be accessible to other "
		    "users (chmod o=)",
		    path);
		goto out;
	}
	if (read_all(t, file, path, e) == -1 || trim(t, path, e) == -1)
		goto out;
	rc = 0;
out:
	if (file != -1)
		close(file);
	return rc;
}

/* Takes the same time for all texts of one length. */
static bool
is_token(const struct token *t, const char *text)
{
	size_t len = strlen(text);
	unsigned char differ = len != t->len;

	for (size_t i = 0; i < len; i++)
		differ |= (unsigned char)(text[i] ^ t->text[i % (t->len + 1)]);
	return differ == 0;
}

int
token_check(const char *authorization, const char *path, struct err *e)
{
	const char *given = "";
	struct token t;
	int rc = -1;

	if (read_token(&t, path, e) == -1)
		goto out;
	if (authorization != NULL &&
	    strncasecmp(authorization, BEARER, strlen(BEARER)) == 0)
		given = authorization + strlen(BEARER);
	given += strspn(given, " ");
	if (!is_token(&t, given)) {
		err_set(e, ERR_IDENTITY, "a bearer token is required");
		goto out;
	}
	rc = 0;
out:
	explicit_bzero(&t, sizeof t);
	return rc;
}
