/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fetch in a process of its own, so that several sources are asked at the
 * same time, one that hangs can be killed, and what strangers send is neither
 * parsed nor held by the process that owns the database.
 *
 * The child runs fetch_source() as it is and copies the documents to a spool
 * that the parent made before it forked; it reports through a pipe
 * (fetch_wire.h).  The parent waits for the pipe and presents the result as an
 * ordinary struct fetch.
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
 * Starts fetching as fetch_source() would.  Nothing of the arguments is used
 * after the return; options->progress is not called.  The caller ends it with
 * fetch_child_finish() or fetch_child_kill().
 */
int fetch_child_start(struct fetch_child **out,
    const struct conf_source *source, const struct validators *previous,
    const struct fetch_options *options, struct err *e);

/* What to poll for input. */
int fetch_child_fd(const struct fetch_child *c);
/* Takes in what there is to read; whether the child has no more to say. */
bool fetch_child_read(struct fetch_child *c);
/* How far it is; borrowed until the next fetch_child_read(). */
const struct fetch_progress *fetch_child_progress(const struct fetch_child *c);

/*
 * The sandbox that it put itself into, NULL before it has sent its result.
 * Borrowed from ${c}.
 */
const struct sandbox *fetch_child_sandbox(const struct fetch_child *c);

/*
 * After fetch_child_read() returned true: the result, with the meaning of
 * fetch_source().  A child that died without one is ERR_FETCH.  Frees ${c}.
 */
int fetch_child_finish(struct fetch *out, struct fetch_child *c, struct err *e);
/* Kills the child with all it started, and frees ${c}; NULL is allowed. */
void fetch_child_kill(struct fetch_child *c);

#endif
