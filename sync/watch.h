/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --watch: the sync that stays.
 *
 * Between runs it holds nothing but its configuration, so that another sync can
 * take the lock; when something is due, or has changed on this machine, it
 * makes a run like any other.  During a run it is asked for changes, too, so
 * that a slow source does not keep a new configuration from being served.
 *
 * A configuration that is broken is reported and the one before stays in force.
 * How the last reading went is in the table setting as 'config_reload', a JSON
 * object: "at" (RFC 3339), "durationSeconds" (from the moment the change was
 * noticed until it was in the database), "result" ("success" or "failure"), and
 * "failures", those since the process started.
 */
#ifndef SYNC_WATCH_H
#define SYNC_WATCH_H

#include "sync/conf/conf.h"
#include "sync/report.h"

/*
 * Stays until the process is asked to end.  ${conf} was loaded from ${config}
 * and is freed here; signals are handled by stop.c.  Returns the exit status.
 */
int watch(const char *config, struct conf *conf, struct reporter *reporter);

#endif
