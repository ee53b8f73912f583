/* SPDX-License-Identifier: Apache-2.0 */
/* Values in log lines: whether they need quotes, and what is escaped in them.
 */
#include "lib/log/log_private.h"
#include "lib/plain.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* The length of a character of UTF-8 past ASCII; 0: it is none. */
static size_t
wide(const char *at, size_t len)
{
	utf8proc_int32_t ignored;
	utf8proc_ssize_t used;

	if ((unsigned char)*at < 0x80)
		return 0;
	used = utf8proc_iterate((const utf8proc_uint8_t *)at,
	    len > INT32_MAX ? INT32_MAX : (utf8proc_ssize_t)len, &ignored);
	return used <= 0 ? 0 : (size_t)used;
}

/*
 * Copies what needs no escape where it is written, up to ${most} bytes and the
 * end of a wide character; returns how many.
 */
static size_t
copy_run(
    char *to, const char *from, size_t len, size_t most, enum plain_where where)
{
	size_t done = 0, used = 1;

	if (most > len)
		most = len;
	while (done < most && used > 0) {
		used = wide(from + done, len - done);
		if (used > 0)
			memcpy(to + done, from + done, used);
		else
			used = plain_copy(
			    to + done, from + done, most - done, where);
		done += used;
	}
	return done;
}

/* What has to be escaped, in the form that JSON knows too. */
static char *
put_escaped(char *to, unsigned char c)
{
	char escape[LOG_ESCAPE_MAX + 2];
	int len;

	if (c == '\n')
		len = snprintf(escape, sizeof escape, "\\n");
	else if (c == '"' || c == '\\')
		len = snprintf(escape, sizeof escape, "\\%c", c);
	else /* a byte that is not UTF-8 is shown as what stands for those */
		len = snprintf(escape, sizeof escape, "\\u%04x",
		    c >= 0x80 ? 0xfffdU : (unsigned)c);
	memcpy(to, escape, (size_t)len);
	return to + len;
}

/* A value that is cut still gets its closing quote. */
static char *
put_quoted(char *to, size_t room, const char *text, size_t len)
{
	char *end = to + room - LOG_ESCAPE_MAX;
	size_t i = 0, used;

	*to++ = '"';
	while (i < len && to < end) {
		used = copy_run(
		    to, text + i, len - i, (size_t)(end - to), PLAIN_IN_QUOTES);
		if (used > 0)
			to += used;
		else
			to = put_escaped(to, (unsigned char)text[i]);
		i += used > 0 ? used : 1;
	}
	*to++ = '"';
	return to;
}

char *
log_value_put(char *to, size_t room, const char *text, size_t len)
{
	const size_t quote = log_how.as_json ? 1 : 0;

	/* What has to be cut is cut between characters, inside of quotes. */
	if (len == 0 || len > room - LOG_QUOTES ||
	    copy_run(to + quote, text, len, len, PLAIN_BARE) < len)
		return put_quoted(to, room, text, len);
	if (quote == 0)
		return to + len;
	to[0] = to[len + 1] = '"';
	return to + len + LOG_QUOTES;
}
