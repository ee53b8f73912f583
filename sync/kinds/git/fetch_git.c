/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of fetching a git repository.
 *
 * The cache is compared with the remote and updated; then the file or directory
 * is read from the cache.  A damaged cache is emptied, and the fetch is tried
 * once more.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/limits.h"
#include "lib/url.h"
#include "lib/xalloc.h"

#include <git2.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

/* The digits of a commit id. */
#define COMMIT_DIGITS (FETCH_GIT_ID_SIZE - 1)

/* ---- the library ---- */

/*
 * With mbedTLS libgit2 reads every certificate of the system when it starts.
 * That takes longer than reading a repository on this machine, which needs
 * none. If no descriptor is available, libgit2 starts without certificates.
 */
static int
init_without_certificates(void)
{
	struct rlimit before, none;
	int rc;

	if (getrlimit(RLIMIT_NOFILE, &before) == -1)
		return git_libgit2_init();
	none = before;
	none.rlim_cur = 0;
	(void)setrlimit(RLIMIT_NOFILE, &none);
	rc = git_libgit2_init();
	(void)setrlimit(RLIMIT_NOFILE, &before);
	return rc < 0 ? git_libgit2_init() : rc;
}

/*
 * Makes ${ca_file} the only trusted authorities.  OpenSSL adds authorities that
 * are loaded later to these defaults; mbedTLS replaces the defaults by them.
 */
static void
replace_authorities(const char *ca_file)
{
	setenv("SSL_CERT_FILE", ca_file, 1);
	setenv("SSL_CERT_DIR", "/nonexistent", 1);
}

static int
load_certificates(const char *ca_file, struct err *e)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");

	if (ca_file != NULL) {
		if (git_libgit2_opts(
			GIT_OPT_SET_SSL_CERT_LOCATIONS, ca_file, NULL) == 0)
			return 0;
		fetch_git_error(e, "failed to load git.caFile");
		return -1;
	}
	if ((file != NULL || dir != NULL) &&
	    git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, dir) != 0) {
		fetch_git_error(e, "failed to load SSL_CERT_FILE or "
				   "SSL_CERT_DIR");
		return -1;
	}
	return 0;
}

/*
 * Starts libgit2 without the configuration of the user and the machine.  It
 * reads .ssh/known_hosts in ${home}; NULL: no such file.
 */
static int
start_library(const char *home, const char *ca_file, bool local, struct err *e)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA,
		GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
		GIT_CONFIG_LEVEL_GLOBAL };
	static const char *extensions[] = { "worktreeconfig", "partialclone",
		"preciousobjects", "relativeworktrees" };
	size_t i;

	/* libgit2 reads HOME once, when it starts. */
	if (home != NULL)
		setenv("HOME", home, 1);
	if (ca_file != NULL)
		replace_authorities(ca_file);
	if ((local ? init_without_certificates() : git_libgit2_init()) < 0) {
		fetch_git_error(e, "failed to start libgit2");
		return -1;
	}
	for (i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		/* ${home} was created by this process, without configuration.
		 */
		if (levels[i] != GIT_CONFIG_LEVEL_GLOBAL || home == NULL)
			git_libgit2_opts(
			    GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	}
#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 5)
	/* None of these changes how objects and references are read. */
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
	    sizeof extensions / sizeof extensions[0]);
	/*
	 * The check protects against hooks and commands of a repository.  This
	 * program only reads objects.  Operators name local repositories, which
	 * often belong to the user that pushes to them.  The owner of the cache
	 * is checked by directory_open_own().
	 */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
#endif
	return local ? 0 : load_certificates(ca_file, e);
}

/* ssh gets a home directory that contains only known hosts. */
static int
start(struct fetch_git_job *job, struct err *e)
{
	const struct conf_git *conf = job->conf;
	char *home = NULL;
	int rc = -1;

	if (job->transport == FETCH_GIT_SSH) {
		job->known_hosts = fetch_git_auth_known_hosts(conf);
		if (fetch_git_auth_home(&home, conf, job->known_hosts,
			job->options->cache_dir, e) == -1)
			goto out;
	}
	if (start_library(home, conf->ca_file,
		job->transport == FETCH_GIT_LOCAL, e) == -1)
		goto out;
	rc = 0;
out:
	free(home);
	return rc;
}

bool
fetch_git_runs_programs(enum fetch_git_transport transport)
{
#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 9)
	const char *backend = git_libgit2_feature_backend(GIT_FEATURE_SSH);

	return transport == FETCH_GIT_SSH && backend != NULL &&
	       strcmp(backend, "exec") == 0;
#elif LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR == 8
	/* libgit2 1.8 does not report its backend. */
	return transport == FETCH_GIT_SSH;
#else
	(void)transport;
	return false;
#endif
}

void
fetch_git_error(struct err *e, const char *what)
{
	const git_error *last = git_error_last();

	err_set(e, ERR_FETCH, "%s: %s", what,
	    last == NULL || last->message == NULL ? "no reason given"
						  : last->message);
}

void
fetch_git_progress(struct fetch_git_job *job, const char *phase)
{
	const struct fetch_options *options = job->options;

	job->used->phase = phase;
	if (options->progress != NULL)
		options->progress(options->progress_ctx, job->used);
}

/* ---- the steps ---- */

static int
check_conf(struct fetch_git_job *job, struct err *e)
{
	const struct conf_git *conf = job->conf;

	if (fetch_git_url_check(&job->transport, conf->repository, e) == -1)
		return -1;
	if ((conf->branch != NULL) + (conf->tag != NULL) +
		(conf->commit != NULL) >
	    1) {
		err_set(e, ERR_INPUT,
		    "only one of branch, tag, or commit may be specified");
		return -1;
	}
	if (conf->commit != NULL &&
	    (strlen(conf->commit) != COMMIT_DIGITS ||
		strspn(conf->commit, "0123456789abcdefABCDEF") !=
		    COMMIT_DIGITS)) {
		err_set(e, ERR_INPUT,
		    "commit \"%s\" must be the full id of %d hex digits",
		    conf->commit, COMMIT_DIGITS);
		return -1;
	}
	return 0;
}

static void
set_quotas(struct fetch_git_job *job)
{
	uint64_t own = job->options->max_bytes;

	job->max_received = own != 0 ? own : LIMIT_GIT_BYTES;
	job->max_content = own != 0 ? own : LIMIT_DOCUMENT;
}

static void
set_unchanged(
    struct fetch *out, const struct validators *previous, const char *commit)
{
	out->unchanged = true;
	memcpy(out->validators.hash, previous->hash, FETCH_HASH_SIZE);
	out->validators.revision = xstrdup(commit);
	out->validators.file_identity = xstrdup_null(previous->file_identity);
}

static int
read_documents(struct fetch *out, struct fetch_git_job *job,
    const struct fetch_git_place *at, const struct validators *previous,
    struct err *e)
{
	struct fetch_writer w;
	int rc = -1;

	out->files = at->is_directory;
	if (fetch_writer_start(&w, out, job->options, e) == -1 ||
	    fetch_git_tree_read(job, at, &w, e) == -1 ||
	    fetch_writer_finish(
		&w, job->options->force ? NULL : previous, ERR_FETCH, e) == -1)
		goto out;
	rc = 0;
out:
	fetch_writer_free(&w);
	return rc;
}

/* Reads the documents unless the last fetch found the same object there. */
static int
read_if_changed(struct fetch *out, struct fetch_git_job *job,
    const struct fetch_git_place *at, const struct validators *previous,
    const char *commit, struct err *e)
{
	struct validators *v = &out->validators;
	char *identity = xasprintf("%s %s", at->root, at->path);

	if (!job->options->force && previous->hash[0] != '\0' &&
	    previous->file_identity != NULL &&
	    strcmp(previous->file_identity, identity) == 0) {
		set_unchanged(out, previous, commit);
		free(identity);
		return 0;
	}
	if (read_documents(out, job, at, previous, e) == -1) {
		free(identity);
		return -1;
	}
	v->revision = xstrdup(commit);
	v->file_identity = identity;
	return 0;
}

/* Whether the configured commit was fetched before: commits never change. */
static bool
is_known_commit(const struct fetch_git_job *job)
{
	return job->conf->commit != NULL && job->known_commit != NULL &&
	       strcasecmp(job->conf->commit, job->known_commit) == 0;
}

/* Updates the cache.  No request is sent for a commit that it has. */
static int
update_cache(struct fetch_git_job *job, bool *same, struct err *e)
{
	*same = false;
	if (fetch_git_cache_prepare(&job->cache, job->conf->repository, e) ==
	    -1)
		return -1;
	if (job->conf->commit != NULL &&
	    strcasecmp(job->conf->commit, job->cache.head) == 0)
		return 0;
	return fetch_git_remote_update(job, same, e);
}

/* If the cache lacks objects of a local clone, reads them from the clone. */
static int
borrow_objects(struct fetch_git_job *job, struct err *e)
{
	git_odb *odb = NULL;
	git_oid id;
	bool here;

	here = git_oid_fromstr(&id, job->cache.head) != 0 ||
	       git_repository_odb(&odb, job->cache.repo) != 0 ||
	       git_odb_exists(odb, &id) == 1;
	git_odb_free(odb);
	return here ? 0
		    : fetch_git_local_borrow(&job->clone, job->cache.repo,
			  job->conf->repository, e);
}

/* If the clone lacks an object, the cache is not damaged. */
static void
explain_missing(struct fetch_git_job *job, struct err *e)
{
	if (job->clone == NULL || !job->suspect)
		return;
	job->suspect = false;
	err_wrap(e,
	    "the repository is a %s clone and lacks a required object; fetch "
	    "it there, or name the repository that it was cloned from",
	    job->clone);
}

static int
try_once(struct fetch *out, struct fetch_git_job *job,
    const struct validators *previous, struct err *e)
{
	struct fetch_git_place at;
	char commit[FETCH_GIT_ID_SIZE];
	bool same;

	job->suspect = false;
	job->clone = NULL;
	if (update_cache(job, &same, e) == -1)
		return -1;
	if (same) {
		set_unchanged(out, previous, job->known_commit);
		return 0;
	}
	fetch_git_progress(job, "reading");
	if (job->transport == FETCH_GIT_LOCAL && borrow_objects(job, e) == -1)
		return -1;
	if (fetch_git_tree_find(job, &at, commit, e) == 0 &&
	    read_if_changed(out, job, &at, previous, commit, e) == 0)
		return 0;
	explain_missing(job, e);
	return -1;
}

static int
try_and_repair(struct fetch *out, struct fetch_git_job *job,
    const struct validators *previous, struct err *e)
{
	if (try_once(out, job, previous, e) == 0)
		return 0;
	if (!job->suspect || job->cache.fresh)
		return -1;
	if (fetch_git_cache_clear(&job->cache, e) == -1)
		return -1;
	return try_once(out, job, previous, e);
}

/* Prefixes the error with the URL and the reference. */
static void
add_place(const struct conf_git *conf, struct err *e)
{
	char *shown = url_shown(conf->repository);
	const char *kind = "HEAD";
	const char *ref = "";

	if (conf->branch != NULL) {
		kind = "branch ";
		ref = conf->branch;
	} else if (conf->tag != NULL) {
		kind = "tag ";
		ref = conf->tag;
	} else if (conf->commit != NULL) {
		kind = "commit ";
		ref = conf->commit;
	}
	err_wrap(e, "%s (%s%s)", shown, kind, ref);
	fetch_git_url_clean(e);
	free(shown);
}

int
fetch_git(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	int rc = -1;
	struct fetch_git_job job = {
		.conf = &source->u.git, .options = options, .used = &out->used
	};

	job.cache.fd = -1;
	if (!options->force && previous->hash[0] != '\0')
		job.known_commit = previous->revision;
	set_quotas(&job);
	if (check_conf(&job, e) == -1)
		goto out;
	if (is_known_commit(&job)) {
		set_unchanged(out, previous, job.known_commit);
	} else if (start(&job, e) == -1 ||
		   fetch_git_cache_open(&job.cache, options->cache_dir, e) ==
		       -1 ||
		   try_and_repair(out, &job, previous, e) == -1) {
		goto out;
	}
	rc = 0;
out:
	fetch_git_cache_close(&job.cache);
	free(job.known_hosts);
	if (rc == -1)
		add_place(job.conf, e);
	return rc;
}
