/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole documents: valid ones, in every order and split at every byte; and
 * hostile ones (tests/hostile/documents) with the expected message of each.
 */
#include "lib/buf.h"
#include "lib/document/catalog.h"
#include "lib/limits.h"
#include "tests/t.h"

#include <dirent.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define HOSTILE "tests/hostile/documents/"
#define FIXTURES "tests/fixtures/catalog/"
#define REAL "../shared/data/registry-upstream.json"

#define SERVER "{\"name\":\"a.b/c\",\"description\":\"d\",\"version\":\"1\"}"
#define FRAME_HEAD                                           \
	"{\"version\":\"1.0.0\",\"meta\":{\"last_updated\":" \
	"\"2026-01-02T03:04:05Z\"},\"data\":{\"servers\":["
#define FRAME_TAIL "]}}"

static bool
read_file(struct buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t n;

	buf_init(out, 64 * MIB);
	if (f == NULL)
		return false;
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(out, part, n);
	fclose(f);
	return !out->bad;
}

/* ---- a reader that delivers little at a time ---- */

struct slow {
	const char *at;
	size_t left;
	size_t chunk;
	bool fails; /* at the end */
};

static ssize_t
read_slow(struct reader *r, void *into, size_t len, struct err *e)
{
	struct slow *s = r->state;

	if (len > s->chunk)
		len = s->chunk;
	if (len > s->left)
		len = s->left;
	if (len == 0 && s->fails) {
		err_set(e, ERR_FETCH, "the disk is gone");
		return -1;
	}
	memcpy(into, s->at, len);
	s->at += len;
	s->left -= len;
	return (ssize_t)len;
}

/* ---- reading into a transcript ---- */

struct result {
	struct buf text; /* one line an entry: index, kind, verdict, JSON */
	struct catalog_summary summary;
	struct err e;
	int rc;
	size_t good;
	size_t stop_after; /* the callback fails at this entry; 0: never */
	size_t seen;
};

static int
note_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct result *r = ctx;

	if (++r->seen == r->stop_after) {
		err_set(e, ERR_STORAGE, "no room");
		return -1;
	}
	r->good += entry->problem == NULL;
	buf_addf(
	    &r->text, "%s %zu ", entry_kind_name(entry->kind), entry->index);
	if (entry->problem != NULL)
		buf_addf(&r->text, "BAD [%s] [%s] [%s] ", entry->problem->path,
		    entry->problem->rule, entry->problem->value);
	buf_addf(&r->text, "%s@%s ",
	    entry->facts.name == NULL ? "?" : entry->facts.name,
	    entry->facts.version == NULL ? "?" : entry->facts.version);
	for (size_t i = 0; entry->problem == NULL && i < entry->facts.tag_count;
	     i++)
		buf_addf(&r->text, "#%s ", entry->facts.tags[i]);
	if (entry->json_len < 64 * KIB)
		buf_add(&r->text, entry->json, entry->json_len);
	buf_addc(&r->text, '\n');
	return 0;
}

static void
read_from(struct result *r, struct reader *reader, enum shape_kind shape,
    size_t stop_after)
{
	const struct catalog_options options = { LIMIT_META_DEFAULT, shape,
		NULL, NULL };

	*r = (struct result){ .text = BUF_INIT(64 * MIB) };
	r->stop_after = stop_after;
	r->rc =
	    catalog_read(&r->summary, reader, &options, note_entry, r, &r->e);
	if (r->rc == 0)
		r->rc = catalog_check_summary(&r->summary, &r->e);
}

static void
read_text(struct result *r, const char *text, size_t len, size_t chunk)
{
	struct slow slow = { text, len, chunk, false };
	struct reader reader = { .read = read_slow, .state = &slow };
	enum shape_kind shape = SHAPE_FOREIGN;
	const char *seems;

	*r = (struct result){ .text = BUF_INIT(64 * MIB) };
	r->rc = shape_detect(&shape, &seems, &reader, &r->e);
	if (r->rc == 0 && shape == SHAPE_FOREIGN) {
		catalog_refuse_shape(&r->e, seems);
		r->rc = -1;
	}
	if (r->rc == -1)
		return;
	slow = (struct slow){ text, len, chunk, false };
	read_from(r, &reader, shape, 0);
}

static void
read_string(struct result *r, const char *text)
{
	read_text(r, text, strlen(text), SIZE_MAX);
}

static void
done(struct result *r)
{
	buf_free(&r->text);
}

static bool
same(const struct result *a, const struct result *b)
{
	return a->rc == b->rc && strcmp(a->e.text, b->e.text) == 0 &&
	       a->seen == b->seen &&
	       strcmp(buf_str(&a->text), buf_str(&b->text)) == 0;
}

static void
check_contains(const char *text, const char *part)
{
	if (!CHECK(strstr(text, part) != NULL))
		printf("#   '%s'\n#   is not in '%.900s'\n", part, text);
}

/* ---- good documents ---- */

static void
test_full(void)
{
	struct buf json, want;
	struct result r;

	CHECK(read_file(&json, FIXTURES "full.json"));
	CHECK(read_file(&want, FIXTURES "full.expected"));
	read_text(&r, buf_str(&json), json.len, SIZE_MAX);
	CHECK_INT(r.rc, 0);
	CHECK_STR(r.e.text, "");
	CHECK_STR(buf_str(&r.text), buf_str(&want));
	CHECK_INT(r.summary.servers, 5);
	CHECK_INT(r.summary.skills, 2);
	CHECK_INT(r.summary.plugins, 1);
	done(&r);
	buf_free(&json);
	buf_free(&want);
}

/* Whatever stands in an entry comes out as it went in. */
static void
test_fidelity(void)
{
	static const char *const members[] = {
		"\"n\":12345678901234567890",
		"\"n\":-0",
		"\"n\":1.0",
		"\"n\":1e5",
		"\"n\":1E-5",
		"\"n\":0.10000000000000000000000001",
		"\"s\":\"\\u00e9\\u0041\\/\\\"\\\\\\b\\f\\n\\r\\t\"",
		"\"s\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f  \"",
		"\"s\":\"\\ud83d\\ude00\"",
		"\"z\":1,\"a\":2,\"z\":3",
		"\"\":{\"\":[[],{},\"\",null,true,false]}",
		"\"a b\":\" { [ , : ] } \"",
	};
	struct buf doc = BUF_INIT(MIB), want = BUF_INIT(MIB);
	struct result r;

	for (size_t i = 0; i < COUNT(members); i++) {
		buf_reset(&doc);
		buf_reset(&want);
		buf_adds(&want, "server 0 a.b/c@1 {");
		buf_adds(&want, members[i]);
		buf_addc(&want, ',');
		buf_adds(&want, &SERVER[1]);
		buf_addc(&want, '\n');
		buf_adds(&doc, FRAME_HEAD " {\n\t");
		buf_adds(&doc, members[i]);
		buf_adds(&doc, " ,\r\n  ");
		buf_adds(&doc, &SERVER[1]);
		buf_adds(&doc, " " FRAME_TAIL);
		read_text(&r, doc.data, doc.len, SIZE_MAX);
		CHECK_INT(r.rc, 0);
		CHECK_STR(buf_str(&r.text), want.data);
		done(&r);
	}
	buf_free(&doc);
	buf_free(&want);
}

/* Pages of skills alone are enough, unless none of them holds one. */
static void
test_no_entry(void)
{
	struct result r;

	read_string(&r, "{\"skills\":[],\"metadata\":{\"count\":0}}");
	CHECK_INT(r.rc, -1);
	CHECK(strstr(r.e.text, "at least one server") != NULL);
	done(&r);
}

static void
test_orders(void)
{
	static const char *const parts[] = {
		"\"version\":\"1.0.0\"",
		"\"meta\":{\"x\":1,\"last_updated\":\"2026-01-02\"}",
		"\"d\\u0061ta\":{\"skills\":[],\"servers\":[" SERVER "]}",
		"\"$schema\":\"https://example.com/s\"",
	};
	char doc[512];
	struct result r;

	for (int n = 0; n < 256; n++) {
		int a = n & 3, b = n >> 2 & 3, c = n >> 4 & 3, d = n >> 6;

		if ((1 << a | 1 << b | 1 << c | 1 << d) != 15)
			continue;
		snprintf(doc, sizeof doc, "{%s,%s,%s,%s}", parts[a], parts[b],
		    parts[c], parts[d]);
		read_string(&r, doc);
		CHECK_INT(r.rc, 0);
		CHECK_STR(buf_str(&r.text), "server 0 a.b/c@1 " SERVER "\n");
		done(&r);
	}
}

/* The last member of a name counts, except where entries are handed over. */
static void
test_duplicates(void)
{
	static const struct {
		int line;
		const char *doc;
		const char *error; /* NULL: none */
	} rows[] = {
		{ __LINE__, "{\"version\":5," FRAME_HEAD, NULL },
		{ __LINE__,
		    "{\"$schema\":\"x\",\"$schema\":\"a:b\"," FRAME_HEAD,
		    NULL },
		{ __LINE__, "{\"meta\":5," FRAME_HEAD, NULL },
		{ __LINE__, "{\"data\":{}," FRAME_HEAD,
		    "data: duplicate member" },
	};
	char doc[512];
	struct result r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		/* The frame's own brace is dropped: its members follow. */
		snprintf(doc, sizeof doc, "%.*s%s" SERVER FRAME_TAIL,
		    (int)(strlen(rows[i].doc) - strlen(FRAME_HEAD)),
		    rows[i].doc, &FRAME_HEAD[1]);
		read_string(&r, doc);
		CHECK_INT(r.rc, rows[i].error == NULL ? 0 : -1);
		check_contains(
		    r.e.text, rows[i].error == NULL ? "" : rows[i].error);
		done(&r);
	}
	T_AT(0);
}

/* ---- windows ---- */

static void
check_chunks(const char *text, size_t len, const size_t *chunks, size_t count)
{
	struct result whole, r;

	read_text(&whole, text, len, SIZE_MAX);
	for (size_t i = 0; i < count; i++) {
		read_text(&r, text, len, chunks[i]);
		if (!CHECK(same(&whole, &r)))
			printf("#   in pieces of %zu: '%s', not '%s'\n",
			    chunks[i], r.e.text, whole.e.text);
		done(&r);
	}
	done(&whole);
}

/* Longer than the window of the scanner, with long and short strings. */
static void
test_long_document(void)
{
	static const size_t chunks[] = { 1, 2, 3, 7, 4095, 65535, 65536 };
	struct buf doc = BUF_INIT(8 * MIB);
	struct result r;

	buf_adds(&doc, FRAME_HEAD);
	for (int i = 0; i < 700; i++) {
		buf_addf(&doc, "%s\n  {\"name\":\"a.b/c%d\",\"version\":\"%d\"",
		    i > 0 ? "," : "", i, i);
		buf_addf(&doc, ", \"description\" : \"d\\u00e9\", \"x\":\"%*d",
		    i, i);
		buf_adds(&doc, "\xc3\xa9\xf0\x9f\x98\x80\\n\",\"n\":[1.5e3,\n");
		buf_addf(&doc, "%*d]}", i % 70, i);
	}
	buf_adds(&doc, FRAME_TAIL);
	CHECK(doc.len > 4 * 64 * KIB);
	read_text(&r, doc.data, doc.len, SIZE_MAX);
	CHECK_INT(r.rc, 0);
	CHECK_INT(r.good, 700);
	done(&r);
	check_chunks(doc.data, doc.len, chunks, COUNT(chunks));
	buf_free(&doc);
}

/* ---- damaged documents ---- */

/* Cut off anywhere, a document is refused, and says so at its end. */
static void
test_prefixes(void)
{
	struct buf json;
	struct result r;
	char where[64];
	size_t end, line, column;

	CHECK(read_file(&json, FIXTURES "full.json"));
	end = json.len - 1;
	for (size_t len = 1; len < end; len++) {
		read_text(&r, json.data, len, SIZE_MAX);
		line = column = 1;
		for (size_t i = 0; i < len; i++) {
			column = json.data[i] == '\n' ? 1 : column + 1;
			line += json.data[i] == '\n';
		}
		snprintf(where, sizeof where,
		    "line %zu column %zu: unexpected end of the document", line,
		    column);
		t_check(r.rc == -1 && r.e.code == ERR_INPUT &&
			    strstr(r.e.text, where) != NULL,
		    r.e.text, __FILE__, __LINE__);
		done(&r);
	}
	buf_free(&json);
}

/* With any byte replaced, pieces and whole agree, and nothing breaks. */
static void
test_mutations(void)
{
	static const char bytes[] = { '\0', '"', '\\', '{', ']', ',', '7',
		'\x80', '\xe2', '\n' };
	struct buf json;
	struct result whole, pieces;
	size_t differ = 0, refused = 0;

	CHECK(read_file(&json, FIXTURES "full.json"));
	for (size_t i = 0; i < json.len * COUNT(bytes); i++) {
		char *at = &json.data[i / COUNT(bytes)], old = *at;

		*at = bytes[i % COUNT(bytes)];
		read_text(&whole, json.data, json.len, SIZE_MAX);
		read_text(&pieces, json.data, json.len, 5);
		differ += !same(&whole, &pieces);
		refused += whole.rc == -1;
		done(&whole);
		done(&pieces);
		*at = old;
	}
	CHECK_INT(differ, 0);
	CHECK(refused > json.len * COUNT(bytes) / 3);
	buf_free(&json);
}

struct hostile {
	int line;
	const char *name;
	const char *error; /* part of it; NULL: none */
	const char *entry; /* part of the transcript; NULL: nothing to say */
};

#define JSON(name, text)                                      \
	{                                                     \
		__LINE__, name, "invalid JSON at " text, NULL \
	}
#define SCHEMA(name, text)                                                  \
	{                                                                   \
		__LINE__, name, "registry schema validation failed: " text, \
		    NULL                                                    \
	}
#define ENTRY(name, text)                  \
	{                                  \
		__LINE__, name, NULL, text \
	}
#define EARLY "unexpected end of the document"
#define ONE "upstream registry must contain at least one server"

static const struct hostile hostile[] = {
	{ __LINE__, "empty", "data cannot be empty", NULL },
	JSON("space", "line 3 column 1: " EARLY),
	JSON("nul", "line 1 column 1: expected a JSON value"),
	JSON("bom-twice", "line 1 column 1: expected a JSON value"),
	JSON("utf16", "line 1 column 1: expected UTF-8, found UTF-16"),
	JSON("trailing-bytes", "line 1 column 138: unexpected data after"),
	JSON("trailing-document", "line 2 column 1: unexpected data after"),
	JSON("trailing-nul", "line 1 column 137: unexpected data after"),
	JSON("trailing-comma", "line 1 column 135: expected a JSON value"),
	JSON("trailing-comma-object",
	    "line 1 column 137: expected the name of a mem"),
	JSON("leading-comma", "line 1 column 86: expected a JSON value"),
	JSON("no-comma", "line 1 column 134: expected ',' or ']'"),
	JSON("no-colon", "line 1 column 12: expected ':'"),
	JSON("double-colon", "line 1 column 12: expected a JSON value"),
	JSON("key-number", "line 1 column 2: expected the name of a member"),
	JSON("key-bare", "line 1 column 2: expected the name of a member"),
	JSON("single-quotes", "line 1 column 2: expected the name of a member"),
	JSON("comment", "line 1 column 2: expected the name of a member"),
	JSON("wrong-closer", "line 1 column 21: expected a JSON value"),
	JSON("wrong-closer-deep", "line 1 column 94: expected a JSON value"),
	JSON("unclosed", "line 1 column 136: " EARLY),
	JSON("extra-closer", "line 1 column 137: unexpected data after"),
	JSON("literal-case", "line 1 column 141: expected a JSON value"),
	JSON("literal-cut", "line 1 column 144: expected a JSON value"),
	JSON("literal-long", "line 1 column 145: expected ',' or '}'"),
	JSON("number-plus", "line 1 column 141: expected a JSON value"),
	JSON("number-zero", "line 1 column 142: expected ',' or '}'"),
	JSON("number-dot",
	    "line 1 column 143: invalid number: expected a digit"),
	JSON("number-bare-dot", "line 1 column 141: expected a JSON value"),
	JSON("number-exp",
	    "line 1 column 143: invalid number: expected a digit"),
	JSON("number-hex", "line 1 column 142: expected ',' or '}'"),
	JSON("number-minus",
	    "line 1 column 142: invalid number: expected a digit"),
	JSON("number-nan", "line 1 column 141: expected a JSON value"),
	JSON("utf8-overlong", "line 1 column 142: not UTF-8"),
	JSON("utf8-surrogate", "line 1 column 143: not UTF-8"),
	JSON("utf8-cut", "line 1 column 144: not UTF-8"),
	JSON("utf8-lone", "line 1 column 142: not UTF-8"),
	JSON("utf8-too-high", "line 1 column 143: not UTF-8"),
	JSON("utf8-in-key", "line 1 column 138: not UTF-8"),
	JSON("utf8-outside", "line 1 column 12: expected a JSON value"),
	JSON("latin1", "line 1 column 121: not UTF-8"),
	JSON("control-in-string", "line 1 column 143: control character"),
	JSON("control-tab", "line 1 column 117: control character"),
	JSON("control-nul", "line 1 column 117: control character"),
	JSON("escape-unknown", "line 1 column 143: unknown escape"),
	JSON("escape-hex", "line 1 column 146: \\u needs four"),
	JSON("escape-cut", "line 1 column 144: " EARLY),
	JSON("vertical-tab", "line 1 column 2: expected the name of a member"),
	JSON(
	    "no-break-space", "line 1 column 2: expected the name of a member"),
	ENTRY("root-array", "server 0 BAD [server] [is required]"),
	SCHEMA("root-string",
	    "(root): unrecognized document format; expected a reg"),
	SCHEMA("root-null",
	    "(root): unrecognized document format; expected a reg"),
	SCHEMA("root-number",
	    "(root): unrecognized document format; expected a reg"),
	SCHEMA("no-version", "version: is required"),
	SCHEMA("version-number", "version: must be a string"),
	SCHEMA("version-null", "version: must be a string"),
	SCHEMA("version-short", "version: must match ^\\d+\\.\\d+\\.\\d+$"),
	SCHEMA("version-prefix", "version: must match"),
	SCHEMA("version-newline", "version: must match"),
	SCHEMA("version-nul", "version: must match"),
	SCHEMA("no-meta", "meta: is required"),
	SCHEMA("meta-null", "meta: must be an object"),
	SCHEMA("no-last-updated", "meta.last_updated: is required"),
	SCHEMA("last-updated-space", "meta.last_updated: must be a date-time"),
	SCHEMA("last-updated-number", "meta.last_updated: must be a string"),
	SCHEMA("no-data", "data: is required"),
	SCHEMA("data-array", "data: must be an object"),
	SCHEMA("no-servers", "data.servers: is required"),
	SCHEMA("servers-null", "data.servers: must be an array"),
	SCHEMA("servers-object", "data.servers: must be an array"),
	{ __LINE__, "servers-empty", ONE, NULL },
	{ __LINE__, "only-skills", ONE, "skill 0 a.b/cd@1" },
	ENTRY("skills-null", "server 0 a.b/c@1 "),
	SCHEMA("plugins-object", "data.plugins: must be an array"),
	SCHEMA("schema-relative", "$schema: must be a URI"),
	SCHEMA("servers-twice", "data.servers: duplicate member"),
	SCHEMA("data-twice", "data: duplicate member"),
	{ __LINE__, "many-mistakes",
	    "registry schema validation failed with 3 errors: "
	    "version: must be a string; meta: must be an object; "
	    "data.servers: is required",
	    NULL },
	ENTRY("entry-lone-surrogate", "BAD [] [cannot be read: "),
	ENTRY("entry-1e400", "BAD [] [holds a number that is out of range]"),
	ENTRY("entry-escaped-nul", "BAD [] [holds a NUL character"),
	ENTRY("entry-key-nul", "BAD [] [holds a NUL character"),
	ENTRY("entry-null", "BAD [] [must be an object] [null] ?@? null"),
	ENTRY("entry-array", "BAD [] [must be an object] [[]] ?@? []"),
};

static void
test_hostile_files(void)
{
	static const size_t chunks[] = { 1, 2, 3, 7 };
	char path[256];
	struct buf json;
	struct result r;

	for (size_t i = 0; i < COUNT(hostile); i++) {
		const struct hostile *h = &hostile[i];

		T_AT(h->line);
		snprintf(path, sizeof path, HOSTILE "%s.json", h->name);
		CHECK(read_file(&json, path));
		read_text(&r, buf_str(&json), json.len, SIZE_MAX);
		CHECK_INT(r.rc, h->error == NULL ? 0 : -1);
		CHECK_INT(r.e.code, h->error == NULL ? ERR_NONE : ERR_INPUT);
		check_contains(r.e.text, h->error == NULL ? "" : h->error);
		check_contains(
		    buf_str(&r.text), h->entry == NULL ? "" : h->entry);
		done(&r);
		check_chunks(buf_str(&json), json.len, chunks, COUNT(chunks));
		buf_free(&json);
	}
	T_AT(0);
}

/* No file may lie there without anyone looking at it. */
static void
test_hostile_files_are_known(void)
{
	DIR *dir = opendir(HOSTILE);
	struct dirent *entry;
	size_t files = 0;

	if (!CHECK(dir != NULL))
		return;
	while ((entry = readdir(dir)) != NULL)
		files += entry->d_name[0] != '.';
	closedir(dir);
	CHECK_INT(files, COUNT(hostile));
}

/* ---- too much of something ---- */

static void
add_times(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_adds(b, text);
}

struct excess {
	int line;
	const char *head, *open, *close, *tail;
	size_t times;
	enum err_code code;
	const char *says; /* part of the error or of the transcript */
};

#define INSIDE(head) FRAME_HEAD "{" head
#define OUTSIDE "{\"x\":"
#define IDENTITY ",\"name\":\"a/b\",\"version\":\"1\",\"description\":\"d\"}"

static const struct excess excesses[] = {
	{ __LINE__, INSIDE("\"x\":"), "[", "]", IDENTITY FRAME_TAIL,
	    LIMIT_JSON_DEPTH - 1, ERR_NONE, "server 0 a/b@1 {\"x\":[[" },
	{ __LINE__, INSIDE("\"x\":"), "[", "]", IDENTITY FRAME_TAIL,
	    LIMIT_JSON_DEPTH, ERR_NONE,
	    "BAD [] [must not be nested deeper than 128 levels] []" },
	{ __LINE__, INSIDE("\"x\":"), "{\"y\":", "}", IDENTITY FRAME_TAIL,
	    60000, ERR_INPUT, "expected a JSON value" },
	{ __LINE__, INSIDE("\"x\":"), "[{\"y\":[", "]}]", IDENTITY FRAME_TAIL,
	    20000, ERR_NONE, "must not be nested deeper" },
	{ __LINE__, INSIDE("\"x\":"), "[", "]", IDENTITY FRAME_TAIL, 70000,
	    ERR_LIMIT, "nested too deeply" },
	{ __LINE__, INSIDE("\"x\":"), "[", "", "", 1000000, ERR_LIMIT,
	    "nested too deeply" },
	{ __LINE__, OUTSIDE, "[", "]", "}", LIMIT_JSON_DEPTH - 1, ERR_INPUT,
	    "(root): unrecognized document format" },
	{ __LINE__, OUTSIDE, "[", "]", "}", LIMIT_JSON_DEPTH, ERR_LIMIT,
	    "line 1 column 133: nested too deeply" },
	{ __LINE__, INSIDE("\"x\":\""), "0123456789abcdef", "",
	    "\"" IDENTITY "," SERVER FRAME_TAIL, 300000, ERR_NONE,
	    "server 0 BAD [] [must not be larger than 4194304 bytes] [] ?@? \n"
	    "server 1 a.b/c@1 " SERVER },
	{ __LINE__, INSIDE("\"x\":\""), "0123456789abcdef", "",
	    "\\q\"" IDENTITY FRAME_TAIL, 300000, ERR_INPUT, "unknown escape" },
	{ __LINE__, INSIDE("\"x\":\""), "0123456789abcdef", "",
	    "\"" IDENTITY FRAME_TAIL, 262000, ERR_NONE, "server 0 a/b@1" },
	{ __LINE__, INSIDE("\"x\":0"), "                ", "",
	    IDENTITY FRAME_TAIL, 300000, ERR_NONE,
	    "server 0 a/b@1 {\"x\":0,\"name\"" },
	{ __LINE__, "{\"meta\":{},\"version\":\"", "0123456789abcdef", "",
	    "\"}", 300000, ERR_INPUT, "version: must match" },
	{ __LINE__, "{\"data\":0,\"", "0123456789abcdef", "", "\":0}", 255,
	    ERR_INPUT, "version: is required" },
	{ __LINE__, "{\"", "0123456789abcdef", "", "\":0}", 257, ERR_LIMIT,
	    "a member's name is too long" },
	{ __LINE__, INSIDE("\""), "0123456789abcdef", "",
	    "\":0" IDENTITY FRAME_TAIL, 257, ERR_NONE, "server 0 a/b@1" },
	{ __LINE__, INSIDE("\"x\":"), "1", "", "e99999" IDENTITY FRAME_TAIL,
	    100000, ERR_NONE, "holds a number that is out of range" },
};

static void
test_excess(void)
{
	struct buf doc = BUF_INIT(16 * MIB);
	struct result r;

	for (size_t i = 0; i < COUNT(excesses); i++) {
		const struct excess *x = &excesses[i];

		T_AT(x->line);
		buf_reset(&doc);
		buf_adds(&doc, x->head);
		add_times(&doc, x->open, x->times);
		add_times(&doc, x->close, x->times);
		buf_adds(&doc, x->tail);
		read_text(&r, doc.data, doc.len, SIZE_MAX);
		CHECK_INT(r.e.code, x->code);
		check_contains(
		    x->code == ERR_NONE ? buf_str(&r.text) : r.e.text, x->says);
		done(&r);
	}
	T_AT(0);
	buf_free(&doc);
}

/* ---- what others report ---- */

static void
test_failures_of_others(void)
{
	static const char *const doc = FRAME_HEAD SERVER "," SERVER FRAME_TAIL;
	struct slow slow = { doc, strlen(doc), SIZE_MAX, false };
	struct reader reader = { .read = read_slow, .state = &slow };
	struct result r;

	read_from(&r, &reader, SHAPE_REGISTRY, 2);
	CHECK_INT(r.rc, -1);
	CHECK_INT(r.seen, 2);
	CHECK_INT(r.e.code, ERR_STORAGE);
	CHECK_STR(r.e.text, "no room");
	done(&r);
	for (size_t len = 0; len <= strlen(doc); len += 10) {
		slow = (struct slow){ doc, len, 7, true };
		read_from(&r, &reader, SHAPE_REGISTRY, 0);
		CHECK_INT(r.rc, -1);
		CHECK_STR(r.e.text, "the disk is gone");
		done(&r);
	}
}

static void
test_real(void)
{
	static const size_t chunks[] = { 1, 3, 1000 };
	struct buf json;
	struct result r;

	if (!read_file(&json, REAL)) {
		printf("# THE REAL CATALOGUE IS NOT AT " REAL ", NOT TRIED\n");
		printf("ok %d - %s # SKIP " REAL " is not there\n", ++t_count,
		    __FILE__);
		return;
	}
	read_text(&r, json.data, json.len, SIZE_MAX);
	CHECK_STR(r.e.text, "");
	CHECK_INT(r.rc, 0);
	CHECK_INT(r.summary.servers, 102);
	CHECK_INT(r.good, 102);
	done(&r);
	check_chunks(json.data, json.len, chunks, COUNT(chunks));
	buf_free(&json);
}

/* ---- entries that a fetch has cut out of pages ---- */

static void
read_lines(struct result *r, const char *lines, size_t chunk)
{
	struct slow slow = { lines, strlen(lines), chunk, false };
	struct reader reader = { .read = read_slow, .state = &slow };

	read_from(r, &reader, SHAPE_ENTRIES, 0);
}

static void
test_lines(void)
{
	static const char lines[] =
	    "s{\"server\":" SERVER ",\"_meta\":{\"x\":[1]}}\n"
	    "s" SERVER "\n"
	    "s\n"
	    "s-\n"
	    "s[]\n"
	    "k{\"name\":\"n\"}\n";
	struct result whole, r;

	read_lines(&whole, lines, SIZE_MAX);
	CHECK_INT(whole.rc, 0);
	CHECK_STR(whole.e.text, "");
	CHECK_INT(whole.summary.servers, 5);
	CHECK_INT(whole.summary.skills, 1);
	check_contains(buf_str(&whole.text),
	    "server 0 a.b/c@1 " SERVER "\nserver 1 a.b/c@1 " SERVER "\n");
	check_contains(buf_str(&whole.text),
	    "server 2 BAD [] [must not be larger than 4194304 bytes]");
	check_contains(buf_str(&whole.text),
	    "server 3 BAD [] [must not be nested deeper than");
	check_contains(buf_str(&whole.text), "server 4 BAD [");
	check_contains(buf_str(&whole.text), "skill 5 BAD [");
	for (size_t chunk = 1; chunk < 40; chunk++) {
		read_lines(&r, lines, chunk);
		CHECK(same(&r, &whole));
		done(&r);
	}
	done(&whole);
}

/* The process that wrote them may have been taken over. */
static void
test_forged_lines(void)
{
	static const struct {
		int line;
		const char *lines;
		const char *says; /* of the document, or of its only entry */
	} rows[] = {
		{ __LINE__, "x{}\n", "entry 1 has an unknown kind" },
		{ __LINE__, "\n", "entry 1 has an unknown kind" },
		{ __LINE__, "s" SERVER, "the last entry is incomplete" },
		{ __LINE__, "s{\n", "BAD" },
		{ __LINE__, "s" SERVER "}\n", "BAD" },
		{ __LINE__, "s{\"name\":\"a.b/c\",\"version\n", "BAD" },
		{ __LINE__, "s{\"server\":{\"name\":\"\xff\"}}\n",
		    "BAD [server] [must be valid JSON]" },
		{ __LINE__, "s{\"server\": " SERVER "}\n", "BAD" },
		{ __LINE__, "k{\"x\":}\n", "BAD [] [must be valid JSON]" },
		{ __LINE__,
		    "s{\"server\":" SERVER ",\"_meta\":{\"x\":\"\xff\"}}\n",
		    "BAD [_meta] [must be valid JSON]" },
		{ __LINE__, "s{\"server\":" SERVER ",\"_meta\":\n",
		    "BAD [_meta] [must be valid JSON]" },
	};
	struct result r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		read_lines(&r, rows[i].lines, SIZE_MAX);
		CHECK_INT(r.good, 0);
		check_contains(
		    r.seen > 0 ? buf_str(&r.text) : r.e.text, rows[i].says);
		done(&r);
	}
	T_AT(0);
}

static void
test_long_lines(void)
{
	struct buf text = BUF_INIT(64 * MIB);
	struct result r;

	for (size_t i = 0; i < LIMIT_ENTRY + MIB; i++)
		buf_addc(&text, 's');
	read_lines(&r, buf_str(&text), SIZE_MAX);
	CHECK_INT(r.rc, -1);
	CHECK_INT(r.e.code, ERR_LIMIT);
	check_contains(r.e.text, "an entry is larger than 4194304 bytes");
	done(&r);
	buf_free(&text);
}

int
main(void)
{
	test_full();
	test_fidelity();
	test_no_entry();
	test_orders();
	test_duplicates();
	test_long_document();
	test_prefixes();
	test_mutations();
	test_hostile_files();
	test_hostile_files_are_known();
	test_excess();
	test_failures_of_others();
	test_real();
	test_lines();
	test_forged_lines();
	test_long_lines();
	return t_done();
}
