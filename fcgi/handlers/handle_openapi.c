/* SPDX-License-Identifier: Apache-2.0 */
/* Describing the API to programs. */
#include "fcgi/handlers/handle.h"
#include "fcgi/handlers/openapi.h"

int
handle_openapi_json(struct exchange *x, struct err *e)
{
	(void)e;
	openapi_add(&x->response->body);
	x->response->cacheable = true;
	return 0;
}

int
handle_openapi_yaml(struct exchange *x, struct err *e)
{
	x->response->type = "application/yaml";
	return handle_openapi_json(x, e);
}
