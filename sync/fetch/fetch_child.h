/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fetch in a process of its own.  Several sources are fetched at the same
 * time, a process that hangs can be killed, and the process that owns the
 * database does not parse what servers send.
 *
 * The child runs fetch_source(), which writes the documents to a spool that
 * the parent has opened.  It reports through a pipe (fetch_wire.h).
 */
#ifndef SYNC_FETCH_FETCH_CHILD_H
#define SYNC_FETCH_FETCH_CHILD_H

#include "lib/err.h"
#include "lib/sandbox/sandbox.h"
#include "sync/conf/conf.h"
#include "sync/fetch/fetch.h"

#include <stdbool.h>

struct fetch_child;

/*
 * Starts a process that calls fetch_source().  The arguments are not used after
 * the return, and options->progress is not called.  The caller calls
 * fetch_child_finish() or fetch_child_kill().
 */
int fetch_child_start(struct fetch_child **out,
    const struct conf_source *source, const struct validators *previous,
    const struct fetch_options *options, struct err *e);

/* The descriptor to poll for input. */
int fetch_child_fd(const struct fetch_child *c);
/* Reads what the child has written; returns whether the end was reached. */
bool fetch_child_read(struct fetch_child *c);
/* Its progress; borrowed until the next fetch_child_read(). */
const struct fetch_progress *fetch_child_progress(const struct fetch_child *c);

/*
 * The sandbox of the child, NULL before it has sent its result.
 * Borrowed from ${c}.
 */
const struct sandbox *fetch_child_sandbox(const struct fetch_child *c);

/*
 * After fetch_child_read() returned true: the result, with the meaning of
 * fetch_source().  ERR_FETCH if the child exited without one.  Frees ${c}.
 */
int fetch_child_finish(struct fetch *out, struct fetch_child *c, struct err *e);
/* Kills the child and its descendants, and frees ${c}; NULL is allowed. */
void fetch_child_kill(struct fetch_child *c);

#endif
