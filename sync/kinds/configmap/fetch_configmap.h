/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the configmap kind share.
 *
 *   fetch_configmap.c         which way, and the one by a mounted directory
 *   fetch_configmap_api.c     the way by the Kubernetes API
 *   fetch_configmap_object.c  from the API's answer to documents
 */
#ifndef SYNC_KINDS_CONFIGMAP_FETCH_CONFIGMAP_H
#define SYNC_KINDS_CONFIGMAP_FETCH_CONFIGMAP_H

#include "sync/fetch/fetch.h"
#include "sync/fetch/fetch_writer.h"
#include "sync/fetch/spool.h"

/* What a pod is given to identify itself. */
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
 * Reads from ${answer}, a ConfigMap as JSON, its metadata.resourceVersion,
 * which the caller frees.  ERR_INPUT when the text is something else.
 */
int fetch_configmap_version(char **out, struct spool *answer, struct err *e);

/*
 * Writes the texts of ${answer} at ${key} ("*": all), those of binaryData
 * decoded and inflated, together at most ${max} bytes.  There may be none.
 * ERR_INPUT, ERR_LIMIT, ERR_FETCH.
 */
int fetch_configmap_object(struct fetch_writer *w, struct spool *answer,
    const char *key, uint64_t max, struct err *e);

#endif
