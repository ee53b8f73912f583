/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to a git server: lists its references, compares them with the last
 * fetch, and fetches only the configured one.
 */
#include "sync/kinds/git/fetch_git.h"

#include "lib/clock.h"
#include "lib/limits.h"
#include "lib/trace.h"
#include "lib/xalloc.h"

#include <git2.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBGIT2_AT_LEAST(major, minor)  \
	(LIBGIT2_VER_MAJOR > (major) || \
	    (LIBGIT2_VER_MAJOR == (major) && LIBGIT2_VER_MINOR >= (minor)))

#define REPORT_STEP_US (CLOCK_SECOND / 10)

/* For all references, if a commit cannot be requested by its id. */
#define ALL_HEADS "+refs/heads/*:refs/thv/all/heads/*"
#define ALL_TAGS "+refs/tags/*:refs/thv/all/tags/*"

struct session {
	struct fetch_git_job *job;
	struct fetch_git_auth auth;
	struct err *e; /* set when a callback refuses */
	git_repository *repo; /* the cache's */
	git_remote *remote; /* connected, or NULL */
	uint64_t before; /* bytes received by earlier fetches */
	int64_t reported_us;
	char trace[sizeof "traceparent: " + TRACE_PARENT_SIZE];
	char *headers[1]; /* sent along over HTTP */
};

/* What to fetch. */
struct target {
	char *ref; /* owned; NULL: only the id is known */
	git_oid id; /* of the reference: a commit or an annotated tag */
	git_oid commit;
};

/* ---- callbacks for libgit2 ---- */

static void
report(struct session *v, const char *phase)
{
	v->reported_us = clock_monotonic();
	fetch_git_progress(v->job, phase);
}

static int
on_transfer(const git_indexer_progress *stats, void *payload)
{
	struct session *v = payload;

	v->job->used->bytes = v->before + stats->received_bytes;
	if (stats->total_objects > LIMIT_GIT_OBJECTS) {
		err_set(v->e, ERR_LIMIT,
		    "the repository sends %u objects, the limit is %d",
		    stats->total_objects, LIMIT_GIT_OBJECTS);
		return GIT_EUSER;
	}
	if (stats->received_bytes > v->job->max_received) {
		err_set(v->e, ERR_LIMIT,
		    "the repository sends more than %llu bytes",
		    (unsigned long long)v->job->max_received);
		return GIT_EUSER;
	}
	if (clock_monotonic() - v->reported_us >= REPORT_STEP_US)
		report(v, "receiving objects");
	return 0;
}

static int
on_credentials(git_credential **out, const char *url, const char *url_user,
    unsigned int allowed, void *payload)
{
	struct session *v = payload;

	(void)url;
	return fetch_git_auth_credentials(out, &v->auth, url_user, allowed);
}

static int
on_certificate(git_cert *cert, int valid, const char *host, void *payload)
{
	struct session *v = payload;

	return fetch_git_auth_certificate(&v->auth, cert, valid != 0, host);
}

/* ---- the remote ---- */

static void
disconnect(struct session *v)
{
	git_remote_free(v->remote);
	v->remote = NULL;
}

/*
 * ${fetching}: the connection was established, so only a network error proves
 * that the cache did not cause the failure.
 */
static int
fail(struct session *v, const char *what, bool fetching)
{
	const git_error *last = git_error_last();
	int class = last == NULL ? GIT_ERROR_NONE : last->klass;

	if (v->e->code != ERR_NONE || fetch_git_stream_refused(v->e))
		return -1;
	fetch_git_error(v->e, what);
	v->job->suspect = fetching && class != GIT_ERROR_NET &&
			  class != GIT_ERROR_SSL && class != GIT_ERROR_SSH &&
			  class != GIT_ERROR_HTTP &&
			  class != GIT_ERROR_CALLBACK;
	return -1;
}

static void
fill_callbacks(struct session *v, git_remote_callbacks *callbacks)
{
	callbacks->payload = v;
	callbacks->credentials = on_credentials;
	callbacks->certificate_check = on_certificate;
	callbacks->transfer_progress = on_transfer;
}

/* A proxy would resolve names without a check. */
static git_proxy_t
proxy_of(const struct session *v)
{
	return v->job->conf->public_only ? GIT_PROXY_NONE : GIT_PROXY_AUTO;
}

#if LIBGIT2_AT_LEAST(1, 4)
/*
 * When libgit2 requests credentials after a redirect, it does not report the
 * new host.  So with credentials, redirects are not followed.
 */
static git_remote_redirect_t
redirects(const struct session *v)
{
	const struct conf_git *conf = v->job->conf;

	return conf->password_file != NULL ||
		       fetch_git_url_has_user(conf->repository)
		   ? GIT_REMOTE_REDIRECT_NONE
		   : GIT_REMOTE_REDIRECT_INITIAL;
}
#endif

/* Requests of one connection are one span of the trace. */
static git_strarray
headers_of(struct session *v)
{
	const git_strarray none = { NULL, 0 }, one = { v->headers, 1 };
	char parent[TRACE_PARENT_SIZE];

	if (trace_current() == NULL)
		return none;
	trace_child(parent, trace_current());
	snprintf(v->trace, sizeof v->trace, "traceparent: %s", parent);
	v->headers[0] = v->trace;
	return one;
}

/*
 * libgit2 cannot parse the lines that announce a shallow repository, nor long
 * ids, and its messages name neither cause.  They are those of 1.5 and 1.9.
 */
static void
explain(struct session *v)
{
	if (v->e->code != ERR_FETCH)
		return;
	if (v->job->transport == FETCH_GIT_LOCAL)
		fetch_git_local_explain(v->e, v->job->conf->repository);
	else if (strstr(v->e->text, "pkt-line") != NULL ||
		 strstr(v->e->text, "packet line") != NULL)
		err_wrap(v->e,
		    "the repository on the server is a shallow clone (run "
		    "\"git fetch --unshallow\" there) or uses SHA-256 object "
		    "ids, and libgit2 %d.%d can read neither",
		    LIBGIT2_VER_MAJOR, LIBGIT2_VER_MINOR);
	else if (strstr(v->e->text, "early EOF") != NULL)
		err_wrap(v->e,
		    "the server closed the connection, as it does if its "
		    "repository is a partial clone or damaged");
}

static int
connect_remote(struct session *v)
{
	/* No configuration may replace the URL. */
	const git_remote_create_options as_written = {
		.version = GIT_REMOTE_CREATE_OPTIONS_VERSION,
		.repository = v->repo,
		.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF |
			 GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC
	};
	const git_strarray headers = headers_of(v);
	int failed;
#if LIBGIT2_AT_LEAST(1, 4)
	git_remote_connect_options options;

	git_remote_connect_options_init(
	    &options, GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	options.follow_redirects = redirects(v);
	options.proxy_opts.type = proxy_of(v);
	options.custom_headers = headers;
	fill_callbacks(v, &options.callbacks);
#else
	git_remote_callbacks callbacks;
	git_proxy_options proxy;

	git_remote_init_callbacks(&callbacks, GIT_REMOTE_CALLBACKS_VERSION);
	git_proxy_options_init(&proxy, GIT_PROXY_OPTIONS_VERSION);
	proxy.type = proxy_of(v);
	fill_callbacks(v, &callbacks);
#endif
	report(v, "connecting");
	disconnect(v);
	v->auth.given = 0; /* a new connection asks again */
	if (git_remote_create_with_opts(
		&v->remote, v->job->conf->repository, &as_written) != 0)
		return fail(v, "failed to use the repository URL", false);
	v->job->used->requests++;
#if LIBGIT2_AT_LEAST(1, 4)
	failed =
	    git_remote_connect_ext(v->remote, GIT_DIRECTION_FETCH, &options);
#else
	failed = git_remote_connect(
	    v->remote, GIT_DIRECTION_FETCH, &callbacks, &proxy, &headers);
#endif
	if (failed == 0)
		return 0;
	fail(v, "failed to connect", false);
	explain(v);
	return -1;
}

/* Fetches over the established connection, which is closed afterwards. */
static int
fetch_refs(struct session *v, char **specs, size_t count, bool shallow)
{
	git_fetch_options options;
	const git_strarray array = { specs, count };

	git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	options.prune = GIT_FETCH_NO_PRUNE;
	options.update_fetchhead = 0;
	options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	options.proxy_opts.type = proxy_of(v);
	options.custom_headers = headers_of(v);
	fill_callbacks(v, &options.callbacks);
#if LIBGIT2_AT_LEAST(1, 4)
	options.follow_redirects = redirects(v);
#endif
#if LIBGIT2_AT_LEAST(1, 7)
	/* libgit2 cannot make shallow fetches from local repositories. */
	if (shallow && v->job->transport != FETCH_GIT_LOCAL)
		options.depth = 1;
#else
	(void)shallow;
#endif
	v->job->used->requests++;
	v->before = v->job->used->bytes;
	report(v, "receiving objects");
	if (git_remote_fetch(v->remote, &array, &options, NULL) == 0)
		return 0;
	fail(v, "failed to fetch", true);
	if (v->job->transport != FETCH_GIT_LOCAL)
		explain(v);
	return -1;
}

/* ---- what to fetch ---- */

/* Whether the name of a reference has no special meaning in a refspec. */
static bool
is_plain_ref(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++) {
		if (iscntrl((unsigned char)*p) ||
		    strchr(" ~^:?*[\\", *p) != NULL)
			return false;
	}
	return strstr(name, "..") == NULL && strstr(name, "@{") == NULL;
}

static char *
wanted_ref(const struct conf_git *conf)
{
	if (conf->branch != NULL)
		return xasprintf("refs/heads/%s", conf->branch);
	if (conf->tag != NULL)
		return xasprintf("refs/tags/%s", conf->tag);
	return xstrdup("HEAD");
}

static int
set_missing(const struct conf_git *conf, size_t ref_count, struct err *e)
{
	if (ref_count == 0)
		err_set(e, ERR_FETCH, "the repository is empty");
	else if (conf->branch != NULL)
		err_set(
		    e, ERR_FETCH, "there is no branch \"%s\"", conf->branch);
	else if (conf->tag != NULL)
		err_set(e, ERR_FETCH, "there is no tag \"%s\"", conf->tag);
	else
		err_set(e, ERR_FETCH,
		    "its HEAD refers to no branch, name one in git.branch");
	return -1;
}

static int
find_ref(struct target *t, const struct conf_git *conf,
    const git_remote_head **heads, size_t count, struct err *e)
{
	int rc = -1;
	char *ref = wanted_ref(conf);
	char *peeled = xasprintf("%s^{}", ref);
	size_t i;

	if (!is_plain_ref(ref)) {
		err_set(e, ERR_INPUT, "\"%s\" is not a valid reference", ref);
		goto out;
	}
	for (i = 0; i < count; i++) {
		if (strcmp(heads[i]->name, ref) == 0) {
			t->ref = ref;
			t->id = heads[i]->oid;
			t->commit = t->id;
			break;
		}
	}
	if (t->ref == NULL) {
		set_missing(conf, count, e);
		goto out;
	}
	/* An annotated tag is listed with its commit. */
	for (i = 0; i < count; i++) {
		if (strcmp(heads[i]->name, peeled) == 0)
			t->commit = heads[i]->oid;
	}
	ref = NULL;
	rc = 0;
out:
	free(peeled);
	free(ref);
	return rc;
}

/* If a reference is at the commit, it can be requested by that name. */
static void
find_commit(struct target *t, const git_remote_head **heads, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (git_oid_equal(&heads[i]->oid, &t->commit) &&
		    is_plain_ref(heads[i]->name)) {
			t->ref = xstrdup(heads[i]->name);
			return;
		}
	}
}

static int
list_references(struct session *v, struct target *t)
{
	const struct conf_git *conf = v->job->conf;
	const git_remote_head **heads;
	size_t count;

	if (connect_remote(v) == -1)
		return -1;
	if (git_remote_ls(&heads, &count, v->remote) != 0)
		return fail(v, "failed to list references", false);
	if (conf->commit == NULL)
		return find_ref(t, conf, heads, count, v->e);
	find_commit(t, heads, count);
	return 0;
}

/*
 * Whether a shallow fetch failed because it is not supported: by the server, or
 * by libgit2 1.7, which sends its request twice over ssh.  Only the message
 * shows that.  The whole history is then fetched over a new connection.
 */
static bool
cannot_be_shallow(const struct err *e)
{
	return e->code == ERR_FETCH &&
	       (strstr(e->text, "support shallow") != NULL ||
		   strstr(e->text, "expected SHA1 list") != NULL);
}

static int
fetch_one(struct session *v, const char *from, bool shallow)
{
	char *spec = xasprintf("+%s:%s", from, FETCH_GIT_HEAD);
	int result = fetch_refs(v, &spec, 1, shallow);

	if (result == -1 && shallow && cannot_be_shallow(v->e)) {
		err_clear(v->e);
		v->job->suspect = false;
		result = connect_remote(v);
		if (result == 0)
			result = fetch_refs(v, &spec, 1, false);
	}
	free(spec);
	return result;
}

/* Points the cache's head to an existing object. */
static int
point_head(struct session *v, const git_oid *id)
{
	git_reference *ref = NULL;

	if (git_reference_create(&ref, v->repo, FETCH_GIT_HEAD, id, 1, NULL) !=
	    0)
		return fail(v, "failed to update the cache", true);
	git_reference_free(ref);
	return 0;
}

/* Points the head to the commit, if that has been fetched. */
static int
set_head(struct session *v, const git_oid *id)
{
	git_commit *commit = NULL;

	if (git_commit_lookup(&commit, v->repo, id) != 0) {
		err_set(v->e, ERR_FETCH, "there is no commit %s",
		    v->job->conf->commit);
		return -1;
	}
	git_commit_free(commit);
	return point_head(v, id);
}

/*
 * Fetches a commit that no reference is at.  Many servers accept its id;
 * otherwise all branches and tags are fetched to find it there.
 */
static int
fetch_commit(struct session *v, const struct target *t)
{
	char heads[] = ALL_HEADS;
	char tags[] = ALL_TAGS;
	char *all[] = { heads, tags };
	char id[FETCH_GIT_ID_SIZE];

	git_oid_tostr(id, sizeof id, &t->commit);
	if (fetch_one(v, id, true) == 0)
		return set_head(v, &t->commit);
	if (v->e->code == ERR_LIMIT)
		return -1;
	err_clear(v->e);
	v->job->suspect = false;
	if (connect_remote(v) == -1 || fetch_refs(v, all, 2, false) == -1)
		return -1;
	return set_head(v, &t->commit);
}

/* Points the head to an object of the local clone. */
static int
set_borrowed_head(struct session *v, const git_oid *id)
{
	git_object *object = NULL;

	if (git_object_lookup(&object, v->repo, id, GIT_OBJECT_ANY) != 0) {
		err_set(v->e, ERR_FETCH,
		    "there is no commit %s: the repository is a %s clone; run "
		    "\"git fetch --unshallow\" there, or name the repository "
		    "that it was cloned from",
		    v->job->conf->commit, v->job->clone);
		return -1;
	}
	git_object_free(object);
	return point_head(v, id);
}

/* After a failed fetch from an incomplete local clone: reads it in place. */
static int
borrow_objects(struct session *v, const struct target *t)
{
	struct err ignored = ERR_INIT;

	if (v->job->transport != FETCH_GIT_LOCAL || v->e->code != ERR_FETCH ||
	    fetch_git_local_borrow(&v->job->clone, v->repo,
		v->job->conf->repository, &ignored) == -1 ||
	    v->job->clone == NULL)
		return -1;
	err_clear(v->e);
	v->job->suspect = false;
	return set_borrowed_head(v, &t->id);
}

static int
update(struct session *v, struct target *t, bool *same)
{
	char id[FETCH_GIT_ID_SIZE];
	char commit[FETCH_GIT_ID_SIZE];
	const char *known = v->job->known_commit;

	if (list_references(v, t) == -1)
		return -1;
	git_oid_tostr(id, sizeof id, &t->id);
	git_oid_tostr(commit, sizeof commit, &t->commit);
	*same = known != NULL && strcmp(known, commit) == 0;
	if (*same || strcmp(v->job->cache.head, id) == 0)
		return 0;
	if ((t->ref == NULL ? fetch_commit(v, t)
			    : fetch_one(v, t->ref, true)) == -1 &&
	    borrow_objects(v, t) == -1)
		return -1;
	fetch_git_cache_head(&v->job->cache);
	return 0;
}

int
fetch_git_remote_update(struct fetch_git_job *job, bool *same, struct err *e)
{
	int rc = -1;
	struct session v = {
		.job = job,
		.auth = { .conf = job->conf,
		    .known_hosts = job->known_hosts,
		    .e = e },
		.e = e,
		.repo = job->cache.repo,
	};
	struct target target = { 0 };

	err_clear(e);
	if (fetch_git_stream_guard(job, e) == -1)
		goto out;
	if (job->conf->commit != NULL) {
		if (git_oid_fromstr(&target.commit, job->conf->commit) != 0) {
			fail(&v, "not a commit id", false);
			goto out;
		}
		target.id = target.commit;
	}
	if (update(&v, &target, same) == -1)
		goto out;
	rc = 0;
out:
	free(target.ref);
	disconnect(&v);
	return rc;
}
