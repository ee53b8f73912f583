/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks a function off the usual way of a request: it stays out of its callers,
 * which then need not save the registers that only it would use.
 */
#ifndef LIB_SELDOM_H
#define LIB_SELDOM_H

#define SELDOM __attribute__((noinline, cold))

#endif
