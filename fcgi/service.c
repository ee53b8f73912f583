/* SPDX-License-Identifier: Apache-2.0 */
/* From CGI's variables to a request. */
#include "fcgi/service.h"

#include <stddef.h>

/* Header fields that say another machine's request is passed on. */
static const char *const passed_on[] = {
	"HTTP_FORWARDED",
	"HTTP_X_FORWARDED_FOR",
	"HTTP_X_REAL_IP",
};

void
service_input(struct request_input *in, const struct service *s,
    const char *(*variable)(const char *name, char **from), char **from)
{
	*in = (struct request_input){
		.method = variable("REQUEST_METHOD", from),
		.uri = variable("REQUEST_URI", from),
		.if_none_match = variable("HTTP_IF_NONE_MATCH", from),
	};
	if (!s->changes_things && !s->asks_who)
		return;
	in->remote_address = variable("REMOTE_ADDR", from);
	in->authorization = variable("HTTP_AUTHORIZATION", from);
	in->origin = variable("HTTP_ORIGIN", from);
	in->fetch_site = variable("HTTP_SEC_FETCH_SITE", from);
	for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
		if (variable(passed_on[i], from) != NULL)
			in->passed_on = true;
}
