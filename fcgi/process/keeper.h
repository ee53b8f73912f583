/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that a web server started and knows: it keeps the number and the
 * listening socket, and has requests answered by a child, who shuts itself in.
 * When the child cannot go on, because another program is needed than the one
 * that runs, this process becomes the program that now stands at its path.  So
 * the web server notices nothing of an upgrade, and what waits in the socket's
 * queue stays there.
 *
 * Until then it does nothing but wait, and ends as the child ended; signals to
 * end are passed on to the child.
 */
#ifndef FCGI_PROCESS_KEEPER_H
#define FCGI_PROCESS_KEEPER_H

/*
 * Before libfcgi is asked anything, whose handlers would swallow a signal to
 * end: from here on those are held back, until requests are waited for.
 */
void keeper_hold_signals(void);
/* For a program that is no FastCGI responder after all. */
void keeper_release_signals(void);
/*
 * The same for a plain CGI program, which SIGTERM and SIGUSR1 end at any
 * moment: libfcgi has handlers for them that only set a flag.  A signal that is
 * ignored stays ignored.
 */
void keeper_end_by_signals(void);

/* With this exit status the child asks for the program at the path. */
#define KEEPER_ANEW 64

/*
 * Divides the process in two.  Returns -1 in the one that is to answer
 * requests, with ${link} to the other for fcgi/process/successor.h; it is -1,
 * too, if there is none, as when ${program} is NULL.  In the other it returns
 * when all is over, with the exit status.
 */
int keeper_start(int *link, const char *program);

#endif
