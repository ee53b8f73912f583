/* SPDX-License-Identifier: Apache-2.0 */
/* A mounted ConfigMap: its directory, one key of it, or one file. */
#include "sync/kinds/configmap/fetch_configmap.h"

#include "lib/xalloc.h"
#include "sync/fetch/file_list.h"
#include "sync/kinds/file/fetch_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fetch_keys(struct fetch *out, const struct conf_configmap *conf,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	const bool all = conf->key == NULL || strcmp(conf->key, "*") == 0;
	const struct fetch_place place = { conf->path, all ? "." : conf->key };
	char *key;

	if (fetch_file_at(out, &place, previous, options, e) == 0)
		return 0;
	key = all ? NULL : xasprintf("%s/%s", conf->path, conf->key);
	if (key != NULL && access(key, F_OK) == -1 && errno == ENOENT)
		err_set(e, ERR_FETCH,
		    "key %s not found in ConfigMap mounted at %s", conf->key,
		    conf->path);
	free(key);
	return -1;
}

int
fetch_configmap(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e)
{
	const struct conf_configmap *conf = &source->u.configmap;
	const struct fetch_place file = { .path = conf->path };
	struct stat st;

	if (stat(conf->path, &st) == -1) {
		file_list_fail(e, errno, conf->path);
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return fetch_keys(out, conf, previous, options, e);
	if (conf->key != NULL) {
		err_set(e, ERR_FETCH,
		    "configmap.key is %s, and %s is no directory with keys",
		    conf->key, conf->path);
		return -1;
	}
	return fetch_file_at(out, &file, previous, options, e);
}
