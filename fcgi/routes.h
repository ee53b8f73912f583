/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of thv-registry-api. */
#ifndef FCGI_ROUTES_H
#define FCGI_ROUTES_H

#include "fcgi/http/route.h"

extern const struct route routes_api[];
extern const size_t routes_api_count;

/* Requests that would change something, which no program answers yet: 501. */
extern const struct route routes_planned[];
extern const size_t routes_planned_count;

#define ROUTES_PLANNED_STATUS 501
#define ROUTES_PLANNED_TEXT \
	"not implemented: this server does not take changes over HTTP yet"
/* Whether ${r} is one of them. */
bool routes_is_planned(const struct request *r);

#endif
