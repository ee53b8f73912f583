/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents on this machine or inside the configuration.  Files are read in
 * place: first here for the hash, which shows whether they have changed, then
 * by the caller of fetch_open().  Both must see the same bytes, so a file that
 * changed in between is an error, and the next sync tries again.
 */
#include "sync/kinds/file/fetch_file.h"

#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/file_list.h"
#include "sync/kinds/file/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (64 * KIB)
#define TRIES 5 /* at a directory that changes while it is read */
#define PROGRESS_US (CLOCK_SECOND / 10)
/*
 * This many files stay open until they are read again; so it does not matter
 * if another file is renamed over one.  Further files are opened again.
 */
#define KEPT_OPEN 64

struct files {
	struct file_list list;
	struct mount mount; /* that the paths of the list are relative to */
	int kept[KEPT_OPEN]; /* of the first files; -1 when not open */
};

/* The state of hashing all files. */
struct scan {
	const struct fetch_options *options;
	struct fetch_progress *used;
	struct digest *digest; /* of the file being read */
	struct digest *all;
	char hex[DIGEST_HEX_SIZE]; /* of the last file */
	size_t unreadable; /* files */
	struct err first; /* the error of the first of them */
	void *buffer; /* READ_SIZE bytes */
	int64_t reported_us;
	struct err *e;
};

static struct files *
files_new(void)
{
	struct files *files = xcalloc(1, sizeof *files);

	files->mount.fd = AT_FDCWD;
	for (size_t i = 0; i < KEPT_OPEN; i++)
		files->kept[i] = -1;
	return files;
}

static void
files_free(struct files *files)
{
	if (files == NULL)
		return;
	for (size_t i = 0; i < KEPT_OPEN; i++)
		if (files->kept[i] != -1)
			close(files->kept[i]);
	mount_close(&files->mount);
	file_list_free(&files->list);
	free(files);
}

static int
fail_changed(const struct file_entry *entry, struct err *e)
{
	err_set(
	    e, ERR_FETCH, "%s changed while it was being read", entry->path);
	return -1;
}

/* Opens a listed file; if it is a FIFO by now, that does not block. */
static int
open_entry(int *out, int base, const struct file_entry *entry, struct err *e)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	int fd, rc = -1;

	*out = -1;
	fd = openat(base, entry->path, flags);
	if (fd == -1) {
		file_list_fail(e, errno, entry->path);
		goto out;
	}
	if (fstat(fd, &st) == -1 || !file_list_same(&st, &entry->stat)) {
		fail_changed(entry, e);
		goto out;
	}
	*out = fd;
	fd = -1;
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

/*
 * Reads at ${offset}.  Returns 0 at the end of the file; -1 also if the file
 * has changed since it was listed.
 */
static ssize_t
read_entry(int fd, const struct file_entry *entry, void *into, size_t len,
    uint64_t offset, struct err *e)
{
	uint64_t size = (uint64_t)entry->stat.st_size;
	struct stat st;
	ssize_t n;

	do {
		n = pread(fd, into, len, (off_t)offset);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		file_list_fail(e, errno, entry->path);
	else if ((uint64_t)n > size - offset ||
		 (n == 0 && (offset != size || fstat(fd, &st) == -1 ||
				!file_list_same(&st, &entry->stat))))
		n = fail_changed(entry, e);
	return n;
}

/* ---- the reader ---- */

static ssize_t
read_document(struct reader *r, void *into, size_t len, struct err *e)
{
	const struct file_entry *entry = r->state;
	uint64_t size = (uint64_t)entry->stat.st_size;
	ssize_t n;

	if (len == 0)
		return 0;
	n = read_entry(r->fd, entry, into, len, size - r->left, e);
	if (n > 0)
		r->left -= (size_t)n;
	return n;
}

static void
close_document(struct reader *r)
{
	close(r->fd);
}

static int
open_document(struct fetch *f, size_t index, struct reader *r,
    const char **name, struct err *e)
{
	struct files *files = f->state;
	struct file_entry *entry;
	int fd = -1;
	int rc = -1;

	entry = &files->list.entries[index];
	*name = entry->name;
	if (entry->problem != NULL) {
		err_set(e, ERR_INPUT, "%s", entry->problem);
		goto out;
	}
	if (index < KEPT_OPEN)
		fd = files->kept[index];
	else if (open_entry(&fd, files->mount.fd, entry, e) == -1)
		goto out;
	r->read = read_document;
	r->close = index < KEPT_OPEN ? NULL : close_document;
	r->state = entry;
	r->fd = fd;
	r->left = (size_t)entry->stat.st_size;
	rc = 0;
out:
	return rc;
}

static void
release_files(struct fetch *f)
{
	files_free(f->state);
	f->state = NULL;
}

static const struct fetch_opener documents_on_disk = { open_document,
	release_files };

/* ---- hashing ---- */

static int
count_bytes(struct scan *s, size_t bytes, const struct file_entry *entry)
{
	int64_t now = clock_monotonic();
	int64_t deadline = s->options->deadline_us;

	s->used->bytes += bytes;
	if (s->options->progress != NULL &&
	    now - s->reported_us >= PROGRESS_US) {
		s->reported_us = now;
		s->options->progress(s->options->progress_ctx, s->used);
	}
	if (deadline != 0 && now >= deadline) {
		err_set(s->e, ERR_FETCH, "no time was left to read %s",
		    entry->path);
		return -1;
	}
	return 0;
}

/* Sets ${readable}; -1 for an error that is not caused by the file. */
static int
hash_open_file(
    bool *readable, struct scan *s, int fd, const struct file_entry *entry)
{
	uint64_t offset = 0;
	ssize_t n;
	int rc = -1;

	*readable = false;
	for (;;) {
		n = read_entry(fd, entry, s->buffer, READ_SIZE, offset, s->e);
		if (n != -1 && count_bytes(s, (size_t)n, entry) == -1)
			goto out;
		if (n <= 0)
			break;
		digest_add(s->digest, s->buffer, (size_t)n);
		offset += (uint64_t)n;
	}
	*readable = n == 0;
	digest_hex(s->digest, s->hex);
	rc = 0;
out:
	return rc;
}

/* Stores why a file cannot be read, for fetch_open() later. */
static void
note_problem(struct scan *s, struct file_entry *entry)
{
	if (entry->problem == NULL)
		entry->problem = xstrdup(s->e->text);
	else
		err_set(s->e, ERR_FETCH, "%s", entry->problem);
	if (s->unreadable++ == 0)
		s->first = *s->e;
	err_clear(s->e);
	fetch_hash_add_problem(s->all, entry->problem, entry->name);
}

static int
hash_file(struct scan *s, struct files *files, size_t index)
{
	struct file_entry *entry = &files->list.entries[index];
	bool readable = false;
	int fd = -1;
	int rc = -1;

	if (entry->problem == NULL &&
	    open_entry(&fd, files->mount.fd, entry, s->e) == 0 &&
	    hash_open_file(&readable, s, fd, entry) == -1)
		goto out;
	if (!readable) {
		note_problem(s, entry);
	} else {
		fetch_hash_add(s->all, s->hex, entry->name);
		if (index < KEPT_OPEN) {
			files->kept[index] = fd;
			fd = -1;
		}
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	return rc;
}

static int
check_size(struct file_list *l, const char *path,
    const struct fetch_options *options, struct err *e)
{
	uint64_t max = options->max_bytes, sum = 0;
	int rc = -1;

	if (max == 0)
		max = LIMIT_DOCUMENT;
	for (size_t i = 0; i < l->count; i++) {
		struct file_entry *entry = &l->entries[i];
		uint64_t size = (uint64_t)entry->stat.st_size;

		if (size > max && l->count > 1 && entry->problem == NULL) {
			entry->problem =
			    xasprintf("%s is larger than %llu bytes",
				entry->path, (unsigned long long)max);
			continue;
		}
		sum += size;
		if (sum > max) {
			err_set(e, ERR_LIMIT, "%s is larger than %llu bytes",
			    path, (unsigned long long)max);
			goto out;
		}
	}
	rc = 0;
out:
	return rc;
}

/* Sets ${hash} of all files, and the number of ${unreadable} ones. */
static int
hash_files(char hash[FETCH_HASH_SIZE], size_t *unreadable, struct files *files,
    const struct fetch_options *options, struct fetch_progress *used,
    struct err *e)
{
	struct scan s = { .options = options, .used = used, .e = e };
	int rc = -1;

	s.digest = digest_new();
	s.all = digest_new();
	s.buffer = xmalloc(READ_SIZE);
	used->phase = "reading";
	for (size_t i = 0; i < files->list.count; i++)
		if (hash_file(&s, files, i) == -1)
			goto out;
	if (s.unreadable == files->list.count) {
		*e = s.first;
		goto out;
	}
	if (files->list.count == 1)
		memcpy(hash, s.hex, sizeof s.hex);
	else
		digest_hex(s.all, hash);
	*unreadable = s.unreadable;
	rc = 0;
out:
	digest_free(s.digest);
	digest_free(s.all);
	free(s.buffer);
	return rc;
}

static char *
identify(const struct file_list *l, const struct mount *m)
{
	char *files = file_list_identity(l), *both;

	if (*m->generation == '\0')
		return files;
	both = xasprintf("%s %s", m->generation, files);
	free(files);
	return both;
}

/* Whether a directory is still as it was listed. */
static int
check_directory(const struct files *files, const char *path,
    const char *identity, bool *moved, struct err *e)
{
	struct file_list again = { 0 };
	char *now = NULL;
	int rc = -1;

	if (files->list.is_directory) {
		if (file_list_read(&again, files->mount.fd, path, e) == -1)
			goto out;
		now = identify(&again, &files->mount);
		*moved = strcmp(now, identity) != 0;
	}
	*moved = *moved || mount_has_moved(&files->mount);
	if (*moved) {
		err_set(
		    e, ERR_FETCH, "%s changed while it was being read", path);
		goto out;
	}
	rc = 0;
out:
	file_list_free(&again);
	free(now);
	return rc;
}

static bool
is_known(const struct validators *previous, const char *identity,
    const struct fetch_options *options)
{
	return !options->force && previous->hash[0] != '\0' &&
	       previous->file_identity != NULL &&
	       strcmp(previous->file_identity, identity) == 0;
}

/* ---- files ---- */

/*
 * Lists and hashes the files.  Sets ${moved} if the directory has changed in
 * the meantime, or the ConfigMap has another generation.
 */
static int
try_files(struct fetch *out, struct files *files, bool *moved,
    const struct fetch_place *place, const struct validators *previous,
    const struct fetch_options *options, struct err *e)
{
	int64_t started = clock_now();
	struct validators *v = &out->validators;
	size_t unreadable = 0;
	char *identity = NULL;
	int rc = -1;

	*moved = false;
	if (mount_open(&files->mount, place->mount, e) == -1 ||
	    file_list_read(&files->list, files->mount.fd, place->path, e) == -1)
		goto out;
	identity = identify(&files->list, &files->mount);
	if (check_size(&files->list, place->path, options, e) == -1)
		goto out;
	if (is_known(previous, identity, options))
		memcpy(v->hash, previous->hash, sizeof v->hash);
	else if (hash_files(v->hash, &unreadable, files, options, &out->used,
		     e) == -1 ||
		 check_directory(files, place->path, identity, moved, e) == -1)
		goto out;
	/*
	 * The identity is stored only if it would differ after any change: a
	 * file written just now may be written again within the same tick, and
	 * an unreadable file may become readable.
	 */
	if (unreadable == 0 && !file_list_is_fresh(&files->list, started)) {
		v->file_identity = identity;
		identity = NULL;
	}
	rc = 0;
out:
	if (rc == -1)
		*moved = *moved || mount_has_moved(&files->mount);
	free(identity);
	return rc;
}

int
fetch_file_at(struct fetch *out, const struct fetch_place *place,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct files *files = files_new();
	bool moved;
	int rc = -1;

	for (int try = 1;
	     try_files(out, files, &moved, place, previous, options, e) == -1;
	     try++) {
		if (!moved || try == TRIES)
			goto out;
		files_free(files);
		files = files_new();
	}
	err_clear(e);
	out->files = files->list.is_directory;
	out->unchanged = strcmp(out->validators.hash, previous->hash) == 0;
	if (!out->unchanged) {
		out->document_count = files->list.count;
		out->opener = &documents_on_disk;
		out->state = files;
		files = NULL;
	}
	rc = 0;
out:
	if (rc == -1 && place->mount != NULL)
		err_wrap(e, "%s", place->mount);
	files_free(files);
	return rc;
}

static int
open_inline(struct fetch *f, size_t index, struct reader *r, const char **name,
    struct err *e)
{
	const char *data = f->state;

	(void)index; /* always 0 */
	(void)e;
	reader_from_memory(r, data, strlen(data));
	*name = "inline data";
	return 0;
}

static void
release_inline(struct fetch *f)
{
	free(f->state);
	f->state = NULL;
}

static const struct fetch_opener document_inline = { open_inline,
	release_inline };

static void
fetch_inline(
    struct fetch *out, const char *data, const struct validators *previous)
{
	struct digest *d = digest_new();

	digest_add(d, data, strlen(data));
	digest_hex(d, out->validators.hash);
	digest_free(d);
	out->unchanged = strcmp(out->validators.hash, previous->hash) == 0;
	if (!out->unchanged) {
		out->document_count = 1;
		out->opener = &document_inline;
		/* The configuration may be reloaded before it is read. */
		out->state = xstrdup(data);
	}
}

int
fetch_file(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	const struct conf_file *file = &source->u.file;
	const struct fetch_place place = { .path = file->path };
	int rc = -1;

	if (file->data != NULL)
		fetch_inline(out, file->data, previous);
	else if (fetch_file_at(out, &place, previous, options, e) == -1)
		goto out;
	rc = 0;
out:
	return rc;
}
