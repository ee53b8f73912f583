/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines of the log go, and what those who take them want in front. */
#include "lib/log/log_private.h"

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

static char program_name[NAME_MAX_BYTES];

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
	struct log_how *how = &log_how;

	snprintf(program_name, sizeof program_name, "%s", program);
	how->as_json = json == 1;
	log_stamp.second = LOG_NO_SECOND;
	if (how->syslog_socket != -1)
		close(how->syslog_socket);
	how->syslog_socket = to_syslog == 1 ? connect_syslog() : -1;
	how->has_prefix = how->syslog_socket != -1 || is_journal();
	if (json == -1)
		return "THV_REGISTRY_LOG_FORMAT is neither logfmt nor json";
	if (to_syslog == -1)
		return "THV_REGISTRY_LOG_TARGET is neither stderr nor syslog";
	if (to_syslog == 1 && how->syslog_socket == -1)
		return "no syslog at " SYSLOG_SOCKET;
	return NULL;
}

char *
log_open_prefix(char *to, enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_ERROR] = LOG_ERR,
	};
	const bool for_syslog = log_how.syslog_socket != -1;
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
