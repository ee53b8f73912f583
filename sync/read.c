/* SPDX-License-Identifier: Apache-2.0 */
/* Reading documents; some errors concern one document, some the source. */
#include "sync/read.h"

#include "lib/limits.h"

#include <inttypes.h>
#include <stdio.h>

struct reading {
	struct apply *apply;
	struct fetch *fetched;
	const struct apply_options *options;
	struct catalog_summary summary;
	size_t good_documents;
	size_t unread; /* documents that could not be read */
	struct err first_unread;
	/* The document that is being read. */
	const char *file; /* its name, if documents are files; else NULL */
	enum shape_kind shape;
	const char *seems; /* what it seems to be instead; NULL: unknown */
	bool named; /* it is a single rejected entry with a name */
};

/* For messages about a whole document. */
static const struct catalog_entry whole_document = {
	.kind = ENTRY_SERVER, .array = "", .root = true
};

static int
on_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct reading *r = ctx;

	if (entry->root && entry->problem != NULL && entry->facts.name != NULL)
		r->named = true;
	return apply_entry(r->apply, entry, e);
}

static int
is_known(
    void *ctx, const struct catalog_entry *entry, bool *known, struct err *e)
{
	const struct reading *r = ctx;

	return apply_known(r->apply, entry, known, e);
}

static int
detect(struct reading *r, size_t index, const char **name, struct err *e)
{
	struct reader reader = { 0 };
	int rc = -1;

	r->seems = NULL;
	r->shape = SHAPE_ENTRIES;
	if (fetch_open(r->fetched, index, &reader, name, e) == -1 ||
	    (!r->fetched->entries &&
		shape_detect(&r->shape, &r->seems, &reader, e) == -1))
		goto out;
	rc = 0;
out:
	reader_close(&reader);
	r->file = r->fetched->files ? *name : NULL;
	apply_set_document(
	    r->apply, r->fetched->document_count > 1 ? *name : NULL, r->file);
	return rc;
}

/* Rejects one of several documents, of an unknown shape, like an entry. */
static int
reject_shape(struct reading *r, struct err *e)
{
	struct rules_problem problem = { .rule =
					     "unrecognized document format" };
	struct catalog_entry entry = whole_document;

	if (r->seems != NULL)
		snprintf(problem.rule, sizeof problem.rule,
		    "this seems to be %s", r->seems);
	entry.problem = &problem;
	return apply_entry(r->apply, &entry, e);
}

static int
read_shape(struct reading *r, size_t index, struct err *e)
{
	static const struct rules_problem groups = { .path = "groups",
		.rule = "is not kept: groups of servers are not served" };
	const struct catalog_options options = {
		.max_meta_size = r->options->max_meta_size,
		.shape = r->shape,
		.seems = r->seems,
		.known = apply_may_know(r->apply) ? is_known : NULL,
	};
	const size_t good = r->summary.good;
	struct reader reader = { 0 };
	const char *name = NULL;
	int rc = -1;

	r->summary.groups = false;
	if (fetch_open(r->fetched, index, &reader, &name, e) == -1 ||
	    catalog_read(&r->summary, &reader, &options, on_entry, r, e) ==
		-1 ||
	    (r->summary.groups &&
		apply_note(r->apply, &whole_document, &groups, e) == -1))
		goto out;
	r->good_documents +=
	    r->summary.good > good ||
	    (r->shape != SHAPE_SERVER && r->shape != SHAPE_ITEM);
	rc = 0;
out:
	reader_close(&reader);
	return rc;
}

/*
 * A file with many entries may become unreadable after some of them, which are
 * then undone.  A file with a single entry is applied only when all of it has
 * been read.
 */
static int
read_undoable(struct reading *r, size_t index, struct err *e)
{
	const struct catalog_summary summary = r->summary;

	if (!r->fetched->files || r->fetched->document_count == 1 ||
	    r->shape == SHAPE_SERVER || r->shape == SHAPE_ITEM)
		return read_shape(r, index, e);
	if (apply_part_begin(r->apply, e) == -1)
		return -1;
	if (read_shape(r, index, e) == -1) {
		apply_part_undo(r->apply);
		r->summary = summary;
		return -1;
	}
	return apply_part_keep(r->apply, e);
}

/* Whether an error concerns one file only, so that the others are applied. */
static bool
is_of_file(const struct reading *r, enum err_code c)
{
	const struct catalog_summary *s = &r->summary;

	return r->file != NULL && r->fetched->document_count > 1 &&
	       !r->options->strict &&
	       s->servers + s->skills + s->plugins < LIMIT_ENTRIES &&
	       (c == ERR_INPUT || c == ERR_LIMIT || c == ERR_FETCH);
}

/* Skips a file that cannot be read; its stored entries stay. */
static int
skip_file(struct reading *r, struct err *why)
{
	struct err e = ERR_INIT;

	if (apply_reject_file(r->apply, why->text, &e) == -1) {
		*why = e;
		return -1;
	}
	/* Bytes that could not be read may be readable the next time. */
	if (why->code == ERR_FETCH)
		fetch_forget(r->fetched, r->file);
	err_wrap(why, "%s", r->file);
	if (r->unread++ == 0)
		r->first_unread = *why;
	err_clear(why);
	return 0;
}

static int
read_shaped(struct reading *r, size_t index, struct err *e)
{
	if (r->shape != SHAPE_FOREIGN)
		return read_undoable(r, index, e);
	if (r->fetched->document_count > 1)
		return reject_shape(r, e);
	catalog_refuse_shape(e, r->seems);
	return -1;
}

static int
read_document(struct reading *r, size_t index, struct err *e)
{
	const size_t good = r->summary.good;
	const int64_t rejected = apply_rejected(r->apply);
	const char *name = NULL;

	r->named = false;
	if (detect(r, index, &name, e) == -1 ||
	    read_shaped(r, index, e) == -1) {
		if (is_of_file(r, e->code))
			return skip_file(r, e);
		if (name != NULL && r->fetched->document_count > 1)
			err_wrap(e, "%s", name);
		return -1;
	}
	/* Only rejected entries without a name: the file keeps its stored ones.
	 */
	if (r->file != NULL && r->summary.good == good &&
	    apply_rejected(r->apply) > rejected && !r->named)
		apply_keep_file(r->apply);
	return 0;
}

/* A source without a single valid entry fails and keeps its stored ones. */
static int
check_content(const struct reading *r, struct err *e)
{
	const struct catalog_summary *s = &r->summary;
	const char *first = apply_first_rejected(r->apply);

	if (r->unread > 0 && r->unread == r->fetched->document_count) {
		*e = r->first_unread;
		return -1;
	}
	/* An invalid document of a single entry may be any JSON. */
	if (r->good_documents == 0 && *first != '\0') {
		err_set(e, ERR_INPUT,
		    "registry schema validation failed: %s; what can be read "
		    "is " SHAPE_ACCEPTED,
		    first);
		return -1;
	}
	if (s->good == 0 && *first != '\0') {
		err_set(e, ERR_INPUT,
		    "registry schema validation failed: all %" PRId64
		    " entries are rejected, the first: %s",
		    apply_rejected(r->apply) - (int64_t)r->unread, first);
		return -1;
	}
	if (r->options->may_be_empty &&
	    s->servers + s->skills + s->plugins == 0)
		return 0;
	return catalog_check_summary(s, e);
}

/* Sets fetched->unreadable. */
static void
report_unread(struct reading *r)
{
	if (r->unread == 0)
		return;
	err_wrap(&r->first_unread, "%zu of %zu documents could not be read%s",
	    r->unread, r->fetched->document_count,
	    r->unread > 1 ? ", the first" : "");
	snprintf(r->fetched->unreadable, sizeof r->fetched->unreadable, "%s",
	    r->first_unread.text);
}

int
read_and_apply(struct apply_counts *out, struct db *db, struct fetch *fetched,
    const struct apply_options *options, struct err *e)
{
	struct reading r = { .fetched = fetched, .options = options };
	int rc = -1;

	if (apply_start(&r.apply, db, options, e) == -1)
		goto out;
	for (size_t i = 0; i < fetched->document_count; i++)
		if (read_document(&r, i, e) == -1)
			goto out;
	if ((!options->partial && check_content(&r, e) == -1) ||
	    apply_finish(out, r.apply, e) == -1)
		goto out;
	report_unread(&r);
	rc = 0;
out:
	apply_free(r.apply);
	return rc;
}
