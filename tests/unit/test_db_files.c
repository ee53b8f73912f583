/* SPDX-License-Identifier: Apache-2.0 */
/* lib/db/db_files: whether a WAL can contain frames. */
#include "lib/db/db_files.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

#define HEADER 32
#define FRAMES "\x37\x7f\x06\x82\x00\x2d\xe2\x18" /* magic, version */
#define OTHER_ORDER "\x37\x7f\x06\x83\x00\x2d\xe2\x18"

static const struct {
	int line;
	size_t size;
	const char *start, *page_size;
	bool bare;
} rows[] = {
	{ __LINE__, 0, FRAMES, "\0\0\x10\0", false },
	{ __LINE__, HEADER - 1, FRAMES, "\0\0\x10\0", false },
	{ __LINE__, HEADER, FRAMES, "\0\0\x10\0", true },
	{ __LINE__, HEADER + 1, FRAMES, "\0\0\x10\0", false },
	{ __LINE__, 5000, FRAMES, "\0\0\x10\0", false },
	{ __LINE__, 5000, OTHER_ORDER, "\0\0\x10\0", false },
	{ __LINE__, 5000, "\0\0\0\0\0\0\0\0", "\0\0\0\0", true },
	{ __LINE__, 5000, "\x37\x7f\x06\x84\0\0\0\0", "\0\0\x10\0", true },
	/* The smallest and the largest page, and what is none. */
	{ __LINE__, 5000, FRAMES, "\0\0\x02\0", false },
	{ __LINE__, 5000, FRAMES, "\0\1\0\0", false },
	{ __LINE__, 5000, FRAMES, "\0\0\x01\0", true },
	{ __LINE__, 5000, FRAMES, "\0\2\0\0", true },
	{ __LINE__, 5000, FRAMES, "\0\0\x10\1", true },
};

int
main(void)
{
	char path[] = "/tmp/test-db-files-XXXXXX";
	int fd = mkstemp(path);

	if (!CHECK(fd != -1))
		return t_done();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		T_AT(rows[i].line);
		CHECK(pwrite(fd, rows[i].start, 8, 0) == 8);
		CHECK(pwrite(fd, rows[i].page_size, 4, 8) == 4);
		CHECK(ftruncate(fd, (off_t)rows[i].size) == 0);
		CHECK_INT(db_files_bare(path), rows[i].bare);
	}
	T_AT(0);
	close(fd);
	unlink(path);
	CHECK(!db_files_bare(path));
	return t_done();
}
