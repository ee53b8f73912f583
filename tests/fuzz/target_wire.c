/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fetching process says, which parsed bytes of strangers and may have
 * been taken over by them: a message as it is on the wire.  What is accepted
 * keeps within its limits, and written again is the same.  The length in the
 * header is made to fit what follows, so that payloads are looked at too.
 */
#include "lib/limits.h"
#include "sync/fetch/fetch_wire.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define SPOOL 1000
#define LENGTH_AT 8 /* in the header */

static void
check_printable(const char *text)
{
	for (; *text != '\0'; text++)
		FUZZ_HOLDS((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void
check_progress(const char *payload, size_t len)
{
	char phase[FETCH_WIRE_PHASE], again[FETCH_WIRE_PHASE];
	struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);
	struct fetch_progress p, back;
	struct err e = ERR_INIT;

	if (fetch_wire_progress(&p, phase, payload, len, &e) == -1) {
		FUZZ_HOLDS(e.code == ERR_FETCH);
		return;
	}
	check_printable(phase);
	fetch_wire_add_progress(&b, &p);
	FUZZ_HOLDS(b.len == FETCH_WIRE_HEADER + len);
	FUZZ_HOLDS(fetch_wire_progress(
		       &back, again, b.data + FETCH_WIRE_HEADER, len, &e) == 0);
	FUZZ_HOLDS(back.bytes == p.bytes && back.entries == p.entries &&
		   strcmp(again, phase) == 0);
	buf_free(&b);
}

static void
check_documents(const struct fetch_wire_result *r)
{
	FUZZ_HOLDS(!r->fetch.unchanged || r->fetch.document_count == 0);
	for (size_t i = 0; i < r->fetch.document_count; i++) {
		const struct fetch_document *d = &r->fetch.documents[i];

		FUZZ_HOLDS(d->name != NULL && strlen(d->name) <= LIMIT_URL);
		if (d->problem != NULL)
			check_printable(d->problem);
		FUZZ_HOLDS(
		    d->offset <= SPOOL && d->length <= SPOOL - d->offset);
	}
}

static void
check_result(const char *payload, size_t len)
{
	struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);
	struct fetch_wire_result r, back = { .err = ERR_INIT };
	struct err e = ERR_INIT;

	if (fetch_wire_result(&r, payload, len, SPOOL, &e) == -1) {
		FUZZ_HOLDS(e.code == ERR_FETCH);
		fetch_free(&r.fetch);
		return;
	}
	check_printable(r.err.text);
	check_printable(r.fetch.note);
	check_documents(&r);
	/* NULL and "" of a few texts, and "?", are written another way. */
	fetch_wire_add_result(&b, &r);
	FUZZ_HOLDS(
	    !b.bad && fetch_wire_result(&back, b.data + FETCH_WIRE_HEADER,
			  b.len - FETCH_WIRE_HEADER, SPOOL, &e) == 0);
	FUZZ_HOLDS(
	    back.fetch.document_count == r.fetch.document_count &&
	    back.err.code == r.err.code &&
	    strcmp(back.fetch.validators.hash, r.fetch.validators.hash) == 0);
	fetch_free(&back.fetch);
	fetch_free(&r.fetch);
	buf_free(&b);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	char header[FETCH_WIRE_HEADER];
	uint32_t rest = (uint32_t)(len - FETCH_WIRE_HEADER);
	enum fetch_wire_kind kind;
	struct err e = ERR_INIT;
	size_t length;

	if (len < FETCH_WIRE_HEADER)
		return;
	if (fetch_wire_header(&kind, &length, data, &e) == 0)
		FUZZ_HOLDS(length <= LIMIT_FETCH_RESULT);
	memcpy(header, data, sizeof header);
	memcpy(header + LENGTH_AT, &rest, sizeof rest);
	if (fetch_wire_header(&kind, &length, header, &e) == -1)
		return;
	FUZZ_HOLDS(length == rest);
	data += FETCH_WIRE_HEADER;
	if (kind == FETCH_WIRE_PROGRESS)
		check_progress((const char *)data, rest);
	else
		check_result((const char *)data, rest);
}
