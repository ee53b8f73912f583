/* SPDX-License-Identifier: Apache-2.0 */
/* What the name of a server looks like. */
#ifndef FCGI_NAME_H
#define FCGI_NAME_H

#include "lib/err.h"

/* ERR_INPUT with the reason for the client when ${name} is not one. */
int name_check_server(const char *name, struct err *e);

#endif
