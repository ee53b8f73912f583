/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent process of a FastCGI responder.  The web server starts it; it
 * keeps its process id and the listening socket.  A child answers requests, in
 * a sandbox.  When the child needs a newer program, because an upgrade replaced
 * the file, it exits, and the parent executes the program that is now at its
 * path. So no web server notices an upgrade, and connections wait in the
 * socket's queue.
 *
 * Until then the parent only waits, passes on SIGTERM and SIGUSR1, and exits as
 * the child exited.
 *
 * Why two processes: a responder in its sandbox can execute nothing, so another
 * process has to.  Why the request in hand is handed over
 * (fcgi/process/successor.h): a responder learns that the schema is newer only
 * when it reads the database, so it has accepted a request by then.  Simpler
 * ways lose requests, which tests/e2e/upgrade.t does not allow:
 *
 * - to answer 503 and exit: each responder fails one request;
 * - to close the connection without an answer: a web server that has sent a
 *   request cannot know that it is safe to send it again, and answers 500 or
 * 502;
 * - to check for a newer program before each request: each check is a system
 *   call, and the schema can still change between the check and the read;
 * - to pass the connection to the new program: libfcgi has consumed the
 * request, so both versions would need a format for it.  CGI variables are such
 * a format, and a stable one: the new program answers as plain CGI, and the old
 *   one sends that answer.
 */
#ifndef FCGI_PROCESS_KEEPER_H
#define FCGI_PROCESS_KEEPER_H

/*
 * Blocks SIGTERM and SIGUSR1 until the program waits for requests.  Call before
 * any function of libfcgi, whose handlers would discard them.
 */
void keeper_hold_signals(void);
/* For a program that turns out not to be a FastCGI responder. */
void keeper_release_signals(void);
/*
 * The same for a plain CGI program, which SIGTERM and SIGUSR1 terminate at any
 * time: the handlers of libfcgi only set a flag.  An ignored signal stays
 * ignored.
 */
void keeper_end_by_signals(void);

/* The exit status of a child that wants the program at its path executed. */
#define KEEPER_RESTART 64

/*
 * Forks.  Returns -1 in the child, which answers requests; ${link} is a socket
 * to the parent for fcgi/process/successor.h.  If ${program} is NULL or fork()
 * fails there is no second process: it returns -1 with ${link} -1.  In the
 * parent it returns the exit status, when the child has exited.
 */
int keeper_start(int *link, const char *program);

#endif
