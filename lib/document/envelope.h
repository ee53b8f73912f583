/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope: what is around the entries of a document of each shape, and its
 * rules.  Inner part of lib/document/catalog.c.
 */
#ifndef LIB_DOCUMENT_ENVELOPE_H
#define LIB_DOCUMENT_ENVELOPE_H

#include "lib/document/jscan.h"
#include "lib/document/shape.h"
#include "lib/entry.h"
#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

/* The members of an envelope that have a rule; more than any shape has. */
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
	bool second; /* of two maps: that of remote servers */
};

void envelope_init(struct envelope *env, enum shape_kind shape);

/*
 * What to do with the value at ${p}.  JSCAN_CAPTURE: it is an entry, or a text
 * for envelope_check_text().
 */
enum jscan_action envelope_decide(
    struct envelope *env, const struct jscan_place *p);

/* Whether the value at ${p}, which was captured, is an entry, and of what. */
bool envelope_is_entry(const struct envelope *env, const struct jscan_place *p,
    struct envelope_array *array);

/* A text of the envelope, to be checked. */
void envelope_check_text(struct envelope *env, const struct jscan_place *p,
    const struct jscan_capture *capture);

/* Whether the member at ${path} was there and of the right type. */
bool envelope_has(const struct envelope *env, const char *path);

/* The verdict, when all of the document was seen. */
int envelope_check(const struct envelope *env, struct err *e);

#endif
