/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing the environment of a triggered sync. */
#include "fcgi/admin/trigger_environment.h"

#include "lib/limits.h"
#include "lib/lockfile.h"
#include "lib/trace.h"
#include "lib/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_OF_CHILD \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CONFIG_VARIABLE "THV_REGISTRY_CONFIG"
#define DATABASE_VARIABLE "THV_REGISTRY_DATABASE_PATH"
#define RUN_VARIABLE "THV_REGISTRY_RUN_ID"

/* A name that ends in '_' is a prefix. */
static const char *const passed[] = {
	"LANG",
	"TZ",
	"HOME", /* where ssh looks for known hosts, as under cron */
	"http_proxy",
	"https_proxy",
	"all_proxy",
	"no_proxy",
	"SSL_CERT_FILE",
	"SSL_CERT_DIR",
	"KUBERNETES_SERVICE_",
	"JOURNAL_STREAM", /* describes standard error */
	"THV_REGISTRY_",
};

/* Set for the run, or made absolute. */
static const char *const replaced[] = {
	CONFIG_VARIABLE,
	DATABASE_VARIABLE,
	RUN_VARIABLE,
	LOCKFILE_VARIABLE,
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Whether ${variable}, NAME=VALUE, is of ${name}. */
static bool
is_of(const char *variable, const char *name)
{
	size_t len = strlen(name);

	return strncmp(variable, name, len) == 0 &&
	       (name[len - 1] == '_' || variable[len] == '=');
}

static bool
is_any_of(const char *variable, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_of(variable, names[i]))
			return true;
	return false;
}

/* The working directory of the sync is the root. */
static char *
absolute(const char *variable, const char *path)
{
	char here[LIMIT_PATH];

	if (*path == '/' || getcwd(here, sizeof here) == NULL)
		return xasprintf("%s=%s", variable, path);
	return xasprintf("%s=%s/%s", variable, here, path);
}

char **
trigger_environment(char *const *from, const struct trigger_variables *v)
{
	const char *config = getenv(CONFIG_VARIABLE);
	size_t count = 0, at = 0;
	char **to;

	while (from[count] != NULL)
		count++;
	to = xcalloc(count + COUNT(replaced) + 3, sizeof *to);
	for (size_t i = 0; i < count; i++)
		if (is_any_of(from[i], passed, COUNT(passed)) &&
		    !is_any_of(from[i], replaced, COUNT(replaced)))
			to[at++] = xstrdup(from[i]);
	to[at++] = xstrdup(PATH_OF_CHILD);
	to[at++] = absolute(DATABASE_VARIABLE, v->database);
	to[at++] = xasprintf("%s=%s", RUN_VARIABLE, v->run_id);
	to[at++] = xasprintf("%s=%d", LOCKFILE_VARIABLE, v->lock);
	if (v->traceparent != NULL)
		to[at++] =
		    xasprintf("%s=%s", TRACE_ENVIRONMENT, v->traceparent);
	if (config != NULL && *config != '\0')
		to[at++] = absolute(CONFIG_VARIABLE, config);
	return to;
}

void
trigger_environment_free(char **environment)
{
	if (environment == NULL)
		return;
	for (size_t i = 0; environment[i] != NULL; i++)
		free(environment[i]);
	free(environment);
}
