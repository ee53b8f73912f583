/* SPDX-License-Identifier: Apache-2.0 */
/* source_store() with the results of fetches, partial ones above all. */
#include "sync/kinds/kind.h"
#include "sync/source.h"

#include "lib/clock.h"
#include "lib/store/database.h"
#include "sync/layout.h"
#include "tests/unit/conf_file.h"

#define CONFIG                                                                \
	"sources:\n- name: s\n  file: {url: 'https://example.com/'}\n" SYNCED \
	"registries:\n- {name: r, sources: [s]}\n"
#define DOCUMENT_OF(version)                                                 \
	"{\"version\":\"1.0.0\",\"meta\":{\"last_updated\":\"2026-01-01\"}," \
	"\"data\":{\"servers\":[{\"name\":\"n/x\",\"description\":\"d\","    \
	"\"version\":\"" version "\"}]}}"

static const char hash_one[] =
    "1111111111111111111111111111111111111111111111111111111111111111";
static const char hash_two[] =
    "2222222222222222222222222222222222222222222222222222222222222222";

static int
open_text(struct fetch *f, size_t index, struct reader *r, const char **name,
    struct err *e)
{
	const char *text = f->state;

	(void)index;
	(void)e;
	reader_from_memory(r, text, strlen(text));
	*name = "text";
	return 0;
}

static void
release_text(struct fetch *f)
{
	f->state = NULL;
}

static const struct fetch_opener text_opener = { open_text, release_text };

struct site {
	struct conf *conf;
	struct db *db;
	struct source_context context;
	struct source_job job;
	struct source_outcome out;
};

static void
begin(struct site *s)
{
	struct err e = ERR_INIT;

	memset(s, 0, sizeof *s);
	CHECK_INT(load(&s->conf, CONFIG, &e), 0);
	show_messages(s->conf);
	CHECK_INT(database_open(&s->db, ":memory:", &e), 0);
	CHECK(db_begin_write(s->db, &e) == 0 &&
	      layout_store(s->db, s->conf, &e) == 0 &&
	      db_commit(s->db, &e) == 0);
	s->context.db = s->db;
	s->context.conf = s->conf;
	CHECK_INT(source_job_load(&s->job, &s->context, &s->conf->sources[0],
		      false, false, clock_now(), &e),
	    0);
}

static void
end(struct site *s)
{
	source_job_free(&s->job);
	db_close(s->db);
	conf_free(s->conf);
}

/* Stores ${text} as what a fetch with ${hash} brought. */
static void
store(struct site *s, const char *text, const char *hash, bool partial)
{
	struct fetch f = { .partial = partial,
		.document_count = 1,
		.opener = &text_opener,
		.state = (void *)(uintptr_t)text };
	struct err e = ERR_INIT;

	memcpy(f.validators.hash, hash, sizeof f.validators.hash);
	CHECK_INT(source_store(&s->out, &s->context, &s->job, &f, NULL, &e), 0);
	CHECK_INT(source_job_reload(&s->job, s->db, &e), 0);
}

static void
test_part_without_change(void)
{
	struct site s;

	begin(&s);
	store(&s, DOCUMENT_OF("1.0.0"), hash_one, false);
	CHECK_STR(sync_result_name(s.out.result), "completed");
	CHECK_INT(s.out.counts.added, 1);
	store(&s, DOCUMENT_OF("1.0.0"), hash_two, true);
	CHECK_STR(sync_result_name(s.out.result), "unchanged");
	CHECK_STR(s.out.hash, hash_one);
	CHECK_STR(s.job.state.validators.hash, hash_one);
	store(&s, DOCUMENT_OF("2.0.0"), hash_two, true);
	CHECK_STR(sync_result_name(s.out.result), "completed");
	CHECK_STR(s.job.state.validators.hash, hash_two);
	end(&s);
}

static void
test_whole_without_change(void)
{
	struct site s;

	begin(&s);
	store(&s, DOCUMENT_OF("1.0.0"), hash_one, false);
	store(&s, DOCUMENT_OF("1.0.0"), hash_two, false);
	CHECK_STR(sync_result_name(s.out.result), "completed");
	CHECK_INT(s.out.counts.unchanged, 1);
	CHECK_STR(s.job.state.validators.hash, hash_two);
	end(&s);
}

static void
test_failure_keeps_what_is_known(void)
{
	const struct err why = { ERR_FETCH, "no answer" };
	struct fetch nothing = { .used = { .requests = 3 } };
	struct err e = ERR_INIT;
	struct site s;

	begin(&s);
	store(&s, DOCUMENT_OF("1.0.0"), hash_one, false);
	CHECK_INT(
	    source_store(&s.out, &s.context, &s.job, &nothing, &why, &e), 0);
	CHECK_INT(source_job_reload(&s.job, s.db, &e), 0);
	CHECK_STR(sync_result_name(s.out.result), "failed");
	CHECK_STR(s.out.error, "Fetch failed: no answer");
	CHECK_INT(s.out.requests, 3);
	CHECK_INT(s.job.state.attempts, 1);
	CHECK_INT(s.job.state.counts.servers, 1);
	CHECK_STR(s.job.state.validators.hash, hash_one);
	end(&s);
}

/* A failure whose server asked to wait for ${seconds}. */
static void
fail(struct site *s, int64_t seconds)
{
	const struct err why = { ERR_FETCH, "HTTP 429" };
	struct fetch nothing = { .retry_us = seconds * CLOCK_SECOND };
	struct err e = ERR_INIT;

	CHECK_INT(
	    source_store(&s->out, &s->context, &s->job, &nothing, &why, &e), 0);
}

static bool
is_due(struct site *s, bool asked, bool force, int64_t now)
{
	struct err e = ERR_INIT;

	source_job_free(&s->job);
	CHECK_INT(source_job_load(&s->job, &s->context, &s->conf->sources[0],
		      asked, force, now, &e),
	    0);
	return s->job.due;
}

static void
test_retry_after_is_kept(void)
{
	const int64_t hour = 3600 * CLOCK_SECOND, day = 24 * hour;
	int64_t now = clock_now();
	struct site s;

	begin(&s);
	CHECK(is_due(&s, false, false, now));
	fail(&s, 5 * 3600);
	CHECK(!is_due(&s, false, false, now + 5 * hour - CLOCK_SECOND));
	CHECK(s.job.state.due_us >= now + 5 * hour &&
	      s.job.state.retry_us == s.job.state.due_us);
	CHECK(!is_due(&s, true, false, now + 4 * hour));
	CHECK(s.job.waits);
	CHECK(is_due(&s, true, true, now + 4 * hour));
	CHECK(!s.job.waits);
	CHECK(is_due(&s, false, false, now + 6 * hour));
	/* Written by a clock that was wrong: no server waits that long. */
	CHECK(is_due(&s, false, false, now - 2 * day));
	/* What came of the next attempt takes its place. */
	CHECK(is_due(&s, true, true, now));
	fail(&s, 0);
	CHECK(is_due(&s, true, false, now));
	CHECK(s.job.state.retry_us == CLOCK_NEVER);
	fail(&s, 3600);
	CHECK(is_due(&s, true, true, now));
	store(&s, DOCUMENT_OF("1.0.0"), hash_one, false);
	CHECK(is_due(&s, true, false, now));
	CHECK(s.job.state.retry_us == CLOCK_NEVER);
	end(&s);
}

static void
test_time(void)
{
	static const struct {
		int line;
		struct conf_source source;
		int64_t seconds;
	} rows[] = {
		{ __LINE__, { .kind = &kind_api }, 3600 },
		{ __LINE__,
		    { .kind = &kind_git, .u.git.timeout_ns = 7 * SECOND }, 7 },
		{ __LINE__,
		    { .kind = &kind_file, .u.file.timeout_ns = 9 * SECOND },
		    9 },
		{ __LINE__, { .kind = &kind_file }, 600 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		T_AT(rows[i].line);
		CHECK_INT(
		    kind_time(&rows[i].source) / CLOCK_SECOND, rows[i].seconds);
	}
	T_AT(0);
}

int
main(void)
{
	char dir[] = "/tmp/test_source-XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		abort();
	test_part_without_change();
	test_whole_without_change();
	test_failure_keeps_what_is_known();
	test_retry_after_is_kept();
	test_time();
	unlink(FILE_NAME);
	rmdir(dir);
	return t_done();
}
