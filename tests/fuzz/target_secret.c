/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file with a secret: what comes out of it can stand in a header field, and
 * stood in the file.
 */
#include "lib/limits.h"
#include "sync/fetch/secret.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/fuzz-secret-XXXXXX";
static int file = -1;

static void
remove_file(void)
{
	unlink(path);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct err e = ERR_INIT;
	char *secret, *text;

	if (file == -1) {
		file = mkstemp(path);
		atexit(remove_file);
	}
	if (pwrite(file, data, len, 0) != (ssize_t)len ||
	    ftruncate(file, (off_t)len) == -1)
		abort();
	if (secret_read(&secret, "a.tokenFile", path, &e) == -1) {
		FUZZ_HOLDS(secret == NULL && e.text[0] != '\0');
		FUZZ_HOLDS(strstr(e.text, "fuzz-secret") == NULL);
		return;
	}
	FUZZ_HOLDS(*secret != '\0' && strlen(secret) <= LIMIT_SECRET_FILE);
	for (const char *at = secret; *at != '\0'; at++)
		FUZZ_HOLDS(*at > ' ' && *at < 0x7f);
	fuzz_texts(&text, 1, data, len);
	FUZZ_HOLDS(strstr(text, secret) != NULL);
	fuzz_texts_free(&text, 1);
	secret_free(secret);
}
