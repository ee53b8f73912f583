/* SPDX-License-Identifier: Apache-2.0 */
/* The routes of thv-registry-api. */
#ifndef FCGI_ROUTES_H
#define FCGI_ROUTES_H

#include "fcgi/route.h"

extern const struct route routes_api[];
extern const size_t routes_api_count;

#endif
