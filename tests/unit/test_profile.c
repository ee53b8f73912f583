/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: reading what gperftools leaves, damaged or not; names from ELF
 * files; the file that processes share.
 */
#include "fcgi/access/loopback.h"
#include "fcgi/profile/profile_encode.h"
#include "fcgi/profile/profile_pool.h"
#include "fcgi/profile/profile_samples.h"
#include "fcgi/profile/profile_symbols.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPS                                                            \
	"10000-12000 r--p 00000000 08:01 7   /usr/bin/program\n"        \
	"12000-15000 r-xp 00002000 08:01 7   /usr/bin/program\n"        \
	"7f0000-7f2000 r-xp 00001000 08:01 9   /usr/lib/a library.so\n" \
	"7f3000-7f2000 r-xp 00001000 08:01 9   /usr/lib/backwards.so\n" \
	"7f5000-7f6000 r-xp 00000000 00:00 0 \n"                        \
	"7ff000-800000 r-xp 00000000 00:00 0   [vdso]\n"                \
	"not a line\n"                                                  \
	"900000-901000 r-xp 00003000 08:01 9   /usr/lib/without a line's end"

static void
test_maps(void)
{
	struct profile_maps maps;
	const struct profile_map *map;

	profile_maps_parse(&maps, MAPS);
	CHECK_INT(maps.count, 5);
	CHECK(profile_maps_find(&maps, 0x11fff) == NULL);
	CHECK(profile_maps_find(&maps, 0x15000) == NULL);
	map = profile_maps_find(&maps, 0x12000);
	CHECK(map == &maps.list[0]);
	CHECK_STR(map->path, "/usr/bin/program");
	CHECK_INT(map->offset, 0x2000);
	map = profile_maps_find(&maps, 0x7f1fff);
	CHECK_STR(map == NULL ? NULL : map->path, "/usr/lib/a library.so");
	map = profile_maps_find(&maps, 0x7f5000);
	CHECK_STR(map == NULL ? NULL : map->path, "");
	map = profile_maps_find(&maps, 0x900fff);
	CHECK_STR(
	    map == NULL ? NULL : map->path, "/usr/lib/without a line's end");
	profile_maps_free(&maps);
	profile_maps_parse(&maps, "");
	CHECK_INT(maps.count, 0);
	profile_maps_free(&maps);
}

#define HEADER 0, 3, 0, 10000, 0
#define END 0, 1, 0

static const struct {
	int line;
	uintptr_t words[16];
	size_t count;
	int code;
	size_t stacks;
	size_t frames;
} cpu[] = {
	{ __LINE__, { HEADER, END }, 8, ERR_NONE, 0, 0 },
	{ __LINE__, { HEADER, 2, 1, 0x12010, END }, 11, ERR_NONE, 1, 1 },
	{ __LINE__, { HEADER, 1, 2, 0x12010, 0x7f0004, 5, 0, END }, 14,
	    ERR_NONE, 2, 2 },
	/* An end that comes early, as where a disk was full. */
	{ __LINE__, { HEADER }, 5, ERR_INPUT, 0, 0 },
	{ __LINE__, { HEADER, 2, 1, 0x12010 }, 8, ERR_INPUT, 1, 1 },
	{ __LINE__, { HEADER, 2, 4, 0x12010, 1, 1 }, 10, ERR_INPUT, 0, 0 },
	{ __LINE__, { HEADER, 2, UINTPTR_MAX, 0x12010, END }, 11, ERR_INPUT, 0,
	    0 },
	{ __LINE__, { HEADER, 2 }, 6, ERR_INPUT, 0, 0 },
	/* Other things. */
	{ __LINE__, { 0 }, 0, ERR_INPUT, 0, 0 },
	{ __LINE__, { 0, 3, 0, 0, 0, END }, 8, ERR_INPUT, 0, 0 },
	{ __LINE__, { 1, 3, 0, 10000, 0, END }, 8, ERR_INPUT, 0, 0 },
	{ __LINE__, { 0, 3, 1, 10000, 0, END }, 8, ERR_INPUT, 0, 0 },
	{ __LINE__, { 0, UINTPTR_MAX, 0, 10000, 0, END }, 8, ERR_INPUT, 0, 0 },
	{ __LINE__, { 0, 99, 0, 10000, 0, END }, 8, ERR_INPUT, 0, 0 },
};

static void
test_cpu(void)
{
	struct profile_maps maps;

	profile_maps_parse(&maps, MAPS);
	for (size_t i = 0; i < sizeof cpu / sizeof cpu[0]; i++) {
		struct profile_samples s = { .codes = NULL };
		struct err e = ERR_INIT;
		int rc;

		T_AT(cpu[i].line);
		rc = profile_samples_add_cpu(&s, 1, &maps,
		    (const char *)cpu[i].words,
		    cpu[i].count * sizeof(uintptr_t), &e);
		CHECK_INT(rc, cpu[i].code == ERR_NONE ? 0 : -1);
		CHECK_INT(e.code, cpu[i].code);
		CHECK_INT(s.stack_count, cpu[i].stacks);
		CHECK_INT(s.frame_count, cpu[i].frames);
		profile_samples_free(&s);
	}
	T_AT(0);
	profile_maps_free(&maps);
}

/* The same code at other addresses is the same place. */
static void
test_two_processes(void)
{
	static const uintptr_t first[] = { HEADER, 3, 2, 0x12010, 0x12101,
		END };
	static const uintptr_t second[] = { HEADER, 1, 2, 0x92010, 0x4, END };
	struct profile_samples s = { .codes = NULL };
	struct profile_maps maps;
	struct err e = ERR_INIT;

	profile_maps_parse(&maps, MAPS);
	CHECK_INT(profile_samples_add_cpu(
		      &s, 1, &maps, (const char *)first, sizeof first, &e),
	    0);
	profile_maps_free(&maps);
	profile_maps_parse(
	    &maps, "92000-95000 r-xp 00002000 08:01 7 /usr/bin/program\n");
	CHECK_INT(profile_samples_add_cpu(
		      &s, 2, &maps, (const char *)second, sizeof second, &e),
	    0);
	profile_maps_free(&maps);
	CHECK_INT(s.code_count, 1);
	CHECK_INT(s.frames[0].offset, 0x10);
	/* A caller's frame is where the call is, not where it goes on. */
	CHECK_INT(s.frames[1].offset, 0x100);
	CHECK_INT(s.frames[2].offset, 0x10);
	CHECK_INT(s.frames[2].code, 0);
	CHECK_INT(s.frames[3].code, PROFILE_SAMPLES_NOWHERE);
	CHECK_INT(s.stacks[0].values[0], 3);
	CHECK_INT(s.stacks[1].process, 2);
	profile_samples_free(&s);
}

#define HEAP_HEADER \
	"heap profile:      2:     4097 [     4:     9000] @ heapprofile\n"

static void
test_heap(void)
{
	struct profile_samples s = { .codes = NULL };
	struct profile_maps maps;
	struct err e = ERR_INIT;

	profile_maps_parse(&maps, MAPS);
	CHECK_INT(profile_samples_add_heap(&s, 1, &maps,
		      HEAP_HEADER
		      "     1:     4096 [     2:     8192] @ 0x12011 0x7f0005\n"
		      "     1:        1 [     2:        2] @\n"
		      "     1:        1 [     2:        2] 0x12011\n"
		      "     1:        1 [     2: 99999999999999999999] @ 0x1\n"
		      "     1:        1 [     2:        2] @ 0x 12\n"
		      "\nMAPPED_LIBRARIES:\n" MAPS,
		      &e),
	    0);
	CHECK_INT(s.stack_count, 3);
	CHECK_INT(s.stacks[0].values[1], 4096);
	CHECK_INT(s.stacks[0].values[3], 8192);
	CHECK_INT(s.stacks[0].depth, 2);
	CHECK_INT(s.stacks[1].depth, 0);
	CHECK_INT(s.frames[0].offset, 0x10);
	CHECK_INT(profile_samples_add_heap(&s, 1, &maps, "", &e), -1);
	CHECK_INT(e.code, ERR_INPUT);
	profile_maps_free(&maps);
	profile_samples_free(&s);
}

/* A function of this very program, found in its file. */
static void
test_symbols(void)
{
	uint64_t here = (uint64_t)(uintptr_t)&loopback_is;
	struct buf text = BUF_INIT(1 << 20);
	const struct profile_map *map;
	struct profile_symbols *s;
	struct profile_maps maps;
	struct err e = ERR_INIT;

	CHECK_INT(profile_maps_read(&text, &e), 0);
	profile_maps_parse(&maps, buf_str(&text));
	s = profile_symbols_new(&maps);
	map = profile_maps_find(&maps, here);
	if (CHECK(map != NULL)) {
		CHECK_STR(profile_symbols_name(
			      s, map->path, here - map->start + map->offset),
		    "loopback_is");
		CHECK(profile_symbols_name(s, map->path, UINT64_MAX) == NULL);
		CHECK(profile_symbols_complete(s, map->path));
		CHECK(strlen(profile_symbols_build_id(s, map->path)) >= 32);
	}
	CHECK(profile_symbols_name(s, "/none", 0) == NULL);
	CHECK_STR(profile_symbols_build_id(s, "/none"), "");
	profile_symbols_free(s);
	profile_maps_free(&maps);
	buf_free(&text);
}

static void
write_text(const char *path, const char *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (CHECK(f != NULL)) {
		CHECK_INT(fwrite(bytes, 1, len, f), len);
		CHECK_INT(fclose(f), 0);
	}
}

/*
 * What is left of a file cut anywhere in its header, and with each of its
 * first bytes turned over: whatever the answer, nothing else may happen.
 */
static void
test_damaged_elf(const char *directory)
{
	static char bytes[1 << 16];
	char path[256], line[512];
	size_t len = 0;
	FILE *f = fopen("/proc/self/exe", "rb");

	if (CHECK(f != NULL)) {
		len = fread(bytes, 1, sizeof bytes, f);
		fclose(f);
	}
	snprintf(path, sizeof path, "%s/elf", directory);
	snprintf(
	    line, sizeof line, "1000-9000 r-xp 00000000 08:01 7 %s\n", path);
	for (size_t i = 0; i < 1024; i++) {
		struct profile_symbols *s;
		struct profile_maps maps;

		bytes[i] = (char)~bytes[i];
		f = fopen(path, "wb");
		if (f == NULL)
			break;
		fwrite(bytes, 1, i % 2 == 0 ? len : i, f);
		fclose(f);
		bytes[i] = (char)~bytes[i];
		profile_maps_parse(&maps, line);
		s = profile_symbols_new(&maps);
		for (uint64_t at = 0; at < sizeof bytes; at += 4093)
			(void)profile_symbols_name(s, path, at);
		profile_symbols_free(s);
		profile_maps_free(&maps);
	}
	write_text(path, "no ELF", 6);
	unlink(path);
}

static void
test_pool(const char *directory)
{
	struct profile_pool *first = NULL, *second = NULL;
	struct profile_order order, seen;
	struct err e = ERR_INIT;

	CHECK_INT(profile_pool_join(&first, directory, &e), 0);
	CHECK_INT(profile_pool_join(&second, directory, &e), 0);
	CHECK(profile_pool_slot(first) != profile_pool_slot(second));
	CHECK_INT(profile_pool_order(first, &order, false, 1000000, &e), 0);
	CHECK_INT(profile_pool_look(second, &seen, &e), 0);
	CHECK_INT(seen.number, order.number);
	CHECK_INT(seen.until, order.until);
	CHECK(!seen.heap);
	CHECK_INT(profile_pool_order(second, &seen, true, 0, &e), -1);
	CHECK_INT(e.code, ERR_BUSY);
	CHECK(!profile_pool_has_done(
	    first, profile_pool_slot(second), order.number));
	profile_pool_done(second, order.number);
	CHECK(profile_pool_has_done(
	    first, profile_pool_slot(second), order.number));
	profile_pool_finish(first);
	CHECK_INT(profile_pool_order(second, &seen, true, 0, &e), 0);
	CHECK(seen.heap && seen.number > order.number);
	profile_pool_finish(second);
	CHECK_INT(profile_pool_order(second, &order, false, 1, &e), 0);
	CHECK(!order.heap && order.number > seen.number);
	CHECK_INT(
	    profile_pool_process(first, profile_pool_slot(second)), getpid());
	profile_pool_leave(second);
	CHECK_INT(profile_pool_process(first, 1), 0);
	profile_pool_leave(first);
	profile_pool_leave(NULL);
}

static void
test_pool_refused(const char *directory)
{
	struct profile_pool *pool = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(profile_pool_join(&pool, "/none", &e), -1);
	CHECK_INT(e.code, ERR_STORAGE);
	CHECK_INT(chmod(directory, 0770), 0);
	CHECK_INT(profile_pool_join(&pool, directory, &e), -1);
	CHECK_INT(e.code, ERR_DENIED);
	CHECK_INT(chmod(directory, 0700), 0);
}

static void
test_loopback(void)
{
	CHECK(loopback_is("127.0.0.1"));
	CHECK(loopback_is("127.255.1.2"));
	CHECK(loopback_is("::1"));
	CHECK(loopback_is("::ffff:127.0.0.1"));
	CHECK(!loopback_is("::ffff:128.0.0.1"));
	CHECK(!loopback_is("128.0.0.1"));
	CHECK(!loopback_is("127.0.0.1.example.com"));
	CHECK(!loopback_is("localhost"));
	CHECK(!loopback_is(""));
	CHECK(!loopback_is(NULL));
}

int
main(void)
{
	char directory[] = "/tmp/test_profile.XXXXXX";
	char path[64];

	test_maps();
	test_cpu();
	test_two_processes();
	test_heap();
	test_symbols();
	test_loopback();
	if (CHECK(mkdtemp(directory) != NULL)) {
		test_damaged_elf(directory);
		test_pool(directory);
		test_pool_refused(directory);
		snprintf(path, sizeof path, "%s/pool.1", directory);
		unlink(path);
		CHECK_INT(rmdir(directory), 0);
	}
	return t_done();
}
