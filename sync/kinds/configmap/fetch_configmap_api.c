/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ConfigMap read from the Kubernetes API, as a pod's service account unless
 * the configuration says otherwise.
 *
 * The API has no conditional requests for one object: it sends no ETag and
 * ignores If-None-Match.  So the object is requested each time, and its
 * resourceVersion shows whether it has changed.  The cluster replaces the files
 * of token and CA from time to time, so both are read for every fetch.
 */
#include "sync/kinds/configmap/fetch_configmap.h"

#include "lib/digest.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/fetch/http/fetch_download.h"
#include "sync/fetch/secret.h"
#include "sync/fetch/spool.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SERVICE_ACCOUNT FETCH_CONFIGMAP_SERVICE_ACCOUNT
#define TIMEOUT_NS (30 * INT64_C(1000000000))

/* How to request the object; determined for every fetch. */
struct access {
	char *namespace_name;
	char *url; /* of the ConfigMap */
	struct conf_http http;
};

/* ---- address and secrets ---- */

static int
find_namespace(
    struct access *a, const struct conf_configmap *conf, struct err *e)
{
	if (conf->namespace_name != NULL) {
		a->namespace_name = xstrdup(conf->namespace_name);
		return 0;
	}
	if (secret_read(&a->namespace_name, SERVICE_ACCOUNT "/namespace",
		SERVICE_ACCOUNT "/namespace", e) == -1) {
		err_wrap(e,
		    "configmap.namespace is not set and this is no pod with a "
		    "service account");
		return -1;
	}
	/* It becomes a part of the URL. */
	if (strspn(
		a->namespace_name, "abcdefghijklmnopqrstuvwxyz0123456789-") !=
	    strlen(a->namespace_name)) {
		err_set(e, ERR_FETCH, "%s holds no name of a namespace",
		    SERVICE_ACCOUNT "/namespace");
		return -1;
	}
	return 0;
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* The server without a slash at its end; the caller frees it. */
static int
find_server(char **out, const struct conf_configmap *conf, struct err *e)
{
	const char *host = variable("KUBERNETES_SERVICE_HOST");
	const char *port = variable("KUBERNETES_SERVICE_PORT");
	bool is_ipv6 = host != NULL && strchr(host, ':') != NULL;
	size_t len;

	if (conf->server != NULL) {
		len = strlen(conf->server);
		while (len > 0 && conf->server[len - 1] == '/')
			len--;
		*out = xstrndup(conf->server, len);
		return 0;
	}
	if (host == NULL) {
		err_set(e, ERR_FETCH,
		    "configmap.server is not set and this is no pod: "
		    "KUBERNETES_SERVICE_HOST is not set either");
		return -1;
	}
	*out = xasprintf("https://%s%s%s:%s", is_ipv6 ? "[" : "", host,
	    is_ipv6 ? "]" : "", port != NULL ? port : "443");
	return 0;
}

static void
find_secrets(
    struct access *a, const struct conf_configmap *conf, const char *server)
{
	static char own_token[] = SERVICE_ACCOUNT "/token";
	static char own_ca[] = SERVICE_ACCOUNT "/ca.crt";

	/* No token over plain http. */
	if (strncasecmp(server, "https:", 6) == 0)
		a->http.token_file =
		    conf->token_file != NULL ? conf->token_file : own_token;
	a->http.ca_file = conf->ca_file;
	if (conf->ca_file == NULL && access(own_ca, F_OK) == 0)
		a->http.ca_file = own_ca;
}

static int
find_access(struct access *a, const struct conf_configmap *conf, struct err *e)
{
	char *server = NULL;
	int rc = -1;

	if (find_namespace(a, conf, e) == -1 ||
	    find_server(&server, conf, e) == -1)
		goto out;
	find_secrets(a, conf, server);
	a->url = xasprintf("%s/api/v1/namespaces/%s/configmaps/%s", server,
	    a->namespace_name, conf->name);
	rc = 0;
out:
	free(server);
	return rc;
}

/* ---- the request ---- */

static uint64_t
limit(const struct fetch_options *options, uint64_t most)
{
	return options->max_bytes != 0 && options->max_bytes < most
		   ? options->max_bytes
		   : most;
}

/* Writes the response of the API to ${spool}. */
static int
request_object(struct spool *spool, struct fetch *out, const struct access *a,
    const struct fetch_options *options, struct err *e)
{
	struct http_request rq = {
		.url = a->url,
		.spool = spool,
		.accept = "application/json",
		.no_redirects = true,
		.max_body = limit(options, LIMIT_CONFIGMAP_ANSWER),
		.timeout_ns = TIMEOUT_NS,
	};
	struct http_policy policy;
	struct http_response rs = { 0 };
	int rc = -1;

	if (fetch_policy(&policy, &a->http, "configmap", 0, e) == -1 ||
	    fetch_download(out, options, &rq, &policy, &rs, e) == -1)
		goto out;
	rc = 0;
out:
	http_response_free(&rs);
	fetch_policy_free(&policy);
	return rc;
}

/* ---- documents ---- */

static bool
is_known(const struct validators *previous, const char *version,
    const struct fetch_options *options)
{
	return !options->force && previous->hash[0] != '\0' &&
	       previous->revision != NULL &&
	       strcmp(previous->revision, version) == 0;
}

static int
check_found(
    const struct fetch *f, const char *key, const char *name, struct err *e)
{
	if (f->document_count > 0)
		return 0;
	if (strcmp(key, "*") == 0)
		err_set(e, ERR_FETCH, "%s has no keys", name);
	else
		err_set(e, ERR_FETCH, "key %s not found in %s", key, name);
	return -1;
}

/* The same key may be in data and in binaryData. */
static int
check_duplicates(const struct fetch *f, struct err *e)
{
	for (size_t i = 1; i < f->document_count; i++) {
		const char *key = f->documents[i].name;

		if (strcmp(f->documents[i - 1].name, key) != 0)
			continue;
		err_set(e, ERR_INPUT, "duplicate key %s", key);
		return -1;
	}
	return 0;
}

/* ${name} is that of the ConfigMap, for messages. */
static int
write_documents(struct fetch *out, struct spool *answer,
    const struct conf_configmap *conf, const char *name,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	struct fetch_writer w;
	int rc = -1;

	out->files = strcmp(conf->key, "*") == 0;
	if (fetch_writer_start(&w, out, options, e) == -1)
		goto out;
	if (fetch_configmap_object(&w, answer, conf->key,
		limit(options, LIMIT_CONFIGMAP_INFLATED), e) == -1) {
		err_wrap(e, "%s", name);
		goto out;
	}
	if (check_found(out, conf->key, name, e) == -1)
		goto out;
	if (fetch_writer_finish(&w, previous, ERR_INPUT, e) == -1 ||
	    check_duplicates(out, e) == -1) {
		err_wrap(e, "%s", name);
		goto out;
	}
	rc = 0;
out:
	fetch_writer_free(&w);
	return rc;
}

int
fetch_configmap_api(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	const struct conf_configmap *conf = &source->u.configmap;
	struct validators *v = &out->validators;
	struct spool *spool = NULL;
	struct access a = { 0 };
	char *name = NULL;
	int rc = -1;

	if (spool_new(&spool, options->cache_dir, e) == -1)
		goto out;
	if (find_access(&a, conf, e) == -1 ||
	    request_object(spool, out, &a, options, e) == -1 ||
	    fetch_configmap_version(&v->revision, spool, e) == -1) {
		err_wrap(e, "failed to get ConfigMap %s/%s",
		    a.namespace_name != NULL ? a.namespace_name : "?",
		    conf->name);
		goto out;
	}
	name = xasprintf("ConfigMap %s/%s", a.namespace_name, conf->name);
	if (is_known(previous, v->revision, options)) {
		memcpy(v->hash, previous->hash, sizeof v->hash);
		out->unchanged = true;
	} else if (write_documents(
		       out, spool, conf, name, previous, options, e) == -1) {
		goto out;
	}
	rc = 0;
out:
	free(name);
	spool_free(spool);
	free(a.namespace_name);
	free(a.url);
	return rc;
}
