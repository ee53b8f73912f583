/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/sources/{name}/entries and /v1/registries/{name}/entries: what is stored
 * below a source or a registry before shadowing, in the order of kinds, names
 * and versions as text.  Deleted versions are not shown.
 *
 * Title and description stand in the documents only.  SQLite takes them out:
 * these lists are for operators, and nothing else of ours reads documents.
 */
#include "fcgi/handlers/page.h"
#include "lib/json_out.h"

#include <stdlib.h>
#include <string.h>

/* The last item of the page before; the zeroth place is before all. */
struct place {
	int64_t kind;
	const char *name;
	const char *version; /* "" in lists of whole entries */
	int64_t position;
};

#define PLACE_FIRST          \
	{                    \
		0, "", "", 0 \
	}

/* A page that is being written. */
struct entries {
	struct exchange *x;
	struct json_out j;
	int64_t count;
	bool more;
};

static const char *
type_name(int64_t kind)
{
	return kind == ENTRY_SERVER  ? "MCP"
	       : kind == ENTRY_SKILL ? "SKILL"
				     : "PLUGIN";
}

/* A place in the two texts that a cursor has room for. */
static void
keep_place(struct scratch *to, const struct place *p)
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

/* Where the page begins: at the first place, or at the cursor's. */
static int
find_place(struct place *p, struct exchange *x,
    const struct cursor_scope *scope, struct err *e)
{
	struct cursor c;
	bool resumed;

	if (page_resume(&resumed, &c, x, scope, e) == -1)
		return -1;
	return resumed ? read_place(p, &c, e) : 0;
}

static bool
is_full(const struct entries *out)
{
	return out->count == out->x->query.limit ||
	       out->x->response->body.len > LIMIT_PAGE_BYTES;
}

static void
begin(struct entries *out)
{
	json_out_open(&out->j, '{');
	json_out_key(&out->j, "entries");
	json_out_open(&out->j, '[');
}

static int
finish(struct entries *out, const struct cursor_scope *scope, struct err *e)
{
	const char *cursor = out->more ? page_cursor(out->x, scope) : NULL;

	json_out_close(&out->j, ']');
	json_out_key(&out->j, "metadata");
	json_out_open(&out->j, '{');
	json_out_key(&out->j, "count");
	json_out_int(&out->j, out->count);
	if (cursor != NULL) {
		json_out_key(&out->j, "nextCursor");
		json_out_str(&out->j, cursor);
	}
	json_out_close(&out->j, '}');
	json_out_close(&out->j, '}');
	buf_addc(&out->x->response->body, '\n');
	if (out->x->response->body.bad ||
	    (out->more && out->x->scratch->cursor_out.bad)) {
		err_set(
		    e, ERR_INTERNAL, "the response or its cursor is too long");
		return -1;
	}
	return 0;
}

static void
add_head(struct json_out *j, int64_t kind, const char *name)
{
	json_out_open(j, '{');
	json_out_key(j, "entryType");
	json_out_str(j, type_name(kind));
	json_out_key(j, "name");
	json_out_str(j, name);
}

static void
add_times(struct json_out *j, int64_t created, int64_t updated)
{
	json_out_key(j, "createdAt");
	json_out_time(j, created);
	json_out_key(j, "updatedAt");
	json_out_time(j, updated);
}

/* A member that is left out when it is empty. */
static void
add_optional(struct json_out *j, const char *key, struct stmt *s, int column)
{
	const char *text = stmt_text(s, column, NULL);

	if (text == NULL || *text == '\0')
		return;
	json_out_key(j, key);
	json_out_str(j, text);
}

/* Finds what has the name in the path; ${s} is left at its row. */
static int
find_named(
    struct stmt *s, const char *noun, const struct exchange *x, struct err *e)
{
	bool row;

	if (stmt_step(s, &row, e) == -1)
		return -1;
	if (!row) {
		err_set(e, ERR_NOT_FOUND, "%s not found: %s", noun,
		    x->match.captures[ROUTE_NAME]);
		return -1;
	}
	return 0;
}

/* ---- a source: entries with their versions --------------------------------
 */

/* The columns of the statement source_entries. */
enum {
	OF_SOURCE_KIND,
	OF_SOURCE_NAME,
	OF_SOURCE_ENTRY,
	OF_SOURCE_VERSION,
	OF_SOURCE_CREATED,
	OF_SOURCE_UPDATED,
	OF_SOURCE_TITLE,
	OF_SOURCE_DESCRIPTION
};
/* Columns of the statement source_named. */
#define SOURCE_CLAIMS 5
#define SOURCE_ID 16

static void
open_entry(struct entries *out, struct stmt *s, struct stmt *source)
{
	const struct place here = {
		.kind = stmt_int(s, OF_SOURCE_KIND),
		.name = stmt_str(s, OF_SOURCE_NAME),
		.version = "",
	};
	size_t len;
	const char *claims = stmt_text(source, SOURCE_CLAIMS, &len);

	add_head(&out->j, here.kind, here.name);
	if (claims != NULL) {
		json_out_key(&out->j, "claims");
		json_out_raw(&out->j, claims, len);
	}
	json_out_key(&out->j, "versions");
	json_out_open(&out->j, '[');
	keep_place(out->x->scratch, &here);
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

/* An entry is never cut in two: only whole ones are counted. */
static int
add_source_entries(
    struct entries *out, struct stmt *s, struct stmt *source, struct err *e)
{
	int64_t last = 0;
	bool row;

	for (;;) {
		int64_t entry;

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
			open_entry(out, s, source);
			last = entry;
		}
		json_out_open(&out->j, '{');
		json_out_key(&out->j, "version");
		json_out_str(&out->j, stmt_str(s, OF_SOURCE_VERSION));
		add_optional(&out->j, "title", s, OF_SOURCE_TITLE);
		add_optional(&out->j, "description", s, OF_SOURCE_DESCRIPTION);
		add_times(&out->j, stmt_int(s, OF_SOURCE_CREATED),
		    stmt_int(s, OF_SOURCE_UPDATED));
		json_out_close(&out->j, '}');
	}
	close_entry(out);
	return 0;
}

int
handle_source_entries(struct exchange *x, struct err *e)
{
	const char *name = x->match.captures[ROUTE_NAME];
	const struct cursor_scope scope = { name, x->match.route->kind,
		"source" };
	struct entries out = { x, JSON_OUT_INIT(&x->response->body), 0, false };
	struct stmt *source = db_stmt(x->db, SQL_SOURCE_NAMED);
	struct stmt *s = db_stmt(x->db, SQL_SOURCE_ENTRIES);
	struct place from = PLACE_FIRST;

	stmt_bind_str(source, SQL_SOURCE_NAMED_P_NAME, name);
	if (find_named(source, "source", x, e) == -1 ||
	    find_place(&from, x, &scope, e) == -1)
		return -1;
	stmt_bind_int(
	    s, SQL_SOURCE_ENTRIES_P_SOURCE, stmt_int(source, SOURCE_ID));
	stmt_bind_int(s, SQL_SOURCE_ENTRIES_P_KIND, from.kind);
	stmt_bind_str(s, SQL_SOURCE_ENTRIES_P_NAME, from.name);
	begin(&out);
	if (add_source_entries(&out, s, source, e) == -1)
		return -1;
	stmt_done(s);
	stmt_done(source);
	return finish(&out, &scope, e);
}

/* ---- a registry: one version of one source after the other ----------------
 */

/* The columns of the statement registry_entries. */
enum {
	OF_REGISTRY_KIND,
	OF_REGISTRY_NAME,
	OF_REGISTRY_VERSION,
	OF_REGISTRY_CREATED,
	OF_REGISTRY_UPDATED,
	OF_REGISTRY_TITLE,
	OF_REGISTRY_DESCRIPTION,
	OF_REGISTRY_SOURCE,
	OF_REGISTRY_POSITION
};
/* A column of the statement registry_named. */
#define REGISTRY_ID 4

static void
add_registry_entry(struct entries *out, struct stmt *s)
{
	const struct place here = {
		.kind = stmt_int(s, OF_REGISTRY_KIND),
		.name = stmt_str(s, OF_REGISTRY_NAME),
		.version = stmt_str(s, OF_REGISTRY_VERSION),
		.position = stmt_int(s, OF_REGISTRY_POSITION),
	};

	add_head(&out->j, here.kind, here.name);
	json_out_key(&out->j, "version");
	json_out_str(&out->j, here.version);
	add_optional(&out->j, "title", s, OF_REGISTRY_TITLE);
	add_optional(&out->j, "description", s, OF_REGISTRY_DESCRIPTION);
	add_times(&out->j, stmt_int(s, OF_REGISTRY_CREATED),
	    stmt_int(s, OF_REGISTRY_UPDATED));
	json_out_key(&out->j, "sourceName");
	json_out_str(&out->j, stmt_str(s, OF_REGISTRY_SOURCE));
	json_out_key(&out->j, "position");
	json_out_int(&out->j, here.position);
	json_out_close(&out->j, '}');
	keep_place(out->x->scratch, &here);
	out->count++;
}

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
		add_registry_entry(out, s);
	}
	out->more = true;
	return 0;
}

static int64_t
registry_id(struct stmt *registry)
{
	int64_t id = stmt_int(registry, REGISTRY_ID);

	stmt_done(registry);
	return id;
}

int
handle_registry_entries(struct exchange *x, struct err *e)
{
	const char *name = x->match.captures[ROUTE_NAME];
	const struct cursor_scope scope = { name, x->match.route->kind,
		"registry" };
	struct entries out = { x, JSON_OUT_INIT(&x->response->body), 0, false };
	struct stmt *registry = db_stmt(x->db, SQL_REGISTRY_NAMED);
	struct stmt *s = db_stmt(x->db, SQL_REGISTRY_ENTRIES);
	struct place from = PLACE_FIRST;

	stmt_bind_str(registry, SQL_REGISTRY_NAMED_P_NAME, name);
	if (find_named(registry, "registry", x, e) == -1 ||
	    find_place(&from, x, &scope, e) == -1)
		return -1;
	stmt_bind_int(
	    s, SQL_REGISTRY_ENTRIES_P_REGISTRY, registry_id(registry));
	stmt_bind_int(s, SQL_REGISTRY_ENTRIES_P_KIND, from.kind);
	stmt_bind_str(s, SQL_REGISTRY_ENTRIES_P_NAME, from.name);
	stmt_bind_str(s, SQL_REGISTRY_ENTRIES_P_VERSION, from.version);
	stmt_bind_int(s, SQL_REGISTRY_ENTRIES_P_POSITION, from.position);
	begin(&out);
	if (add_registry_entries(&out, s, e) == -1)
		return -1;
	stmt_done(s);
	return finish(&out, &scope, e);
}
