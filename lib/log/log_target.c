/* SPDX-License-Identifier: Apache-2.0 */
/* Standard error, the systemd journal behind it, or syslog. */
#include "lib/log/log_target.h"

#include "lib/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64 /* of a program, for syslog */
#define INT_MAX_LEN 24
#define SYSLOG_SOCKET "/dev/log"

struct log_target log_target = { .syslog = -1 };

static char program_name[NAME_MAX_BYTES];

/* Whether standard error is the stream that systemd opened for this process. */
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

/* 1 if the variable is the second word, 0 if the first or unset, else -1. */
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
	struct log_target *t = &log_target;

	snprintf(program_name, sizeof program_name, "%s", program);
	t->as_json = json == 1;
	if (t->syslog != -1)
		close(t->syslog);
	t->syslog = to_syslog == 1 ? connect_syslog() : -1;
	t->has_prefix = t->syslog != -1 || is_journal();
	if (json == -1)
		return "THV_REGISTRY_LOG_FORMAT is neither logfmt nor json";
	if (to_syslog == -1)
		return "THV_REGISTRY_LOG_TARGET is neither stderr nor syslog";
	if (to_syslog == 1 && t->syslog == -1)
		return "no syslog at " SYSLOG_SOCKET;
	return NULL;
}

char *
log_target_prefix(char *to, enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_ERROR] = LOG_ERR,
	};
	const bool for_syslog = log_target.syslog != -1;
	int priority = priorities[level] | (for_syslog ? LOG_DAEMON : 0);

	*to++ = '<';
	to = decimal_put(to, (uint64_t)priority);
	*to++ = '>';
	if (!for_syslog)
		return to;
	memcpy(to, program_name, strlen(program_name));
	to += strlen(program_name);
	*to++ = '[';
	to = decimal_put(to, (uint64_t)getpid());
	memcpy(to, "]: ", 3);
	return to + 3;
}

void
log_target_write(const char *line, size_t len)
{
	ssize_t ignored;

	/* A failure to write the log cannot be logged. */
	if (log_target.syslog != -1 &&
	    write(log_target.syslog, line, len - 1) != -1)
		return;
	ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}
