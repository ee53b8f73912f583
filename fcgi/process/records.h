/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole answer as FastCGI records (FastCGI 1.0, sections 3.3, 5.3 and 5.5),
 * in as few writes as it takes: libfcgi's stream copies it into buffers of 8
 * KiB and writes each, and each wakes the web server.
 */
#ifndef FCGI_PROCESS_RECORDS_H
#define FCGI_PROCESS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are sent one after the other. */
struct records_part {
	const char *data;
	size_t len;
};

#define RECORDS_PARTS 2 /* head and body */

/* Why a request ends (FastCGI 5.5). */
enum records_end {
	RECORDS_COMPLETE = 0,
	RECORDS_UNKNOWN_ROLE = 3
};

/*
 * Writes ${parts} as the output of request ${id}, and that it has ended.
 * Waits until all is written; false when the peer has closed the connection.
 */
bool records_send(int fd, int id,
    const struct records_part parts[RECORDS_PARTS], enum records_end end);

#endif
