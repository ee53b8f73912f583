/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the two parts of /metrics: handle_metrics.c writes the counters of
 * processes, handle_metrics_sync.c writes metrics from the database.
 *
 * Names that start with http_server_ and stacklok_ are those of the ToolHive
 * registry server, with its labels, so that its dashboards work here.  Names
 * that start with http_, sync_, config_ and process_ are short ones.  All
 * others start with thv_registry_.
 */
#ifndef FCGI_OBSERVE_HANDLE_METRICS_H
#define FCGI_OBSERVE_HANDLE_METRICS_H

#include "fcgi/handlers/handle.h"
#include "fcgi/observe/exposition.h"

/* Starts a sample with the two labels of all stacklok_ families. */
void handle_metrics_begin(struct exposition *m, const char *suffix);

/* Syncs, sources and registries; needs a database. */
int handle_metrics_sync(
    struct exposition *m, struct exchange *x, struct err *e);
/* Adds samples of failed syncs to the current family. */
int handle_metrics_sync_errors(
    struct exposition *m, struct exchange *x, struct err *e);

/* A histogram, written bucket by bucket in the order of their bounds. */
struct handle_metrics_histogram {
	void (*labels)(struct exposition *m, const void *ctx);
	const void *ctx;
	uint64_t count; /* so far */
	int64_t us; /* the sum */
};
void handle_metrics_bucket(struct exposition *m,
    const struct handle_metrics_histogram *h, int64_t bound_us);
/* Ends it with its sum and count. */
void handle_metrics_sum(
    struct exposition *m, const struct handle_metrics_histogram *h);

#endif
