/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the configmap kind share.
 *
 *   fetch_configmap.c         mounted ConfigMaps
 *   fetch_configmap_api.c     requests to the Kubernetes API
 *   fetch_configmap_object.c  from the response of the API to documents
 */
#ifndef SYNC_KINDS_CONFIGMAP_FETCH_CONFIGMAP_H
#define SYNC_KINDS_CONFIGMAP_FETCH_CONFIGMAP_H

#include "sync/fetch/fetch.h"
#include "sync/fetch/fetch_writer.h"
#include "sync/fetch/spool.h"

/* The files that identify a pod. */
#define FETCH_CONFIGMAP_SERVICE_ACCOUNT \
	"/var/run/secrets/kubernetes.io/serviceaccount"

/* As fetch_source() for a source of kind_configmap. */
int fetch_configmap(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

/* The same for one of kind_configmap_api. */
int fetch_configmap_api(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

/* ---- fetch_configmap_object.c ---- */
/*
 * Reads metadata.resourceVersion from ${answer}, a ConfigMap as JSON.  The
 * caller frees *${out}.  ERR_INPUT when it is not a ConfigMap.
 */
int fetch_configmap_version(char **out, struct spool *answer, struct err *e);

/*
 * Writes the values of ${key} ("*": of all keys) in ${answer} as documents, at
 * most ${max} bytes together.  Values of binaryData are decoded and, if they
 * are compressed, inflated.  ERR_INPUT, ERR_LIMIT, ERR_FETCH.
 */
int fetch_configmap_object(struct fetch_writer *w, struct spool *answer,
    const char *key, uint64_t max, struct err *e);

#endif
