/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of counters with any content: of other programs, of a killed
 * process, of an attacker in the group.  /metrics must be valid nevertheless.
 * The input is a list of changes: a cell and its new value.
 */
#include "fcgi/answer/responder.h"
#include "lib/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLE "THV_REGISTRY_METRICS_PATH"
#define HEADER 16 /* bytes before the first cell */
#define CHANGE 12 /* bytes: 4 for the cell, 8 for its number */

static char directory[] = "/tmp/fuzz-counters-XXXXXX";
static char *path; /* of the one file that is in there */
static uint8_t *file, *before;
static size_t size;
static struct counters *counters;
static struct responder *api;
static struct response out;

static void
remove_all(void)
{
	unlink(path);
	rmdir(directory);
}

static void
find_file(void)
{
	DIR *d = opendir(directory);
	struct dirent *entry;

	if (d == NULL)
		abort();
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			path = xasprintf("%s/%s", directory, entry->d_name);
	closedir(d);
}

static void
begin(void)
{
	struct err e = ERR_INIT;
	char *name;
	struct stat st;
	int fd;

	if (mkdtemp(directory) == NULL)
		abort();
	name = xasprintf("%s/counters", directory);
	setenv(VARIABLE, name, 1);
	free(name);
	counters = counters_new(COUNTERS_API, &e);
	FUZZ_HOLDS(counters_are_shared(counters));
	find_file();
	atexit(remove_all);
	fd = open(path, O_RDWR);
	if (fd == -1 || fstat(fd, &st) == -1)
		abort();
	size = (size_t)st.st_size;
	file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		abort();
	/* Its lock is a seat, which goes with any descriptor that is closed. */
	before = xmalloc(size);
	memcpy(before, file, size);
	api = responder_new("/nonexistent", ROUTE_API, true);
	responder_set_counters(api, counters);
	response_init(&out);
}

static void
change(const uint8_t *data, size_t len)
{
	size_t cells = (size - HEADER) / sizeof(uint64_t);
	uint32_t cell;

	for (; len >= CHANGE; data += CHANGE, len -= CHANGE) {
		memcpy(&cell, data, sizeof cell);
		memcpy(file + HEADER + cell % cells * sizeof(uint64_t),
		    data + sizeof cell, sizeof(uint64_t));
	}
}

static void
undo(const uint8_t *data, size_t len)
{
	size_t cells = (size - HEADER) / sizeof(uint64_t);
	uint32_t cell;

	for (; len >= CHANGE; data += CHANGE, len -= CHANGE) {
		size_t at;

		memcpy(&cell, data, sizeof cell);
		at = HEADER + cell % cells * sizeof(uint64_t);
		memcpy(file + at, before + at, sizeof(uint64_t));
	}
}

/* Each line is a comment, or a name and, after the last space, a number. */
static void
check_lines(const char *at)
{
	while (*at != '\0') {
		size_t len = strcspn(at, "\n");
		size_t number = len;

		FUZZ_HOLDS(at[len] == '\n');
		while (number > 0 && at[number - 1] != ' ')
			number--;
		FUZZ_HOLDS(number > 1 && number < len);
		if (*at != '#')
			FUZZ_HOLDS(strspn(at + number, "0123456789.-") ==
				   len - number);
		at += len + 1;
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct request_input in = { .method = "GET", .uri = "/metrics" };
	struct counters_kind kind = {
		.endpoint = 1, .method = REQUEST_GET, .status = 200
	};

	if (api == NULL)
		begin();
	change(data, len);
	counters_begin(counters, kind.method, kind.https);
	counters_answered(counters, &kind, 5, 7);
	counters_end(counters);
	in.accept = len % 2 == 0 ? NULL : "application/openmetrics-text";
	responder_handle(api, &in, &out);
	FUZZ_HOLDS(out.status == 200);
	check_lines(buf_str(&out.body));
	undo(data, len);
}
