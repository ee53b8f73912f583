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

#define FOREIGN_HEAD 4096 /* bytes that foreign_bytes() needs at most */
#define FOREIGN_KIND 64 /* longer kinds of Kubernetes objects are not named */

/*
 * What a document that is not JSON seems to be, by its first ${len} bytes: a
 * noun and advice, static; NULL when unknown.
 */
const char *foreign_bytes(const char *head, size_t len);

/* The known members of a root object so far. */
struct foreign {
	unsigned seen; /* bits of the table of members */
	char kind[FOREIGN_KIND + 1];
};

/*
 * Notes a member of the root.  True: capture its value for foreign_set_kind().
 */
bool foreign_note_member(struct foreign *f, const struct jscan_place *p);
void foreign_set_kind(struct foreign *f, const struct jscan_capture *capture);

/* Whether apiVersion or kind, or both, were seen. */
bool foreign_may_be_manifest(const struct foreign *f);
bool foreign_is_manifest(const struct foreign *f);

/* What the document seems to be by its members, as foreign_bytes(). */
const char *foreign_members(const struct foreign *f);

#endif
