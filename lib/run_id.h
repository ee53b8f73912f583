/* SPDX-License-Identifier: Apache-2.0 */
/* The id of one run of the sync, made by the process that starts it. */
#ifndef LIB_RUN_ID_H
#define LIB_RUN_ID_H

#include "lib/err.h"

#define RUN_ID_SIZE 48

/* The time in seconds and a random number.  ERR_INTERNAL: no randomness. */
int run_id_make(char out[RUN_ID_SIZE], struct err *e);

#endif
