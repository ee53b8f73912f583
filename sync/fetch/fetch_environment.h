/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetching process keeps of the environment. */
#ifndef SYNC_FETCH_FETCH_ENVIRONMENT_H
#define SYNC_FETCH_FETCH_ENVIRONMENT_H

#include "sync/conf/conf.h"

/*
 * Removes every variable that a fetch of ${source} has no use for, and wipes
 * its value from memory.  What stays: proxies, certificates, language, time
 * zone, home and name resolution; for a ConfigMap where the cluster is, for git
 * over ssh the agent.
 */
void fetch_environment_reduce(const struct conf_source *source);

#endif
