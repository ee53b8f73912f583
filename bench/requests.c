/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers requests in a warm process; callgrind counts the instructions of
 * each.
 *
 * Usage: requests DATABASE [cursor] < FILE
 * A line of the file is a URI, perhaps after one of these characters:
 *   *  the nextCursor of the response before it replaces "@"
 *   =  send the entity tag of the response before it
 *   ~  ask for compression
 *   !  repeat the same URI; otherwise each URI is new, so that the response is
 *      not remembered and the database is read
 * Answers each WARM_UP times and then once in measured(), whose instructions
 * callgrind counts (bench/lib/callgrind.py).  Prints status and bytes of each;
 * with "cursor" also the last nextCursor.
 */
#include "fcgi/answer/responder.h"
#include "lib/db/db.h"

#include <stdio.h>
#include <string.h>

#define WARM_UP 2

static char cursor[8192];
static char etag[128];

__attribute__((noinline)) static void
measured(
    struct responder *api, const struct request_input *in, struct response *out)
{
	responder_handle(api, in, out);
}

static void
keep_cursor(const struct response *out)
{
	static const char key[] = "\"nextCursor\":\"";
	const char *at = strstr(buf_str(&out->body), key);

	cursor[0] = '\0';
	if (at != NULL)
		snprintf(cursor, sizeof cursor, "%.*s",
		    (int)strcspn(at + sizeof key - 1, "\""),
		    at + sizeof key - 1);
}

static void
make_uri(char *uri, size_t size, const char *line)
{
	const char *at = strchr(line, '@');

	if (line[0] == '*' && at != NULL)
		snprintf(uri, size, "%.*s%s%s", (int)(at - line - 1), line + 1,
		    cursor, at + 1);
	else
		snprintf(uri, size, "%s", line + (line[0] != '/'));
}

/* Makes the URI new without changing its meaning. */
static void
make_new(char *uri, size_t size)
{
	static unsigned number;
	size_t len = strlen(uri);

	snprintf(uri + len, size - len, "%c_=%06u",
	    strchr(uri, '?') == NULL ? '?' : '&', number++ % 1000000);
}

static void
answer(struct responder *api, const struct request_input *in,
    struct response *out, char *uri, size_t size, bool again)
{
	size_t len = strlen(uri);

	for (int i = 0; i <= WARM_UP; i++) {
		uri[len] = '\0';
		if (!again)
			make_new(uri, size);
		if (i < WARM_UP)
			responder_handle(api, in, out);
	}
	measured(api, in, out);
}

int
main(int argc, char **argv)
{
	char line[8192], uri[16384];
	struct response out;
	struct responder *api;

	if (argc < 2) {
		fputs("usage: requests DATABASE [cursor] < FILE\n", stderr);
		return 2;
	}
	db_use_pool();
	api = responder_new(argv[1], ROUTE_API, true);
	response_init(&out);
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct request_input in = { .method = "GET", .uri = uri };

		line[strcspn(line, "\n")] = '\0';
		make_uri(uri, sizeof uri, line);
		if (line[0] == '=')
			in.if_none_match = etag;
		if (line[0] == '~')
			in.accept_encoding = "gzip";
		answer(api, &in, &out, uri, sizeof uri, line[0] == '!');
		/* Status 0: there is no such page. */
		printf("%d %zu\n",
		    line[0] == '*' && cursor[0] == '\0' ? 0 : out.status,
		    out.body.len);
		keep_cursor(&out);
		snprintf(etag, sizeof etag, "%s", out.etag);
	}
	if (argc > 2)
		puts(cursor);
	response_free(&out);
	responder_free(api);
	return 0;
}
