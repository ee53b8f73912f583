/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetches one source that the command line describes, for the fetch tests:
 *
 *   fetch_driver kind=git url=file:///srv/catalog.git branch=main cache=DIR
 *
 * and prints what came back, one "key=value" a line; each document as
 * "document=NAME SIZE SHA256".  A failure prints "error=CODE TEXT" and what it
 * used, and ends with status 1.
 *
 * Keys: kind (git, file, api, configmap) name url path data branch tag commit
 * username namespace object key server token_file ca_file password_file
 * private_key_file known_hosts_file source_timeout_ms; cache
 * force=1 timeout_ms; prev_hash prev_revision prev_etag prev_last_modified
 * prev_file_identity prev_checkpoint; of a url, git and an api: public_only=1
 * https_only=1; of an api: page_size overlap_ms full_interval_ms allow_empty=1
 * header_name header_value; max_bytes; progress=1 prints
 * each progress call; pause=1 waits for a line on standard input before the
 * documents are read.
 */
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/xalloc.h"
#include "sync/fetch/fetch.h"
#include "sync/fetch/fetch_child.h"
#include "sync/fetch/fetch_deadline.h"
#include "sync/fetch/fetch_sandbox.h"
#include "sync/kinds/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_TIMEOUT_MS 30000

#ifdef __SANITIZE_ADDRESS__
/* libgit2 1.5 leaks when it opens a repository with extensions. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libpcre2\n";
}

const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}
#endif

struct arguments {
	int argc;
	char **argv;
};

static char *
get(const struct arguments *args, const char *key)
{
	size_t len = strlen(key);
	int i;

	for (i = 1; i < args->argc; i++) {
		if (strncmp(args->argv[i], key, len) == 0 &&
		    args->argv[i][len] == '=')
			return args->argv[i] + len + 1;
	}
	return NULL;
}

static int64_t
get_number(const struct arguments *args, const char *key, int64_t fallback)
{
	const char *text = get(args, key);

	return text == NULL ? fallback : strtoll(text, NULL, 10);
}

static void
describe_git(struct conf_git *git, const struct arguments *args, int64_t ns)
{
	git->repository = get(args, "url");
	git->branch = get(args, "branch");
	git->tag = get(args, "tag");
	git->commit = get(args, "commit");
	git->path = get(args, "path");
	git->username = get(args, "username");
	git->public_only = get(args, "public_only") != NULL;
	git->password_file = get(args, "password_file");
	git->private_key_file = get(args, "private_key_file");
	git->known_hosts_file = get(args, "known_hosts_file");
	git->ca_file = get(args, "ca_file");
	git->timeout_ns = ns;
}

static void
describe_api(struct conf_api *api, const struct arguments *args)
{
	static struct conf_http_header header;

	api->page_size = (unsigned)get_number(args, "page_size", 100);
	api->overlap_ns = get_number(args, "overlap_ms", 600000) * 1000000;
	api->full_interval_ns =
	    get_number(args, "full_interval_ms", 86400000) * 1000000;
	api->http.token_file = get(args, "token_file");
	api->http.ca_file = get(args, "ca_file");
	api->http.public_only = get(args, "public_only") != NULL;
	api->http.https_only = get(args, "https_only") != NULL;
	header.name = get(args, "header_name");
	header.value = get(args, "header_value");
	api->headers = &header;
	api->header_count = header.name != NULL;
}

static int
describe(struct conf_source *source, const struct arguments *args)
{
	static char fallback_name[] = "test";
	const char *kind = get(args, "kind");
	int64_t ns = get_number(args, "source_timeout_ms", 0) * 1000000;

	memset(source, 0, sizeof *source);
	source->name = get(args, "name");
	if (source->name == NULL)
		source->name = fallback_name;
	if (kind == NULL)
		return -1;
	if (strcmp(kind, "git") == 0 && get(args, "url") != NULL) {
		source->kind = &kind_git;
		describe_git(&source->u.git, args, ns);
		return 0;
	}
	if (strcmp(kind, "file") == 0) {
		source->kind = &kind_file;
		source->u.file.path = get(args, "path");
		source->u.file.url = get(args, "url");
		if (source->u.file.url != NULL)
			source->kind = &kind_url;
		source->u.file.data = get(args, "data");
		source->u.file.timeout_ns = ns;
		source->u.file.http.token_file = get(args, "token_file");
		source->u.file.http.ca_file = get(args, "ca_file");
		source->u.file.http.public_only =
		    get(args, "public_only") != NULL;
		source->u.file.http.https_only =
		    get(args, "https_only") != NULL;
		return 0;
	}
	if (strcmp(kind, "configmap") == 0) {
		source->kind = &kind_configmap;
		source->u.configmap.path = get(args, "path");
		if (source->u.configmap.path == NULL)
			source->kind = &kind_configmap_api;
		source->u.configmap.name = get(args, "object");
		source->u.configmap.namespace_name = get(args, "namespace");
		source->u.configmap.key = get(args, "key");
		source->u.configmap.server = get(args, "server");
		source->u.configmap.token_file = get(args, "token_file");
		source->u.configmap.ca_file = get(args, "ca_file");
		return 0;
	}
	if (strcmp(kind, "api") == 0) {
		source->kind = &kind_api;
		source->allow_empty = get(args, "allow_empty") != NULL;
		source->u.api.endpoint = get(args, "url");
		source->u.api.timeout_ns = ns;
		describe_api(&source->u.api, args);
		return 0;
	}
	return -1;
}

static void
remember(struct validators *v, const struct arguments *args)
{
	const char *hash = get(args, "prev_hash");

	memset(v, 0, sizeof *v);
	if (hash != NULL && strlen(hash) < sizeof v->hash)
		memcpy(v->hash, hash, strlen(hash) + 1);
	v->revision = xstrdup_null(get(args, "prev_revision"));
	v->etag = xstrdup_null(get(args, "prev_etag"));
	v->last_modified = xstrdup_null(get(args, "prev_last_modified"));
	v->file_identity = xstrdup_null(get(args, "prev_file_identity"));
	v->checkpoint = xstrdup_null(get(args, "prev_checkpoint"));
}

static void
print_progress(void *ctx, const struct fetch_progress *p)
{
	(void)ctx;
	printf("progress=%s %llu %u\n", p->phase == NULL ? "" : p->phase,
	    (unsigned long long)p->bytes, p->requests);
}

static void
print_text(const char *key, const char *value)
{
	if (value != NULL)
		printf("%s=%s\n", key, value);
}

static int
print_document(struct fetch *f, size_t index, struct err *e)
{
	int rc = -1;
	struct reader r;
	struct digest *digest = digest_new();
	const char *name;
	char hash[DIGEST_HEX_SIZE];
	char bytes[65536];
	size_t total = 0;
	ssize_t n;

	memset(&r, 0, sizeof r);
	if (fetch_open(f, index, &r, &name, e) == -1)
		goto out;
	while ((n = r.read(&r, bytes, sizeof bytes, e)) > 0) {
		digest_add(digest, bytes, (size_t)n);
		total += (size_t)n;
	}
	if (n == -1)
		goto out;
	digest_hex(digest, hash);
	printf("document=%s %zu %s\n", name, total, hash);
	rc = 0;
out:
	reader_close(&r);
	digest_free(digest);
	return rc;
}

static void
print_used(const struct fetch *f)
{
	printf("requests=%u\n", f->used.requests);
	printf("bytes=%llu\n", (unsigned long long)f->used.bytes);
}

static int
print_fetch(struct fetch *f, const struct arguments *args, struct err *e)
{
	size_t i;

	printf("unchanged=%d\n", f->unchanged);
	printf("hash=%s\n", f->validators.hash);
	print_text("revision", f->validators.revision);
	print_text("etag", f->validators.etag);
	print_text("last_modified", f->validators.last_modified);
	print_text("file_identity", f->validators.file_identity);
	print_text("checkpoint", f->validators.checkpoint);
	printf("partial=%d\nnote=%s\n", f->partial, f->note);
	print_used(f);
	printf("documents=%zu\n", f->document_count);
	fflush(stdout);
	if (get(args, "pause") != NULL)
		getchar();
	for (i = 0; i < f->document_count; i++) {
		if (print_document(f, i, e) == -1)
			return -1;
	}
	return 0;
}

static struct fetch_progress last;

static void
note_progress(void *ctx, const struct fetch_progress *p)
{
	last = *p;
	if (ctx != NULL)
		print_progress(ctx, p);
}

/* As a process does that the sync started. */
struct deadline {
	const struct conf_source *source;
	const char *cache_dir;
	int64_t started_us;
	int64_t us;
};

static void
expire(void *ctx)
{
	const struct deadline *d = ctx;
	const struct fetch f = { .used = last };
	struct err e = ERR_INIT;

	fetch_deadline_error(&e, d->started_us, d->us, last.phase);
	if (d->source->kind->abandon != NULL)
		d->source->kind->abandon(d->cache_dir);
	printf("error=%d %s\n", (int)e.code, e.text);
	print_used(&f);
	fflush(stdout);
	_exit(1);
}

int
main(int argc, char **argv)
{
	int status = 1;
	const struct arguments args = { argc, argv };
	struct err e = ERR_INIT;
	struct conf_source source;
	struct validators previous;
	struct fetch_options options;
	struct deadline deadline;
	struct fetch f;

	memset(&f, 0, sizeof f);
	memset(&options, 0, sizeof options);
	remember(&previous, &args);
	if (describe(&source, &args) == -1) {
		fputs("fetch_driver: kind= is missing or unknown\n", stderr);
		goto out;
	}
	options.cache_dir = get(&args, "cache");
	/* The sync has made the directory when it starts a process like this.
	 */
	if (source.kind->remote && options.cache_dir != NULL) {
		(void)mkdir(options.cache_dir, 0700);
		fetch_sandbox_environment(&source);
		fetch_sandbox_enter(&source, options.cache_dir);
	}
	options.force = get(&args, "force") != NULL;
	options.deadline_us =
	    clock_monotonic() +
	    get_number(&args, "timeout_ms", DEFAULT_TIMEOUT_MS) * 1000;
	options.max_bytes = (uint64_t)get_number(&args, "max_bytes", 0);
	options.progress = note_progress;
	options.progress_ctx = get(&args, "progress") != NULL ? &last : NULL;
	if (source.kind->remote) {
		deadline = (struct deadline){ &source, options.cache_dir,
			clock_monotonic(), options.deadline_us };
		/* By HTTP each try has that time; see test_timeouts(). */
		if (source.kind == &kind_git &&
		    clock_monotonic() + kind_time(&source) < deadline.us)
			deadline.us = clock_monotonic() + kind_time(&source);
		fetch_deadline_start(deadline.us, expire, &deadline);
	}
	if (fetch_source(&f, &source, &previous, &options, &e) == -1 ||
	    print_fetch(&f, &args, &e) == -1) {
		printf("error=%d %s\n", (int)e.code, e.text);
		print_used(&f);
		goto out;
	}
	status = 0;
out:
	fetch_free(&f);
	validators_free(&previous);
	return status;
}
