/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From CGI's variables to a request.  There are some thirty, most of no
 * interest, and a request is answered in a few thousand instructions: so they
 * are walked once, and looked at by the letter that tells most.
 */
#include "fcgi/service.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define TELLING 5 /* the letter after HTTP_ */
#define VARIABLE(name, member)                                                \
	{                                                                     \
		name "=", sizeof name, offsetof(struct request_input, member) \
	}

static const struct {
	const char *name; /* with the equals sign */
	size_t len;
	size_t member; /* where in the request a pointer to the value goes */
} wanted[] = {
	VARIABLE("REQUEST_METHOD", method),
	VARIABLE("REQUEST_URI", uri),
	VARIABLE("REQUEST_SCHEME", scheme),
	VARIABLE("REMOTE_ADDR", remote_address),
	VARIABLE("HTTP_ACCEPT", accept),
	VARIABLE("HTTP_AUTHORIZATION", authorization),
	VARIABLE("HTTP_FORWARDED", forwarded),
	VARIABLE("HTTP_IF_NONE_MATCH", if_none_match),
	VARIABLE("HTTP_ORIGIN", origin),
	VARIABLE("HTTP_SEC_FETCH_SITE", fetch_site),
	VARIABLE("HTTP_TRACEPARENT", traceparent),
	VARIABLE("HTTP_X_FORWARDED_FOR", forwarded_for),
	VARIABLE("HTTP_X_FORWARDED_PROTO", forwarded_proto),
	VARIABLE("HTTP_X_REAL_IP", real_ip),
	VARIABLE("HTTP_X_REQUEST_ID", request_id),
};

static void
take(struct request_input *in, const char *variable)
{
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		const char **to;

		if (wanted[i].name[TELLING] != variable[TELLING] ||
		    strncmp(variable, wanted[i].name, wanted[i].len) != 0)
			continue;
		to = (const char **)(void *)((char *)in + wanted[i].member);
		if (*to == NULL)
			*to = variable + wanted[i].len;
		return;
	}
}

void
service_input(struct request_input *in, char *const *variables)
{
	memset(in, 0, sizeof *in);
	for (; *variables != NULL; variables++) {
		const char *v = *variables;

		if ((v[0] != 'H' && v[0] != 'R') ||
		    strnlen(v, TELLING + 1) <= TELLING)
			continue;
		take(in, v);
		if (strncasecmp(v, "HTTPS=on", sizeof "HTTPS=on") == 0)
			in->https = true;
	}
	if (in->scheme != NULL && strcmp(in->scheme, "https") == 0)
		in->https = true;
}
