/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles: reading dumps of gperftools, damaged or not. */
#include "fcgi/access/access.h"
#include "fcgi/profile/profile_encode.h"
#include "tests/t.h"

#include <stdlib.h>

#define MAPS                                                            \
	"10000-12000 r--p 00000000 08:01 7   /usr/bin/program\n"        \
	"12000-15000 r-xp 00002000 08:01 7   /usr/bin/program\n"        \
	"7f0000-7f2000 r-xp 00001000 08:01 9   /usr/lib/a library.so\n" \
	"7f3000-7f2000 r-xp 00001000 08:01 9   /usr/lib/backwards.so\n" \
	"7f5000-7f6000 r-xp 00000000 00:00 0 \n"                        \
	"7ff000-800000 r-xp 00000000 00:00 0   [vdso]\n"                \
	"not a line\n"                                                  \
	"900000-901000 r-xp 00003000 08:01 9   /usr/lib/without a line's end"

#define HEADER 0, 3, 0, 10000, 0
#define END 0, 1, 0

static const struct {
	int line;
	uintptr_t words[16];
	size_t count;
	int code;
	size_t locations; /* different addresses */
} cpu[] = {
	{ __LINE__, { HEADER, END }, 8, ERR_NONE, 0 },
	{ __LINE__, { HEADER, 2, 1, 0x12010, END }, 11, ERR_NONE, 1 },
	{ __LINE__, { HEADER, 1, 2, 0x12010, 0x7f0004, 5, 0, END }, 14,
	    ERR_NONE, 2 },
	/* An end that comes early, as where a disk was full. */
	{ __LINE__, { HEADER }, 5, ERR_INTERNAL, 0 },
	{ __LINE__, { HEADER, 2, 1, 0x12010 }, 8, ERR_INTERNAL, 0 },
	{ __LINE__, { HEADER, 2, 4, 0x12010, 1, 1 }, 10, ERR_INTERNAL, 0 },
	{ __LINE__, { HEADER, 2, UINTPTR_MAX, 0x12010, END }, 11, ERR_INTERNAL,
	    0 },
	{ __LINE__, { HEADER, 2 }, 6, ERR_INTERNAL, 0 },
	/* Other things. */
	{ __LINE__, { 0 }, 0, ERR_INTERNAL, 0 },
	{ __LINE__, { 0, 3, 0, 0, 0, END }, 8, ERR_INTERNAL, 0 },
	{ __LINE__, { 1, 3, 0, 10000, 0, END }, 8, ERR_INTERNAL, 0 },
	{ __LINE__, { 0, 3, 1, 10000, 0, END }, 8, ERR_INTERNAL, 0 },
	{ __LINE__, { 0, UINTPTR_MAX, 0, 10000, 0, END }, 8, ERR_INTERNAL, 0 },
	{ __LINE__, { 0, 99, 0, 10000, 0, END }, 8, ERR_INTERNAL, 0 },
};

static int
add(struct profile_encoder *n, int process, const char *maps, const void *data,
    size_t len, struct err *e)
{
	struct buf text = BUF_INIT(1 << 16), dump = BUF_INIT(1 << 16);
	int rc;

	buf_adds(&text, maps);
	buf_add(&dump, data, len);
	rc = profile_encode_add(n, process, &text, &dump, e);
	buf_free(&text);
	buf_free(&dump);
	return rc;
}

static void
test_cpu(void)
{
	for (size_t i = 0; i < sizeof cpu / sizeof cpu[0]; i++) {
		struct buf out = BUF_INIT(1 << 16);
		struct profile_encoder n;
		struct err e = ERR_INIT;

		T_AT(cpu[i].line);
		profile_encode_begin(&n, &out, false);
		CHECK_INT(add(&n, 1, MAPS, cpu[i].words,
			      cpu[i].count * sizeof(uintptr_t), &e),
		    cpu[i].code == ERR_NONE ? 0 : -1);
		CHECK_INT(e.code, cpu[i].code);
		CHECK_INT(n.location, cpu[i].locations);
		CHECK_INT(n.mapping, cpu[i].code == ERR_NONE ? 5 : 0);
		buf_free(&out);
	}
	T_AT(0);
}

/* Whether the bytes ${want} are somewhere in the profile. */
static bool
has(const struct buf *out, const char *want, size_t len)
{
	for (size_t i = 0; i + len <= out->len; i++)
		if (memcmp(out->data + i, want, len) == 0)
			return true;
	return false;
}
#define HAS(out, text) CHECK(has(out, text, sizeof text - 1))

static void
test_two_processes(void)
{
	static const uintptr_t first[] = { HEADER, 3, 2, 0x12010, 0x12101,
		END };
	static const uintptr_t second[] = { HEADER, 1, 2, 0x92010, 0x4, END };
	struct buf out = BUF_INIT(1 << 16);
	struct profile_encoder n;
	struct err e = ERR_INIT;

	profile_encode_begin(&n, &out, false);
	CHECK_INT(add(&n, 7, MAPS, first, sizeof first, &e), 0);
	CHECK_INT(
	    add(&n, 9, "92000-95000 r-xp 00002000 08:01 7 /usr/bin/program\n",
		second, sizeof second, &e),
	    0);
	CHECK_INT(n.location, 4);
	CHECK_INT(n.mapping, 6);
	profile_encode_end(&n, 1, 2, "2 of 2 responders");
	/* Location 1 is in mapping 1; a caller's is where the call is. */
	HAS(&out, "\x22\x08\x08\x01\x10\x01\x18\x90\xc0\x04");
	HAS(&out, "\x22\x08\x08\x02\x10\x01\x18\x80\xc2\x04");
	/* Of the second process: its own mapping, and none. */
	HAS(&out, "\x22\x04\x08\x03\x18\x03");
	HAS(&out, "\x22\x08\x08\x04\x10\x06\x18\x90\xc0\x24");
	/* 3 samples, 30 ms, process 7, and 1 sample, 10 ms, process 9. */
	HAS(&out, "\x12\x11\x0a\x02\x01\x02\x12\x05\x03\x80\x87\xa7\x0e"
		  "\x1a\x04\x08\x01\x18\x07");
	HAS(&out, "\x12\x11\x0a\x02\x04\x03\x12\x05\x01\x80\xad\xe2\x04"
		  "\x1a\x04\x08\x01\x18\x09");
	HAS(&out, "\x32\x15/usr/lib/a library.so");
	HAS(&out, "\x32\x06[vdso]");
	HAS(&out, "2 of 2 responders");
	CHECK(!out.bad);
	buf_free(&out);
}

#define HEAP_HEADER \
	"heap profile:      2:     4097 [     4:     9000] @ heapprofile\n"
#define HEAP                                                       \
	HEAP_HEADER                                                \
	"     1:     4096 [     2:     8192] @ 0x12011 0x7f0005\n" \
	"     1:        1 [     2:        2] @\n"                  \
	"     1:        1 [     2:        2] 0x12011\n"            \
	"     1:        1 [     2: 99999999999999999999] @ 0x1\n"  \
	"     1:        1 [     2:        2] @ 0x 12\n"            \
	"\nMAPPED_LIBRARIES:\n" MAPS

static void
test_heap(void)
{
	struct buf out = BUF_INIT(1 << 16);
	struct profile_encoder n;
	struct err e = ERR_INIT;

	profile_encode_begin(&n, &out, true);
	CHECK_INT(add(&n, 1, MAPS, HEAP, sizeof HEAP - 1, &e), 0);
	CHECK_INT(n.location, 3);
	HAS(&out, "\x22\x08\x08\x01\x10\x01\x18\x90\xc0\x04");
	HAS(&out, "\x12\x06\x01\x80\x20\x02\x80\x40\x1a");
	CHECK_INT(add(&n, 1, MAPS, "", 0, &e), -1);
	CHECK_INT(e.code, ERR_INTERNAL);
	buf_free(&out);
}

static void
test_loopback(void)
{
	CHECK(access_is_loopback("127.0.0.1"));
	CHECK(access_is_loopback("127.255.1.2"));
	CHECK(access_is_loopback("::1"));
	CHECK(access_is_loopback("::ffff:127.0.0.1"));
	CHECK(!access_is_loopback("::ffff:128.0.0.1"));
	CHECK(!access_is_loopback("128.0.0.1"));
	CHECK(!access_is_loopback("127.0.0.1.example.com"));
	CHECK(!access_is_loopback("localhost"));
	CHECK(!access_is_loopback(""));
	CHECK(!access_is_loopback(NULL));
}

int
main(void)
{
	test_cpu();
	test_two_processes();
	test_heap();
	test_loopback();
	return t_done();
}
