/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the body of a request. */
#ifndef FCGI_HTTP_BODY_H
#define FCGI_HTTP_BODY_H

#include "fcgi/http/request.h"
#include "lib/buf.h"
#include "lib/err.h"

/*
 * Reads the whole body of ${in} into ${body}, which is emptied first.  A
 * request without Content-Length and Transfer-Encoding has an empty body.
 *
 * ERR_LENGTH (411): a body without Content-Length.  ERR_INPUT (400):
 * Content-Length is no number, or the body is shorter.  ERR_LIMIT (413): it is
 * above ${most} bytes; nothing is read then.
 */
int body_read(struct buf *body, const struct request_input *in, size_t most,
    struct err *e);

#endif
