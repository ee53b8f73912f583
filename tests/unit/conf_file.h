/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the configuration: writes a file into the working directory,
 * loads it and searches its messages.
 */
#ifndef TESTS_UNIT_CONF_FILE_H
#define TESTS_UNIT_CONF_FILE_H

#include "lib/buf.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

#define FIXTURES "tests/fixtures/conf/"
#define FILE_NAME "c.yaml"
#define SECOND INT64_C(1000000000)

/* A source and registries around it: ${body} starts on line 3. */
#define SOURCE(body) \
	"sources:\n- name: s\n" body "registries:\n- {name: r, sources: s}\n"
#define SYNCED "  syncPolicy: {interval: 1h}\n"
#define MANAGED "  managed: {}\n"
/* A complete valid file with ${rest} at its end, on line 5. */
#define AFTER(rest)                                         \
	"sources:\n- {name: s, managed: {}}\nregistries:\n" \
	"- {name: r, sources: s}\n" rest
#define REGISTRIES(list)                                             \
	"sources:\n- {name: s, managed: {}}\n"                       \
	"- {name: t, file: {path: x}, syncPolicy: {interval: 1h}}\n" \
	"registries:\n" list
#define GIT(body) SOURCE("  git:\n    repository: /r\n" body SYNCED)
#define API(body) \
	SOURCE("  api:\n    endpoint: https://example.com\n" body SYNCED)
#define DOCUMENT(body) SOURCE("  file:\n" body SYNCED)

static inline void
write_file(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(name, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		abort();
}

static inline int
load(struct conf **c, const char *yaml, struct err *e)
{
	write_file(FILE_NAME, yaml, strlen(yaml));
	return conf_load(c, FILE_NAME, e);
}

static inline void
show_messages(const struct conf *c)
{
	for (size_t i = 0; c != NULL && i < c->message_count; i++)
		printf("#   message: %s\n", c->messages[i].text);
}

/* Whether a message of the sort is on ${line} and holds ${fragment}. */
static inline bool
has_message(const struct conf *c, bool is_error, int line, const char *fragment)
{
	char place[64];

	snprintf(place, sizeof place, "%s:%d: ", FILE_NAME, line);
	for (size_t i = 0; c != NULL && i < c->message_count; i++) {
		const struct conf_message *m = &c->messages[i];

		if (m->is_error == is_error &&
		    strncmp(m->text, place, strlen(place)) == 0 &&
		    strstr(m->text, fragment) != NULL)
			return true;
	}
	return false;
}

#endif
