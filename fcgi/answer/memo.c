/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping and repeating answers. */
#include "fcgi/answer/memo.h"

#include "fcgi/answer/answers.h"
#include "fcgi/http/gzip.h"
#include "lib/limits.h"
#include "lib/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Shorter answers gain nothing by compression. */
#define COMPRESSED_FROM 512

struct memo {
	struct answers *answers;
	struct gzip *gzip;
	struct buf packed; /* the compressed body */
};

struct memo *
memo_new(void)
{
	struct memo *m = xcalloc(1, sizeof *m);

	m->answers = answers_new(LIMIT_ANSWERS);
	m->gzip = gzip_new();
	buf_init(&m->packed, LIMIT_RESPONSE);
	return m;
}

void
memo_free(struct memo *m)
{
	if (m == NULL)
		return;
	answers_free(m->answers);
	gzip_free(m->gzip);
	buf_free(&m->packed);
	free(m);
}

/* The kept answer that would do. */
static struct answers_key
key_of(const struct exchange *x)
{
	const struct request_input *in = x->request->in;

	return (struct answers_key){
		.uri = in->uri,
		.uri_len = strlen(in->uri),
		.etag = x->response->etag,
		.form = gzip_is_accepted(in->accept_encoding) ? ANSWERS_GZIP
							      : ANSWERS_PLAIN,
	};
}

/* The same for a 304; unknown parameters make no difference. */
static struct answers_key
found_key_of(const struct exchange *x)
{
	const struct request *r = x->request;

	return (struct answers_key){
		.uri = r->in->uri,
		.uri_len = r->given == 0 ? r->path_len : strlen(r->in->uri),
		.etag = x->response->etag,
		.form = ANSWERS_FOUND,
	};
}

bool
memo_recall(struct memo *m, struct exchange *x)
{
	const struct answers_key key = key_of(x);
	struct response *out = x->response;

	return answers_get(m->answers, &key, &out->body, &out->gzip);
}

bool
memo_recall_found(struct memo *m, struct exchange *x)
{
	const struct answers_key key = found_key_of(x);
	bool ignored;

	return answers_get(m->answers, &key, &x->response->body, &ignored);
}

void
memo_keep(struct memo *m, struct exchange *x)
{
	const struct answers_key key = key_of(x);
	struct response *out = x->response;

	if (key.form == ANSWERS_GZIP && out->body.len >= COMPRESSED_FROM &&
	    gzip_compress(m->gzip, &m->packed, &out->body)) {
		/* Copied: of the other buffer little was ever touched. */
		buf_reset(&out->body);
		buf_add(&out->body, m->packed.data, m->packed.len);
		out->gzip = true;
	}
	answers_put(m->answers, &key, &out->body, out->gzip);
}

void
memo_keep_found(struct memo *m, struct exchange *x)
{
	const struct answers_key key = found_key_of(x);

	buf_reset(&x->response->body);
	answers_put(m->answers, &key, &x->response->body, false);
}
