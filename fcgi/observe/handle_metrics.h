/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the two halves of /metrics: handle_metrics.c has what processes
 * have counted, handle_metrics_sync.c what is in the database.
 *
 * Names that begin with http_server_ and stacklok_ are those of the registry
 * server whose dashboards are meant to carry over, with its labels; http_,
 * sync_, config_ and process_ are short ones; what only exists here begins with
 * thv_registry_.
 */
#ifndef FCGI_OBSERVE_HANDLE_METRICS_H
#define FCGI_OBSERVE_HANDLE_METRICS_H

#include "fcgi/handlers/handle.h"
#include "fcgi/observe/exposition.h"

/* Starts a sample with the two labels that all stacklok_ families have. */
void handle_metrics_begin(struct exposition *m, const char *suffix);

/* Syncs, sources and registries; only where there is a database. */
int handle_metrics_sync(
    struct exposition *m, struct exchange *x, struct err *e);
/* Samples of failed syncs, in a family that has begun. */
int handle_metrics_sync_errors(
    struct exposition *m, struct exchange *x, struct err *e);

/* A distribution, written bucket by bucket in the order of their bounds. */
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
