/* SPDX-License-Identifier: Apache-2.0 */
/* lib/log_form: a line that is filled in is the line that would be written. */
#include "lib/log/log_form.h"

#include "lib/clock.h"
#include "tests/t.h"

#include <stdlib.h>
#include <unistd.h>

#define NOW INT64_C(1700000000123456) /* 2023-11-14T22:13:20.123456Z */

static FILE *file; /* where standard error goes */

static const char *
written(void)
{
	static char text[2 * LOG_LINE_MAX];
	size_t len;

	rewind(file);
	len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	rewind(file);
	if (ftruncate(fileno(file), 0) == -1)
		text[0] = '\0';
	return text;
}

static void
make(struct log_form *f, const char *msg, const char *more)
{
	struct log_line l;

	log_form_reset(f);
	log_begin(&l, LOG_LEVEL_INFO, msg);
	log_form_open(f, &l, "path", LOG_FORM_TEXT);
	log_str(&l, "more", more);
	log_form_open(f, &l, "n", LOG_FORM_NUMBER);
	log_form_open(f, &l, "id", LOG_FORM_WORD);
	log_str(&l, "last", more);
	log_form_close(f, &l, LOG_LEVEL_INFO);
}

/* The same line, field by field, but for its time. */
static const char *
expected(const char *msg, const char *more, const struct log_value *v)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, msg);
	log_text(&l, "path", v[0].text, v[0].number);
	log_str(&l, "more", more);
	log_int(&l, "n", (int64_t)v[1].number);
	log_word(&l, "id", v[2].text, v[2].number);
	log_str(&l, "last", more);
	log_end(&l);
	return written();
}

/* What comes behind the time. */
static const char *
rest_of(const char *line)
{
	const char *z = strchr(line, 'Z');

	return z == NULL ? line : z;
}

/*
 * Values of each length up to 40, with odd bytes at each place: which ones are
 * odd is shown in test_plain.
 */
static void
test_values(const char *format)
{
	static const char odd[] = "y\n\"=\\\x7f\xff";
	struct log_form f = LOG_FORM_INIT;
	char path[41], want[2 * LOG_LINE_MAX];
	int wrong = 0;

	setenv("THV_REGISTRY_LOG_FORMAT", format, 1);
	CHECK(log_open("test") == NULL);
	make(&f, "a line", NULL);
	for (size_t len = 0; len < sizeof path; len++)
		for (size_t at = 0; at < (len == 0 ? 1 : len); at++)
			for (const char *c = odd; *c != '\0'; c++) {
				struct log_value v[] = { { path, len },
					{ NULL, len * 1000003 },
					{ path, len } };

				memset(path, 'x', sizeof path);
				v[2].text = "0123456789012345678901234567890123"
					    "456789";
				path[at] = *c;
				snprintf(want, sizeof want, "%s",
				    expected("a line", NULL, v));
				log_form_write(&f, NOW, v);
				wrong += strcmp(rest_of(written()),
					     rest_of(want)) != 0;
			}
	CHECK_INT(wrong, 0);
	log_form_free(&f);
}

static void
test_time(void)
{
	static const struct log_value v[] = { { "/", 1 }, { NULL, 7 },
		{ "i", 1 } };
	static const struct {
		int64_t now;
		const char *text;
	} times[] = {
		{ NOW, "time=2023-11-14T22:13:20.123456Z " },
		{ NOW + 1, "time=2023-11-14T22:13:20.123457Z " },
		{ NOW + 876543, "time=2023-11-14T22:13:20.999999Z " },
		{ NOW + 876544, "time=2023-11-14T22:13:21.000000Z " },
		{ NOW, "time=2023-11-14T22:13:20.123456Z " },
		{ 0, "time=1970-01-01T00:00:00.000000Z " },
		{ -1, "time=1969-12-31T23:59:59.999999Z " },
		{ -CLOCK_SECOND, "time=1969-12-31T23:59:59.000000Z " },
	};
	struct log_form f = LOG_FORM_INIT;

	setenv("THV_REGISTRY_LOG_FORMAT", "", 1);
	CHECK(log_open("test") == NULL);
	make(&f, "m", "y");
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		const char *line;

		log_form_write(&f, times[i].now, v);
		line = written();
		CHECK(strncmp(line, times[i].text, strlen(times[i].text)) == 0);
		CHECK_STR(rest_of(line),
		    "Z level=INFO msg=m path=/ more=y n=7 id=i last=y\n");
	}
	log_form_free(&f);
}

/* Whatever does not fit: a line, and an object of JSON where it is to be. */
static void
test_cut(const char *format)
{
	static char big[2 * LOG_LINE_MAX], more[2 * LOG_LINE_MAX];
	static const char fillers[] = { 'x', ' ', '\x01', '\xff' };
	struct log_form f = LOG_FORM_INIT;
	int wrong = 0;

	setenv("THV_REGISTRY_LOG_FORMAT", format, 1);
	CHECK(log_open("test") == NULL);
	for (size_t i = 0; i < sizeof fillers; i++) {
		memset(big, fillers[i], sizeof big);
		for (size_t len = 0; len < sizeof big; len += 61) {
			const struct log_value v[] = { { big, len },
				{ NULL, UINT64_MAX },
				{ big, fillers[i] == 'x' ? len : 1 } };
			const char *line;

			memset(more, 'm', sizeof more);
			more[len / 2] = '\0';
			make(&f, "m", len % 2 == 0 ? "y" : more);
			log_form_write(&f, NOW, v);
			line = written();
			wrong += strlen(line) > LOG_LINE_MAX ||
				 strchr(line, '\n') != line + strlen(line) - 1;
			wrong += *format != '\0' &&
				 strcmp(line + strlen(line) - 2, "}\n") != 0;
		}
	}
	CHECK_INT(wrong, 0);
	log_form_free(&f);
}

static void
test_levels(void)
{
	static const struct log_value v[] = { { "/", 1 }, { NULL, 7 },
		{ "i", 1 } };
	struct log_form f = LOG_FORM_INIT;

	make(&f, "m", NULL);
	log_set_level(LOG_LEVEL_WARN);
	log_form_write(&f, NOW, v);
	CHECK_STR(written(), "");
	make(&f, "m", NULL);
	log_form_write(&f, NOW, v);
	CHECK_STR(written(), "");
	log_set_level(LOG_LEVEL_INFO);
	log_form_free(&f);
}

int
main(void)
{
	int kept = dup(STDERR_FILENO);

	file = tmpfile();
	if (!CHECK(file != NULL && kept != -1))
		return t_done();
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	/* Appended to wherever it was cut off. */
	test_values("");
	test_values("json");
	test_time();
	test_cut("");
	test_cut("json");
	test_levels();
	dup2(kept, STDERR_FILENO);
	return t_done();
}
