/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/sources/{name}/entries and /v1/registries/{name}/entries: the stored
 * entries of a source or of all sources of a registry, before shadowing, in the
 * order of kinds, names and versions as text, without deleted versions.
 *
 * SQLite extracts title and description from the documents.  That is slow, but
 * these lists are for operators.
 */
#include "fcgi/handlers/page.h"
#include "fcgi/handlers/rows.h"

#include <stdlib.h>
#include <string.h>

/* The last item of the previous page; all zero or "" before the first. */
struct place {
	int64_t kind;
	const char *name;
	const char *version; /* "" in lists of whole entries */
	int64_t position;
};

/* A page that is being written. */
struct entries {
	struct exchange *x;
	struct json_out j;
	struct cursor_scope scope;
	struct place from;
	int64_t count;
	bool more;
};

/* Writes a place as the last name and version of a cursor. */
static void
write_place(struct scratch *to, const struct place *p)
{
	buf_reset(&to->last_name);
	buf_addc(&to->last_name, (char)('0' + (unsigned char)p->kind));
	buf_adds(&to->last_name, p->name);
	buf_reset(&to->last_version);
	buf_add_i64(&to->last_version, p->position);
	buf_addc(&to->last_version, ':');
	buf_adds(&to->last_version, p->version);
}

static int
read_place(struct place *p, const struct cursor *c, struct err *e)
{
	char *end;

	p->kind = c->last_name[0] - '0';
	p->position = strtoll(c->last_version, &end, 10);
	if (p->kind < ENTRY_SERVER || p->kind > ENTRY_PLUGIN ||
	    p->position < 0 || *end != ':') {
		err_set(e, ERR_INPUT, "invalid cursor");
		return -1;
	}
	p->name = c->last_name + 1;
	p->version = end + 1;
	return 0;
}

/*
 * Finds the source or registry in the path by ${find}, and the place where the
 * page starts; writes the start of the response.
 */
static int
start(struct entries *out, int64_t *id, struct exchange *x, enum sql_id find,
    const char *noun, struct err *e)
{
	const char *name = x->match.captures[ROUTE_NAME];
	struct stmt *s = db_query(x->db, find, ARGS(STR(name)));
	struct cursor c;
	bool row, resumed;

	*out = (struct entries){
		.x = x,
		.j = JSON_OUT_INIT(&x->response->body),
		.scope = { name, x->match.route->kind, noun },
		.from = { 0, "", "", 0 },
	};
	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row)
		return handle_not_found(x, noun, e);
	*id = stmt_int(s, 0);
	stmt_done(s);
	if (page_resume(&resumed, &c, x, &out->scope, e) == -1 ||
	    (resumed && read_place(&out->from, &c, e) == -1))
		return -1;
	json_out_open(&out->j, '{');
	json_out_key(&out->j, "entries");
	json_out_open(&out->j, '[');
	return 0;
}

static bool
is_full(const struct entries *out)
{
	return out->count == out->x->query->limit ||
	       out->x->response->body.len > LIMIT_PAGE_BYTES;
}

/* ---- a source: entries with their versions ---- */

/* Columns of the statement source_entries. */
enum {
	OF_SOURCE_NAME = 1,
	OF_SOURCE_VERSION = 3, /* the first of a version */
	OF_SOURCE_KIND = 8,
	OF_SOURCE_ENTRY
};

static void
open_entry(struct entries *out, struct stmt *s)
{
	const struct place here = {
		.kind = stmt_int(s, OF_SOURCE_KIND),
		.name = stmt_str(s, OF_SOURCE_NAME),
		.version = "",
	};

	rows_open(&out->j, s, 0, OF_SOURCE_VERSION);
	json_out_key(&out->j, "versions");
	json_out_open(&out->j, '[');
	write_place(out->x->scratch, &here);
	out->count++;
}

static void
close_entry(struct entries *out)
{
	if (out->count == 0)
		return;
	json_out_close(&out->j, ']');
	json_out_close(&out->j, '}');
}

/* Only whole entries are written and counted. */
static int
add_source_entries(struct entries *out, struct stmt *s, struct err *e)
{
	int64_t entry, last = 0;
	bool row;

	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			break;
		entry = stmt_int(s, OF_SOURCE_ENTRY);
		if (entry != last) {
			out->more = is_full(out);
			if (out->more)
				break;
			close_entry(out);
			open_entry(out, s);
			last = entry;
		}
		rows_open(&out->j, s, OF_SOURCE_VERSION, OF_SOURCE_KIND);
		json_out_close(&out->j, '}');
	}
	close_entry(out);
	stmt_done(s);
	return 0;
}

int
handle_source_entries(struct exchange *x, struct err *e)
{
	struct entries out;
	struct stmt *s;
	int64_t id;

	if (start(&out, &id, x, SQL_SOURCE_ID, "source", e) == -1)
		return -1;
	s = db_query(x->db, SQL_SOURCE_ENTRIES,
	    ARGS(INT(id), INT(out.from.kind), STR(out.from.name)));
	if (add_source_entries(&out, s, e) == -1)
		return -1;
	return page_end(x, &out.j, out.count, out.more, &out.scope, true, e);
}

/* ---- a registry: each version of each source ---- */

/* Columns of the statement registry_entries. */
enum {
	OF_REGISTRY_NAME = 1,
	OF_REGISTRY_VERSION,
	OF_REGISTRY_POSITION = 8,
	OF_REGISTRY_KIND
};

static int
add_registry_entries(struct entries *out, struct stmt *s, struct err *e)
{
	bool row;

	for (;;) {
		if (stmt_step(s, &row, e) == -1)
			return -1;
		if (!row)
			return 0;
		if (is_full(out))
			break;
		rows_open(&out->j, s, 0, OF_REGISTRY_KIND);
		json_out_close(&out->j, '}');
		write_place(out->x->scratch,
		    &(struct place){
			.kind = stmt_int(s, OF_REGISTRY_KIND),
			.name = stmt_str(s, OF_REGISTRY_NAME),
			.version = stmt_str(s, OF_REGISTRY_VERSION),
			.position = stmt_int(s, OF_REGISTRY_POSITION),
		    });
		out->count++;
	}
	out->more = true;
	stmt_done(s);
	return 0;
}

int
handle_registry_entries(struct exchange *x, struct err *e)
{
	struct entries out;
	struct stmt *s;
	int64_t id;

	if (start(&out, &id, x, SQL_REGISTRY_GET, "registry", e) == -1)
		return -1;
	s = db_query(x->db, SQL_REGISTRY_ENTRIES,
	    ARGS(INT(id), INT(out.from.kind), STR(out.from.name),
		STR(out.from.version), INT(out.from.position)));
	if (add_registry_entries(&out, s, e) == -1)
		return -1;
	return page_end(x, &out.j, out.count, out.more, &out.scope, true, e);
}
