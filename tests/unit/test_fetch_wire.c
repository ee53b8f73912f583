/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a fetching process: valid ones are read, others rejected. */
#include "sync/fetch/fetch_wire.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "tests/t.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPOOL 1000
#define ROUNDS 20000

static char hash[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* Reads one message of a result back; 0 or -1. */
static int
read_back(struct fetch_wire_result *out, const char *bytes, size_t len)
{
	enum fetch_wire_kind kind;
	size_t length;
	struct err e = ERR_INIT;

	memset(out, 0, sizeof *out);
	if (len < FETCH_WIRE_HEADER ||
	    fetch_wire_header(&kind, &length, bytes, &e) == -1 ||
	    kind != FETCH_WIRE_RESULT || length != len - FETCH_WIRE_HEADER)
		return -1;
	return fetch_wire_result(
	    out, bytes + FETCH_WIRE_HEADER, length, SPOOL, &e);
}

static char names[3][8] = { "a.json", "b.json", "c.json" };
static char problem[] = "is a link\nto nowhere";
static struct fetch_document documents[] = {
	{ names[0], 0, 400, NULL, "" },
	{ names[1], 400, 600, NULL, "" },
	{ names[2], 1000, 0, problem, "" },
};

static struct fetch_wire_result
example(void)
{
	static char etag[] = "\"e\"", checkpoint[] = "";
	struct fetch_wire_result r = {
		.fetch = { .partial = true,
		    .files = true,
		    .entries = true,
		    .used = { .bytes = 1u << 20, .requests = 7 },
		    .documents = documents,
		    .document_count = 3 }
	};

	memcpy(r.fetch.validators.hash, hash, sizeof hash);
	r.fetch.validators.etag = etag;
	r.fetch.validators.checkpoint = checkpoint;
	return r;
}

static void
test_round_trip(void)
{
	struct fetch_wire_result r = example(), back;
	struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);

	fetch_wire_add_result(&b, &r);
	CHECK(read_back(&back, b.data, b.len) == 0);
	CHECK(back.fetch.partial && back.fetch.files && back.fetch.entries &&
	      !back.fetch.unchanged);
	CHECK(strcmp(back.fetch.validators.hash, hash) == 0 &&
	      strcmp(back.fetch.validators.etag, "\"e\"") == 0 &&
	      back.fetch.validators.revision == NULL &&
	      strcmp(back.fetch.validators.checkpoint, "") == 0);
	CHECK(
	    back.fetch.used.bytes == 1u << 20 && back.fetch.used.requests == 7);
	CHECK(back.fetch.document_count == 3 &&
	      back.fetch.documents[1].problem == NULL &&
	      strcmp(back.fetch.documents[1].name, "b.json") == 0 &&
	      back.fetch.documents[1].offset == 400 &&
	      back.fetch.documents[1].length == 600);
	CHECK_STR(back.fetch.documents[2].problem, "is a link?to nowhere");
	fetch_free(&back.fetch);
	buf_free(&b);
}

static void
test_failure(void)
{
	struct fetch_wire_result r = { .err = ERR_INIT }, back;
	struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);

	err_set(&r.err, ERR_LIMIT, "too\nlarge\033[2J");
	r.fetch.retry_us = LIMIT_RETRY_KEPT * CLOCK_SECOND;
	r.sandbox =
	    (struct sandbox){ .seccomp = true, .landlock_error = EPERM };
	fetch_wire_add_result(&b, &r);
	CHECK(read_back(&back, b.data, b.len) == 0);
	CHECK(back.err.code == ERR_LIMIT &&
	      strcmp(back.err.text, "too?large?[2J") == 0);
	CHECK_INT(back.fetch.retry_us, LIMIT_RETRY_KEPT * CLOCK_SECOND);
	CHECK(back.sandbox.seccomp && back.sandbox.landlock == 0);
	CHECK_INT(back.sandbox.landlock_error, EPERM);
	CHECK_INT(back.sandbox.seccomp_error, 0);
	fetch_free(&back.fetch);
	/* Nobody waits longer, nor into the past. */
	for (int i = 0; i < 2; i++) {
		buf_reset(&b);
		r.fetch.retry_us =
		    i == 0 ? LIMIT_RETRY_KEPT * CLOCK_SECOND + 1 : -1;
		fetch_wire_add_result(&b, &r);
		CHECK(read_back(&back, b.data, b.len) == -1);
		fetch_free(&back.fetch);
	}
	r.fetch.retry_us = 0;
	r.sandbox.landlock_error = -1;
	buf_reset(&b);
	fetch_wire_add_result(&b, &r);
	CHECK(read_back(&back, b.data, b.len) == -1);
	fetch_free(&back.fetch);
	buf_free(&b);
}

static void
test_progress(void)
{
	struct fetch_progress p = { .bytes = 5,
		.requests = 6,
		.pages = 7,
		.total_pages = 8,
		.entries = 9,
		.phase = "receiving objects" },
			      back;
	char phase[FETCH_WIRE_PHASE];
	enum fetch_wire_kind kind;
	struct buf b = BUF_INIT(1000);
	struct err e = ERR_INIT;
	size_t len;

	fetch_wire_add_progress(&b, &p);
	CHECK(fetch_wire_header(&kind, &len, b.data, &e) == 0 &&
	      kind == FETCH_WIRE_PROGRESS &&
	      fetch_wire_progress(
		  &back, phase, b.data + FETCH_WIRE_HEADER, len, &e) == 0);
	CHECK(back.bytes == 5 && back.requests == 6 && back.pages == 7 &&
	      back.total_pages == 8 && back.entries == 9 &&
	      strcmp(back.phase, "receiving objects") == 0);
	buf_free(&b);
}

/* Each changes a good result into one that must be refused. */
static void
test_refused(void)
{
	static const struct {
		int line;
		uint64_t offset, length;
		bool unchanged;
		const char *hash;
	} rows[] = {
		{ __LINE__, 0, SPOOL + 1, false, hash },
		{ __LINE__, SPOOL + 1, 0, false, hash },
		{ __LINE__, 1, UINT64_MAX, false, hash },
		{ __LINE__, UINT64_MAX, 2, false, hash },
		{ __LINE__, 0, 1, true, hash },
		{ __LINE__, 0, 1, false, "abc" },
		{ __LINE__, 0, 1, false, "ABC" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fetch_wire_result r = example(), back;
		struct fetch_document d = documents[0];
		struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);

		d.offset = rows[i].offset;
		d.length = rows[i].length;
		r.fetch.documents = &d;
		r.fetch.document_count = 1;
		r.fetch.unchanged = rows[i].unchanged;
		memset(
		    r.fetch.validators.hash, 0, sizeof r.fetch.validators.hash);
		memcpy(r.fetch.validators.hash, rows[i].hash,
		    strlen(rows[i].hash));
		fetch_wire_add_result(&b, &r);
		T_AT(rows[i].line);
		CHECK(read_back(&back, b.data, b.len) == -1);
		T_AT(0);
		fetch_free(&back.fetch);
		buf_free(&b);
	}
}

static void
test_cut(void)
{
	struct fetch_wire_result r = example(), back;
	struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);
	size_t accepted = 0;

	fetch_wire_add_result(&b, &r);
	for (size_t len = 0; len < b.len - FETCH_WIRE_HEADER; len++) {
		struct err e = ERR_INIT;
		char *copy = malloc(len + 1);

		/* Of just this size, so that reading past it is noticed. */
		copy = realloc(copy, len == 0 ? 1 : len);
		memcpy(copy, b.data + FETCH_WIRE_HEADER, len);
		accepted += fetch_wire_result(&back, copy, len, SPOOL, &e) == 0;
		fetch_free(&back.fetch);
		free(copy);
	}
	CHECK(accepted == 0);
	buf_free(&b);
}

/* Damaged at random, the same every time: never a crash, never too far. */
static void
test_damaged(void)
{
	struct fetch_wire_result r = example(), back;
	struct buf b = BUF_INIT(LIMIT_FETCH_RESULT);
	uint32_t random = 1;
	size_t outside = 0;

	fetch_wire_add_result(&b, &r);
	for (int i = 0; i < ROUNDS; i++) {
		size_t at;
		char old;

		random = random * 1664525u + 1013904223u;
		at = (random >> 8) % b.len;
		old = b.data[at];
		b.data[at] = (char)(random >> 4);
		if (read_back(&back, b.data, b.len) == 0)
			for (size_t d = 0; d < back.fetch.document_count; d++)
				outside += back.fetch.documents[d].offset +
					       back.fetch.documents[d].length >
					   SPOOL;
		fetch_free(&back.fetch);
		b.data[at] = old;
	}
	CHECK(outside == 0);
	buf_free(&b);
}

int
main(void)
{
	test_round_trip();
	test_failure();
	test_progress();
	test_refused();
	test_cut();
	test_damaged();
	return t_done();
}
