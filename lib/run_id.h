/* SPDX-License-Identifier: Apache-2.0 */
/* The name of one run of the sync, made by whoever starts it. */
#ifndef LIB_RUN_ID_H
#define LIB_RUN_ID_H

#include "lib/err.h"

#define RUN_ID_SIZE 48

/* The time in seconds and a random number.  ERR_INTERNAL: there is none. */
int run_id_make(char out[RUN_ID_SIZE], struct err *e);

#endif
