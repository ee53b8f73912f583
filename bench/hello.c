/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference for a responder: FastCGI and nothing else.
 *
 * Answers with head and body that were read at start, as the responder would
 * write them.  Web servers start it in place of thv-registry-api and pass no
 * other variable, so THV_REGISTRY_DATABASE_PATH is the folder of the responses,
 * files "0", "1" and so on.  The number after the last slash of the URI chooses
 * one; without a number it is the first.
 */
#include "lib/xalloc.h"

#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS 64
#define ANSWER_MAX (32 << 20)

struct answer {
	char *bytes;
	int len;
};

static struct answer answers[ANSWERS];
static int answer_count;

static int
answer_read(struct answer *a, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return -1;
	a->bytes = xmalloc(ANSWER_MAX);
	a->len = (int)fread(a->bytes, 1, ANSWER_MAX, f);
	fclose(f);
	return 0;
}

static void
read_answers(const char *folder)
{
	char path[4096];

	for (; answer_count < ANSWERS; answer_count++) {
		snprintf(path, sizeof path, "%s/%d", folder, answer_count);
		if (answer_read(&answers[answer_count], path) != 0)
			return;
	}
}

static const struct answer *
find(const char *uri)
{
	const char *slash = uri == NULL ? NULL : strrchr(uri, '/');
	long n = slash == NULL ? 0 : strtol(slash + 1, NULL, 10);

	return &answers[n >= 0 && n < answer_count ? n : 0];
}

int
main(void)
{
	const char *folder = getenv("THV_REGISTRY_DATABASE_PATH");
	FCGX_Request request;

	if (folder == NULL)
		return 2;
	read_answers(folder);
	if (answer_count == 0) {
		fputs("hello: no answers\n", stderr);
		return 2;
	}
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&request) == 0) {
		const struct answer *a =
		    find(FCGX_GetParam("REQUEST_URI", request.envp));

		FCGX_PutStr(a->bytes, a->len, request.out);
		FCGX_Finish_r(&request);
	}
	return 0;
}
