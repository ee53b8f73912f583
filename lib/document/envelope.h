/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope of a document: the members around its entries, and their rules.
 * Inner part of lib/document/catalog.c.
 */
#ifndef LIB_DOCUMENT_ENVELOPE_H
#define LIB_DOCUMENT_ENVELOPE_H

#include "lib/document/jscan.h"
#include "lib/document/shape.h"
#include "lib/entry.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

/* At most so many members of a shape have a rule. */
#define ENVELOPE_MEMBERS 12

struct envelope_member;

struct envelope {
	const struct envelope_member *members;
	size_t count;
	struct {
		bool present; /* and of the right type */
		const char *rule; /* what is wrong; NULL: nothing */
	} found[ENVELOPE_MEMBERS];
};

/* Where an entry stands. */
struct envelope_array {
	const char *path; /* "data.servers"; "" for the root */
	enum entry_kind kind;
	bool second; /* remote_servers of the older ToolHive format */
};

void envelope_init(struct envelope *env, enum shape_kind shape);

/*
 * Decides what to do with the value at ${p}.  JSCAN_CAPTURE: it is an entry, or
 * a text for envelope_check_text().
 */
enum jscan_action envelope_decide(
    struct envelope *env, const struct jscan_place *p);

/* Whether the captured value at ${p} is an entry; sets ${array}. */
bool envelope_is_entry(const struct envelope *env, const struct jscan_place *p,
    struct envelope_array *array);

/* Checks a captured text of the envelope. */
void envelope_check_text(struct envelope *env, const struct jscan_place *p,
    const struct jscan_capture *capture);

/* Whether the member at ${path} is present and has the right type. */
bool envelope_has(const struct envelope *env, const char *path);

/* Reports all problems; call it after the whole document was read. */
int envelope_check(const struct envelope *env, struct err *e);

#endif
