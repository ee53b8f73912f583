/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a server's document that the lint looks at, picked out of its
 * JSON.  Nothing is required here: what is missing or of another type is NULL
 * or empty, so that a bad entry can be looked at too.
 */
#ifndef SYNC_LINT_LINT_SERVER_H
#define SYNC_LINT_LINT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct lint_package {
	size_t index; /* in the document's array */
	const char *type; /* registryType */
	const char *identifier;
	const char *version;
	const char *runtime_hint;
	const char *executable; /* "" when it is no text; NULL: not there */
	const char *transport; /* its type */
	const char *url; /* of the transport */
};

struct lint_remote {
	size_t index;
	const char *type;
	const char *url;
};

/* An argument, an environment variable or a header. */
struct lint_field {
	size_t owner; /* index of the package or the remote */
	size_t index;
	const char *name;
	const char *type;
	const char *value;
	const char *preset; /* its default */
};

struct lint_fields {
	struct lint_field *at;
	size_t count;
};

struct lint_icon {
	size_t index;
	const char *src;
};

/* A tag of ToolHive's own part of the publisher-provided object. */
struct lint_tag {
	const char *extension; /* the member below io.github.stacklok */
	size_t index;
	const char *text;
};

/* Strings live until the next lint_server_read() or lint_server_free(). */
struct lint_server {
	const char *name;
	const char *version;
	const char *title;
	const char *description;
	const char *schema;
	size_t
	    package_total; /* in the document, those that are no objects, too */
	size_t remote_total;
	bool has_picture; /* anything VS Code shows as an icon */
	size_t size; /* of the document */
	size_t publisher_size; /* of the publisher-provided object; 0: none */
	struct lint_package *packages;
	size_t package_count;
	struct lint_remote *remotes; /* those with a URL */
	size_t remote_count;
	struct lint_fields
	    arguments; /* of packages, without those of runtimes */
	struct lint_fields variables; /* of their environment */
	struct lint_fields headers; /* of remotes */
	struct lint_icon *icons;
	size_t icon_count;
	struct lint_tag *tags;
	size_t tag_count;
	const char **scalars; /* publishers whose value is no object */
	size_t scalar_count;
	void *tree; /* what the strings belong to */
};

/*
 * Reads ${json}, which is minified.  ${out} is zeroed before its first use
 * and may be used again.  False when it is no object that can be parsed; then
 * ${out} is empty.
 */
bool lint_server_read(struct lint_server *out, const char *json, size_t len);
void lint_server_free(struct lint_server *s); /* the members, not ${s} */

#endif
