/* SPDX-License-Identifier: Apache-2.0 */
/* Reducing the environment to a list of names. */
#include "sync/fetch/fetch_environment.h"

#include "lib/sandbox/sandbox.h"
#include "sync/kinds/git/fetch_git.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/*
 * REQUEST_METHOD says that HTTP_PROXY is a client's header.  Each list ends
 * with NULL.
 */
static const char *const of_all[] = { "ALL_PROXY", "HOME", "HTTPS_PROXY",
	"HTTP_PROXY", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
	"LOCALDOMAIN", "NO_PROXY", "OPENSSL_CONF", "REQUEST_METHOD",
	"RES_OPTIONS", "SSL_CERT_DIR", "SSL_CERT_FILE", "TZ", "all_proxy",
	"http_proxy", "https_proxy", "no_proxy", SANDBOX_VARIABLE, NULL };

static const char *const of_configmaps[] = { "KUBERNETES_SERVICE_HOST",
	"KUBERNETES_SERVICE_PORT", NULL };

static const char *const of_ssh[] = { "SSH_AUTH_SOCK", NULL };

static const char *const of_none[] = { NULL };

static const char *const *
special_names(const struct conf_source *source)
{
	enum fetch_git_transport transport;
	struct err ignored = ERR_INIT;

	if (source->kind == SOURCE_CONFIGMAP)
		return of_configmaps;
	if (source->kind == SOURCE_GIT &&
	    fetch_git_url_check(
		&transport, source->u.git.repository, &ignored) == 0 &&
	    transport == FETCH_GIT_SSH)
		return of_ssh;
	return of_none;
}

static bool
is_listed(const char *variable, const char *const *names)
{
	size_t len = strcspn(variable, "=");

	for (; *names != NULL; names++)
		if (strlen(*names) == len && memcmp(*names, variable, len) == 0)
			return true;
	return false;
}

void
fetch_environment_reduce(const struct conf_source *source)
{
	const char *const *special = special_names(source);
	char **kept = environ;

	if (environ == NULL)
		return;
	for (char **at = environ; *at != NULL; at++)
		if (is_listed(*at, of_all) || is_listed(*at, special))
			*kept++ = *at;
		else
			explicit_bzero(*at, strlen(*at));
	*kept = NULL;
}
