/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors, as every function in this tree reports them.
 *
 * A function that can fail returns 0 or -1 and takes a struct err as its last
 * argument.  The function that detects the failure fills it with err_set();
 * callers may only prefix it with err_wrap().  Only the main loops log it.  The
 * code is the kind of failure; it is mapped to an exit status (the
 * sync) or an HTTP status (the responders) in one table, lib/err.c.
 *
 * A struct err owns nothing and needs no release: start it with ERR_INIT.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#define ERR_TEXT_MAX 1024

enum err_code {
	ERR_NONE = 0,
	ERR_USAGE, /* the command line is wrong */
	ERR_CONFIG, /* the configuration is wrong */
	ERR_INPUT, /* bytes from outside break a rule (400 in a request) */
	ERR_NOT_FOUND, /* the requested thing does not exist */
	ERR_METHOD, /* the path exists, but not for this method */
	ERR_LIMIT, /* a named limit of lib/limits.h was exceeded */
	ERR_LENGTH, /* a request body of unknown length */
	ERR_BUSY, /* another process holds the lock */
	ERR_FETCH, /* a source could not be fetched */
	ERR_STORAGE, /* reading or writing the database failed */
	ERR_UNAVAILABLE, /* no answer is possible now; a retry may help */
	ERR_INTERNAL, /* a defect of this program */
	ERR_IDENTITY, /* the client is not authenticated (401) */
	ERR_DENIED /* the client is not allowed to do this (403) */
};

struct err {
	enum err_code code;
	char text[ERR_TEXT_MAX]; /* cut, never overrun */
};

#define ERR_INIT             \
	{                    \
		ERR_NONE, "" \
	}

/* Sets ${e} to ${code} and the formatted text. */
void err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts the formatted text and ": " before the text ${e} already has. */
void err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* As err_set(), and appends ": " and strerror(${num}). */
void err_set_errno(struct err *e, enum err_code code, int num, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

void err_clear(struct err *e);

/* The exit status of the sync (1 or 2; 0 for ERR_NONE). */
int err_exit_status(enum err_code code);

/* The HTTP status of a response that reports ${code} (200 for ERR_NONE). */
int err_http_status(enum err_code code);

#endif
