/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration: conf_load() reads the file and the environment, and checks
 * all rules.  It reports all errors together, each with file, line and key.
 * After that the configuration does not change.
 */
#ifndef SYNC_CONF_CONF_H
#define SYNC_CONF_CONF_H

#include "lib/err.h"
#include "lib/store/filter.h"
#include "lib/trigger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source_kind; /* sync/kinds/kind.h */

struct conf_git {
	char *repository;
	char *
	    branch; /* at most one of the three is set; none: the remote HEAD */
	char *tag;
	char *commit;
	char *path; /* of a file or a directory */
	char *username; /* NULL: none; then password_file is NULL too */
	char *password_file;
	char *private_key_file; /* ssh; NULL: the agent */
	char *known_hosts_file; /* ssh; NULL: the user's */
	char *ca_file; /* https; NULL: the system's root certificates */
	bool public_only; /* as in struct http_policy */
	int64_t timeout_ns; /* of one fetch */
};

/* How a source is requested over HTTP. */
struct conf_http {
	char *token_file; /* a bearer token; NULL: none */
	char *ca_file; /* NULL: the system's root certificates */
	bool insecure; /* secrets may be sent over plain http */
	bool public_only; /* as in struct http_policy */
	bool https_only;
};

struct conf_http_header { /* one of value and value_file is not NULL */
	char *name;
	char *value;
	char *value_file; /* read for each fetch */
};

struct conf_api {
	char *endpoint; /* http or https, without query and fragment */
	int64_t timeout_ns; /* of one request */
	size_t page_size; /* servers in one page */
	int64_t
	    overlap_ns; /* before the last crawl; changes are requested since */
	int64_t full_interval_ns; /* between crawls of everything */
	struct conf_http http;
	struct conf_http_header *headers;
	size_t header_count;
};

struct conf_file { /* exactly one of path, url, data is not NULL */
	char *path; /* a file or a directory of *.json */
	char *url;
	char *data; /* inline document */
	int64_t timeout_ns; /* of a url; 0: no limit */
	struct conf_http http; /* of a url */
};

struct conf_configmap { /* exactly one of path, name is not NULL */
	char *path; /* mounted directory or file */
	char *name; /* in the API of the cluster */
	char *namespace_name; /* NULL: the one this pod runs in */
	char *key; /* "*": all; NULL, with path only: every *.json */
	char *server; /* URL of the API; NULL: that of the pod's cluster */
	char *token_file; /* NULL: the service account's */
	char *ca_file; /* NULL: the service account's, else the system's */
};

struct conf_kubernetes {
	struct filter_list namespaces;
};

struct conf_source {
	char *name;
	int line; /* in the file */
	const struct source_kind *kind;
	union {
		struct conf_git git;
		struct conf_api api;
		struct conf_file file;
		struct conf_configmap configmap;
		struct conf_kubernetes kubernetes;
	} u;
	int64_t interval_ns; /* 0 if not synced, or due at every run */
	bool strict; /* one bad entry fails the source */
	bool allow_shrink; /* one sync may remove most of its entries */
	bool allow_empty; /* an API without entries is no failure */
	struct filter_spec filter;
	char *claims; /* compact JSON object, keys as written; NULL: none */
};

struct conf_registry {
	char *name;
	int line;
	struct filter_list source_names;
	size_t *sources; /* indexes into conf.sources, first has priority */
	size_t source_count;
	bool is_default;
	char *claims; /* as in struct conf_source */
};

struct conf_message {
	bool is_error; /* else a warning */
	int line; /* they are in the order of lines */
	char *text; /* "FILE:LINE: KEY: found X, expected Y" */
};

struct conf {
	char *file; /* as given */
	bool insecure_url; /* http may be used where https is expected */
	bool unsupported; /* telemetry.enabled, audit.enabled: only a warning */
	char *database_path;
	size_t max_meta_size; /* database.maxMetaSize */
	int64_t tombstone_ns; /* how long removed entries are kept */
	enum trigger_access trigger_access;
	char *trigger_token_file; /* absolute; NULL: none */
	int64_t trigger_pause_ns; /* between triggered fetches; 0: none */
	int64_t deadline_ns; /* sync.deadline, of one run; 0: none */
	struct conf_source *sources;
	size_t source_count;
	struct conf_registry *registries; /* exactly one is_default */
	size_t registry_count;
	struct conf_message *messages;
	size_t message_count;
	size_t error_count;
};

/*
 * Loads ${file}.  Returns 0 with a valid configuration, whose messages may be
 * warnings.  On -1 ${e} has the first error, and *${out} is set if the file
 * could be read, for all its messages.  The caller frees *${out} with
 * conf_free() in both cases; NULL is allowed.
 */
int conf_load(struct conf **out, const char *file, struct err *e);
/* Wipes secrets, too. */
void conf_free(struct conf *c);

/*
 * Wipes and frees all sources of ${c} except ${source}, for a process that uses
 * only that one.
 */
void conf_forget_others(const struct conf *c, const struct conf_source *source);

/* The name of the block in the configuration: "git". */
const char *source_kind_name(const struct source_kind *kind);
/* Whether sources of this kind are fetched by the sync. */
bool source_kind_is_synced(const struct source_kind *kind);

/*
 * The kind's own block as compact JSON for GET /v1/sources, in the keys of the
 * reference ({"repository":...,"branch":...}), without names of secret files
 * and without secrets in URLs (url_shown()).  The caller frees it.
 */
char *conf_source_json(const struct conf_source *s);

/*
 * Everything that decides what a fetch of ${s} returns (kind, place, reference,
 * path; not interval, filter or claims), with digests of secrets.  If it
 * differs from that of the last sync, stored validators are invalid.  The
 * caller frees it.
 */
char *conf_source_identity(const struct conf_source *s);

#endif
