/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to the trigger.  The lines of an input: the value of trigger.access,
 * the content of the token file, the URI, and the variables of CGI.  The
 * decision is compared with one made here from the variables.  Of the variables
 * the sync may inherit only those of a list.
 */
#include "fcgi/access/access.h"
#include "fcgi/admin/trigger.h"
#include "fcgi/process/service.h"
#include "lib/limits.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FIRST 3 /* of the variables */
#define LINES 24
#define WHITE_SPACE " \t\r\n"

/* The first value of ${name}; NULL for none. */
static const char *
value_of(char *const *variables, const char *name)
{
	size_t len = strlen(name);

	for (; *variables != NULL; variables++)
		if (strncmp(*variables, name, len) == 0 &&
		    (*variables)[len] == '=')
			return *variables + len + 1;
	return NULL;
}

static bool
is_own_machine(const char *address)
{
	unsigned char v6[16];
	struct in_addr v4;

	if (address == NULL)
		return false;
	if (strncmp(address, "127.", 4) == 0)
		return inet_pton(AF_INET, address, &v4) == 1;
	if (inet_pton(AF_INET6, address, v6) != 1)
		return false;
	return memcmp(v6, &in6addr_loopback, sizeof v6) == 0 ||
	       memcmp(v6, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f", 13) == 0;
}

static bool
is_from_proxy_or_page(char *const *variables)
{
	const char *site = value_of(variables, "HTTP_SEC_FETCH_SITE");

	return value_of(variables, "HTTP_FORWARDED") != NULL ||
	       value_of(variables, "HTTP_X_FORWARDED_FOR") != NULL ||
	       value_of(variables, "HTTP_X_REAL_IP") != NULL ||
	       value_of(variables, "HTTP_ORIGIN") != NULL ||
	       (site != NULL && strcmp(site, "none") != 0);
}

/* Whether ${given} is "Bearer" and what the file says between white space. */
static bool
knows_token(const char *given, const char *file)
{
	size_t len;

	if (strlen(file) > LIMIT_TOKEN)
		return false;
	file += strspn(file, WHITE_SPACE);
	len = strlen(file);
	while (len > 0 && strchr(WHITE_SPACE, file[len - 1]) != NULL)
		len--;
	if (len == 0 || given == NULL || strncasecmp(given, "bearer ", 7) != 0)
		return false;
	given += 7;
	given += strspn(given, " ");
	return strlen(given) == len && memcmp(given, file, len) == 0;
}

static char path[] = "/tmp/fuzz-access-XXXXXX";
static int token = -1;

static void
remove_file(void)
{
	unlink(path);
}

static void
write_token(const char *text)
{
	size_t len = strlen(text);

	if (token == -1) {
		token = mkstemp(path);
		atexit(remove_file);
	}
	if (pwrite(token, text, len, 0) != (ssize_t)len ||
	    ftruncate(token, (off_t)len) == -1)
		abort();
}

static void
check_access(const char *word, const char *file, char *const *variables)
{
	const char *given = value_of(variables, "HTTP_AUTHORIZATION");
	enum trigger_access access = TRIGGER_LOOPBACK;
	struct request_input in;
	struct err e = ERR_INIT;
	bool wanted = !is_from_proxy_or_page(variables) &&
		      is_own_machine(value_of(variables, "REMOTE_ADDR"));
	bool let_in;

	(void)trigger_access_from_name(&access, word);
	service_input(&in, variables);
	let_in = access_check_trigger(access, path, &in, &e) == 0;
	switch (access) {
	case TRIGGER_LOOPBACK:
		FUZZ_HOLDS(let_in == wanted);
		break;
	case TRIGGER_TOKEN:
		FUZZ_HOLDS(let_in == knows_token(given, file));
		break;
	case TRIGGER_OFF:
		FUZZ_HOLDS(!let_in);
		break;
	default:
		/* Pages never get in; a proxy is what is meant to ask. */
		FUZZ_HOLDS(
		    !let_in || value_of(variables, "HTTP_ORIGIN") == NULL);
		break;
	}
	FUZZ_HOLDS(let_in || e.text[0] != '\0');
}

/* The names of sources in a URI: never an empty one, never too many. */
static void
check_sources(const char *uri)
{
	static struct request r;
	const struct request_input in = { .method = "POST", .uri = uri };
	const struct value_set *names =
	    &r.values.sets[PARAMETER_SOURCE - PARAMETER_SINGLES];
	struct err e = ERR_INIT;

	if (request_parse(&r, &in, &e) == -1)
		return;
	FUZZ_HOLDS(names->count <= LIMIT_TRIGGER_SOURCES);
	for (size_t i = 0; i < names->count; i++)
		FUZZ_HOLDS(*names->at[i] != '\0');
}

static void
check_environment(char *const *variables)
{
	const struct trigger own = { .database = "/srv/registry.db" };
	char **to = trigger_environment(variables, &own, "run", 3);

	for (char **at = to; *at != NULL; at++) {
		FUZZ_HOLDS(strncmp(*at, "HTTP_", 5) != 0);
		FUZZ_HOLDS(strncmp(*at, "LD_", 3) != 0);
		FUZZ_HOLDS(strncmp(*at, "TRACEPARENT=", 12) != 0);
	}
	FUZZ_HOLDS(strcmp(value_of(to, "THV_REGISTRY_DATABASE_PATH"),
		       own.database) == 0);
	FUZZ_HOLDS(strcmp(value_of(to, "THV_REGISTRY_RUN_ID"), "run") == 0);
	FUZZ_HOLDS(strstr(value_of(to, "PATH"), "/usr/local/sbin:") != NULL);
	trigger_environment_free(to);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char *lines[LINES + 1];
	size_t count = LINES;

	fuzz_texts(lines, LINES, data, len);
	while (count > FIRST && *lines[count - 1] == '\0')
		free(lines[--count]);
	lines[count] = NULL;
	write_token(lines[1]);
	check_access(lines[0], lines[1], lines + FIRST);
	check_sources(lines[2]);
	check_environment(lines + FIRST);
	fuzz_texts_free(lines, count);
}
