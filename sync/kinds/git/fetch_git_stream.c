/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to public addresses only.
 *
 * For http, https and git:// libgit2 accepts streams of the program, also after
 * redirects.  Those of this file check the address that they connect to, so it
 * does not matter if a name resolves differently later.  For ssh libgit2 always
 * uses its own sockets; so all addresses of the host are checked before.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/xalloc.h"
#include "sync/fetch/http/address.h"

#include <git2.h>
/* Where libgit2 1.8 and later declare git_error_set_str(). */
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif
#include <git2/sys/stream.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SSH_PORT "22"

struct connection {
	git_stream base;
	char *host;
	char *port;
	int fd;
};

/* Static, because libgit2 passes no context to a stream. */
static char refused[ADDRESS_TEXT_SIZE];

static int
resolve(struct addrinfo **out, const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM };

	return getaddrinfo(host, port, &hints, out);
}

static int
fail(const char *what, const char *host, const char *why)
{
	char *text = xasprintf("failed to %s %s: %s", what, host, why);

	git_error_set_str(GIT_ERROR_NET, text);
	free(text);
	return -1;
}

static int
refuse(const struct addrinfo *address)
{
	address_format(refused, address->ai_addr, address->ai_addrlen);
	git_error_set_str(GIT_ERROR_NET, "refused");
	return -1;
}

static int
connect_to(struct connection *c, const struct addrinfo *address)
{
	c->fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC,
	    address->ai_protocol);
	if (c->fd == -1)
		return -1;
	if (connect(c->fd, address->ai_addr, address->ai_addrlen) == 0)
		return 0;
	close(c->fd);
	c->fd = -1;
	return -1;
}

static int
on_connect(git_stream *stream)
{
	struct connection *c = (struct connection *)stream;
	struct addrinfo *list, *at;
	int failed = resolve(&list, c->host, c->port);
	int result = -1;

	if (failed != 0)
		return fail(
		    "resolve address for", c->host, gai_strerror(failed));
	for (at = list; at != NULL && c->fd == -1; at = at->ai_next) {
		if (!address_is_public(at->ai_addr)) {
			result = refuse(at);
			goto out;
		}
		if (connect_to(c, at) == 0)
			result = 0;
	}
	if (result == -1)
		(void)fail("connect to", c->host, strerror(errno));
out:
	freeaddrinfo(list);
	return result;
}

static ssize_t
on_read(git_stream *stream, void *data, size_t len)
{
	struct connection *c = (struct connection *)stream;
	ssize_t n;

	do {
		n = recv(c->fd, data, len, 0);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? fail("read from", c->host, strerror(errno)) : n;
}

static ssize_t
on_write(git_stream *stream, const char *data, size_t len, int flags)
{
	struct connection *c = (struct connection *)stream;
	ssize_t n;

	do {
		n = send(c->fd, data, len, flags | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? fail("write to", c->host, strerror(errno)) : n;
}

static int
on_close(git_stream *stream)
{
	struct connection *c = (struct connection *)stream;

	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	return 0;
}

static void
on_free(git_stream *stream)
{
	struct connection *c = (struct connection *)stream;

	(void)on_close(stream);
	free(c->host);
	free(c->port);
	free(c);
}

static int
on_new(git_stream **out, const char *host, const char *port)
{
	struct connection *c = xcalloc(1, sizeof *c);

	c->host = xstrdup(host);
	c->port = xstrdup(port);
	c->fd = -1;
	c->base.version = GIT_STREAM_VERSION;
	c->base.connect = on_connect;
	c->base.read = on_read;
	c->base.write = on_write;
	c->base.close = on_close;
	c->base.free = on_free;
	*out = &c->base;
	return 0;
}

/* ssh://[user@]host[:port]/path or [user@]host:path; the caller frees it. */
static char *
ssh_host(const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme == NULL ? url : scheme + 3;
	const char *at = memchr(host, '@', strcspn(host, "/"));

	if (at != NULL)
		host = at + 1;
	if (*host == '[')
		return xstrndup(host + 1, strcspn(host + 1, "]"));
	return xstrndup(host, strcspn(host, ":/"));
}

static int
check_ssh(const char *url, struct err *e)
{
	char *host = ssh_host(url);
	struct addrinfo *list = NULL, *at;
	int failed = resolve(&list, host, SSH_PORT);
	int rc = -1;

	if (failed != 0) {
		err_set(e, ERR_FETCH, "failed to resolve address for %s: %s",
		    host, gai_strerror(failed));
		goto out;
	}
	for (at = list; at != NULL; at = at->ai_next)
		if (!address_is_public(at->ai_addr)) {
			(void)refuse(at);
			(void)fetch_git_stream_refused(e);
			goto out;
		}
	rc = 0;
out:
	if (list != NULL)
		freeaddrinfo(list);
	free(host);
	return rc;
}

int
fetch_git_stream_guard(const struct fetch_git_job *job, struct err *e)
{
	git_stream_registration streams = { .version = GIT_STREAM_VERSION,
		.init = on_new };
	int rc = -1;

	refused[0] = '\0';
	if (!job->conf->public_only || job->transport == FETCH_GIT_LOCAL)
		return 0;
	if (job->transport == FETCH_GIT_SSH)
		return check_ssh(job->conf->repository, e);
	if (git_stream_register(GIT_STREAM_STANDARD, &streams) != 0) {
		fetch_git_error(e, "failed to restrict addresses");
		goto out;
	}
	rc = 0;
out:
	return rc;
}

bool
fetch_git_stream_refused(struct err *e)
{
	if (refused[0] == '\0')
		return false;
	err_set(e, ERR_FETCH, "refused to connect: %s is not a public address",
	    refused);
	return true;
}
