/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building and writing log lines.  A request has one, so what is done for each
 * byte and each number is written out here instead of asked of printf().
 */
#include "lib/log.h"

#include "lib/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>
#include <utf8proc.h>

#define ESCAPE_MAX 6 /* the longest way to write one byte, \u001f */
#define CLOSING 2 /* bytes kept free: a brace and a newline */
#define NAME_MAX_BYTES 64 /* of a program, for syslog */
#define SECONDS_LEN 19 /* "2026-01-02T03:04:05" */
#define FRACTION_LEN 8 /* ".123456Z" */
#define INT_MAX_LEN 24
#define SYSLOG_SOCKET "/dev/log"

/* What a byte may be a part of without quotes, or without an escape. */
#define BARE 1
#define QUOTED 2

static enum log_level threshold = LOG_LEVEL_INFO;
static bool as_json;
static bool with_priority; /* the journal takes it from the text */
static int syslog_socket = -1;
static char program_name[NAME_MAX_BYTES];
static const struct log_field *fixed;
static size_t fixed_count;

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_DEBUG] = { "DEBUG", LOG_DEBUG },
	[LOG_LEVEL_INFO] = { "INFO", LOG_INFO },
	[LOG_LEVEL_WARN] = { "WARN", LOG_WARNING },
	[LOG_LEVEL_ERROR] = { "ERROR", LOG_ERR },
};

int
log_level_from_name(enum log_level *level, const char *name)
{
	*level = LOG_LEVEL_INFO;
	if (name == NULL)
		return 0;
	if (strcasecmp(name, "warning") == 0)
		name = "warn";
	for (int i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
		if (strcasecmp(name, levels[i].name) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

bool
log_is_on(enum log_level level)
{
	return level >= threshold;
}

void
log_set_fields(const struct log_field *fields, size_t count)
{
	fixed = fields;
	fixed_count = count;
}

/* ---- where lines go ---- */

/* Whether standard error is the stream that systemd gave this process. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[2 * INT_MAX_LEN];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	return strcmp(stream, own) == 0;
}

static int
connect_syslog(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof at.sun_path, "%s", SYSLOG_SOCKET);
	if (fd != -1 && connect(fd, (struct sockaddr *)&at, sizeof at) == -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Whether a variable has the second of two words; -1: neither. */
static int
is_second(const char *variable, const char *first, const char *second)
{
	const char *value = getenv(variable);

	if (value == NULL || *value == '\0' || strcasecmp(value, first) == 0)
		return 0;
	return strcasecmp(value, second) == 0 ? 1 : -1;
}

const char *
log_open(const char *program)
{
	int json = is_second("THV_REGISTRY_LOG_FORMAT", "logfmt", "json");
	int to_syslog =
	    is_second("THV_REGISTRY_LOG_TARGET", "stderr", "syslog");

	snprintf(program_name, sizeof program_name, "%s", program);
	as_json = json == 1;
	if (syslog_socket != -1)
		close(syslog_socket);
	syslog_socket = to_syslog == 1 ? connect_syslog() : -1;
	with_priority = syslog_socket == -1 && is_journal();
	if (json == -1)
		return "THV_REGISTRY_LOG_FORMAT is neither logfmt nor json";
	if (to_syslog == -1)
		return "THV_REGISTRY_LOG_TARGET is neither stderr nor syslog";
	if (to_syslog == 1 && syslog_socket == -1)
		return "no syslog at " SYSLOG_SOCKET;
	return NULL;
}

/* ---- bytes ---- */

static size_t
room(const struct log_line *l)
{
	return sizeof l->text - CLOSING - l->len;
}

static void
put(struct log_line *l, const char *text, size_t len)
{
	if (len > room(l))
		len = room(l);
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

static void
put_number(struct log_line *l, uint64_t n, unsigned width)
{
	char digits[INT_MAX_LEN];
	char *at = digits + sizeof digits;

	do {
		*--at = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0 || at > digits + sizeof digits - width);
	put(l, at, (size_t)(digits + sizeof digits - at));
}

static unsigned char classes[256]; /* BARE, QUOTED */

static void
fill_classes(void)
{
	for (int c = ' '; c < 0x7f; c++)
		if (c != '"' && c != '\\')
			classes[c] =
			    c == ' ' || c == '=' ? QUOTED : BARE | QUOTED;
}

/* How many bytes from ${at} on are of a class. */
static size_t
run_of(const char *at, size_t len, unsigned class)
{
	const char *from = at, *end = at + len;

	if (classes['a'] == 0)
		fill_classes();
	while (at < end && (classes[(unsigned char)*at] & class) != 0)
		at++;
	return (size_t)(at - from);
}

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

static bool
is_bare(const char *value, size_t len)
{
	size_t i = 0, used;

	while (i < len) {
		used = run_of(value + i, len - i, BARE);
		if (used == 0)
			used = wide(value + i, len - i);
		if (used == 0)
			return false;
		i += used;
	}
	return len > 0;
}

/* What has to be escaped, in the form that JSON knows too. */
static void
put_escaped(struct log_line *l, unsigned char c)
{
	char escape[ESCAPE_MAX + 2];
	int len;

	if (c == '\n')
		len = snprintf(escape, sizeof escape, "\\n");
	else if (c == '"' || c == '\\')
		len = snprintf(escape, sizeof escape, "\\%c", c);
	else /* a byte that is not UTF-8 is shown as what stands for those */
		len = snprintf(escape, sizeof escape, "\\u%04x",
		    c >= 0x80 ? 0xfffdU : (unsigned)c);
	put(l, escape, (size_t)len);
}

/* A value that is cut still gets its closing quote. */
static void
put_quoted(struct log_line *l, const char *value, size_t len)
{
	size_t i = 0, used;

	put(l, "\"", 1);
	while (i < len && room(l) > ESCAPE_MAX) {
		size_t most = room(l) - ESCAPE_MAX;

		used =
		    run_of(value + i, len - i < most ? len - i : most, QUOTED);
		if (used == 0)
			used = wide(value + i, len - i);
		if (used > 0) {
			put(l, value + i, used);
			i += used;
		} else {
			put_escaped(l, (unsigned char)value[i++]);
		}
	}
	put(l, "\"", 1);
}

/* ---- fields ---- */

/* What stands around a key and a value, at most. */
#define AROUND (sizeof "{\"\":\"\"" - 1)

/* Begins a field for which there is room; returns where it goes on. */
static char *
begin_field(struct log_line *l, const char *key, size_t len)
{
	char *to = l->text + l->len;

	if (as_json) {
		*to++ = l->len > l->begin ? ',' : '{';
		*to++ = '"';
		memcpy(to, key, len);
		to[len] = '"';
		to[len + 1] = ':';
		return to + len + 2;
	}
	if (l->len > l->begin)
		*to++ = ' ';
	memcpy(to, key, len);
	to[len] = '=';
	return to + len + 1;
}

/* Whether there is room for a field to begin properly; begins it. */
static bool
put_key(struct log_line *l, const char *key)
{
	size_t len = strlen(key);

	if (l->skip || room(l) < len + AROUND + ESCAPE_MAX)
		return false;
	l->len = (size_t)(begin_field(l, key, len) - l->text);
	return true;
}

void
log_word(struct log_line *l, const char *key, const char *value, size_t len)
{
	size_t key_len = strlen(key);
	char *to;

	if (l->skip || room(l) < key_len + AROUND + ESCAPE_MAX)
		return;
	if (len > room(l) - key_len - AROUND)
		len = room(l) - key_len - AROUND;
	to = begin_field(l, key, key_len);
	if (as_json)
		*to++ = '"';
	memcpy(to, value, len);
	to += len;
	if (as_json)
		*to++ = '"';
	l->len = (size_t)(to - l->text);
}

void
log_text(struct log_line *l, const char *key, const char *value, size_t len)
{
	if (l->skip)
		return;
	/* What has to be cut is cut between characters, inside of quotes. */
	if (is_bare(value, len) && len + strlen(key) + AROUND <= room(l))
		log_word(l, key, value, len);
	else if (put_key(l, key))
		put_quoted(l, value, len);
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	if (value != NULL)
		log_text(l, key, value, strlen(value));
}

/* The negation of an unsigned number also holds for INT64_MIN. */
static uint64_t
size_of(struct log_line *l, int64_t value)
{
	if (value >= 0)
		return (uint64_t)value;
	put(l, "-", 1);
	return -(uint64_t)value;
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	if (room(l) > INT_MAX_LEN + ESCAPE_MAX && put_key(l, key))
		put_number(l, size_of(l, value), 1);
}

void
log_seconds(struct log_line *l, const char *key, int64_t us)
{
	const uint64_t second = (uint64_t)CLOCK_SECOND;
	uint64_t size;

	if (room(l) <= INT_MAX_LEN + ESCAPE_MAX || !put_key(l, key))
		return;
	size = size_of(l, us);
	put_number(l, size / second, 1);
	put(l, ".", 1);
	put_number(l, size % second, 6);
}

/* ---- lines ---- */

/* Many lines share a second. */
static void
put_time(struct log_line *l)
{
	static int64_t second = INT64_MIN;
	static char text[CLOCK_TEXT_SIZE]; /* "2026-01-02T03:04:05.123456Z" */
	int64_t now = clock_now();
	int64_t rest;

	if (now / CLOCK_SECOND != second) {
		second = now / CLOCK_SECOND;
		(void)clock_format(text, second * CLOCK_SECOND);
		memcpy(text + SECONDS_LEN, ".000000Z", FRACTION_LEN);
	}
	rest = now - second * CLOCK_SECOND;
	for (char *at = text + SECONDS_LEN + FRACTION_LEN - 2;
	     at > text + SECONDS_LEN; at--) {
		*at = (char)('0' + rest % 10);
		rest /= 10;
	}
	log_word(l, "time", text, SECONDS_LEN + FRACTION_LEN);
}

static void
put_priority(struct log_line *l, enum log_level level)
{
	int priority = levels[level].priority;

	if (syslog_socket == -1 && !with_priority)
		return;
	put(l, "<", 1);
	put_number(l,
	    (uint64_t)(syslog_socket == -1 ? priority : LOG_DAEMON | priority),
	    1);
	put(l, ">", 1);
	if (syslog_socket == -1)
		return;
	put(l, program_name, strlen(program_name));
	put(l, "[", 1);
	put_number(l, (uint64_t)getpid(), 1);
	put(l, "]: ", 3);
}

/* Whether there is to be a line; begins it. */
static bool
start(struct log_line *l, enum log_level level)
{
	l->len = l->begin = 0;
	l->skip = level < threshold;
	if (l->skip)
		return false;
	put_priority(l, level);
	l->begin = l->len;
	put_time(l);
	l->timed = l->len;
	return true;
}

void
log_begin(struct log_line *l, enum log_level level, const char *msg)
{
	if (!start(l, level))
		return;
	log_word(l, "level", levels[level].name, strlen(levels[level].name));
	log_str(l, "msg", msg);
}

void
log_begin_like(
    struct log_line *l, enum log_level level, const char *rest, size_t len)
{
	if (start(l, level))
		put(l, rest, len);
}

void
log_end(struct log_line *l)
{
	ssize_t ignored;

	if (l->skip)
		return;
	for (size_t i = 0; i < fixed_count; i++)
		if (fixed[i].value != NULL)
			log_word(l, fixed[i].key, fixed[i].value,
			    strlen(fixed[i].value));
	if (as_json)
		l->text[l->len++] = '}';
	/* A log that cannot be written has nowhere to say so. */
	if (syslog_socket != -1 && write(syslog_socket, l->text, l->len) != -1)
		return;
	l->text[l->len++] = '\n';
	ignored = write(STDERR_FILENO, l->text, l->len);
	(void)ignored;
}

void
log_message(enum log_level level, const char *msg, const char *error)
{
	struct log_line l;

	log_begin(&l, level, msg);
	log_str(&l, "error", error);
	log_end(&l);
}
