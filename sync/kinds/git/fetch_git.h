/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the git fetcher share; nobody else includes this.
 *
 *   fetch_git.c         the order of steps, and the documents that result
 *   fetch_git_url.c     which URLs are spoken to, and how they are shown
 *   fetch_git_cache.c   the bare repository on disk: lock, heal, remember
 *   fetch_git_child.c   a process of its own for the network, with a deadline
 *   fetch_git_remote.c  what that process does: ask, compare, fetch
 *   fetch_git_local.c   shallow and partial clones on this machine
 *   fetch_git_stream.c  which addresses it may connect to
 *   fetch_git_auth.c    secrets, keys, and whom to trust
 *   fetch_git_tree.c    from a commit and a path to a list of blobs
 *
 * The network is left to a child process because libgit2 blocks in system
 * calls that have no time limit, and because what it parses there comes from
 * strangers.  The child only adds to the cache; all answers are read from the
 * cache by the parent.
 */
#ifndef SYNC_KINDS_GIT_FETCH_GIT_H
#define SYNC_KINDS_GIT_FETCH_GIT_H

#include "lib/err.h"
#include "lib/limits.h"
#include "sync/conf/conf.h"
#include "sync/fetch/fetch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object id in hex.  libgit2's own types stay out of this header. */
#define FETCH_GIT_ID_SIZE 41

/* The one reference of a cache: what the source pointed to last. */
#define FETCH_GIT_HEAD "refs/thv/head"

struct git_blob;
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
	bool fresh; /* made in this run: nothing old can be wrong in it */
	char head[FETCH_GIT_ID_SIZE]; /* FETCH_GIT_HEAD, "" when missing */
	/* Digests, "" for none: of the URL; of an object's id and path, and of
	 * its content. */
	char remote[FETCH_HASH_SIZE];
	char object[FETCH_HASH_SIZE];
	char content[FETCH_HASH_SIZE];
};

struct fetch_git_job {
	const struct conf_git *conf;
	const struct fetch_options *options;
	enum fetch_git_transport transport;
	int64_t started_us;
	int64_t deadline_us; /* INT64_MAX: none */
	uint64_t max_received; /* bytes of one fetch */
	uint64_t max_content; /* bytes of all documents together */
	/* At this commit nothing is new; NULL when that is not known. */
	const char *known_commit;
	struct fetch_git_cache cache;
	/* "shallow" or "partial": objects are read in the local clone itself.
	 */
	const char *clone;
	struct fetch_progress used;
	/* The failure may be the cache's fault: worth a try with a new one. */
	bool suspect;
};

enum fetch_git_outcome {
	FETCH_GIT_RUNNING, /* a progress report, more will come */
	FETCH_GIT_SAME, /* the remote is at known_commit */
	FETCH_GIT_READY, /* the cache holds what is wanted */
	FETCH_GIT_FAILED
};

enum fetch_git_phase {
	FETCH_GIT_CONNECTING,
	FETCH_GIT_RECEIVING,
	FETCH_GIT_READING
};

/* What the child tells; small enough for one write to a pipe to be atomic. */
struct fetch_git_report {
	enum fetch_git_outcome outcome;
	enum fetch_git_phase phase;
	uint64_t bytes;
	unsigned requests;
	bool suspect;
	struct err err;
};

struct fetch_git_document {
	char *name; /* path in the repository */
	char id[FETCH_GIT_ID_SIZE];
	char *problem; /* why it cannot be read; NULL: it can */
};

struct fetch_git_documents {
	struct fetch_git_document *items; /* sorted by name */
	size_t count;
	size_t capacity;
	size_t entries; /* of trees, of any kind, looked at */
	char root[FETCH_GIT_ID_SIZE]; /* of the blob or tree at the path */
	char path[LIMIT_PATH]; /* as walked; "" is the root directory */
	/* Of the names wanted below it; "": every *.json. */
	char pattern[LIMIT_PATH];
	bool is_directory; /* what lies at the path */
};

/* As fetch_source() for a source of kind_git. */
int fetch_git(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

/*
 * Starts libgit2 for this process, without the configuration of user and
 * machine, to read repositories of this one: it knows no certificates.  Later
 * calls change nothing.
 */
int fetch_git_library(struct err *e);
/*
 * For the child, which talks to a server: starts libgit2 with certificates, and
 * forgets the parent's library state, so that two children never share the
 * random numbers their encryption starts from.  ${home} is where the library
 * finds .ssh/known_hosts, NULL for nowhere.  ${ca_file} holds the authorities
 * to trust instead of the system's, NULL for those.
 */
int fetch_git_library_again(
    const char *home, const char *ca_file, struct err *e);

/* Whether libgit2 runs ssh(1) to speak over ${transport}. */
bool fetch_git_runs_programs(enum fetch_git_transport transport);

/* ERR_FETCH from ${what} and libgit2's last words. */
void fetch_git_error(struct err *e, const char *what);

/* ---- fetch_git_url.c ---- */
/* ERR_INPUT when ${url} is not of a kind that is allowed. */
int fetch_git_url_check(
    enum fetch_git_transport *transport, const char *url, struct err *e);
/* Whether ${url} has a user or password in front of the host. */
bool fetch_git_url_has_user(const char *url);
/* Takes control characters out of the text; fetch_source() takes secrets. */
void fetch_git_url_clean(struct err *e);

/* ---- fetch_git_cache.c ---- */
/*
 * Opens the repository's directory in ${cache_dir}, the source's own, made when
 * missing, and locks it until fetch_git_cache_close().
 */
int fetch_git_cache_open(struct fetch_git_cache *c, const char *cache_dir,
    int64_t deadline_us, struct err *e);
/*
 * Opens the repository as it is after checking that nothing in it leads out of
 * it, without any configuration.  The caller frees *${out}.
 */
int fetch_git_cache_repository(
    struct git_repository **out, struct fetch_git_cache *c, struct err *e);
/* Sets repo, fresh and head; starts anew when what is there is of no use. */
int fetch_git_cache_prepare(
    struct fetch_git_cache *c, const char *url, struct err *e);
/* Looks at the repository anew, after the child has changed it. */
int fetch_git_cache_reload(struct fetch_git_cache *c, struct err *e);
/* Removes everything; prepare() then starts anew. */
int fetch_git_cache_clear(struct fetch_git_cache *c, struct err *e);
/* Removes what a killed process left behind. */
void fetch_git_cache_sweep(struct fetch_git_cache *c);
void fetch_git_cache_close(struct fetch_git_cache *c);
/*
 * The content hash of the object ${id} at ${path}, kept from run to run.
 * recall() returns false when it is not known.
 */
bool fetch_git_cache_recall(struct fetch_git_cache *c, const char *id,
    const char *path, char hash[FETCH_HASH_SIZE]);
void fetch_git_cache_remember(struct fetch_git_cache *c, const char *id,
    const char *path, const char hash[FETCH_HASH_SIZE]);

/* ---- fetch_git_child.c ---- */
/*
 * Brings the cache up to date in a child process.  ${outcome} is SAME or
 * READY.  The child does not outlive the call.
 */
int fetch_git_child_run(
    struct fetch_git_job *job, enum fetch_git_outcome *outcome, struct err *e);

/* ---- fetch_git_remote.c ---- */
typedef void fetch_git_report_callback(
    void *ctx, const struct fetch_git_report *report);
/* The child's work.  Counts in ${report}; sets its outcome when it returns 0.
 */
int fetch_git_remote_update(struct fetch_git_job *job,
    struct fetch_git_report *report, fetch_git_report_callback *callback,
    void *ctx, struct err *e);

/* ---- fetch_git_stream.c ---- */
/*
 * Where the source allows public addresses only: refuses others from here on.
 * Called when libgit2 has started, before anything is asked.  ERR_FETCH: the
 * host of an ssh URL has another address.
 */
int fetch_git_stream_guard(const struct fetch_git_job *job, struct err *e);
/* Fills ${e} if a connection was refused since then, and tells whether. */
bool fetch_git_stream_refused(struct err *e);

/* ---- fetch_git_local.c ---- */
/*
 * If the repository at ${url}, a directory of this machine, is a clone that
 * lacks objects, ${repo} reads from now on what is there, and *${kind} is
 * "shallow" or "partial"; else it is NULL and nothing has happened.
 */
int fetch_git_local_borrow(const char **kind, struct git_repository *repo,
    const char *url, struct err *e);
/* Replaces the error of opening such a repository where the cause is known. */
void fetch_git_local_explain(struct err *e, const char *url);

/* ---- fetch_git_auth.c ---- */
struct fetch_git_auth {
	const struct conf_git *conf;
	char *known_hosts; /* owned; NULL unless for ssh */
	unsigned given; /* kinds of credentials that were tried */
	struct err *e; /* set when an answer below is a refusal */
};

/* The file that says which ssh servers to trust; the caller frees it. */
char *fetch_git_auth_known_hosts(const struct conf_git *conf);

/*
 * For ssh: sets ${auth}->known_hosts, and makes a home directory inside the
 * cache whose .ssh/known_hosts leads there.  The caller frees *${home}.
 */
int fetch_git_auth_home(char **home, struct fetch_git_auth *auth,
    const char *cache_dir, struct err *e);
/* The answers to libgit2's questions; its rules for what they return. */
int fetch_git_auth_credentials(struct git_credential **out,
    struct fetch_git_auth *auth, const char *url_user, unsigned allowed);
int fetch_git_auth_certificate(struct fetch_git_auth *auth,
    const struct git_cert *cert, bool valid, const char *host);

/* ---- fetch_git_tree.c ---- */
/*
 * Finds what lies at the configured path of the commit behind the cache's
 * head, and writes the commit's id to ${commit}.
 */
int fetch_git_tree_find(struct fetch_git_job *job,
    struct fetch_git_documents *docs, char commit[FETCH_GIT_ID_SIZE],
    struct err *e);
/*
 * Reads all documents for their content hash.  Of several, one that cannot be
 * read gets its problem.
 */
int fetch_git_tree_hash(struct fetch_git_job *job,
    struct fetch_git_documents *docs, char hash[FETCH_HASH_SIZE],
    struct err *e);
/*
 * Loads the bytes of ${doc}, which the caller frees with git_blob_free().
 * ERR_LIMIT when it is too large, before anything is loaded.
 */
int fetch_git_tree_blob(struct git_blob **out, struct git_repository *repo,
    const struct fetch_git_document *doc, struct err *e);
void fetch_git_tree_free(struct fetch_git_documents *docs);

#endif
