/* SPDX-License-Identifier: Apache-2.0 */
/* A few row numbers, read before the rows are changed. */
#ifndef LIB_STORE_IDS_H
#define LIB_STORE_IDS_H

#include "lib/db/db.h"

#include <stddef.h>
#include <stdint.h>

struct ids {
	int64_t *at;
	size_t count;
};

/*
 * Reads the first column of all rows of ${s}, whose parameters are bound.  On
 * -1 nothing needs to be freed.
 */
int ids_read(struct ids *out, struct stmt *s, struct err *e);
void ids_free(struct ids *ids); /* the members */

#endif
