/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API in the OpenAPI format, version 3.1. */
#ifndef FCGI_HANDLERS_OPENAPI_H
#define FCGI_HANDLERS_OPENAPI_H

#include "fcgi/http/route.h"
#include "lib/buf.h"

#include <stddef.h>

/* Appends the description of ${count} routes of ${table} as JSON, one line. */
void openapi_add(struct buf *out, const struct route *table, size_t count);

/*
 * The components that operations refer to, in pieces that make one JSON
 * object.  ' stands for ", and there is no other '.  Ends with NULL.
 */
extern const char *const openapi_components[];

#endif
