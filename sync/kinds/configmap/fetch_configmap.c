/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ConfigMap, mounted or by the API.
 *
 * In a mounted one each key is a link through "..data", itself a link to a
 * directory that holds one generation of all keys.  An update makes another
 * directory and renames another ..data over the old one.  So ..data is
 * resolved once, everything is read in the directory it names, and it has to
 * name that directory still when all has been read: what was replaced in the
 * meantime is on its way to be deleted, and reading starts over.
 */
#include "sync/kinds/configmap/fetch_configmap.h"

#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/file_list.h"
#include "sync/kinds/file/fetch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK "..data"
#define TRIES 5

/* Mounted directory, and the generation in it that is being read. */
struct mount {
	const char *path;
	int fd;
	int generation_fd; /* -1: none was opened */
	char generation[LIMIT_PATH]; /* what ..data says; "": there is none */
};

/* What ..data names now; "" when there is no such link. */
static int
read_generation(const struct mount *m, char name[LIMIT_PATH], struct err *e)
{
	ssize_t n = readlinkat(m->fd, LINK, name, LIMIT_PATH - 1);

	/* EINVAL: a directory of someone's own that is no link. */
	if (n == -1 && (errno == ENOENT || errno == EINVAL))
		n = 0;
	if (n == -1) {
		err_set_errno(
		    e, ERR_FETCH, errno, "failed to read %s/" LINK, m->path);
		return -1;
	}
	name[n] = '\0';
	return 0;
}

/* Whether ..data is what it was when it was resolved. */
static bool
has_moved(const struct mount *m)
{
	char name[LIMIT_PATH];
	struct err ignored = ERR_INIT;

	return read_generation(m, name, &ignored) == -1 ||
	       strcmp(name, m->generation) != 0;
}

static void
close_generation(struct mount *m)
{
	if (m->generation_fd != -1)
		close(m->generation_fd);
	m->generation_fd = -1;
}

static int
open_generation(struct mount *m, struct err *e)
{
	const char *name = m->generation;

	if (read_generation(m, m->generation, e) == -1)
		return -1;
	m->generation_fd = openat(m->fd, *name != '\0' ? name : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->generation_fd == -1) {
		err_set_errno(e, ERR_FETCH, errno,
		    "failed to read %s/" LINK " -> %s", m->path, name);
		return -1;
	}
	return 0;
}

static int
read_keys(struct fetch *out, const struct mount *m,
    const struct conf_configmap *conf, const struct validators *previous,
    const struct fetch_options *options, struct err *e)
{
	bool all = conf->key == NULL || strcmp(conf->key, "*") == 0;
	struct fetch_place place = { m->generation_fd, all ? "." : conf->key,
		*m->generation != '\0' ? m->generation : NULL };
	struct stat st;

	if (!all && fstatat(m->generation_fd, conf->key, &st, 0) == -1 &&
	    errno == ENOENT) {
		err_set(e, ERR_FETCH,
		    "key %s not found in ConfigMap mounted at %s", conf->key,
		    m->path);
		return -1;
	}
	if (fetch_file_at(out, &place, previous, options, e) == -1) {
		err_wrap(e, "%s", m->path);
		return -1;
	}
	return 0;
}

/* Reads one generation; ${again} says that it was replaced meanwhile. */
static int
try_generation(struct fetch *out, bool *again, struct mount *m,
    const struct conf_configmap *conf, const struct validators *previous,
    const struct fetch_options *options, struct err *e)
{
	int rc = -1;

	*again = false;
	if (open_generation(m, e) == -1 ||
	    read_keys(out, m, conf, previous, options, e) == -1) {
		*again = has_moved(m);
		goto out;
	}
	if (has_moved(m)) {
		*again = true;
		err_set(e, ERR_FETCH,
		    "%s/" LINK " changed while it was being read", m->path);
		goto out;
	}
	rc = 0;
out:
	close_generation(m);
	return rc;
}

static int
fetch_directory(struct fetch *out, struct mount *m,
    const struct conf_configmap *conf, const struct validators *previous,
    const struct fetch_options *options, struct err *e)
{
	struct fetch_progress used = { 0 };
	bool again = false;
	int rc = -1;

	for (int try = 1;; try++) {
		if (try_generation(
			out, &again, m, conf, previous, options, e) == 0)
			break;
		if (!again || try == TRIES)
			goto out;
		used.bytes += out->used.bytes;
		fetch_free(out);
	}
	out->used.bytes += used.bytes;
	rc = 0;
out:
	return rc;
}

int
fetch_configmap(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	const struct conf_configmap *conf = &source->u.configmap;
	struct fetch_place file = { AT_FDCWD, conf->path, NULL };
	struct mount m = { .path = conf->path, .fd = -1, .generation_fd = -1 };
	int rc = -1;

	m.fd = open(conf->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m.fd == -1 && errno != ENOTDIR) {
		file_list_fail(e, errno, conf->path);
		goto out;
	}
	if (m.fd == -1 && conf->key != NULL) {
		err_set(e, ERR_FETCH,
		    "configmap.key is %s, and %s is no directory with keys",
		    conf->key, conf->path);
		goto out;
	}
	if (m.fd == -1) {
		/* One file is one generation. */
		if (fetch_file_at(out, &file, previous, options, e) == -1)
			goto out;
	} else if (fetch_directory(out, &m, conf, previous, options, e) == -1) {
		goto out;
	}
	rc = 0;
out:
	if (m.fd != -1)
		close(m.fd);
	return rc;
}
