/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a whole answer as FastCGI records (FastCGI 1.0, sections 3.3, 5.3 and
 * 5.5) in as few writes as possible.  The stream of libfcgi copies it into
 * buffers of 8 KiB and writes each of them, which wakes the web server each
 * time.
 */
#ifndef FCGI_PROCESS_RECORDS_H
#define FCGI_PROCESS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes to be sent in sequence. */
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
 * Writes ${parts} as the output of request ${id}, and the end of the request.
 * Blocks until all is written; false if the peer has closed the connection or
 * did not read in time.
 */
bool records_send(int fd, int id,
    const struct records_part parts[RECORDS_PARTS], enum records_end end);

#endif
