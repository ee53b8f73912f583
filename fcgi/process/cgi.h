/* SPDX-License-Identifier: Apache-2.0 */
/* Plain CGI: one request from the environment, its answer on stdout. */
#ifndef FCGI_PROCESS_CGI_H
#define FCGI_PROCESS_CGI_H

#include "fcgi/process/service.h"

/* Returns the exit status: 0 when the answer was written. */
int cgi_run(const struct service *s);

#endif
