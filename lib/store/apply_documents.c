/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the documents of a fetch, and telling the faults of one file from
 * those of the source.  Inner part of lib/store/apply.c.
 */
#include "lib/store/apply_private.h"

#include "lib/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int
detect(struct apply *a, struct fetch *fetched, size_t index, struct err *e)
{
	struct reader reader = { 0 };
	const char *name = NULL;
	int rc = -1;

	a->seems = NULL;
	a->shape = SHAPE_ENTRIES;
	if (fetch_open(fetched, index, &reader, &name, e) == -1 ||
	    (!fetched->entries &&
		shape_detect(&a->shape, &a->seems, &reader, e) == -1))
		goto out;
	rc = 0;
out:
	reader_close(&reader);
	a->document = fetched->document_count > 1 ? name : NULL;
	a->place.file = fetched->files ? name : NULL;
	return rc;
}

/* Among others a document of no known shape is left out like an entry. */
static int
leave_out(struct apply *a, struct err *e)
{
	struct rules_problem problem = { .rule =
					     "unrecognized document format" };
	const struct catalog_entry entry = {
		.kind = ENTRY_SERVER, .array = "", .root = true
	};

	if (a->seems != NULL)
		snprintf(problem.rule, sizeof problem.rule,
		    "this seems to be %s", a->seems);
	return apply_reject(a, &entry, &problem, e);
}

static int
note_groups(struct apply *a, struct err *e)
{
	static const struct rules_problem problem = { .path = "groups",
		.rule = "is not kept: groups of servers are not served" };
	const struct catalog_entry entry = {
		.kind = ENTRY_SERVER, .array = "", .root = true
	};
	const struct reject_place place = apply_place_of(a, &entry);

	return reject_note(&a->reject, &place, &problem, e);
}

static int
read_shape(struct apply *a, struct fetch *fetched, size_t index, struct err *e)
{
	const struct filter_spec *filter = &a->options->source->filter;
	const bool by_tag =
	    filter->tags_include.count + filter->tags_exclude.count > 0;
	const struct catalog_options options = {
		.max_meta_size = a->options->max_meta_size,
		.shape = a->shape,
		.seems = a->seems,
		.known =
		    by_tag || a->options->recheck ? NULL : apply_take_known,
	};
	const size_t good = a->summary.good;
	struct reader reader = { 0 };
	const char *name = NULL;
	int rc = -1;

	a->summary.groups = false;
	if (fetch_open(fetched, index, &reader, &name, e) == -1 ||
	    catalog_read(
		&a->summary, &reader, &options, apply_take_entry, a, e) == -1)
		goto out;
	if (a->summary.groups && note_groups(a, e) == -1)
		goto out;
	a->good_documents +=
	    a->summary.good > good ||
	    (a->shape != SHAPE_SERVER && a->shape != SHAPE_ITEM);
	rc = 0;
out:
	reader_close(&reader);
	return rc;
}

/* What a document changes here, to be undone with what it changed there. */
struct mark {
	struct apply_counts counts;
	struct catalog_summary summary;
	struct reject reject;
	int64_t grown[ENTRY_PLUGIN + 1];
	size_t good_documents;
	char first_bad[ERR_TEXT_MAX];
};

static void
mark_here(struct mark *m, const struct apply *a)
{
	m->counts = *a->counts;
	m->summary = a->summary;
	m->reject = a->reject;
	memcpy(m->grown, a->grown, sizeof m->grown);
	m->good_documents = a->good_documents;
	memcpy(m->first_bad, a->first_bad, sizeof m->first_bad);
}

static void
back_to(struct apply *a, const struct mark *m)
{
	*a->counts = m->counts;
	a->summary = m->summary;
	a->reject = m->reject;
	memcpy(a->grown, m->grown, sizeof m->grown);
	a->good_documents = m->good_documents;
	memcpy(a->first_bad, m->first_bad, sizeof m->first_bad);
	/* Entries that it made are no more. */
	a->touched = a->place.entry = a->place.dated_entry = 0;
	a->asked.entry = NULL;
}

/*
 * A file with many entries may break off after some of them, which are then
 * undone.  One that is a single entry hands it over only when all is read.
 */
static int
read_undoable(
    struct apply *a, struct fetch *fetched, size_t index, struct err *e)
{
	struct mark m;

	if (!fetched->files || fetched->document_count == 1 ||
	    a->shape == SHAPE_SERVER || a->shape == SHAPE_ITEM)
		return read_shape(a, fetched, index, e);
	mark_here(&m, a);
	if (db_part_begin(a->place.db, e) == -1)
		return -1;
	if (read_shape(a, fetched, index, e) == -1) {
		db_part_undo(a->place.db);
		back_to(a, &m);
		return -1;
	}
	return db_part_keep(a->place.db, e);
}

/* Whether an error is that of one file, and costs no more than its changes. */
static bool
is_of_file(const struct apply *a, const struct fetch *fetched, enum err_code c)
{
	const struct catalog_summary *s = &a->summary;

	return fetched->files && fetched->document_count > 1 &&
	       a->place.file != NULL && !a->options->source->strict &&
	       s->servers + s->skills + s->plugins < LIMIT_ENTRIES &&
	       (c == ERR_INPUT || c == ERR_LIMIT || c == ERR_FETCH);
}

/* Passes over a file that cannot be read; what is stored of it stays. */
static int
pass_over(struct apply *a, struct fetch *fetched, struct err *why)
{
	struct err e = ERR_INIT;

	if (last_good_keep_file(&a->last_good, a->place.file, &e) == -1 ||
	    reject_document(&a->reject, a->place.file, why->text, &e) == -1) {
		*why = e;
		return -1;
	}
	/* Bytes that could not be read may be readable the next time. */
	if (why->code == ERR_FETCH)
		fetch_forget(fetched, a->place.file);
	err_wrap(why, "%s", a->place.file);
	if (a->unread++ == 0)
		a->first_unread = *why;
	err_clear(why);
	return 0;
}

static int
read_document(
    struct apply *a, struct fetch *fetched, size_t index, struct err *e)
{
	const size_t good = a->summary.good;
	const int64_t rejected = a->reject.rejected;
	int rc = -1;

	a->named = false;
	if (detect(a, fetched, index, e) == -1)
		goto out;
	if (a->shape != SHAPE_FOREIGN) {
		if (read_undoable(a, fetched, index, e) == -1)
			goto out;
	} else if (fetched->document_count > 1) {
		if (leave_out(a, e) == -1)
			goto out;
	} else {
		catalog_refuse_shape(e, a->seems);
		goto out;
	}
	rc = 0;
out:
	if (rc == -1 && is_of_file(a, fetched, e->code))
		return pass_over(a, fetched, e);
	if (rc == -1 && a->document != NULL)
		err_wrap(e, "%s", a->document);
	if (rc == -1)
		return -1;
	/* It holds nothing that is good: perhaps it is another file by now. */
	if (a->place.file != NULL && a->summary.good == good &&
	    a->reject.rejected > rejected && !a->named)
		return last_good_keep_file(&a->last_good, a->place.file, e);
	return 0;
}

/* A source that offers nothing at all has failed, and keeps what it had. */
static int
check_offer(struct apply *a, struct fetch *fetched, struct err *e)
{
	if (a->unread > 0 && a->unread == fetched->document_count) {
		*e = a->first_unread;
		return -1;
	}
	/* A document that is one entry and a bad one may be anything. */
	if (a->good_documents == 0 && a->first_bad[0] != '\0') {
		err_set(e, ERR_INPUT,
		    "registry schema validation failed: %s; what can be read "
		    "is " SHAPE_ACCEPTED,
		    a->first_bad);
		return -1;
	}
	if (a->summary.good == 0 && a->first_bad[0] != '\0') {
		err_set(e, ERR_INPUT,
		    "registry schema validation failed: all %" PRId64
		    " entries are rejected, the first: %s",
		    a->reject.rejected - (int64_t)a->unread, a->first_bad);
		return -1;
	}
	if (apply_is_meant_empty(a))
		return 0;
	return catalog_check_summary(&a->summary, e);
}

int
apply_read_documents(struct apply *a, struct fetch *fetched, struct err *e)
{
	for (size_t i = 0; i < fetched->document_count; i++)
		if (read_document(a, fetched, i, e) == -1)
			return -1;
	return a->partial ? 0 : check_offer(a, fetched, e);
}

void
apply_tell_unread(struct apply *a, struct fetch *fetched)
{
	if (a->unread == 0)
		return;
	err_wrap(&a->first_unread, "%zu of %zu documents could not be read%s",
	    a->unread, fetched->document_count,
	    a->unread > 1 ? ", the first" : "");
	snprintf(fetched->unreadable, sizeof fetched->unreadable, "%s",
	    a->first_unread.text);
}
