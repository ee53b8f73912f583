/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts calls of malloc(), calloc() and realloc() in a warm responder.
 *
 * Usage: allocs DATABASE SERVER-NAME
 * Prints one line a case: its name, HTTP status, calls per request.  The
 * counting functions replace the C library's, for this program and for every
 * library it links.
 */
#include "fcgi/answer/responder.h"
#include "lib/db/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 200
#define REQUESTS 1000

/* The allocator of a sanitizer cannot be replaced. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
static uint64_t calls;
#else
/* The C library's own functions. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static uint64_t calls;

void *
malloc(size_t size)
{
	calls++;
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	calls++;
	return __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	calls++;
	return __libc_realloc(old, size);
}
#endif

static void
append(char *to, size_t size, const char *text)
{
	size_t len = strlen(to);

	snprintf(to + len, size - len, "%s", text);
}

/* "a/b" encoded for a path. */
static void
append_name(char *to, size_t size, const char *name)
{
	for (; *name != '\0'; name++) {
		char one[2] = { *name, '\0' };

		append(to, size, *name == '/' ? "%2F" : one);
	}
}

static void
measure(
    struct responder *api, const char *what, const char *uri, const char *etag)
{
	const struct request_input in = {
		.method = "GET", .uri = uri, .if_none_match = etag
	};
	struct response out;
	uint64_t before;

	response_init(&out);
	for (int i = 0; i < WARM_UP; i++)
		responder_handle(api, &in, &out);
	before = calls;
	for (int i = 0; i < REQUESTS; i++)
		responder_handle(api, &in, &out);
	printf("%s %d %.3f\n", what, out.status,
	    (double)(calls - before) / REQUESTS);
	response_free(&out);
}

int
main(int argc, char **argv)
{
	char uri[1024] = "/v0.1/servers/", latest[1100];
	struct response first;
	struct responder *api;

#ifdef SANITIZED
	puts("skip");
	return 0;
#endif
	if (argc != 3) {
		fputs("usage: allocs DATABASE SERVER-NAME\n", stderr);
		return 2;
	}
	db_use_pool();
	api = responder_new(argv[1], ROUTE_API, true);
	append_name(uri, sizeof uri, argv[2]);
	append(uri, sizeof uri, "/versions/");
	snprintf(latest, sizeof latest, "%slatest", uri);
	append(uri, sizeof uri, "1.0.0");
	response_init(&first);
	responder_handle(api,
	    &(struct request_input){ .method = "GET", .uri = uri }, &first);
	/* Opening the database allocates: proof that calls are counted. */
	printf("start %d %.3f\n", first.status, (double)calls);
	measure(api, "get", uri, NULL);
	measure(api, "latest", latest, NULL);
	measure(api, "304", uri, first.etag);
	measure(api, "list", "/v0.1/servers?limit=30", NULL);
	measure(
	    api, "list-latest", "/v0.1/servers?limit=30&version=latest", NULL);
	measure(api, "page-of-1", "/v0.1/servers?limit=1", NULL);
	measure(api, "search", "/v0.1/servers?search=server", NULL);
	measure(api, "404", "/v0.1/servers/no%2Fone/versions/latest", NULL);
	response_free(&first);
	responder_free(api);
	return 0;
}
