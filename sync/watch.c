/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop around runs, and noticing that the configuration or a local source
 * has changed.
 *
 * inotify only says when to look; whether there is a change is told by the
 * content of the configuration and the state of the files.  So a poll now and
 * then finds the same changes later, which is what is left without inotify.
 */
#include "sync/watch.h"

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/digest.h"
#include "lib/json_out.h"
#include "lib/limits.h"
#include "lib/log/log.h"
#include "lib/store/database.h"
#include "lib/store/tally.h"
#include "lib/xalloc.h"
#include "sync/fetch/fetch_process.h"
#include "sync/run.h"
#include "sync/stop.h"
#include "sync/watch_local.h"
#include "sync/watch_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE (CLOCK_SECOND / 5) /* no event for so long: look */
#define SETTLE_MAX CLOCK_SECOND /* after the first, look in any case */
#define POLL_BLIND (2 * CLOCK_SECOND) /* where inotify does not see all */
#define POLL_SEEING (60 * CLOCK_SECOND) /* for file systems it cannot see */
#define RETRY_BUSY (CLOCK_SECOND / 2) /* another sync is running */
#define RETRY_BROKEN (10 * CLOCK_SECOND) /* the run itself failed */
#define WAIT_MAX (60 * CLOCK_SECOND) /* the clock may be set */
#define REAP (CLOCK_SECOND / 10) /* while a killed process is ending */
#define SETTING_MAX 1024

struct watcher {
	const char *config;
	struct conf *conf; /* in force */
	struct reporter *reporter;
	char hash[DIGEST_HEX_SIZE]; /* of the file as it was read last */
	struct watch_local local;
	struct watch_paths *paths;
	const char *gap; /* of paths, as it was logged last */
	int64_t first_us; /* the first event not looked into; INT64_MAX: none */
	int64_t look_us; /* all in clock_monotonic() */
	int64_t poll_us;
	/* The last reading of the configuration, until it is recorded. */
	bool pending;
	bool failed;
	int64_t failures;
	int64_t at_us; /* clock_now() */
	int64_t noticed_us;
	int64_t took_us; /* -1: not done yet */
};

/* ---- looking ---- */

/* Hashes the file; of one that cannot be read, the reason. */
static void
hash_config(char hash[DIGEST_HEX_SIZE], const char *path)
{
	struct digest *d = digest_new();
	char bytes[16 * KIB];
	size_t left = LIMIT_CONFIG_FILE + 1;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	while (
	    fd != -1 && left > 0 && (n = read(fd, bytes, sizeof bytes)) > 0) {
		digest_add(d, bytes, (size_t)n);
		left -= (size_t)n < left ? (size_t)n : left;
	}
	if (n == -1) {
		const char *why = strerror(errno);

		digest_add(d, why, strlen(why));
	}
	digest_hex(d, hash);
	digest_free(d);
	if (fd != -1)
		close(fd);
}

/* Watches what the configuration in force names, as it lies now. */
static void
watch_anew(struct watcher *w)
{
	size_t count = w->local.count + 1;
	char **paths = xcalloc(count, sizeof *paths);
	const char *gap;

	paths[0] = (char *)(uintptr_t)w->config;
	for (size_t i = 1; i < count; i++)
		paths[i] = w->local.items[i - 1].path;
	watch_paths_free(w->paths);
	w->paths = watch_paths_new(paths, count);
	free(paths);
	gap = watch_paths_gap(w->paths);
	if (gap != NULL && gap != w->gap)
		log_message(LOG_LEVEL_WARN,
		    "changes are looked for every 2 seconds", gap);
	w->gap = gap;
}

static void
keep_database(struct conf *conf, const struct conf *old)
{
	if (strcmp(conf->database_path, old->database_path) == 0)
		return;
	log_message(LOG_LEVEL_WARN,
	    "database.path has changed: the old one is used until a restart",
	    NULL);
	free(conf->database_path);
	conf->database_path = xstrdup(old->database_path);
}

/* Reads the configuration; NULL when it is broken, which is reported. */
static const struct conf *
reload(struct watcher *w, int64_t noticed_us)
{
	struct conf *conf = NULL;
	struct err e = ERR_INIT;

	w->pending = true;
	w->noticed_us = noticed_us;
	w->at_us = clock_now();
	w->failed = conf_load(&conf, w->config, &e) == -1;
	report_messages(w->reporter, conf);
	if (w->failed) {
		w->failures++;
		w->took_us = clock_monotonic() - noticed_us;
		log_message(LOG_LEVEL_ERROR,
		    "configuration is broken, the one before stays in force",
		    e.text);
		conf_free(conf);
		return NULL;
	}
	w->took_us = -1;
	keep_database(conf, w->conf);
	conf->earlier = w->conf;
	w->conf = conf;
	watch_local_take(&w->local, conf);
	return conf;
}

/* Looks whether anything differs; a configuration if there is a new one. */
static const struct conf *
look_now(struct watcher *w, bool asked)
{
	int64_t noticed = clock_monotonic();
	char hash[DIGEST_HEX_SIZE];
	const struct conf *conf = NULL;

	if (w->first_us < noticed)
		noticed = w->first_us;
	w->first_us = w->look_us = INT64_MAX;
	/* First the ears, then the eyes: nothing happens in between. */
	watch_anew(w);
	hash_config(hash, w->config);
	if (asked || strcmp(hash, w->hash) != 0) {
		memcpy(w->hash, hash, sizeof w->hash);
		conf = reload(w, noticed);
		if (conf != NULL)
			watch_anew(w);
	}
	watch_local_look(&w->local);
	w->poll_us =
	    clock_monotonic() + (w->gap == NULL ? POLL_SEEING : POLL_BLIND);
	return conf;
}

/* ---- what a run asks ---- */

static int
watch_fd(void *ctx)
{
	const struct watcher *w = ctx;

	return watch_paths_fd(w->paths);
}

static int64_t
wake_us(void *ctx)
{
	const struct watcher *w = ctx;

	return w->look_us < w->poll_us ? w->look_us : w->poll_us;
}

static const struct conf *
look(void *ctx)
{
	struct watcher *w = ctx;
	int64_t now = clock_monotonic();
	bool asked = stop_take_reload();

	if (watch_paths_drain(w->paths)) {
		if (w->first_us == INT64_MAX)
			w->first_us = now;
		w->look_us = now + SETTLE;
		if (w->look_us > w->first_us + SETTLE_MAX)
			w->look_us = w->first_us + SETTLE_MAX;
	}
	return asked || now >= wake_us(w) ? look_now(w, asked) : NULL;
}

static bool
is_urgent(void *ctx, const char *source)
{
	struct watcher *w = ctx;

	return watch_local_take_change(&w->local, source);
}

static void
log_taken(const struct watcher *w)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, "configuration taken");
	log_int(&l, "sources", (int64_t)w->conf->source_count);
	log_int(&l, "registries", (int64_t)w->conf->registry_count);
	log_seconds(&l, "seconds", w->took_us);
	log_end(&l);
}

static char *
describe_reload(const struct watcher *w)
{
	struct buf text = BUF_INIT(SETTING_MAX);
	struct json_out j = JSON_OUT_INIT(&text);
	char seconds[40];
	int len = snprintf(seconds, sizeof seconds, "%.6f",
	    (double)w->took_us / (double)CLOCK_SECOND);

	json_out_open(&j, '{');
	json_out_key(&j, "at");
	json_out_time(&j, w->at_us);
	json_out_key(&j, "durationSeconds");
	json_out_raw(&j, seconds, (size_t)len);
	json_out_key(&j, "result");
	json_out_str(&j, w->failed ? "failure" : "success");
	json_out_key(&j, "failures");
	json_out_int(&j, w->failures);
	json_out_close(&j, '}');
	return buf_take(&text);
}

static int
note(void *ctx, struct db *db, struct err *e)
{
	struct watcher *w = ctx;
	char *text;
	int rc = -1;

	if (!w->pending)
		return 0;
	if (!w->failed) {
		w->took_us = clock_monotonic() - w->noticed_us;
		log_taken(w);
	}
	text = describe_reload(w);
	if (database_set(db, "config_reload", text, e) == -1 ||
	    tally_reload(db, w->failed ? TALLY_UNKNOWN : TALLY_SUCCESS,
		w->took_us, e) == -1)
		goto out;
	w->pending = false;
	rc = 0;
out:
	free(text);
	return rc;
}

/* ---- the loop ---- */

/* No run uses them any more. */
static void
free_earlier(struct conf *conf)
{
	conf_free(conf->earlier);
	conf->earlier = NULL;
}

/* Makes a run; the clock_now() at which the next one is due. */
static int64_t
make_run(struct watcher *w)
{
	const struct run_watch hooks = { watch_fd, wake_us, look, is_urgent,
		note, w };
	const struct run_options options = { .conf = w->conf,
		.watch = &hooks,
		.progress = report_progress,
		.outcome = report_outcome,
		.step = report_step,
		.ctx = w->reporter };
	struct run_report report;
	struct err e = ERR_INIT;
	int64_t due;

	if (run_sync(&report, &options, &e) == 0) {
		due = report.next_due_us;
	} else if (e.code == ERR_BUSY) {
		log_message(LOG_LEVEL_DEBUG, "waiting", e.text);
		due = clock_now() + RETRY_BUSY;
	} else {
		log_message(LOG_LEVEL_ERROR, "sync did not run", e.text);
		due = clock_now() + RETRY_BROKEN;
	}
	report_clear(w->reporter);
	run_report_free(&report);
	free_earlier(w->conf);
	return due;
}

/* Sleeps until ${due}, or until there is something to be done before. */
static void
wait_until(struct watcher *w, int64_t due)
{
	while (!stop_requested() && clock_now() < due) {
		struct pollfd fds[2] = {
			{ .fd = stop_fd(), .events = POLLIN },
			{ .fd = watch_paths_fd(w->paths), .events = POLLIN },
		};
		int64_t left = due - clock_now();
		int64_t wake = wake_us(w) - clock_monotonic();

		if (wake < left)
			left = wake;
		if (left > WAIT_MAX)
			left = WAIT_MAX;
		if (fetch_process_reap() && left > REAP)
			left = REAP;
		(void)poll(fds, 2, left <= 0 ? 0 : (int)(left / 1000) + 1);
		stop_drain();
		if (look(w) != NULL || w->pending ||
		    watch_local_has_change(&w->local))
			return;
	}
}

static void
start(struct watcher *w)
{
	w->first_us = w->look_us = INT64_MAX;
	w->pending = true;
	w->at_us = clock_now();
	w->noticed_us = clock_monotonic();
	watch_local_take(&w->local, w->conf);
	/* They may have changed while nobody looked. */
	watch_local_change_all(&w->local);
	watch_anew(w);
	hash_config(w->hash, w->config);
	w->poll_us = w->noticed_us;
}

int
watch(const char *config, struct conf *conf, struct reporter *reporter)
{
	struct watcher w = {
		.config = config, .conf = conf, .reporter = reporter
	};
	int64_t due;

	start(&w);
	log_message(LOG_LEVEL_INFO, "watching", NULL);
	while (!stop_requested()) {
		due = make_run(&w);
		if (w.pending && due < clock_now() + RETRY_BUSY)
			due = clock_now() + RETRY_BUSY;
		wait_until(&w, due);
	}
	log_message(LOG_LEVEL_INFO, "ended", NULL);
	watch_paths_free(w.paths);
	watch_local_free(&w.local);
	conf_free(w.conf);
	return 0;
}
