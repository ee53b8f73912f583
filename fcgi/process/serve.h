/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FastCGI: answers requests from the web server's socket, one at a time.  Only
 * this module uses libfcgi.
 */
#ifndef FCGI_PROCESS_SERVE_H
#define FCGI_PROCESS_SERVE_H

#include "fcgi/process/service.h"

#include <stdbool.h>

/* Whether a web server started this process as a FastCGI application. */
bool serve_is_fastcgi(void);

/*
 * Serves until SIGTERM or SIGUSR1, or until ${s} is outdated; the current
 * request is answered first.  Returns the exit status.
 */
int serve_run(const struct service *s);

#endif
