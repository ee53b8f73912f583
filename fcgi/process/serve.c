/* SPDX-License-Identifier: Apache-2.0 */
/* The FastCGI loop. */
#include "fcgi/process/serve.h"

#include "fcgi/process/closing.h"
#include "fcgi/process/records.h"
#include "fcgi/process/successor.h"
#include "lib/err.h"
#include "lib/limits.h"
#include "lib/log/log.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Where a web server puts the listening socket (FastCGI 2.2). */
#define LISTENING 0

/* The role of programs that answer requests (FastCGI 6.2). */
#define RESPONDER 1

/* How long a new connection may keep a process waiting for its first byte. */
#define FIRST_BYTE_S 2

static volatile sig_atomic_t ending;

/* Blocked signals: while waiting, and during a request. */
static sigset_t waiting, undisturbed;

/* An alarm interrupts waiting, for s->between(). */
static bool has_alarm;

/*
 * May run at any time.  The current request is answered; accept(), which is
 * restarted afterwards, fails on the closed socket.  Its descriptor must stay
 * in use: SQLite refuses to open a database as descriptor 0.
 */
static void
on_end(int number)
{
	(void)number;
	ending = 1;
	close(LISTENING);
	(void)fcntl(STDERR_FILENO, F_DUPFD, LISTENING);
}

/*
 * If libfcgi is interrupted while it reads variables, it returns a request
 * without some of them: see read_request().  So an alarm is unblocked only
 * while nothing is read.  With an alarm the other signals are unblocked only
 * there, too, so that the code can check for them.
 */
static void
handle_signals(void)
{
	struct sigaction action = { .sa_handler = on_end,
		.sa_flags = SA_RESTART };
	sigset_t disturbing;

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	disturbing = action.sa_mask;
	sigaddset(&disturbing, SIGALRM);
	sigprocmask(SIG_BLOCK, &disturbing, NULL);
	sigprocmask(SIG_BLOCK, NULL, &undisturbed);
	sigprocmask(SIG_UNBLOCK, &disturbing, NULL);
	sigprocmask(SIG_BLOCK, has_alarm ? &disturbing : NULL, &waiting);
	/* A profiler's signal would interrupt select(), or read() with a
	 * timeout. */
	sigaddset(&undisturbed, SIGPROF);
}

/* The next connection, or -1: a signal (EINTR), or accept() failed. */
static int
next_connection(void)
{
	sigset_t held;
	int fd = -1;

	if (has_alarm)
		sigprocmask(SIG_SETMASK, &waiting, &held);
	while (!ending) {
		fd = accept(LISTENING, NULL, NULL);
		if (fd != -1 || (errno != ECONNABORTED && errno != EPROTO))
			break;
	}
	if (has_alarm)
		sigprocmask(SIG_SETMASK, &held, NULL);
	return fd;
}

/*
 * Sets timeouts for a web server that stalls while it sends a request or reads
 * an answer: read() and write() then fail.
 */
static void
limit_waiting(int fd)
{
	const struct timeval limit = { .tv_sec = LIMIT_PEER_SECONDS };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* Whether a connection has data or is at its end. */
static bool
readable(int fd, const struct timespec *limit, const sigset_t *mask)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return pselect(fd + 1, &set, NULL, NULL, limit, mask) > 0;
}

/*
 * Waits for a request on a kept connection, or for a new connection while
 * others are being closed.  Returns whether one is ready.  Signals are blocked
 * until pselect(), so that none is missed just before it.
 */
static bool
wait_among(int kept, struct closing *closing)
{
	sigset_t held;
	bool came = false;

	sigprocmask(SIG_SETMASK, &undisturbed, &held);
	if (!ending)
		came = kept >= 0 ? readable(kept, NULL, &waiting)
				 : closing_wait(closing, LISTENING, &waiting);
	sigprocmask(SIG_SETMASK, &held, NULL);
	return came;
}

/*
 * read() with a timeout is not restarted after a signal, so signals are blocked
 * while libfcgi reads.
 */
static bool
read_request(FCGX_Request *request)
{
	sigset_t held;
	bool complete;

	sigprocmask(SIG_SETMASK, &undisturbed, &held);
	complete = FCGX_Accept_r(request) >= 0;
	sigprocmask(SIG_SETMASK, &held, NULL);
	return complete;
}

/*
 * Waits for the next request and reads its variables.  The wait for the first
 * byte has a timeout, so this function accepts connections and presents them to
 * libfcgi as kept ones.  Returns 1; 0 if there is no complete request; -1 if
 * the process is to exit.
 */
static int
next_request(FCGX_Request *request, struct closing *closing)
{
	const struct timespec limit = { .tv_sec = FIRST_BYTE_S };
	int fd = request->ipcFd;

	if (ending)
		return -1;
	if ((fd >= 0 || closing->count > 0) && !wait_among(fd, closing))
		return ending ? -1 : 0;
	if (fd < 0 && (fd = next_connection()) == -1)
		return !ending && errno == EINTR ? 0 : -1;
	if (request->ipcFd < 0 && !readable(fd, &limit, &undisturbed)) {
		close(fd);
		return 0;
	}
	if (request->ipcFd < 0)
		limit_waiting(fd);
	request->ipcFd = fd;
	request->keepConnection = 1;
	return read_request(request);
}

bool
serve_is_fastcgi(void)
{
	return FCGX_IsCGI() == 0;
}

static bool
is_outdated(const struct service *s)
{
	return s->outdated != NULL && s->outdated(s->ctx);
}

/* Has the newer program answer if this one is outdated; whether it did. */
static bool
pass_on(const struct service *s, struct request_input *in, struct response *out)
{
	const char *given = in->request_id;
	char id[OBSERVER_ID_MAX + 1];
	struct err e = ERR_INIT;

	if (s->successor == NULL || !is_outdated(s))
		return false;
	observer_id(s->observer, id);
	in->request_id = id;
	if (successor_answer(s->successor, in, out, &e) == 0)
		return true;
	in->request_id = given;
	log_message(
	    LOG_LEVEL_WARN, "request not answered by the new program", e.text);
	return false;
}

/*
 * A connection closed by the client is not an error.  After a truncated answer
 * the connection cannot be used for another, so it is not kept.
 */
static void
send_answer(FCGX_Request *request, const struct response *out)
{
	if (!records_send(request->ipcFd, request->requestId,
		(struct records_part[RECORDS_PARTS]){
		    { out->head.data, out->head.len },
		    { out->body.data, out->body.len } },
		request->role == RESPONDER ? RECORDS_COMPLETE
					   : RECORDS_UNKNOWN_ROLE))
		request->keepConnection = 0;
}

/*
 * An authorizer's 200 allows a request, so this program must not act as one.
 * Some web servers check only the output, others only the protocol status.
 */
static void
refuse_role(struct response *out)
{
	response_reset(out);
	response_error(out, 500,
	    "this program is a FastCGI responder, no authorizer or filter");
	response_finish(out);
}

static ssize_t
read_body(void *stream, char *to, size_t size)
{
	return FCGX_GetStr(to, (int)size, stream);
}

static void
serve_one(const struct service *s, FCGX_Request *request,
    struct request_input *in, struct response *out)
{
	service_input(in, request->envp);
	in->read = read_body;
	in->stream = request->in;
	observer_begin(s->observer, in);
	if (request->role == RESPONDER)
		s->handle(s->ctx, in, out);
	else
		refuse_role(out);
	if (out->status == err_http_status(ERR_UNAVAILABLE) &&
	    pass_on(s, in, out)) {
		send_answer(request, out);
		observer_passed_on(s->observer);
	} else {
		observer_answered(s->observer, out);
		send_answer(request, out);
		observer_sent(s->observer);
	}
	/* Frees the memory of a long answer before the next request. */
	response_reset(out);
}

/* Whether there may be a body (RFC 9112 6). */
static bool
may_have_body(const struct request_input *in)
{
	const char *length = in->content_length;

	return in->transfer_encoding != NULL ||
	       (length != NULL && length[strspn(length, "0")] != '\0');
}

/*
 * libfcgi would wait up to two seconds for the web server to close.  That is
 * not necessary if the web server has sent everything, which is known for a
 * request without a body.
 */
static void
finish(FCGX_Request *request, const struct request_input *in,
    struct closing *closing)
{
	int keep = request->keepConnection;
	int fd = request->ipcFd;
	/* False if a signal or the timeout interrupted reading. */
	bool all_read = !keep && !may_have_body(in) &&
			FCGX_GetChar(request->in) == -1 &&
			FCGX_GetError(request->in) == 0;

	/* The answer is sent: the streams must not send anything. */
	FCGX_Free(request, 0);
	if (keep) {
		request->ipcFd = fd;
		return;
	}
	if (all_read)
		close(fd);
	else
		closing_add(closing, fd);
	request->ipcFd = -1;
}

int
serve_run(const struct service *s)
{
	FCGX_Request request;
	struct closing closing = { 0 };
	struct request_input in;
	struct response out;
	int got;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0) {
		log_message(LOG_LEVEL_ERROR, "cannot start FastCGI", NULL);
		return 1;
	}
	/* Connections are accepted here, never by libfcgi. */
	request.listen_sock = -1;
	has_alarm = s->between != NULL;
	handle_signals();
	response_init(&out);
	while ((got = next_request(&request, &closing)) != -1) {
		if (s->between != NULL)
			s->between();
		if (got == 0)
			continue;
		serve_one(s, &request, &in, &out);
		finish(&request, &in, &closing);
		if (is_outdated(s)) {
			log_message(LOG_LEVEL_INFO,
			    "exiting so that a new process can start", NULL);
			break;
		}
	}
	/* Exit closes the held connections. */
	closing_finish(&closing, &undisturbed);
	response_free(&out);
	return 0;
}
