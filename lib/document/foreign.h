/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognizing well-known files that are not registry documents, for error
 * messages.  For lib/document/jscan.c and lib/document/shape.c.
 */
#ifndef LIB_DOCUMENT_FOREIGN_H
#define LIB_DOCUMENT_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

struct jscan_capture;
struct jscan_place;

#define FOREIGN_HEAD 4096 /* bytes that foreign_bytes() wants to see */
#define FOREIGN_KIND 64 /* longer kinds of Kubernetes objects are not named */

/*
 * What a document that is not JSON seems to be, by its first ${len} bytes: a
 * noun with what to do about it, static; NULL when it is not known.
 */
const char *foreign_bytes(const char *head, size_t len);

/* What has been seen of the members of a root object. */
struct foreign {
	unsigned seen; /* bits of the table of members */
	char kind[FOREIGN_KIND + 1];
};

/*
 * Takes note of a member of the root.  True for a text that is to be captured,
 * for foreign_set_kind().
 */
bool foreign_note_member(struct foreign *f, const struct jscan_place *p);
void foreign_set_kind(struct foreign *f, const struct jscan_capture *capture);

/* Whether a Kubernetes manifest has been seen, or the first half of one. */
bool foreign_may_be_manifest(const struct foreign *f);
bool foreign_is_manifest(const struct foreign *f);

/* What the members belong to, as foreign_bytes() says it. */
const char *foreign_members(const struct foreign *f);

#endif
