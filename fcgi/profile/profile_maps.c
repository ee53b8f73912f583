/* SPDX-License-Identifier: Apache-2.0 */
/* Where the code of a process lies. */
#include "fcgi/profile/profile_maps.h"

#include "lib/limits.h"
#include "lib/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OWN "/proc/self/maps"

int
profile_maps_read(struct buf *out, struct err *e)
{
	int fd = open(OWN, O_RDONLY | O_CLOEXEC);
	char bytes[4096];
	ssize_t n = -1;
	int rc = -1;

	if (fd == -1) {
		err_set_errno(e, ERR_INTERNAL, errno, OWN);
		goto out;
	}
	while ((n = read(fd, bytes, sizeof bytes)) > 0)
		buf_add(out, bytes, (size_t)n);
	if (n == -1) {
		err_set_errno(e, ERR_INTERNAL, errno, OWN);
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

/* One line, of proc(5): 08048000-08056000 r-xp 00000000 03:0c 64593 /bin/x */
static void
parse_line(struct profile_maps *m, const char *line, size_t len)
{
	struct profile_map map = { .path = NULL };
	char rights[5];
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s%n",
		&map.start, &map.end, rights, &map.offset, &at) != 4 ||
	    at == 0 || (size_t)at > len || strchr(rights, 'x') == NULL ||
	    map.end <= map.start || m->count == LIMIT_PROFILE_MAPS)
		return;
	line += at;
	len -= (size_t)at;
	while (len > 0 && *line == ' ') {
		line++;
		len--;
	}
	map.path = xstrndup(line, len);
	m->list = xreallocarray(m->list, m->count + 1, sizeof *m->list);
	m->list[m->count++] = map;
}

void
profile_maps_parse(struct profile_maps *m, const char *text)
{
	m->list = NULL;
	m->count = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		parse_line(m, text, len);
		text += len + (text[len] == '\n');
	}
}

void
profile_maps_free(struct profile_maps *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->list[i].path);
	free(m->list);
	m->list = NULL;
	m->count = 0;
}

const struct profile_map *
profile_maps_find(const struct profile_maps *m, uint64_t address)
{
	for (size_t i = 0; i < m->count; i++)
		if (address >= m->list[i].start && address < m->list[i].end)
			return &m->list[i];
	return NULL;
}
