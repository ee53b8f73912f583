/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the commit in the cache to the documents of the source: one file, or
 * every *.json below a directory.  Symbolic links, submodules and Git LFS
 * pointers are not documents.  Each is reported as an error of its own, not as
 * a document that cannot be parsed.  In a directory the other documents are
 * read.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/limits.h"
#include "lib/text.h"
#include "lib/xalloc.h"
#include "sync/fetch/path_glob.h"

#include <git2.h>

#include <stdlib.h>
#include <string.h>

/* The first line of a Git LFS pointer. */
#define LFS_MARK "version https://git-lfs"

/* The state of reading all documents. */
struct reading {
	struct fetch_git_job *job;
	const struct fetch_git_place *at;
	struct fetch_writer *writer;
	size_t entries; /* of all trees so far */
	uint64_t left; /* bytes that further documents may have */
	bool of_all; /* the error concerns more than one document */
};

static int
cache_error(struct fetch_git_job *job, struct err *e, const char *what)
{
	job->suspect = true;
	fetch_git_error(e, what);
	return -1;
}

/* Copies the path without empty and "." components; ".." is an error. */
static int
clean_path(const char *path, char *out, size_t size, struct err *e)
{
	size_t used = 0;

	if (*path == '/') {
		err_set(e, ERR_INPUT,
		    "path \"%s\" must be relative to the repository", path);
		return -1;
	}
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		if (len == 2 && path[0] == '.' && path[1] == '.') {
			err_set(e, ERR_INPUT, "path may not hold \"..\"");
			return -1;
		}
		if (used + len + 2 > size) {
			err_set(e, ERR_LIMIT, "path is over %zu bytes", size);
			return -1;
		}
		if (len > 0 && !(len == 1 && *path == '.')) {
			if (used > 0)
				out[used++] = '/';
			memcpy(out + used, path, len);
			used += len;
		}
		path += len;
		path += *path == '/';
	}
	out[used] = '\0';
	return 0;
}

/*
 * Sets ${id} and ${mode} to the entry of ${tree} whose name is ${path} from
 * ${start} to ${len}.
 */
static int
step_into(const git_tree *tree, const char *path, size_t start, size_t len,
    git_oid *id, git_filemode_t *mode, struct err *e)
{
	char *name = xstrndup(path + start, len - start);
	const git_tree_entry *entry = git_tree_entry_byname(tree, name);
	const char *what = NULL;

	free(name);
	if (entry == NULL) {
		err_set(e, ERR_FETCH, "there is no \"%s\"%s%.*s%s", path,
		    path[len] == '\0' ? "" : ", not even \"",
		    path[len] == '\0' ? 0 : (int)len, path,
		    path[len] == '\0' ? "" : "\"");
		return -1;
	}
	*id = *git_tree_entry_id(entry);
	*mode = git_tree_entry_filemode(entry);
	if (*mode == GIT_FILEMODE_LINK)
		what = "a symbolic link; name what it points to";
	else if (*mode == GIT_FILEMODE_COMMIT)
		what = "a submodule; name its own repository";
	else if (*mode != GIT_FILEMODE_TREE && path[len] != '\0')
		what = "a file, not a directory";
	if (what != NULL) {
		err_set(e, ERR_FETCH, "\"%.*s\" is %s", (int)len, path, what);
		return -1;
	}
	return 0;
}

/* Replaces the tree ${id} with the entry at at->path below it. */
static int
walk_path(struct fetch_git_job *job, const struct fetch_git_place *at,
    git_oid *id, git_filemode_t *mode, struct err *e)
{
	int rc = -1;
	git_tree *tree = NULL;
	const char *path = at->path;
	size_t start = 0, len;

	*mode = GIT_FILEMODE_TREE;
	while (path[start] != '\0') {
		len = start + strcspn(path + start, "/");
		git_tree_free(tree);
		tree = NULL;
		if (git_tree_lookup(&tree, job->cache.repo, id) != 0) {
			cache_error(job, e, "failed to read a directory");
			goto out;
		}
		if (step_into(tree, path, start, len, id, mode, e) == -1)
			goto out;
		start = len + (path[len] == '/');
	}
	rc = 0;
out:
	git_tree_free(tree);
	return rc;
}

/* The commit of the head, which may be an annotated tag. */
static int
find_commit(
    struct fetch_git_job *job, git_oid *tree, char *commit, struct err *e)
{
	int rc = -1;
	git_object *object = NULL;
	git_object *peeled = NULL;
	git_oid id;
	int peel;

	if (git_oid_fromstr(&id, job->cache.head) != 0 ||
	    git_object_lookup(&object, job->cache.repo, &id, GIT_OBJECT_ANY) !=
		0) {
		cache_error(job, e, "failed to read what was fetched");
		goto out;
	}
	peel = git_object_peel(&peeled, object, GIT_OBJECT_COMMIT);
	if (peel != 0) {
		cache_error(job, e, "it does not refer to a commit");
		/* A tag may name a tree or a blob: no reason to try again. */
		if (peel == GIT_EPEEL || peel == GIT_EINVALIDSPEC)
			job->suspect = false;
		goto out;
	}
	git_oid_tostr(commit, FETCH_GIT_ID_SIZE, git_object_id(peeled));
	*tree = *git_commit_tree_id((const git_commit *)peeled);
	rc = 0;
out:
	git_object_free(peeled);
	git_object_free(object);
	return rc;
}

/* Splits at->path into the directory before the pattern and the pattern. */
static void
split_pattern(struct fetch_git_place *at)
{
	size_t base = path_glob_base(at->path);

	memcpy(at->pattern, at->path, strlen(at->path) + 1);
	at->path[base > 0 ? base - 1 : 0] = '\0';
}

int
fetch_git_tree_find(struct fetch_git_job *job, struct fetch_git_place *at,
    char commit[FETCH_GIT_ID_SIZE], struct err *e)
{
	git_oid id;
	git_filemode_t mode;

	memset(at, 0, sizeof *at);
	if (clean_path(
		job->conf->path == NULL ? "registry.json" : job->conf->path,
		at->path, sizeof at->path, e) == -1 ||
	    find_commit(job, &id, commit, e) == -1)
		return -1;
	if (path_glob_is(at->path))
		split_pattern(at);
	if (walk_path(job, at, &id, &mode, e) == -1)
		return -1;
	git_oid_tostr(at->root, sizeof at->root, &id);
	at->is_directory = mode == GIT_FILEMODE_TREE;
	return 0;
}

/* ---- one document ---- */

/* The caller frees *${out}.  ERR_LIMIT before anything large is loaded. */
static int
load_blob(git_blob **out, struct reading *r, const char *name,
    const git_oid *id, struct err *e)
{
	int rc = -1;
	git_odb *odb = NULL;
	size_t len;
	git_object_t type;

	if (git_repository_odb(&odb, r->job->cache.repo) != 0 ||
	    git_odb_read_header(&len, &type, odb, id) != 0) {
		fetch_git_error(e, "failed to read a file");
		goto out;
	}
	if (len > LIMIT_GIT_BLOB) {
		err_set(e, ERR_LIMIT, "\"%s\" is %zu bytes, the limit is %zu",
		    name, len, (size_t)LIMIT_GIT_BLOB);
		goto out;
	}
	if (git_blob_lookup(out, r->job->cache.repo, id) != 0) {
		fetch_git_error(e, "failed to read a file");
		goto out;
	}
	rc = 0;
out:
	git_odb_free(odb);
	return rc;
}

static int
check_blob(struct reading *r, const char *name, const char *data, size_t len,
    struct err *e)
{
	const struct fetch_git_job *job = r->job;

	if (len >= strlen(LFS_MARK) &&
	    memcmp(data, LFS_MARK, strlen(LFS_MARK)) == 0) {
		err_set(e, ERR_FETCH,
		    "\"%s\" is a Git LFS pointer, its content is not in the "
		    "repository",
		    name);
		return -1;
	}
	if (len > r->left) {
		r->of_all = len <= job->max_content;
		err_set(e, ERR_LIMIT, "path \"%s\" holds more than %llu bytes",
		    job->conf->path == NULL || !r->of_all ? name
							  : job->conf->path,
		    (unsigned long long)job->max_content);
		return -1;
	}
	return 0;
}

static int
copy_blob(struct reading *r, const char *name, const git_oid *id, struct err *e)
{
	int rc = -1;
	git_blob *blob = NULL;
	const char *data;
	size_t len;

	if (load_blob(&blob, r, name, id, e) == -1) {
		r->of_all = r->job->suspect = e->code != ERR_LIMIT;
		goto out;
	}
	data = git_blob_rawcontent(blob);
	len = (size_t)git_blob_rawsize(blob);
	if (check_blob(r, name, data, len, e) == -1)
		goto out;
	r->left -= len;
	if (fetch_writer_add(r->writer, data, len, e) == -1) {
		r->of_all = true;
		goto out;
	}
	rc = 0;
out:
	git_blob_free(blob);
	return rc;
}

/* ${problem}: why it cannot be read; NULL: it is tried. */
static int
add_document(struct reading *r, const char *name, const git_oid *id,
    const char *problem, struct err *e)
{
	if (r->writer->fetch->document_count == LIMIT_TREE_FILES) {
		err_set(e, ERR_LIMIT,
		    "directory \"%s\" holds more than %d *.json files",
		    r->at->path, LIMIT_TREE_FILES);
		return -1;
	}
	fetch_writer_open(r->writer, name);
	if (problem != NULL) {
		err_set(e, ERR_FETCH, "\"%s\" is %s", name, problem);
		fetch_writer_fail(r->writer, e);
	} else if (copy_blob(r, name, id, e) == 0) {
		fetch_writer_close(r->writer);
	} else {
		if (r->of_all || !r->at->is_directory)
			return -1;
		fetch_writer_fail(r->writer, e);
	}
	return 0;
}

/* ---- directories ---- */

static bool
is_wanted(const struct fetch_git_place *at, const char *name)
{
	return at->pattern[0] != '\0' ? path_glob_match(at->pattern, name)
				      : text_ends_in(name, ".json");
}

static int add_tree(struct reading *r, const git_oid *id, const char *name,
    int depth, struct err *e);

static int
add_entry(struct reading *r, const git_tree_entry *entry, const char *name,
    int depth, struct err *e)
{
	const git_oid *id = git_tree_entry_id(entry);
	const char *problem = NULL;

	switch (git_tree_entry_filemode(entry)) {
	case GIT_FILEMODE_TREE:
		return add_tree(r, id, name, depth + 1, e);
	case GIT_FILEMODE_LINK:
		/* If it were skipped, its entries would be removed. */
		problem = "a symbolic link";
		break;
	case GIT_FILEMODE_BLOB:
	case GIT_FILEMODE_BLOB_EXECUTABLE:
		break;
	default:
		/* A submodule is another repository. */
		return 0;
	}
	return is_wanted(r->at, name) ? add_document(r, name, id, problem, e)
				      : 0;
}

static int
add_tree(struct reading *r, const git_oid *id, const char *name, int depth,
    struct err *e)
{
	int rc = -1;
	const char *pattern = *r->at->pattern == '\0' ? NULL : r->at->pattern;
	git_tree *tree = NULL;
	char *path = NULL;

	if (depth > LIMIT_TREE_DEPTH) {
		err_set(e, ERR_LIMIT,
		    "directory \"%s\" is more than %d levels deep", r->at->path,
		    LIMIT_TREE_DEPTH);
		goto out;
	}
	if (git_tree_lookup(&tree, r->job->cache.repo, id) != 0) {
		cache_error(r->job, e, "failed to read a directory");
		goto out;
	}
	r->entries += git_tree_entrycount(tree);
	if (r->entries > LIMIT_TREE_ENTRIES) {
		err_set(e, ERR_LIMIT,
		    "directory \"%s\" holds more than %d "
		    "files and directories",
		    r->at->path, LIMIT_TREE_ENTRIES);
		goto out;
	}
	for (size_t i = 0; i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		const char *own = git_tree_entry_name(entry);

		/* As on disk: files of tools, unless the pattern matches. */
		if (path_glob_hides(pattern, own))
			continue;
		/* git writes no such name; it would be a path elsewhere. */
		if (strchr(own, '/') != NULL) {
			err_set(e, ERR_INPUT,
			    "invalid file name \"%s\": it contains a slash",
			    own);
			goto out;
		}
		free(path);
		path = xasprintf("%s%s%s", name, *name == '\0' ? "" : "/", own);
		if (add_entry(r, entry, path, depth, e) == -1)
			goto out;
	}
	rc = 0;
out:
	free(path);
	git_tree_free(tree);
	return rc;
}

int
fetch_git_tree_read(struct fetch_git_job *job, const struct fetch_git_place *at,
    struct fetch_writer *w, struct err *e)
{
	struct reading r = {
		.job = job, .at = at, .writer = w, .left = job->max_content
	};
	git_oid id;

	git_oid_fromstr(&id, at->root);
	if (!at->is_directory)
		return add_document(&r, at->path, &id, NULL, e);
	if (add_tree(&r, &id, at->path, 0, e) == -1)
		return -1;
	if (w->fetch->document_count == 0) {
		err_set(e, ERR_FETCH, "directory \"%s\" holds no %s file",
		    *at->path == '\0' ? "." : at->path,
		    at->pattern[0] == '\0' ? "*.json" : at->pattern);
		return -1;
	}
	return 0;
}
