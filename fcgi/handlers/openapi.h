/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API in the OpenAPI format, version 3.1. */
#ifndef FCGI_HANDLERS_OPENAPI_H
#define FCGI_HANDLERS_OPENAPI_H

#include "lib/buf.h"

/* Appends the description of all routes as JSON, one line. */
void openapi_add(struct buf *out);

/*
 * Its fixed parts (fcgi/handlers/openapi.json), a JSON object whose last member
 * is the object "components".
 */
extern const char openapi_document[];

#endif
