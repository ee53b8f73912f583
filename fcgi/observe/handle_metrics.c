/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: requests and processes. */
#include "fcgi/observe/handle_metrics.h"

#include "fcgi/observe/endpoint.h"
#include "fcgi/process/program.h"
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NOT_MODIFIED 304
#define PATH_MAX_BYTES (LIMIT_PATH + 8)

/* ---- parts of samples ---- */

void
handle_metrics_begin(struct exposition *m, const char *suffix)
{
	exposition_begin(m, suffix);
	exposition_label(m, "stacklok_component", "registry");
	exposition_label(m, "stacklok_product", "stacklok-platform");
}

void
handle_metrics_bucket(struct exposition *m,
    const struct handle_metrics_histogram *h, int64_t bound_us)
{
	exposition_begin(m, "_bucket");
	h->labels(m, h->ctx);
	exposition_bound(m, bound_us);
	exposition_int(m, (int64_t)h->count);
}

void
handle_metrics_sum(
    struct exposition *m, const struct handle_metrics_histogram *h)
{
	exposition_begin(m, "_sum");
	h->labels(m, h->ctx);
	exposition_seconds(m, h->us);
	exposition_begin(m, "_count");
	h->labels(m, h->ctx);
	exposition_int(m, (int64_t)h->count);
}

static void
add_single(struct exposition *m, const char *name, enum exposition_type type,
    const char *help, int64_t value)
{
	exposition_family(m, name, type, help);
	exposition_begin(m, "");
	exposition_int(m, value);
}

/* ---- requests ---- */

/* Bounds of the family by endpoint, which is meant to be small. */
static bool
is_coarse(int64_t bound_us)
{
	return bound_us == 100000 || bound_us == 1000000 ||
	       bound_us == INT64_MAX;
}

static void
label_kind(struct exposition *m, const void *ctx)
{
	const struct counters_kind *k = ctx;
	char status[12];

	exposition_label(m, "stacklok_component", "registry");
	exposition_label(m, "stacklok_product", "stacklok-platform");
	exposition_label(
	    m, "http_request_method", request_method_name(k->method));
	exposition_label(m, "url_scheme", k->https ? "https" : "http");
	exposition_label(m, "http_route", endpoint_name(k->endpoint));
	snprintf(status, sizeof status, "%d", k->status);
	exposition_label(m, "http_response_status_code", status);
}

static void
label_endpoint(struct exposition *m, const void *ctx)
{
	const struct counters_kind *k = ctx;

	exposition_label(m, "endpoint", endpoint_name(k->endpoint));
	exposition_label(m, "method", request_method_name(k->method));
}

static void
add_histogram(struct exposition *m, const struct counters_row *row,
    void (*labels)(struct exposition *m, const void *ctx), bool coarse)
{
	struct handle_metrics_histogram h = {
		.labels = labels, .ctx = &row->kind, .us = (int64_t)row->us
	};

	for (int i = 0; i <= COUNTERS_BOUNDS; i++) {
		int64_t bound =
		    i == COUNTERS_BOUNDS ? INT64_MAX : counters_bounds[i];

		h.count += row->parts[i];
		if (!coarse || is_coarse(bound))
			handle_metrics_bucket(m, &h, bound);
	}
	handle_metrics_sum(m, &h);
}

static void
add_durations(struct exposition *m, const struct counters *c)
{
	struct counters_row *rows;
	size_t count;

	exposition_family(m, "http_server_request_duration_seconds",
	    EXPOSITION_HISTOGRAM,
	    "Time from a request's arrival to its answer, in all responders.");
	rows = counters_rows(c, COUNTERS_BY_ALL, &count);
	for (size_t i = 0; i < count; i++)
		add_histogram(m, &rows[i], label_kind, false);
	free(rows);
	exposition_family(m, "http_request_duration_seconds",
	    EXPOSITION_HISTOGRAM, "The same by endpoint and method.");
	rows =
	    counters_rows(c, COUNTERS_BY_ENDPOINT | COUNTERS_BY_METHOD, &count);
	for (size_t i = 0; i < count; i++)
		add_histogram(m, &rows[i], label_endpoint, true);
	free(rows);
}

static void
add_totals(struct exposition *m, const struct counters *c)
{
	struct counters_row *rows;
	size_t count;

	exposition_family(m, "stacklok_registry_http_requests",
	    EXPOSITION_COUNTER, "Requests answered, by all responders.");
	rows = counters_rows(c, COUNTERS_BY_ALL, &count);
	for (size_t i = 0; i < count; i++) {
		exposition_begin(m, "");
		label_kind(m, &rows[i].kind);
		exposition_int(m, (int64_t)rows[i].requests);
	}
	free(rows);
	exposition_family(m, "thv_registry_http_response_bytes",
	    EXPOSITION_COUNTER, "Bytes of bodies sent to web servers.");
	rows = counters_rows(c, COUNTERS_BY_ENDPOINT, &count);
	for (size_t i = 0; i < count; i++) {
		exposition_begin(m, "");
		exposition_label(
		    m, "endpoint", endpoint_name(rows[i].kind.endpoint));
		exposition_int(m, (int64_t)rows[i].bytes);
	}
	free(rows);
}

static void
add_error(struct exposition *m, const char *type, uint64_t count)
{
	handle_metrics_begin(m, "");
	exposition_label(m, "error_type", type);
	exposition_label(m, "area", "http");
	exposition_int(m, (int64_t)count);
}

/* Derived from statuses: the share of 304, and errors of requests and syncs. */
static int
add_statuses(struct exposition *m, struct exchange *x, struct err *e)
{
	struct counters_row *rows = NULL;
	/* By the first digit, except 304. */
	uint64_t requests[10] = { 0 }, not_modified = 0, good;
	size_t count = 0;

	if (x->counters != NULL)
		rows = counters_rows(x->counters, COUNTERS_BY_STATUS, &count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].kind.status == NOT_MODIFIED)
			not_modified += rows[i].requests;
		else
			requests[rows[i].kind.status / 100 % 10] +=
			    rows[i].requests;
	}
	free(rows);
	good = requests[2] + not_modified;
	exposition_family(m, "thv_registry_http_not_modified_ratio",
	    EXPOSITION_GAUGE, "Share of 304 in the answers without an error.");
	exposition_begin(m, "");
	exposition_ratio(
	    m, good == 0 ? 0 : (double)not_modified / (double)good);
	exposition_family(m, "stacklok_registry_errors", EXPOSITION_COUNTER,
	    "Requests answered with an error, and syncs that failed.");
	add_error(m, "client_error", requests[4]);
	add_error(m, "server_error", requests[5]);
	return x->db == NULL ? 0 : handle_metrics_sync_errors(m, x, e);
}

/* ---- processes ---- */

static int
compare_busy(const void *a, const void *b)
{
	const struct counters_process *x = a, *y = b;

	if (x->busy != y->busy)
		return x->busy ? -1 : 1;
	if (x->method != y->method)
		return (x->method > y->method) - (x->method < y->method);
	return x->https - y->https;
}

static void
add_active(struct exposition *m, struct counters_process *all, size_t count)
{
	qsort(all, count, sizeof *all, compare_busy);
	exposition_family(m, "http_server_active_requests", EXPOSITION_GAUGE,
	    "Requests that responders are answering.");
	for (size_t i = 0, next; i < count && all[i].busy; i = next) {
		next = i + 1;
		while (next < count && compare_busy(&all[i], &all[next]) == 0)
			next++;
		handle_metrics_begin(m, "");
		exposition_label(m, "http_request_method",
		    request_method_name(all[i].method));
		exposition_label(
		    m, "url_scheme", all[i].https ? "https" : "http");
		exposition_int(m, (int64_t)(next - i));
	}
}

/* A family with one sample for each program. */
static void
add_programs(struct exposition *m, const char *name, enum exposition_type type,
    const char *help, const int64_t values[COUNTERS_PROGRAMS])
{
	exposition_family(m, name, type, help);
	for (int i = 0; i < COUNTERS_PROGRAMS; i++) {
		exposition_begin(m, "");
		exposition_label(m, "program", counters_programs[i]);
		exposition_int(m, values[i]);
	}
}

static void
add_processes(struct exposition *m, struct counters *c)
{
	int64_t alive[COUNTERS_PROGRAMS] = { 0 }, began[COUNTERS_PROGRAMS];
	uint64_t resident = 0;
	size_t count;
	struct counters_process *all = counters_processes(c, &count);

	for (size_t i = 0; i < count; i++) {
		alive[all[i].program]++;
		resident += all[i].resident;
	}
	for (int i = 0; i < COUNTERS_PROGRAMS; i++)
		began[i] = (int64_t)counters_get(
		    c, (enum counters_number)(COUNTERS_STARTS + i));
	add_single(m, "process_resident_memory_bytes", EXPOSITION_GAUGE,
	    "Memory of all responder processes together; what they share is "
	    "counted for each.",
	    (int64_t)resident);
	add_programs(m, "thv_registry_responder_processes", EXPOSITION_GAUGE,
	    "Responder processes that are alive.", alive);
	add_programs(m, "thv_registry_responder_threads", EXPOSITION_GAUGE,
	    "Their threads: each process has one.", alive);
	add_programs(m, "thv_registry_responder_starts", EXPOSITION_COUNTER,
	    "Responder processes that were started.", began);
	add_active(m, all, count);
	free(all);
}

static void
add_counters(struct exposition *m, struct counters *c)
{
	add_durations(m, c);
	add_totals(m, c);
	add_processes(m, c);
	add_single(m, "thv_registry_metrics_shared", EXPOSITION_GAUGE,
	    "1 if all responders of this machine count together, 0 if these "
	    "are the numbers of one process.",
	    counters_are_shared(c));
	add_single(m, "thv_registry_database_cache_hits", EXPOSITION_COUNTER,
	    "Pages of the database that responders found in their memory.",
	    (int64_t)counters_get(c, COUNTERS_CACHE_HITS));
	add_single(m, "thv_registry_database_cache_misses", EXPOSITION_COUNTER,
	    "Pages of the database that responders had to read.",
	    (int64_t)counters_get(c, COUNTERS_CACHE_MISSES));
}

/* ---- the program and its database ---- */

static int64_t
size_of(const char *path, const char *suffix)
{
	char whole[PATH_MAX_BYTES];
	struct stat st;

	snprintf(whole, sizeof whole, "%s%s", path, suffix);
	return stat(whole, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
add_program(struct exposition *m, const struct exchange *x)
{
	exposition_family(m, "stacklok_build_info_ratio", EXPOSITION_GAUGE,
	    "The version of the program; always 1.");
	handle_metrics_begin(m, "");
	exposition_label(m, "component", "registry");
	exposition_label(m, "version", PROGRAM_VERSION);
	exposition_label(m, "commit", PROGRAM_COMMIT);
	exposition_int(m, 1);
	exposition_family(m, "target", EXPOSITION_INFO, "The service.");
	exposition_begin(m, "");
	exposition_label(m, "service_name", "thv-registry-api");
	exposition_label(m, "service_version", PROGRAM_VERSION);
	exposition_int(m, 1);
	add_single(m, "thv_registry_database_up", EXPOSITION_GAUGE,
	    "Whether the database can be read.", x->db != NULL);
	add_single(m, "thv_registry_database_size_bytes", EXPOSITION_GAUGE,
	    "The database file.", size_of(x->database, ""));
	add_single(m, "thv_registry_database_wal_size_bytes", EXPOSITION_GAUGE,
	    "Its write-ahead log.", size_of(x->database, "-wal"));
}

int
handle_metrics(struct exchange *x, struct err *e)
{
	struct exposition m = { .to = &x->response->body,
		.open_metrics =
		    exposition_wants_open_metrics(x->request->in->accept) };

	x->response->type = exposition_content_type(m.open_metrics);
	add_program(&m, x);
	if (x->counters != NULL) {
		/* Updates the memory of this process. */
		counters_measure(x->counters);
		add_counters(&m, x->counters);
	}
	if (add_statuses(&m, x, e) == -1)
		return -1;
	if (x->db != NULL && handle_metrics_sync(&m, x, e) == -1)
		return -1;
	exposition_end(&m);
	return 0;
}
