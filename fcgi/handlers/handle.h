/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers.
 *
 * A handler fills the body of the response, or returns -1 with an error. Errors
 * of the client (ERR_INPUT, ERR_NOT_FOUND, ...) are sent with their text; other
 * errors become a 500 or 503 without details.
 */
#ifndef FCGI_HANDLERS_HANDLE_H
#define FCGI_HANDLERS_HANDLE_H

#include "fcgi/answer/exchange.h"
#include "lib/json_out.h"

/* The name of the requested entry, as in the database. */
const char *handle_entry_name(struct exchange *x);

/* Sets ${e} to "${noun} not found" with the name in the path; returns -1. */
int handle_not_found(const struct exchange *x, const char *noun, struct err *e);

int handle_item(struct exchange *x, struct err *e);
int handle_versions(struct exchange *x, struct err *e);
int handle_list(struct exchange *x, struct err *e);
int handle_status(struct exchange *x, struct err *e);
int handle_history(struct exchange *x, struct err *e);
int handle_front(struct exchange *x, struct err *e);
int handle_sources(struct exchange *x, struct err *e);
int handle_source(struct exchange *x, struct err *e);
int handle_source_entries(struct exchange *x, struct err *e);
int handle_registries(struct exchange *x, struct err *e);
int handle_registry(struct exchange *x, struct err *e);
int handle_registry_entries(struct exchange *x, struct err *e);
int handle_openapi_json(struct exchange *x, struct err *e);
int handle_openapi_yaml(struct exchange *x, struct err *e);
int handle_health(struct exchange *x, struct err *e);
int handle_ping(struct exchange *x, struct err *e);
int handle_profile(struct exchange *x, struct err *e);
int handle_ready(struct exchange *x, struct err *e);
int handle_metrics(struct exchange *x, struct err *e);
int handle_version(struct exchange *x, struct err *e);

#endif
