/* SPDX-License-Identifier: Apache-2.0 */
/* Spools: data is read back unchanged, and the directory stays empty. */
#include "sync/fetch/spool.h"
#include "tests/t.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

static int
names_in(const char *dir)
{
	DIR *d = opendir(dir);
	int count = 0;

	while (d != NULL && readdir(d) != NULL)
		count++;
	if (d != NULL)
		closedir(d);
	return count;
}

static void
test_round_trip(const char *dir)
{
	struct err e = ERR_INIT;
	struct spool *s;
	struct reader one, two;
	char bytes[16];

	CHECK_INT(spool_new(&s, dir, &e), 0);
	CHECK_INT(names_in(dir), 2);
	CHECK_INT(spool_add(s, "void", 4, &e), 0);
	CHECK_INT(spool_clear(s, &e), 0);
	CHECK_INT(spool_size(s), 0);
	CHECK_INT(spool_add(s, "abc", 3, &e), 0);
	CHECK_INT(spool_add(s, "", 0, &e), 0);
	CHECK_INT(spool_add(s, "de", 2, &e), 0);
	CHECK_INT(spool_size(s), 5);
	spool_reader(s, &one);
	spool_reader(s, &two);
	CHECK_INT(one.read(&one, bytes, 4, &e), 4);
	CHECK(memcmp(bytes, "abcd", 4) == 0);
	CHECK_INT(two.read(&two, bytes, sizeof bytes, &e), 5);
	CHECK(memcmp(bytes, "abcde", 5) == 0);
	CHECK_INT(one.read(&one, bytes, sizeof bytes, &e), 1);
	CHECK(bytes[0] == 'e');
	CHECK_INT(one.read(&one, bytes, sizeof bytes, &e), 0);
	CHECK_INT(one.read(&one, bytes, sizeof bytes, &e), 0);
	reader_close(&one);
	reader_close(&two);
	spool_free(s);
	CHECK_INT(names_in(dir), 2);
}

static void
test_no_directory(void)
{
	struct err e = ERR_INIT;
	struct spool *s;

	CHECK_INT(spool_new(&s, "/nonexistent/cache", &e), -1);
	CHECK(s == NULL);
	CHECK_INT(e.code, ERR_FETCH);
	CHECK_STR(e.text,
	    "failed to create a temporary file in /nonexistent/cache: "
	    "No such file or directory");
	spool_free(NULL);
}

int
main(void)
{
	char dir[] = "/tmp/test_spool.XXXXXX";

	if (mkdtemp(dir) == NULL)
		return 1;
	test_round_trip(dir);
	test_no_directory();
	rmdir(dir);
	return t_done();
}
