/* SPDX-License-Identifier: Apache-2.0 */
/* Probes for load balancers and people. */
#include "fcgi/handlers/handle.h"
#include "fcgi/process/program.h"
#include "lib/json_out.h"
#include "lib/sandbox/sandbox.h"

int
handle_health(struct exchange *x, struct err *e)
{
	(void)e;
	buf_adds(&x->response->body, "{\"status\":\"healthy\"}\n");
	return 0;
}

int
handle_ping(struct exchange *x, struct err *e)
{
	(void)e;
	buf_adds(&x->response->body, "{\"pong\":true}\n");
	return 0;
}

/* Only called if the database can be read. */
int
handle_ready(struct exchange *x, struct err *e)
{
	(void)e;
	buf_adds(&x->response->body, "{\"status\":\"ready\"}\n");
	return 0;
}

int
handle_version(struct exchange *x, struct err *e)
{
	struct json_out j = JSON_OUT_INIT(&x->response->body);
	char warning[SANDBOX_WARNING_MAX];

	(void)e;
	json_out_open(&j, '{');
	json_out_member_str(&j, "version", PROGRAM_VERSION);
	json_out_member_str(&j, "commit", PROGRAM_COMMIT);
	json_out_member_str(&j, "build_date", PROGRAM_BUILD_DATE);
	json_out_member_str(&j, "platform", PROGRAM_PLATFORM);
	json_out_key(&j, "sandbox");
	json_out_open(&j, '{');
	json_out_member_int(&j, "landlock", sandbox_now()->landlock);
	json_out_member_bool(&j, "seccomp", sandbox_now()->seccomp);
	sandbox_warning(warning, sandbox_now());
	if (*warning != '\0') {
		json_out_member_str(&j, "warning", warning);
	}
	json_out_close(&j, '}');
	json_out_close(&j, '}');
	buf_addc(&x->response->body, '\n');
	return 0;
}
