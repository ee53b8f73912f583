/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From CGI variables to a request.  Web servers send some thirty, most of them
 * unused, and a request is answered in a few thousand instructions.  So they
 * are walked once, and compared only with names that share their distinctive
 * letter.
 */
#include "fcgi/process/service.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define HTTPS_ON "HTTPS=on"
#define LETTER 5 /* the distinctive one, after HTTP_ */
#define VARIABLE(name, member)                                                \
	{                                                                     \
		name "=", sizeof name, offsetof(struct request_input, member) \
	}

/* The only one with another prefix. */
static const char content_length[] = "CONTENT_LENGTH=";

static const struct wanted {
	const char *name; /* with the equals sign */
	size_t len;
	size_t member; /* where in the request a pointer to the value goes */
} wanted[] = {
	VARIABLE("REMOTE_ADDR", remote_address),
	VARIABLE("REQUEST_METHOD", method),
	VARIABLE("REQUEST_URI", uri),
	VARIABLE("REQUEST_SCHEME", scheme),
	VARIABLE("HTTP_ACCEPT", accept),
	VARIABLE("HTTP_ACCEPT_ENCODING", accept_encoding),
	VARIABLE("HTTP_AUTHORIZATION", authorization),
	VARIABLE("HTTP_FORWARDED", forwarded),
	VARIABLE("HTTP_IF_NONE_MATCH", if_none_match),
	VARIABLE("HTTP_ORIGIN", origin),
	VARIABLE("HTTP_SEC_FETCH_SITE", fetch_site),
	VARIABLE("HTTP_TRACEPARENT", traceparent),
	VARIABLE("HTTP_TRANSFER_ENCODING", transfer_encoding),
	VARIABLE("HTTP_X_FORWARDED_FOR", forwarded_for),
	VARIABLE("HTTP_X_FORWARDED_PROTO", forwarded_proto),
	VARIABLE("HTTP_X_REAL_IP", real_ip),
	VARIABLE("HTTP_X_REQUEST_ID", request_id),
};
#define REQUESTS (wanted + 0)
#define FIELDS (wanted + 4)
#define END (wanted + sizeof wanted / sizeof wanted[0])

/* The first of FIELDS with a letter; they are sorted by it. */
static const struct wanted *
first_of(char letter)
{
	static unsigned char first[256]; /* its place in wanted[], or 0 */

	if (first['X'] == 0)
		for (const struct wanted *w = END; w-- > FIELDS;)
			first[(unsigned char)w->name[LETTER]] =
			    (unsigned char)(w - wanted);
	return first[(unsigned char)letter] == 0
		   ? END
		   : wanted + first[(unsigned char)letter];
}

static void
take(struct request_input *in, const char *variable, const struct wanted *w,
    const struct wanted *end)
{
	for (; w < end && w->name[LETTER] <= variable[LETTER]; w++) {
		const char **to;

		if (strncmp(variable, w->name, w->len) != 0)
			continue;
		to = (const char **)(void *)((char *)in + w->member);
		if (*to == NULL)
			*to = variable + w->len;
		return;
	}
}

void
service_input(struct request_input *in, char *const *variables)
{
	memset(in, 0, sizeof *in);
	for (; *variables != NULL; variables++) {
		const char *v = *variables;

		/* Byte by byte: it may be shorter. */
		if (v[0] == 'R' && v[1] == 'E' && v[2] != '\0' &&
		    v[3] != '\0' && v[4] != '\0')
			take(in, v, REQUESTS, FIELDS);
		if (v[0] == 'C' &&
		    strncmp(v, content_length, sizeof content_length - 1) == 0)
			in->content_length = v + sizeof content_length - 1;
		if (v[0] != 'H' || v[1] != 'T' || v[2] != 'T' || v[3] != 'P')
			continue;
		if (v[4] == '_')
			take(in, v, first_of(v[LETTER]), END);
		else if (strcasecmp(v, HTTPS_ON) == 0)
			in->https = true;
	}
	if (in->scheme != NULL && strcmp(in->scheme, "https") == 0)
		in->https = true;
}

void
service_variables(struct buf *to, const struct request_input *in)
{
	for (const struct wanted *w = wanted; w < END; w++) {
		const char *value;

		memcpy(&value, (const char *)in + w->member, sizeof value);
		if (value == NULL)
			continue;
		buf_adds(to, w->name);
		buf_add(to, value, strlen(value) + 1);
	}
	if (in->https)
		buf_add(to, HTTPS_ON, sizeof HTTPS_ON);
}

bool
service_is_variable(const char *text)
{
	for (const struct wanted *w = wanted; w < END; w++)
		if (strncmp(text, w->name, w->len) == 0)
			return true;
	return strcmp(text, HTTPS_ON) == 0;
}
