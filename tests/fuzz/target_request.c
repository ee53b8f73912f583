/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request: method, URI and If-None-Match, a line each, answered from the
 * database that THV_REGISTRY_DATABASE_PATH names.  Whatever it is, the answer
 * is one that a client may get, its head is lines without a stray control
 * character, and its body is JSON where it says so.
 */
#include "fcgi/api.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <string.h>

static void
check_body(struct response *r)
{
	if (r->body.len > 0 && strstr(r->type, "json") != NULL)
		FUZZ_HOLDS(fuzz_is_json(buf_str(&r->body), r->body.len));
}

static void
check_head(struct response *r)
{
	const char *head = buf_str(&r->head);

	FUZZ_HOLDS(strlen(head) == r->head.len);
	FUZZ_HOLDS(strstr(head, "Access-Control-Allow-Origin: *\r\n") != NULL);
	FUZZ_HOLDS(r->head.len > 4 &&
		   memcmp(head + r->head.len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i + 1 < r->head.len; i++) {
		unsigned char c = (unsigned char)head[i];

		FUZZ_HOLDS(c >= ' ' || c == '\r' || c == '\n');
		FUZZ_HOLDS(c != '\r' || head[i + 1] == '\n');
		FUZZ_HOLDS(head[i + 1] != '\n' || c == '\r');
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static struct api *api;
	static struct response out;
	struct request_input in;
	char *lines[3];

	if (api == NULL) {
		const char *path = getenv("THV_REGISTRY_DATABASE_PATH");

		api = api_new(path == NULL ? "/nonexistent" : path);
		response_init(&out);
	}
	fuzz_texts(lines, 3, data, len);
	in = (struct request_input){ .method = lines[0],
		.uri = lines[1],
		.if_none_match = lines[2][0] == '\0' ? NULL : lines[2] };
	api_handle(api, &in, &out);
	switch (out.status) {
	case 200:
	case 204:
	case 304:
	case 400:
	case 404:
	case 405:
	case 414:
	case 503:
		break;
	default:
		fprintf(
		    stderr, "status %d: %s\n", out.status, buf_str(&out.body));
		abort();
	}
	check_body(&out);
	check_head(&out);
	fuzz_texts_free(lines, 3);
}
