/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detecting the shape of a document by its content, for all kinds of source.
 */
#ifndef LIB_DOCUMENT_SHAPE_H
#define LIB_DOCUMENT_SHAPE_H

#include "lib/err.h"
#include "lib/reader.h"

enum shape_kind {
	SHAPE_FOREIGN, /* JSON of no shape below */
	SHAPE_REGISTRY, /* {"version", "meta", "data": {"servers": []...}} */
	SHAPE_PAGE, /* an API's {"servers": [], "metadata": {}}, or skills */
	SHAPE_LIST, /* an array of servers or of items of a page */
	SHAPE_SERVER, /* one server.json */
	SHAPE_ITEM, /* one item of a page: {"server": {}, "_meta": {}} */
	SHAPE_LEGACY, /* ToolHive's {"servers": {}, "remote_servers": {}} */
	SHAPE_ENTRIES /* lines, see lib/document/catalog.h; not detected */
};

/* The readable shapes, for the end of a message. */
#define SHAPE_ACCEPTED                                                     \
	"a registry document (version, meta, data.servers), a page of an " \
	"API (servers, skills or plugins as an array), an array of "       \
	"servers, a single server.json (name, description, version), an "  \
	"API's single item (server, _meta), or the older ToolHive format " \
	"(servers or remote_servers as an object)"

/*
 * Detects the shape of the document that ${r} delivers.  Reads no more than
 * needed; the caller opens the document again to read it.  Fails like
 * jscan_run() if the part that was read is invalid.  If the shape is
 * SHAPE_FOREIGN or doubtful, sets *${seems} to what the document seems to be, a
 * static noun with advice; else to NULL.
 */
int shape_detect(
    enum shape_kind *out, const char **seems, struct reader *r, struct err *e);

#endif
