/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by libcrypto: the only file that includes its headers. */
#include "lib/digest.h"

#include "lib/xalloc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>

struct digest {
	EVP_MD_CTX *ctx;
};

/*
 * A lookup of the algorithm costs more than hashing a small entry, so its
 * result is kept until the process exits.
 */
static EVP_MD *sha256;

static void
must(int ok)
{
	if (ok)
		return;
	fputs("fatal: libcrypto cannot compute SHA-256, or is out of memory\n",
	    stderr);
	abort();
}

static void
start(struct digest *d)
{
	must(EVP_DigestInit_ex(d->ctx, sha256, NULL) == 1);
}

struct digest *
digest_new(void)
{
	struct digest *d = xcalloc(1, sizeof *d);

	/* libcrypto does not check this after it ran out of memory at start. */
	must(OSSL_LIB_CTX_get0_global_default() != NULL);
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL);
	d->ctx = EVP_MD_CTX_new();
	must(d->ctx != NULL);
	start(d);
	return d;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void
digest_add(struct digest *d, const void *data, size_t len)
{
	if (len > 0)
		must(EVP_DigestUpdate(d->ctx, data, len) == 1);
}

void
digest_raw(struct digest *d, unsigned char out[DIGEST_RAW_SIZE])
{
	must(EVP_DigestFinal_ex(d->ctx, out, NULL) == 1);
	start(d);
}

void
digest_hex(struct digest *d, char out[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[DIGEST_RAW_SIZE];

	digest_raw(d, raw);
	for (size_t i = 0; i < sizeof raw; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[DIGEST_HEX_SIZE - 1] = '\0';
}
