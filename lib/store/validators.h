/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of a fetch, so that the next one can be skipped. */
#ifndef LIB_STORE_VALIDATORS_H
#define LIB_STORE_VALIDATORS_H

#include "lib/digest.h"

/*
 * What the last successful sync remembered, and what this one will.  Strings
 * are owned, NULL when unknown.  Free the members with validators_free().
 */
struct validators {
	char hash[DIGEST_HEX_SIZE]; /* of the content; "" for none */
	char *revision; /* git commit id; resourceVersion of a ConfigMap */
	char *etag; /* HTTP, as received */
	char *last_modified; /* HTTP, as received */
	char *file_identity; /* size, times, inode of the file or files */
	char *checkpoint; /* where a registry API was left; fetch_api.c's */
};

void validators_free(struct validators *v); /* NULL is allowed */

#endif
