/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the commit in the cache to the documents of the source: one file, or
 * every *.json below a directory.  What git can store but cannot be read as a
 * document (symbolic links, submodules, pointers to large files elsewhere) is
 * an error that says so, never a document that fails to parse later.  In a
 * directory it is the problem of that document.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/path_glob.h"

#include <git2.h>

#include <stdlib.h>
#include <string.h>

/* The line a large-file pointer starts with. */
#define LFS_MARK "version https://git-lfs"

void
fetch_git_tree_free(struct fetch_git_documents *docs)
{
	size_t i;

	for (i = 0; i < docs->count; i++) {
		free(docs->items[i].name);
		free(docs->items[i].problem);
	}
	free(docs->items);
	memset(docs, 0, sizeof *docs);
}

static int
cache_error(struct fetch_git_job *job, struct err *e, const char *what)
{
	job->suspect = true;
	fetch_git_error(e, what);
	return -1;
}

/* Copies the path without empty and "." parts, and refuses what leaves it. */
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

static bool
is_wanted(const struct fetch_git_documents *docs, const char *name)
{
	size_t len = strlen(name);

	if (docs->pattern[0] != '\0')
		return path_glob_match(docs->pattern, name);
	return len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static int
add_document(struct fetch_git_documents *docs, const char *name,
    const git_oid *id, struct err *e)
{
	struct fetch_git_document *doc;

	if (docs->count == LIMIT_TREE_FILES) {
		err_set(e, ERR_LIMIT,
		    "directory \"%s\" holds more than %d *.json files",
		    docs->path, LIMIT_TREE_FILES);
		return -1;
	}
	if (docs->count == docs->capacity) {
		docs->capacity = docs->capacity == 0 ? 16 : 2 * docs->capacity;
		docs->items = xreallocarray(
		    docs->items, docs->capacity, sizeof *docs->items);
	}
	doc = &docs->items[docs->count++];
	doc->name = xstrdup(name);
	doc->problem = NULL;
	git_oid_tostr(doc->id, sizeof doc->id, id);
	return 0;
}

static int add_tree(struct fetch_git_job *job, struct fetch_git_documents *docs,
    const git_oid *id, const char *name, int depth, struct err *e);

static int
add_entry(struct fetch_git_job *job, struct fetch_git_documents *docs,
    const git_tree_entry *entry, const char *name, int depth, struct err *e)
{
	const git_oid *id = git_tree_entry_id(entry);

	switch (git_tree_entry_filemode(entry)) {
	case GIT_FILEMODE_TREE:
		return add_tree(job, docs, id, name, depth + 1, e);
	case GIT_FILEMODE_LINK:
		if (!is_wanted(docs, name))
			return 0;
		/* Left out silently, its entries would seem removed. */
		if (add_document(docs, name, id, e) == -1)
			return -1;
		docs->items[docs->count - 1].problem =
		    xasprintf("\"%s\" is a symbolic link", name);
		return 0;
	case GIT_FILEMODE_BLOB:
	case GIT_FILEMODE_BLOB_EXECUTABLE:
		return is_wanted(docs, name) ? add_document(docs, name, id, e)
					     : 0;
	default:
		/* A submodule: what is in it belongs to another repository. */
		return 0;
	}
}

static int
add_tree(struct fetch_git_job *job, struct fetch_git_documents *docs,
    const git_oid *id, const char *name, int depth, struct err *e)
{
	int rc = -1;
	git_tree *tree = NULL;
	char *path = NULL;
	size_t i, count;

	if (depth > LIMIT_TREE_DEPTH) {
		err_set(e, ERR_LIMIT,
		    "directory \"%s\" is more than %d levels deep", docs->path,
		    LIMIT_TREE_DEPTH);
		goto out;
	}
	if (git_tree_lookup(&tree, job->cache.repo, id) != 0) {
		cache_error(job, e, "failed to read a directory");
		goto out;
	}
	count = git_tree_entrycount(tree);
	docs->entries += count;
	if (docs->entries > LIMIT_TREE_ENTRIES) {
		err_set(e, ERR_LIMIT,
		    "directory \"%s\" holds more than %d "
		    "files and directories",
		    docs->path, LIMIT_TREE_ENTRIES);
		goto out;
	}
	for (i = 0; i < count; i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);

		/* As on disk: settings of tools, unless they are named. */
		if (path_glob_hides(
			*docs->pattern == '\0' ? NULL : docs->pattern,
			git_tree_entry_name(entry)))
			continue;
		/* git writes no such name, so whoever did means no good. */
		if (strchr(git_tree_entry_name(entry), '/') != NULL) {
			err_set(e, ERR_INPUT,
			    "a file is named \"%s\", which leads elsewhere",
			    git_tree_entry_name(entry));
			goto out;
		}
		free(path);
		path = xasprintf("%s%s%s", name, *name == '\0' ? "" : "/",
		    git_tree_entry_name(entry));
		if (add_entry(job, docs, entry, path, depth, e) == -1)
			goto out;
	}
	rc = 0;
out:
	free(path);
	git_tree_free(tree);
	return rc;
}

static int
compare_names(const void *a, const void *b)
{
	const struct fetch_git_document *x = a;
	const struct fetch_git_document *y = b;

	return strcmp(x->name, y->name);
}

static int
add_directory(struct fetch_git_job *job, struct fetch_git_documents *docs,
    const git_oid *id, struct err *e)
{
	docs->is_directory = true;
	if (add_tree(job, docs, id, docs->path, 0, e) == -1)
		return -1;
	if (docs->count == 0) {
		err_set(e, ERR_FETCH, "directory \"%s\" holds no %s file",
		    *docs->path == '\0' ? "." : docs->path,
		    docs->pattern[0] == '\0' ? "*.json" : docs->pattern);
		return -1;
	}
	qsort(docs->items, docs->count, sizeof *docs->items, compare_names);
	return 0;
}

/*
 * One step of the walk: the entry ${name} of ${tree} becomes ${id} and
 * ${mode}.  ${len} is how much of the path has been walked, for messages.
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

/* Walks docs->path down from the tree ${id}, which becomes what is there. */
static int
walk_path(struct fetch_git_job *job, const struct fetch_git_documents *docs,
    git_oid *id, git_filemode_t *mode, struct err *e)
{
	int rc = -1;
	git_tree *tree = NULL;
	const char *path = docs->path;
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

/* The commit behind the head, through an annotated tag if there is one. */
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
		cache_error(job, e, "it does not lead to a commit");
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

/* The directory before a pattern is walked to, the pattern kept. */
static void
split_pattern(struct fetch_git_documents *docs)
{
	size_t base = path_glob_base(docs->path);

	memcpy(docs->pattern, docs->path, strlen(docs->path) + 1);
	docs->path[base > 0 ? base - 1 : 0] = '\0';
}

int
fetch_git_tree_find(struct fetch_git_job *job, struct fetch_git_documents *docs,
    char commit[FETCH_GIT_ID_SIZE], struct err *e)
{
	const char *path = job->conf->path;
	git_oid id;
	git_filemode_t mode;

	if (path == NULL)
		path = "registry.json";
	if (clean_path(path, docs->path, sizeof docs->path, e) == -1 ||
	    find_commit(job, &id, commit, e) == -1)
		return -1;
	if (path_glob_is(docs->path))
		split_pattern(docs);
	if (walk_path(job, docs, &id, &mode, e) == -1)
		return -1;
	git_oid_tostr(docs->root, sizeof docs->root, &id);
	return mode == GIT_FILEMODE_TREE
		   ? add_directory(job, docs, &id, e)
		   : add_document(docs, docs->path, &id, e);
}

int
fetch_git_tree_blob(struct git_blob **out, struct git_repository *repo,
    const struct fetch_git_document *doc, struct err *e)
{
	int rc = -1;
	git_odb *odb = NULL;
	git_oid id;
	size_t len;
	git_object_t type;

	*out = NULL;
	if (git_oid_fromstr(&id, doc->id) != 0 ||
	    git_repository_odb(&odb, repo) != 0 ||
	    git_odb_read_header(&len, &type, odb, &id) != 0) {
		fetch_git_error(e, "failed to read a file");
		goto out;
	}
	if (len > LIMIT_GIT_BLOB) {
		err_set(e, ERR_LIMIT, "\"%s\" is %zu bytes, the limit is %zu",
		    doc->name, len, (size_t)LIMIT_GIT_BLOB);
		goto out;
	}
	if (git_blob_lookup(out, repo, &id) != 0) {
		fetch_git_error(e, "failed to read a file");
		goto out;
	}
	rc = 0;
out:
	git_odb_free(odb);
	return rc;
}

/* The hashing of all documents. */
struct hashing {
	struct fetch_git_job *job;
	struct digest *one;
	struct digest *all;
	char hash[DIGEST_HEX_SIZE]; /* of the last document */
	uint64_t left; /* bytes that all may still take */
	bool of_all; /* the error is not that of one document */
};

static int
check_blob(struct hashing *h, const char *name, const char *data, size_t len,
    struct err *e)
{
	const struct fetch_git_job *job = h->job;

	if (len >= strlen(LFS_MARK) &&
	    memcmp(data, LFS_MARK, strlen(LFS_MARK)) == 0) {
		err_set(e, ERR_FETCH,
		    "\"%s\" is a Git LFS pointer, its content is not in the "
		    "repository",
		    name);
		return -1;
	}
	if (len > h->left) {
		h->of_all = len <= job->max_content;
		err_set(e, ERR_LIMIT, "path \"%s\" holds more than %llu bytes",
		    job->conf->path == NULL || !h->of_all ? name
							  : job->conf->path,
		    (unsigned long long)job->max_content);
		return -1;
	}
	return 0;
}

static int
hash_blob(
    struct hashing *h, const struct fetch_git_document *doc, struct err *e)
{
	int rc = -1;
	git_blob *blob = NULL;
	const char *data;
	size_t len;

	if (fetch_git_tree_blob(&blob, h->job->cache.repo, doc, e) == -1) {
		h->of_all = h->job->suspect = e->code != ERR_LIMIT;
		goto out;
	}
	data = git_blob_rawcontent(blob);
	len = (size_t)git_blob_rawsize(blob);
	if (check_blob(h, doc->name, data, len, e) == -1)
		goto out;
	h->left -= len;
	digest_add(h->one, data, len);
	digest_hex(h->one, h->hash);
	rc = 0;
out:
	git_blob_free(blob);
	return rc;
}

/* In a directory, what is wrong with a document is noted with it. */
static int
hash_document(struct hashing *h, const struct fetch_git_documents *docs,
    struct fetch_git_document *doc, struct err *e)
{
	if (doc->problem == NULL) {
		if (hash_blob(h, doc, e) == 0) {
			fetch_hash_add(h->all, h->hash, doc->name);
			return 0;
		}
		if (h->of_all || !docs->is_directory)
			return -1;
		doc->problem = xstrdup(e->text);
		err_clear(e);
	}
	fetch_hash_add_problem(h->all, doc->problem, doc->name);
	return 0;
}

static int
check_readable(const struct fetch_git_documents *docs, struct err *e)
{
	for (size_t i = 0; i < docs->count; i++)
		if (docs->items[i].problem == NULL)
			return 0;
	err_set(e, ERR_FETCH, "%s", docs->items[0].problem);
	return -1;
}

int
fetch_git_tree_hash(struct fetch_git_job *job, struct fetch_git_documents *docs,
    char hash[FETCH_HASH_SIZE], struct err *e)
{
	int rc = -1;
	struct hashing h = { .job = job, .left = job->max_content };
	size_t i;

	h.one = digest_new();
	h.all = digest_new();
	for (i = 0; i < docs->count; i++) {
		if (hash_document(&h, docs, &docs->items[i], e) == -1)
			goto out;
	}
	if (check_readable(docs, e) == -1)
		goto out;
	if (docs->count > 1)
		digest_hex(h.all, hash);
	else
		memcpy(hash, h.hash, sizeof h.hash);
	rc = 0;
out:
	digest_free(h.all);
	digest_free(h.one);
	return rc;
}
