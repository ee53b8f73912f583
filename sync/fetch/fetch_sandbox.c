/* SPDX-License-Identifier: Apache-2.0 */
/* Restricting files, and variables of the environment. */
#include "sync/fetch/fetch_sandbox.h"

#include "lib/sandbox/sandbox.h"
#include "lib/xalloc.h"
#include "sync/kinds/kind.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/*
 * Kept in every fetch.  REQUEST_METHOD shows that HTTP_PROXY is the header of a
 * client, which must not be used.
 */
static const char *const kept_variables[] = { "ALL_PROXY", "HOME",
	"HTTPS_PROXY", "HTTP_PROXY", "LANG", "LC_ALL", "LC_CTYPE",
	"LC_MESSAGES", "LOCALDOMAIN", "NO_PROXY", "OPENSSL_CONF",
	"REQUEST_METHOD", "RES_OPTIONS", "SSL_CERT_DIR", "SSL_CERT_FILE", "TZ",
	"all_proxy", "http_proxy", "https_proxy", "no_proxy", SANDBOX_VARIABLE,
	NULL };

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
fetch_sandbox_environment(const struct conf_source *source)
{
	struct kind_needs needs;
	char **kept = environ;

	if (environ == NULL)
		return;
	kind_needs_of(&needs, source);
	for (char **at = environ; *at != NULL; at++)
		if (is_listed(*at, kept_variables) ||
		    is_listed(*at, needs.variables))
			*kept++ = *at;
		else
			explicit_bzero(*at, strlen(*at));
	*kept = NULL;
	kind_needs_free(&needs);
}

void
fetch_sandbox_enter(const struct conf_source *source, const char *cache_dir)
{
	const char *const writable[] = { cache_dir, NULL };
	struct kind_needs needs;

	kind_needs_of(&needs, source);
	kind_needs_file(&needs, getenv("SSL_CERT_FILE"));
	kind_needs_file(&needs, getenv("SSL_CERT_DIR"));
	kind_needs_file(&needs, getenv("OPENSSL_CONF"));
	sandbox_fetch(writable, needs.files, needs.runs_programs);
	kind_needs_free(&needs);
}
