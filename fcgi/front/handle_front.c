/* SPDX-License-Identifier: Apache-2.0 */
/* The web page.  It needs no database: it shows whether there is one. */
#include "fcgi/front/front.h"
#include "fcgi/handlers/handle.h"

#include <stdio.h>

int
handle_front(struct exchange *x, struct err *e)
{
	struct response *out = x->response;

	(void)e;
	snprintf(out->etag, sizeof out->etag, "%s", front_etag);
	out->cacheable = true;
	out->line = front_lines;
	out->type = "text/html; charset=utf-8";
	buf_add(&out->body, front_document, front_length);
	return 0;
}
