/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of a fetch, so that the next one can be skipped. */
#ifndef LIB_STORE_VALIDATORS_H
#define LIB_STORE_VALIDATORS_H

#include "lib/digest.h"

/*
 * Of the last successful sync, or of this one.  Strings are owned, NULL when
 * unknown.
 */
struct validators {
	char hash[DIGEST_HEX_SIZE]; /* of the content; "" for none */
	char *revision; /* git commit id; resourceVersion of a ConfigMap */
	char *etag; /* HTTP, as received */
	char *last_modified; /* HTTP, as received */
	char *file_identity; /* size, times, inode of the file or files */
	char *checkpoint; /* JSON of sync/kinds/api: where the next sync resumes
			   */
};

void validators_free(struct validators *v); /* NULL is allowed */

#endif
