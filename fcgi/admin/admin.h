/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thv-registry-admin without a web server: one request in, one response out.
 * Only POST (or PUT) /registry/sync does anything.
 */
#ifndef FCGI_ADMIN_ADMIN_H
#define FCGI_ADMIN_ADMIN_H

#include "fcgi/http/request.h"
#include "fcgi/http/response.h"

#include <stdbool.h>

struct admin;

/*
 * ${path} is the database; it need not exist yet.  ${stays}: the process
 * outlives the request, and so does its standard error.  Freed with
 * admin_free().
 */
struct admin *admin_new(const char *path, bool stays);
/* NULL is allowed. */
void admin_free(struct admin *a);

/* Answers ${in}, as responder_handle() does. */
void admin_handle(
    struct admin *a, const struct request_input *in, struct response *out);

#endif
