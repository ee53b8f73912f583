/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file: it is loaded, or rejected with a line number, and what
 * is shown of it is JSON.
 */
#include "sync/conf/conf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
is_json(char *text)
{
	FUZZ_HOLDS(text != NULL && fuzz_is_json(text, strlen(text)));
	free(text);
}

static void
check(const struct conf *c)
{
	size_t defaults = 0;

	FUZZ_HOLDS(c->source_count > 0 && c->registry_count > 0);
	for (size_t i = 0; i < c->source_count; i++) {
		char *identity = conf_source_identity(&c->sources[i]);

		FUZZ_HOLDS(identity != NULL && identity[0] != '\0');
		free(identity);
		is_json(conf_source_json(&c->sources[i]));
		is_json(filter_spec_json(&c->sources[i].filter));
	}
	for (size_t i = 0; i < c->registry_count; i++)
		defaults += c->registries[i].is_default;
	FUZZ_HOLDS(defaults == 1);
}

/* One file for all inputs: the loader wants a name. */
static char path[] = "/tmp/fuzz-config-XXXXXX";
static FILE *file;

static void
remove_file(void)
{
	unlink(path);
}

static void
write_file(const uint8_t *data, size_t len)
{
	if (file == NULL) {
		int fd = mkstemp(path);

		file = fd == -1 ? NULL : fdopen(fd, "wb");
		if (file == NULL)
			abort();
		atexit(remove_file);
	}
	rewind(file);
	if (fwrite(data, 1, len, file) != len || fflush(file) != 0 ||
	    ftruncate(fileno(file), (off_t)len) == -1)
		abort();
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct err e = ERR_INIT;
	struct conf *c = NULL;

	write_file(data, len);
	if (conf_load(&c, path, &e) == 0)
		check(c);
	else
		FUZZ_HOLDS(e.code != ERR_NONE && e.text[0] != '\0');
	conf_free(c);
}
