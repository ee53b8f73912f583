/* SPDX-License-Identifier: Apache-2.0 */
/* Applying the stored entries of a source again, under another filter. */
#include "lib/store/apply_private.h"

#include <string.h>

/* The columns of the statement offered_documents. */
enum {
	OFFERED_KIND,
	OFFERED_BODY,
	OFFERED_DIGEST,
	OFFERED_UPSTREAM, /* and the columns that follow */
	OFFERED_FILE = 10
};

/* Applies a stored document as if the source had offered it. */
static int
read_again(struct apply *a, struct rules *rules, struct stmt *s, struct err *e)
{
	struct catalog_entry entry = { .index = (size_t)a->read, .array = "" };
	struct catalog_upstream upstream;
	struct rules_problem ignored;
	struct stored_item item;
	const void *digest;
	size_t len;

	apply_report_progress(a);
	entry.kind = (enum entry_kind)stmt_int(s, OFFERED_KIND);
	entry.json = stmt_text(s, OFFERED_BODY, &entry.json_len);
	if (stored_upstream(&upstream, s, OFFERED_UPSTREAM))
		entry.upstream = &upstream;
	a->place.file = stmt_text(s, OFFERED_FILE, NULL);
	/* It was checked when it was offered; only its facts are needed. */
	if (rules_check(rules, entry.kind, RULES_STORED, entry.json,
		entry.json_len, &entry.facts, &ignored) == RULES_BROKEN) {
		/* Today it would be rejected, so it is a last good version. */
		if (entry.facts.name != NULL &&
		    filter_keeps(
			a->filter, entry.kind, entry.facts.name, NULL, 0))
			last_good_add_entry(&a->last_good, entry.kind,
			    entry.facts.name, entry.facts.version);
		return 0;
	}
	item = (struct stored_item){ .kind = entry.kind,
		.facts = &entry.facts,
		.json = entry.json,
		.json_len = entry.json_len,
		.upstream = entry.upstream };
	digest = stmt_blob(s, OFFERED_DIGEST, &len);
	if (digest != NULL && len == sizeof item.digest)
		memcpy(item.digest, digest, len);
	return apply_item(a, &entry, &item, e);
}

int
apply_filter(struct apply_counts *out, struct db *db,
    const struct apply_options *options, struct err *e)
{
	struct apply_options whole = *options;
	struct apply *a = NULL;
	struct rules *rules = rules_new(options->max_meta_size);
	struct stmt *s =
	    db_query(db, SQL_OFFERED_DOCUMENTS, ARGS(INT(options->source_id)));
	bool row;
	int rc = -1;

	whole.partial = false;
	if (apply_new(&a, db, &whole, e) == -1)
		goto out;
	a->reject.silent = true;
	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			goto out;
		if (!row)
			break;
		if (read_again(a, rules, s, e) == -1)
			goto out;
	}
	if (apply_finish(out, a, e) == -1)
		goto out;
	rc = 0;
out:
	stmt_done(s);
	apply_free(a);
	rules_free(rules);
	return rc;
}
