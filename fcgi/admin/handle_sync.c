/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a sync for a request. */
#include "fcgi/admin/handle_sync.h"

#include "fcgi/admin/trigger.h"
#include "lib/json_out.h"
#include "lib/trace.h"

#include <stdlib.h>

#define ACCEPTED 202
#define STATUS_URL "/registry/status"
#define LOCATION "Location: " STATUS_URL "\r\n"

static int
check_source(struct db *db, const char *name, struct err *e)
{
	struct stmt *s;
	bool row;

	if (db == NULL) {
		err_set(e, ERR_UNAVAILABLE,
		    "sources are unknown before the first sync");
		return -1;
	}
	s = db_query(db, SQL_SOURCE_ID, ARGS(STR(name)));
	if (stmt_step(s, &row, e) == -1)
		return -1;
	stmt_done(s);
	if (row)
		return 0;
	err_set(e, ERR_NOT_FOUND, "source not found: %s", name);
	return -1;
}

static int
check_sources(
    const struct exchange *x, const struct value_set *names, struct err *e)
{
	const struct request *r = x->request;
	const unsigned bit = 1u << PARAMETER_SOURCE;

	if ((r->empty & bit) != 0) {
		err_set(e, ERR_INPUT, "source cannot be empty");
		return -1;
	}
	if ((r->too_many & bit) != 0) {
		err_set(e, ERR_INPUT, "too many sources");
		return -1;
	}
	for (size_t i = 0; i < names->count; i++)
		if (check_source(x->db, names->at[i], e) == -1)
			return -1;
	return 0;
}

int
handle_sync(struct exchange *x, struct err *e)
{
	const struct request_input *in = x->request->in;
	const struct value_set *names =
	    &x->request->values.sets[PARAMETER_SOURCE - PARAMETER_SINGLES];
	struct response *out = x->response;
	struct json_out j = JSON_OUT_INIT(&out->body);
	char run_id[RUN_ID_SIZE];
	struct trace trace;
	const struct trigger trigger = { .database = x->database,
		.traceparent = trace_parse(&trace, in->traceparent)
				   ? in->traceparent
				   : NULL,
		.sources = names,
		.keep_stderr = x->persistent };

	if (check_sources(x, names, e) == -1)
		return -1;
	if (trigger_start(run_id, &trigger, e) == -1) {
		if (e->code == ERR_BUSY)
			out->line = LOCATION;
		return -1;
	}
	out->status = ACCEPTED;
	out->line = LOCATION;
	json_out_open(&j, '{');
	json_out_member_str(&j, "runId", run_id);
	json_out_member_str(&j, "status", "started");
	json_out_member_str(&j, "statusUrl", STATUS_URL);
	json_out_close(&j, '}');
	buf_addc(&out->body, '\n');
	return 0;
}
