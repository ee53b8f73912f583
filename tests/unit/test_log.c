/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: quoting, levels, truncation, and atomic writes. */
#include "lib/log/log.h"

#include "lib/clock.h"
#include "tests/t.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	int line;
	const char *value;
	const char *written;
} values[] = {
	{ __LINE__, "plain", "plain" },
	{ __LINE__, "a/b.c:1-2_3", "a/b.c:1-2_3" },
	{ __LINE__, "", "\"\"" },
	{ __LINE__, "two words", "\"two words\"" },
	{ __LINE__, "a=b", "\"a=b\"" },
	{ __LINE__, "say \"x\"", "\"say \\\"x\\\"\"" },
	{ __LINE__, "back\\slash", "\"back\\\\slash\"" },
	{ __LINE__, "a\nlevel=ERROR", "\"a\\nlevel=ERROR\"" },
	{ __LINE__, "a\r\tb\x1b[0m", "\"a\\u000d\\u0009b\\u001b[0m\"" },
	{ __LINE__, "\x7f", "\"\\u007f\"" },
	{ __LINE__, "caf\xc3\xa9", "caf\xc3\xa9" },
	{ __LINE__, "caf\xc3", "\"caf\\ufffd\"" },
	{ __LINE__, "\xff/\xc3\xa9 x", "\"\\ufffd/\xc3\xa9 x\"" },
};

static const struct {
	int line;
	const char *name;
	int status;
	enum log_level level;
} levels[] = {
	{ __LINE__, "debug", 0, LOG_LEVEL_DEBUG },
	{ __LINE__, "INFO", 0, LOG_LEVEL_INFO },
	{ __LINE__, "warn", 0, LOG_LEVEL_WARN },
	{ __LINE__, "Warning", 0, LOG_LEVEL_WARN },
	{ __LINE__, "error", 0, LOG_LEVEL_ERROR },
	{ __LINE__, NULL, 0, LOG_LEVEL_INFO },
	{ __LINE__, "", -1, LOG_LEVEL_INFO },
	{ __LINE__, "loud", -1, LOG_LEVEL_INFO },
};

static const struct {
	int line;
	int64_t us;
	const char *written;
} seconds[] = {
	{ __LINE__, 0, "0.000000" },
	{ __LINE__, 1, "0.000001" },
	{ __LINE__, 1500000, "1.500000" },
	{ __LINE__, -500000, "-0.500000" },
	{ __LINE__, -1500000, "-1.500000" },
	{ __LINE__, INT64_MIN, "-9223372036854.775808" },
};

/* The line so far, as a string. */
static const char *
text(struct log_line *l)
{
	l->text[l->len] = '\0';
	return l->text;
}

static void
test_values(void)
{
	struct log_line l = { .len = 0 };
	char want[64];

	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		l.len = 0;
		log_str(&l, "key", values[i].value);
		snprintf(want, sizeof want, " key=%s", values[i].written);
		T_AT(values[i].line);
		CHECK_STR(text(&l), want);
	}
	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		l.len = 0;
		log_seconds(&l, "s", seconds[i].us);
		snprintf(want, sizeof want, " s=%s", seconds[i].written);
		T_AT(seconds[i].line);
		CHECK_STR(text(&l), want);
	}
	T_AT(0);
	l.len = 0;
	log_int(&l, "n", INT64_MIN);
	log_str(&l, "none", NULL);
	log_int(&l, "m", 7);
	CHECK_STR(text(&l), " n=-9223372036854775808 m=7");
}

static void
test_levels(void)
{
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		enum log_level level = LOG_LEVEL_ERROR;

		T_AT(levels[i].line);
		CHECK_INT(log_level_from_name(&level, levels[i].name),
		    levels[i].status);
		CHECK_INT(level, levels[i].level);
	}
	T_AT(0);
}

/* The parts of a line that begins now: its time can be read, the rest is. */
static void
test_begin(void)
{
	struct log_line l;
	struct err e = ERR_INIT;
	int64_t before = clock_now(), at = 0;
	const char *rest;

	log_begin(&l, LOG_LEVEL_WARN, "it happened");
	CHECK(strncmp(text(&l), "time=", 5) == 0);
	rest = strchr(l.text, ' ');
	CHECK_STR(rest, " level=WARN msg=\"it happened\"");
	if (rest != NULL)
		CHECK_INT(clock_parse(
			      &at, l.text + 5, (size_t)(rest - l.text) - 5, &e),
		    0);
	CHECK(at >= before && at <= clock_now());

	log_begin(&l, LOG_LEVEL_DEBUG, "hidden");
	log_str(&l, "key", "value");
	CHECK(l.skip);
	CHECK_INT(l.len, 0);
}

/* However long the value: a line that fits, with its quotes in pairs. */
static void
test_cut(void)
{
	static char big[2 * LOG_LINE_MAX];
	static const char fillers[] = { 'x', ' ', '"', '\\', '\n', '\x01' };
	struct log_line l;
	int broken = 0;

	for (size_t f = 0; f < sizeof fillers; f++) {
		for (size_t lead = 0; lead < 8; lead++) {
			memset(big, fillers[f], sizeof big - 1);
			memset(big, 'a', lead);
			l.len = 0;
			l.skip = 0;
			log_str(&l, "key", big);
			for (int i = 0; i < 3; i++)
				log_str(&l, "more", "a value");
			broken += l.len >= sizeof l.text;
			broken += l.len + 16 < sizeof l.text;
			broken += f > 0 && l.text[l.len - 1] != '"';
			broken += strstr(text(&l), "more") != NULL;
		}
	}
	CHECK_INT(broken, 0);
}

/* Runs with standard error in a file, and gives back what came there. */
static void
test_written(void)
{
	char got[2 * LOG_LINE_MAX] = "", *line;
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	struct log_line l;
	size_t len;

	if (!CHECK(file != NULL && kept != -1))
		return;
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	log_message(LOG_LEVEL_ERROR, "failed", "no such file");
	log_message(LOG_LEVEL_INFO, "fine", NULL);
	log_message(LOG_LEVEL_DEBUG, "hidden", NULL);
	log_set_level(LOG_LEVEL_DEBUG);
	log_message(LOG_LEVEL_DEBUG, "seen", NULL);
	log_set_level(LOG_LEVEL_ERROR);
	log_message(LOG_LEVEL_WARN, "hidden", NULL);
	log_begin(&l, LOG_LEVEL_ERROR, "long");
	for (int i = 0; i < 3000; i++)
		log_int(&l, "n", i);
	log_end(&l);
	log_set_level(LOG_LEVEL_INFO);
	dup2(kept, STDERR_FILENO);
	close(kept);

	rewind(file);
	len = fread(got, 1, sizeof got - 1, file);
	fclose(file);
	CHECK(len > 0 && got[len - 1] == '\n');
	line = got;
	CHECK(strstr(line,
		  " level=ERROR msg=failed error=\"no such file\"\n") != NULL);
	line = strchr(line, '\n') + 1;
	CHECK(strstr(line, " level=INFO msg=fine\n") != NULL);
	line = strchr(line, '\n') + 1;
	CHECK(strstr(line, " level=DEBUG msg=seen\n") != NULL);
	line = strchr(line, '\n') + 1;
	CHECK(strstr(line, " msg=long n=0 n=1 ") != NULL);
	CHECK(strlen(line) <= LOG_LINE_MAX);
	CHECK(strchr(line, '\n') == got + len - 1);
	CHECK(strstr(got, "hidden") == NULL);
}

/* What one line looks like with these variables, written to a file. */
static void
test_line(int line, const char *format, const char *want)
{
	static const struct log_field fields[] = { { "request_id", "r-1", 3 },
		{ "trace_id", NULL, 0 } };
	char got[LOG_LINE_MAX] = "", stream[64];
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO);
	struct log_line l;
	struct stat st;
	size_t len;

	if (!CHECK(file != NULL && kept != -1 && fstat(fileno(file), &st) == 0))
		return;
	setenv("THV_REGISTRY_LOG_FORMAT", format, 1);
	/* The stream is the journal's in every other line. */
	snprintf(stream, sizeof stream, "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", want[0] == '<' ? stream : "1:2", 1);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	CHECK(log_open("test") == NULL);
	log_set_fields(fields, 2);
	log_begin(&l, LOG_LEVEL_WARN, "it \"is\"");
	log_text(&l, "path", "/a%20\xff?x", 7);
	log_str(&l, "method", "GET");
	log_int(&l, "status", 404);
	log_seconds(&l, "s", 1500000);
	log_end(&l);
	log_set_fields(NULL, 0);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	len = fread(got, 1, sizeof got - 1, file);
	fclose(file);
	T_AT(line);
	if (CHECK(len > 40)) {
		char *time = strstr(got, "2");

		/* The instant is no matter of this test. */
		memmove(time, time + 27, strlen(time + 27) + 1);
		CHECK_STR(got, want);
	}
	T_AT(0);
}

static void
test_formats(void)
{
	test_line(__LINE__, "logfmt",
	    "time= level=WARN msg=\"it \\\"is\\\"\" "
	    "path=\"/a%20\\ufffd?\" method=GET status=404 s=1.500000 "
	    "request_id=r-1\n");
	test_line(__LINE__, "JSON",
	    "{\"time\":\"\",\"level\":\"WARN\",\"msg\":\"it \\\"is\\\"\","
	    "\"path\":\"/a%20\\ufffd?\","
	    "\"method\":\"GET\",\"status\":404,\"s\":1.500000,"
	    "\"request_id\":\"r-1\"}\n");
	test_line(__LINE__, "",
	    "<4>time= level=WARN msg=\"it \\\"is\\\"\" "
	    "path=\"/a%20\\ufffd?\" method=GET status=404 s=1.500000 "
	    "request_id=r-1\n");
	setenv("THV_REGISTRY_LOG_FORMAT", "xml", 1);
	CHECK(strstr(log_open("test"), "neither logfmt nor json") != NULL);
	unsetenv("THV_REGISTRY_LOG_FORMAT");
	setenv("THV_REGISTRY_LOG_TARGET", "printer", 1);
	CHECK(strstr(log_open("test"), "neither stderr nor syslog") != NULL);
	unsetenv("THV_REGISTRY_LOG_TARGET");
	unsetenv("JOURNAL_STREAM");
	CHECK(log_open("test") == NULL);
}

/* Where a value of long characters is cut, none of them is. */
static void
test_cut_between_characters(void)
{
	static char big[2 * LOG_LINE_MAX];
	struct log_line l;
	int broken = 0;

	for (size_t lead = 0; lead < 2; lead++) {
		memset(big, 'a', lead);
		for (size_t i = lead; i + 2 < sizeof big; i += 2)
			memcpy(big + i, "\xc3\xa9", 3);
		l.len = 0;
		l.skip = 0;
		log_str(&l, "key", big);
		broken += l.len + 16 < sizeof l.text;
		broken += memcmp(l.text + l.len - 3, "\xc3\xa9\"", 3) != 0;
	}
	CHECK_INT(broken, 0);
}

/* A JSON object stays one, however much goes into it. */
static void
test_cut_json(void)
{
	static char big[2 * LOG_LINE_MAX];
	struct log_line l;

	setenv("THV_REGISTRY_LOG_FORMAT", "json", 1);
	CHECK(log_open("test") == NULL);
	memset(big, '\x01', sizeof big - 1);
	log_begin(&l, LOG_LEVEL_ERROR, "long");
	for (int i = 0; i < 40; i++)
		log_str(&l, "word", "0123456789");
	log_str(&l, "key", big);
	log_str(&l, "more", "a value");
	log_int(&l, "n", 7);
	CHECK(l.len < sizeof l.text - 1);
	CHECK(l.text[l.len - 1] == '"');
	CHECK(strstr(text(&l), "more") == NULL);
	log_begin(&l, LOG_LEVEL_ERROR, "long");
	log_text(&l, "word", big, sizeof big - 1);
	CHECK(l.len < sizeof l.text - 1);
	CHECK(l.text[l.len - 1] == '"');
	unsetenv("THV_REGISTRY_LOG_FORMAT");
	CHECK(log_open("test") == NULL);
}

int
main(void)
{
	test_values();
	test_levels();
	test_begin();
	test_cut();
	test_cut_between_characters();
	test_written();
	test_formats();
	test_cut_json();
	return t_done();
}
