/* SPDX-License-Identifier: Apache-2.0 */
/* One document behind a URL. */
#ifndef SYNC_KINDS_URL_FETCH_URL_H
#define SYNC_KINDS_URL_FETCH_URL_H

#include "sync/fetch/fetch.h"

/* As fetch_source() for a source of kind_url. */
int fetch_url(struct fetch *out, const struct conf_source *source,
    const struct validators *previous, const struct fetch_options *options,
    struct err *e);

#endif
