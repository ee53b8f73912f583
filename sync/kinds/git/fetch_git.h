/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the git fetcher share; nothing else includes this.
 *
 *   fetch_git.c         the order of steps, and the documents that result
 *   fetch_git_url.c     which URLs are allowed, and how they are shown
 *   fetch_git_cache.c   the bare repository on disk: lock, check, create
 *   fetch_git_remote.c  requests to a server
 *   fetch_git_local.c   shallow and partial clones on this machine
 *   fetch_git_stream.c  which addresses it may connect to
 *   fetch_git_auth.c    secrets, keys, and trusted servers
 *   fetch_git_tree.c    from a commit and a path to documents
 *
 * libgit2 blocks in system calls that have no time limit, so the process that
 * fetches needs a deadline of its own (fetch_deadline.h).
 */
#ifndef SYNC_KINDS_GIT_FETCH_GIT_H
#define SYNC_KINDS_GIT_FETCH_GIT_H

#include "lib/err.h"
#include "lib/limits.h"
#include "sync/conf/conf.h"
#include "sync/fetch/fetch.h"
#include "sync/fetch/fetch_writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object id in hex.  libgit2's own types stay out of this header. */
#define FETCH_GIT_ID_SIZE 41

/* The only reference of a cache: the object of the last fetch. */
#define FETCH_GIT_HEAD "refs/thv/head"

struct git_cert;
struct git_credential;
struct git_repository;

enum fetch_git_transport {
	FETCH_GIT_LOCAL,
	FETCH_GIT_HTTP,
	FETCH_GIT_SSH,
	FETCH_GIT_DAEMON
};

struct fetch_git_cache {
	char *path; /* NULL when not open */
	int fd; /* of the directory; holds the lock */
	struct git_repository *repo; /* NULL until prepared */
	bool fresh; /* created by this process, so it cannot be damaged */
	char head[FETCH_GIT_ID_SIZE]; /* FETCH_GIT_HEAD, "" when missing */
};

struct fetch_git_job {
	const struct conf_git *conf;
	const struct fetch_options *options;
	enum fetch_git_transport transport;
	uint64_t max_received; /* bytes of one fetch */
	uint64_t max_content; /* bytes of all documents together */
	/* Of the last fetch; NULL: unknown. */
	const char *known_commit;
	struct fetch_git_cache cache;
	/* "shallow" or "partial": objects are read from the local clone. */
	const char *clone;
	char *known_hosts; /* owned; NULL unless for ssh */
	struct fetch_progress *used;
	/* The cache may have caused the failure: try with an empty one. */
	bool suspect;
};

/* The file or directory at the configured path of a commit. */
struct fetch_git_place {
	char root[FETCH_GIT_ID_SIZE]; /* of the blob or tree */
	char path[LIMIT_PATH]; /* normalized; "" is the root directory */
	/* Of the documents below it; "": every *.json. */
	char pattern[LIMIT_PATH];
	bool is_directory;
};

/* As fetch_source() for a source of kind_git. */
int fetch_git(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

/* Sets the phase of job->used, and reports its progress. */
void fetch_git_progress(struct fetch_git_job *job, const char *phase);

/* Whether libgit2 runs ssh(1) to speak over ${transport}. */
bool fetch_git_runs_programs(enum fetch_git_transport transport);

/* ERR_FETCH: ${what}, and the last error of libgit2. */
void fetch_git_error(struct err *e, const char *what);

/* ---- fetch_git_url.c ---- */
/* ERR_INPUT when ${url} is invalid or of a transport that is not allowed. */
int fetch_git_url_check(
    enum fetch_git_transport *transport, const char *url, struct err *e);
/* Whether ${url} has a user or password in front of the host. */
bool fetch_git_url_has_user(const char *url);
/* Removes control characters; fetch_source() removes secrets. */
void fetch_git_url_clean(struct err *e);

/* ---- fetch_git_cache.c ---- */
/*
 * Opens the directory of the repository in ${cache_dir}, and creates it if it
 * is missing.  Locks it until fetch_git_cache_close().
 */
int fetch_git_cache_open(
    struct fetch_git_cache *c, const char *cache_dir, struct err *e);
/* Sets repo, fresh and head; creates a new repository if it is unusable. */
int fetch_git_cache_prepare(
    struct fetch_git_cache *c, const char *url, struct err *e);
/* Reads head again, after a fetch. */
void fetch_git_cache_head(struct fetch_git_cache *c);
/* Removes everything; fetch_git_cache_prepare() then creates a new one. */
int fetch_git_cache_clear(struct fetch_git_cache *c, struct err *e);
void fetch_git_cache_close(struct fetch_git_cache *c);
/*
 * Removes what a killed process left in the repository in ${cache_dir}: locks
 * and unfinished packs.
 */
void fetch_git_cache_abandon(const char *cache_dir);

/* ---- fetch_git_remote.c ---- */
/*
 * Updates the cache from the remote.  If the remote is at known_commit, sets
 * ${same} and fetches nothing.
 */
int fetch_git_remote_update(
    struct fetch_git_job *job, bool *same, struct err *e);

/* ---- fetch_git_stream.c ---- */
/*
 * If the source allows public addresses only, refuses others from now on.  To
 * be called after libgit2 was started and before the connection.  ERR_FETCH:
 * the host of an ssh URL has a private address.
 */
int fetch_git_stream_guard(const struct fetch_git_job *job, struct err *e);
/* Whether a connection was refused since then; if so, fills ${e}. */
bool fetch_git_stream_refused(struct err *e);

/* ---- fetch_git_local.c ---- */
/*
 * If the repository at ${url}, a directory of this machine, is a clone that
 * lacks objects, adds its objects to those of ${repo}, and sets *${kind} to
 * "shallow" or "partial"; otherwise *${kind} is NULL.
 */
int fetch_git_local_borrow(const char **kind, struct git_repository *repo,
    const char *url, struct err *e);
/* Replaces the error of opening a local repository if the cause is known. */
void fetch_git_local_explain(struct err *e, const char *url);

/* ---- fetch_git_auth.c ---- */
struct fetch_git_auth {
	const struct conf_git *conf;
	const char *known_hosts;
	unsigned given; /* types of credentials that were tried */
	struct err *e; /* set when a function below refuses */
};

/* The file of trusted ssh servers; the caller frees it. */
char *fetch_git_auth_known_hosts(const struct conf_git *conf);

/*
 * Creates a home directory inside ${cache_dir} whose .ssh/known_hosts is a link
 * to ${known_hosts}.  The caller frees *${home}.
 */
int fetch_git_auth_home(char **home, const struct conf_git *conf,
    const char *known_hosts, const char *cache_dir, struct err *e);
/* Callbacks for libgit2, with its rules for what they return. */
int fetch_git_auth_credentials(struct git_credential **out,
    struct fetch_git_auth *auth, const char *url_user, unsigned allowed);
int fetch_git_auth_certificate(struct fetch_git_auth *auth,
    const struct git_cert *cert, bool valid, const char *host);

/* ---- fetch_git_tree.c ---- */
/*
 * Finds the file or directory at the configured path of the commit that the
 * cache's head refers to, and writes the commit's id to ${commit}.
 */
int fetch_git_tree_find(struct fetch_git_job *job, struct fetch_git_place *at,
    char commit[FETCH_GIT_ID_SIZE], struct err *e);
/*
 * Writes all documents there.  In a directory, one that cannot be read is
 * written with its problem.
 */
int fetch_git_tree_read(struct fetch_git_job *job,
    const struct fetch_git_place *at, struct fetch_writer *w, struct err *e);

#endif
