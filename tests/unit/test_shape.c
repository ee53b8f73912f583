/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognizing shapes, how many bytes that needs, and hostile documents of every
 * shape: wrong types at each level, values that are too large, invalid text.
 * Each is rejected with a message that names the error.
 */
#include "lib/buf.h"
#include "lib/document/catalog.h"
#include "lib/limits.h"
#include "tests/t.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define IDENTITY "\"name\":\"a.b/c\",\"version\":\"1\",\"description\":\"d\""
#define BARE "{" IDENTITY "}"
#define OFFICIAL "io.modelcontextprotocol.registry/official"
#define CONTAINER "\"description\":\"d\",\"image\":\"i:1\""

/* ---- recognizing ---- */

struct sighting {
	int line;
	const char *doc;
	enum shape_kind shape;
};

static const struct sighting sightings[] = {
	{ __LINE__, "{\"data\":[", SHAPE_REGISTRY },
	{ __LINE__, "{\"version\":\"1.0.0\",\"meta\":{},\"data\":{\"x",
	    SHAPE_REGISTRY },
	{ __LINE__, "{\"meta\":{}}", SHAPE_REGISTRY },
	{ __LINE__, "{\"servers\":[", SHAPE_PAGE },
	{ __LINE__, "{\"metadata\":{},\"servers\":[{\"na", SHAPE_PAGE },
	{ __LINE__, "{\"skills\":[]}", SHAPE_PAGE },
	{ __LINE__, "{\"plugins\":[],\"metadata\":{}}", SHAPE_PAGE },
	{ __LINE__, "{\"servers\":{", SHAPE_LEGACY },
	{ __LINE__, "{\"$schema\":\"x\",\"remote_servers\":{", SHAPE_LEGACY },
	{ __LINE__, " [", SHAPE_LIST },
	{ __LINE__, "{\"server\":{", SHAPE_ITEM },
	{ __LINE__, BARE, SHAPE_SERVER },
	{ __LINE__, "{\"name\":\"x\",\"servers\":[", SHAPE_PAGE },
	{ __LINE__, "{\"n\\u0061me\":\"x\"}", SHAPE_SERVER },
	{ __LINE__, "{\"servers\":null}", SHAPE_PAGE },
	{ __LINE__, "{\"servers\":null,\"name\":\"x\"}", SHAPE_SERVER },
	{ __LINE__, "{\"server\":[]}", SHAPE_FOREIGN },
	{ __LINE__, "{\"servers\\u0000\":[]}", SHAPE_FOREIGN },
	{ __LINE__, "{\"x\":{\"data\":{},\"servers\":[]}}", SHAPE_FOREIGN },
	{ __LINE__, "{}", SHAPE_FOREIGN },
	{ __LINE__, "\"servers\"", SHAPE_FOREIGN },
	{ __LINE__, "null", SHAPE_FOREIGN },
};

static ssize_t
read_one(struct reader *r, void *into, size_t len, struct err *e)
{
	(void)e;
	if (r->left == 0 || len == 0)
		return 0;
	*(char *)into = *r->at++;
	r->left--;
	return 1;
}

static void
test_detection(void)
{
	for (size_t i = 0; i < COUNT(sightings); i++) {
		const struct sighting *s = &sightings[i];
		enum shape_kind shape = SHAPE_FOREIGN;
		const char *seems;
		struct err e = ERR_INIT;
		struct reader r;

		T_AT(s->line);
		reader_from_memory(&r, s->doc, strlen(s->doc));
		CHECK_INT(shape_detect(&shape, &seems, &r, &e), 0);
		CHECK_STR(e.text, "");
		CHECK_INT(shape, s->shape);
		reader_from_memory(&r, s->doc, strlen(s->doc));
		r.read = read_one;
		CHECK_INT(shape_detect(&shape, &seems, &r, &e), 0);
		CHECK_INT(shape, s->shape);
	}
	T_AT(0);
}

/* A page of any size is known by its first bytes. */
static void
test_detection_reads_little(void)
{
	static char doc[MIB] = "{\"servers\":[";
	enum shape_kind shape;
	const char *seems;
	struct err e = ERR_INIT;
	struct reader r;

	memset(doc + strlen(doc), ' ', sizeof doc - strlen(doc));
	reader_from_memory(&r, doc, sizeof doc);
	CHECK_INT(shape_detect(&shape, &seems, &r, &e), 0);
	CHECK_INT(shape, SHAPE_PAGE);
	CHECK(r.left >= sizeof doc - 64 * KIB);
}

/* ---- hostile documents ---- */

struct tally {
	size_t good;
	size_t bad;
	size_t notes;
	char first[1024]; /* place and rule of the first bad one or note */
};

static int
count_entry(void *ctx, const struct catalog_entry *entry, struct err *e)
{
	struct tally *t = ctx;
	const struct rules_problem *p =
	    entry->problem == NULL ? entry->note : entry->problem;
	char place[300];

	(void)e;
	t->good += entry->problem == NULL;
	t->bad += entry->problem != NULL;
	t->notes += entry->note != NULL;
	if (p != NULL && t->first[0] == '\0') {
		catalog_place(place, sizeof place, entry, p->path);
		snprintf(t->first, sizeof t->first, "%s: %s", place, p->rule);
	}
	return 0;
}

static int
read_document(struct tally *t, const char *doc, size_t len, struct err *e)
{
	struct catalog_options options = { .max_meta_size =
					       LIMIT_META_DEFAULT };
	struct catalog_summary summary = { 0 };
	struct reader r;

	memset(t, 0, sizeof *t);
	reader_from_memory(&r, doc, len);
	if (shape_detect(&options.shape, &options.seems, &r, e) == -1)
		return -1;
	if (options.shape == SHAPE_FOREIGN) {
		catalog_refuse_shape(e, options.seems);
		return -1;
	}
	reader_from_memory(&r, doc, len);
	if (catalog_read(&summary, &r, &options, count_entry, t, e) == -1)
		return -1;
	return catalog_check_summary(&summary, e);
}

struct hostile {
	int line;
	/* Head, then so many times the middle, then the tail. */
	const char *head, *middle, *tail;
	size_t times;
	enum err_code code; /* ERR_NONE: entries are good or bad */
	size_t good, bad;
	const char *says; /* a part of the error or of the first bad entry */
};

#define ITEM(server, meta) "{\"server\":" server ",\"_meta\":" meta "}"
#define PAGE(items) "{\"servers\":[" items "]}"
#define SAID(members) "{\"" OFFICIAL "\":{" members "}}"
#define LEGACY(entries) "{\"servers\":{" entries "}}"
#define ONE_BAD(doc, says)                                     \
	{                                                      \
		__LINE__, doc, "", "", 0, ERR_NONE, 0, 1, says \
	}
#define ONE_NOTED(doc, says)                                   \
	{                                                      \
		__LINE__, doc, "", "", 0, ERR_NONE, 1, 0, says \
	}
#define BROKEN(doc, says)                                       \
	{                                                       \
		__LINE__, doc, "", "", 0, ERR_INPUT, 0, 0, says \
	}

static const struct hostile hostile[] = {
	/* wrong types, level by level */
	ONE_BAD(PAGE("null"), "servers.0: must be an object"),
	ONE_BAD(PAGE("{}"), "servers.0.server: is required"),
	ONE_BAD(PAGE(ITEM("null", "{}")), "servers.0.server: must be an"),
	ONE_BAD(PAGE(ITEM("[]", "{}")), "servers.0.server: must be an"),
	ONE_BAD(PAGE(ITEM("{}", "{}")), "servers.0.server.name: is required"),
	ONE_NOTED(PAGE(ITEM(BARE, "5")), "servers.0._meta: must be an object"),
	ONE_NOTED(PAGE(ITEM(BARE, "{\"" OFFICIAL "\":5}")),
	    "servers.0._meta: must hold an object"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"status\":5"))),
	    OFFICIAL ".status: must be one of"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"status\":\"Active\""))),
	    OFFICIAL ".status: must be one of"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"statusMessage\":[]"))),
	    OFFICIAL ".statusMessage: must be a string"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"statusMessage\":\"\\u0000\""))),
	    OFFICIAL ".statusMessage: must not hold a NUL"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"updatedAt\":1"))),
	    OFFICIAL ".updatedAt: must be a date-time"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"status\":\"withdrawn\""))),
	    OFFICIAL ".status: must be one of"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"status\":\"\""))),
	    OFFICIAL ".status: must be one of"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"updatedAt\":\"1735689600000\""))),
	    OFFICIAL ".updatedAt: must be a date-time"),
	ONE_NOTED(
	    PAGE(ITEM(BARE, SAID("\"updatedAt\":\"2026-01-01T00:00:00\""))),
	    OFFICIAL ".updatedAt: must be a date-time"),
	ONE_NOTED(
	    PAGE(ITEM(BARE, SAID("\"updatedAt\":\"9999-01-01T00:00:00Z\""))),
	    OFFICIAL ".updatedAt: must not be more than 24 hours in the fu"),
	ONE_NOTED(
	    PAGE(ITEM(BARE, SAID("\"updatedAt\":\"0001-01-01T00:00:00Z\""))),
	    OFFICIAL ".updatedAt: must not be before 2000"),
	ONE_NOTED(
	    PAGE(ITEM(BARE, SAID("\"publishedAt\":\"1999-12-31T23:59:59Z\""))),
	    OFFICIAL ".publishedAt: must not be before 2000"),
	{ __LINE__,
	    PAGE(ITEM(BARE, SAID("\"publishedAt\":\"2000-01-01T00:00:00Z\""))),
	    "", "", 0, ERR_NONE, 1, 0, "" },
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"publishedAt\":\"2026-01-01\""))),
	    OFFICIAL ".publishedAt: must be a date-time"),
	ONE_NOTED(PAGE(ITEM(BARE, SAID("\"statusChangedAt\":\"\""))),
	    OFFICIAL ".statusChangedAt: must be a date-time"),
	ONE_BAD(PAGE("{\"name\":5,\"version\":\"1\"}"),
	    "servers.0.name: must be a string"),
	ONE_BAD(PAGE("{\"name\":\"a\\u0001b\",\"version\":\"1\"}"),
	    "servers.0.name: must not hold control characters"),
	ONE_BAD(PAGE("{\"name\":\"a\",\"version_detail\":{}}"),
	    "servers.0.version_detail.version: is required"),
	ONE_BAD("[5]", "0: must be an object"),
	ONE_BAD("{\"name\":[]}", "name: must be a string"),
	ONE_BAD("{\"server\":{}}", "server.name: is required"),
	ONE_BAD(LEGACY("\"a\":null"), "servers.a: must be an object"),
	ONE_BAD(LEGACY("\"a\":{}"), "servers.a.description: is required"),
	ONE_BAD(LEGACY("\"a\":{\"description\":\"d\",\"image\":{\"x\":1}}"),
	    "servers.a.image: must be a string"),
	ONE_BAD(LEGACY("\"a\":{" CONTAINER ",\"target_port\":1e3}"),
	    "servers.a.target_port: must be an integer"),
	ONE_BAD(LEGACY("\"a\":{" CONTAINER ",\"env_vars\":{\"x\":1}}"),
	    "servers.a.env_vars: must be an array"),
	ONE_BAD(LEGACY("\"a\":{" CONTAINER ",\"env_vars\":[5]}"),
	    "servers.a.env_vars.0: must be an object"),
	ONE_BAD(LEGACY("\"a\":{" CONTAINER ",\"env_vars\":[{\"name\":5}]}"),
	    "servers.a.env_vars.0.name: is of the wrong type"),
	ONE_BAD(LEGACY("\"\\u0000\":{" CONTAINER "}"), "holds a NUL"),
	ONE_BAD(LEGACY("\"a\":{" CONTAINER ",\"custom_metadata\":{\"n\":"
		       "1e400}}"),
	    "servers.a: holds a number that is out of range"),
	BROKEN("{\"servers\":[],\"servers\":[" BARE "]}",
	    "servers: duplicate member"),
	BROKEN("{\"remote_servers\":{},\"servers\":[]}",
	    "servers: must be an object"),
	BROKEN("{\"servers\":{},\"remote_servers\":[]}",
	    "remote_servers: must be an object"),
	BROKEN("{\"servers\":[],\"skills\":{}}", "skills: must be an array"),
	BROKEN("\xef\xbb" PAGE(BARE), "not UTF-8"),
	BROKEN("\xff\xfe{\0", "expected UTF-8, found UTF-16 or UTF-32"),
	/* a byte order mark says nothing */
	{ __LINE__, "\xef\xbb\xbf" PAGE(BARE), "", "", 0, ERR_NONE, 1, 0, "" },
	BROKEN(PAGE("\"\xff\""), "not UTF-8"),
	BROKEN(PAGE(BARE) "x", "unexpected data after the document"),
	BROKEN("{\"servers\":[" BARE, "unexpected end of the document"),
	/* text that jansson refuses, in what is said beside the server */
	ONE_BAD(PAGE(ITEM(BARE, "{\"x\":1e400}")), "servers.0._meta: holds a"),
	ONE_BAD(PAGE(ITEM(BARE, "{\"x\":\"\\ud800\"}")), "servers.0._meta: "),
	ONE_BAD(PAGE(ITEM(BARE, "{\"\\u0000\":1}")), "servers.0._meta: hol"),
	ONE_BAD(PAGE(ITEM(BARE, SAID("\"serverId\":1e400"))), "holds a num"),
	/* the last one of a name counts */
	{ __LINE__, PAGE("{" IDENTITY ",\"name\":\"\"}"), "", "", 0, ERR_NONE,
	    0, 1, "servers.0.name: must not be empty" },
	{ __LINE__,
	    PAGE(ITEM(BARE, SAID("\"status\":5,\"status\":\"active\""))), "",
	    "", 0, ERR_NONE, 1, 0, ".status: must be one of" },
	/* what programs write for a list without elements */
	{ __LINE__,
	    "{\"servers\":[" BARE "],\"skills\":null,\"metadata\":null}", "",
	    "", 0, ERR_NONE, 1, 0, "" },
	{ __LINE__,
	    "{\"remote_servers\":null,\"servers\":{\"a\":{" CONTAINER "}}}", "",
	    "", 0, ERR_NONE, 1, 0, "" },
	{ __LINE__,
	    "{\"version\":\"1.0.0\",\"meta\":{\"last_updated\":"
	    "\"2026-01-01\"},\"$schema\":null,\"data\":{\"skills\":null,"
	    "\"plugins\":null,\"servers\":[" BARE "]}}",
	    "", "", 0, ERR_NONE, 1, 0, "" },
	BROKEN("{\"servers\":null,\"metadata\":{}}",
	    "must contain at least one server"),
	{ __LINE__, PAGE("{\"server\":5,\"server\":" BARE "}"), "", "", 0,
	    ERR_NONE, 1, 0, "" },
	/* too much of it */
	{ __LINE__, "{\"servers\":[", "[", "", 1000000, ERR_LIMIT, 0, 0,
	    "nested too deeply" },
	{ __LINE__, "[", "[", "", 1000000, ERR_LIMIT, 0, 0,
	    "nested too deeply" },
	{ __LINE__, "{\"x\":", "{\"x\":", "", 100000, ERR_LIMIT, 0, 0,
	    "nested too deeply" },
	{ __LINE__, "{\"server\":", "{\"x\":", "", 100000, ERR_LIMIT, 0, 0,
	    "nested too deeply" },
	{ __LINE__, "{\"servers\":{\"a\":", "[", "", 100000, ERR_LIMIT, 0, 0,
	    "nested too deeply" },
	{ __LINE__, "{\"", "0123456789", "\":1}", 1000000, ERR_LIMIT, 0, 0,
	    "a member's name is too long" },
	{ __LINE__, "{\"servers\":{\"", "0123456789", "\":{}}}", 1000000,
	    ERR_LIMIT, 0, 0, "a member's name is too long" },
	{ __LINE__, "[{\"", "0123456789", "\":1}]", 1000000, ERR_NONE, 0, 1,
	    "0: must not be larger than 4194304 bytes" },
	{ __LINE__, "{\"servers\":[" BARE ",{\"x\":\"", "0123456789", "\"}]}",
	    1000000, ERR_NONE, 1, 1, "servers.1: must not be larger" },
	{ __LINE__, "{\"name\":\"", "0123456789", "\"}", 1000000, ERR_NONE, 0,
	    1, "(root): must not be larger" },
	{ __LINE__, "{\"servers\":{\"a\":{\"image\":\"", "0123456789", "\"}}}",
	    1000000, ERR_NONE, 0, 1, "servers.a: must not be larger" },
	/* converted, the image stands twice */
	{ __LINE__, "{\"servers\":{\"a\":{\"description\":\"d\",\"image\":\"",
	    "0123456789", "\"}}}", 300000, ERR_NONE, 0, 1,
	    "servers.a: must not be larger" },
	{ __LINE__, "[", "null,", "null]", 1000000, ERR_NONE, 0, 1000001,
	    "0: must be an object" },
	{ __LINE__, "{\"servers\":[", "null,", "null]}", 1000000, ERR_NONE, 0,
	    1000001, "servers.0: must be an object" },
	{ __LINE__, "{", "\"x\":0,", "\"x\":0}", 1000000, ERR_INPUT, 0, 0,
	    "(root): unrecognized document format" },
	{ __LINE__, "{\"servers\":{", "\"x\":0,", "\"x\":0}}", 1000000,
	    ERR_NONE, 0, 1000001, "servers.x: must be an object" },
	{ __LINE__, "[{", "\"x\":0,", IDENTITY "}]", 500000, ERR_NONE, 1, 0,
	    "" },
	{ __LINE__, "{\"servers\":[" BARE, "," ITEM(BARE, "{}"), "]}", 100000,
	    ERR_NONE, 100001, 0, "" },
};

static void
add_times(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_adds(b, text);
}

static void
test_hostile(void)
{
	struct buf doc = BUF_INIT(64 * MIB);

	for (size_t i = 0; i < COUNT(hostile); i++) {
		const struct hostile *h = &hostile[i];
		struct err e = ERR_INIT;
		struct tally t;
		const char *said;

		T_AT(h->line);
		buf_reset(&doc);
		buf_adds(&doc, h->head);
		add_times(&doc, h->middle, h->times);
		buf_adds(&doc, h->tail);
		read_document(&t, doc.data, doc.len, &e);
		CHECK_INT(e.code, h->code);
		said = h->code == ERR_NONE ? t.first : e.text;
		if (!CHECK(strstr(said, h->says) != NULL))
			printf("#   '%s' is not in '%s'\n", h->says, said);
		if (h->code == ERR_NONE) {
			CHECK_INT(t.good, h->good);
			CHECK_INT(t.bad, h->bad);
		}
	}
	T_AT(0);
	buf_free(&doc);
}

/* ---- foreign files ---- */

struct stranger {
	int line;
	const char *doc;
	size_t len; /* 0: up to the NUL */
	const char *seems; /* a part of the message; NULL: no guess is made */
};

#define STRANGER(doc, seems)            \
	{                               \
		__LINE__, doc, 0, seems \
	}
#define BYTES(doc, seems)                            \
	{                                            \
		__LINE__, doc, sizeof doc - 1, seems \
	}
#define SEEMS "this seems to be "
#define YAML_MAP(kind) \
	"apiVersion: v1\nkind: " kind "\nmetadata:\n  name: x\ndata:\n"
#define JSON_MAP(kind)                                                                \
	"{\"apiVersion\":\"v1\",\"data\":{\"registry.json\":\"{}\"},\"kind\":\"" kind \
	"\",\"metadata\":{\"name\":\"x\"}}"

static const struct stranger strangers[] = {
	STRANGER(
	    YAML_MAP("ConfigMap"), SEEMS "a Kubernetes ConfigMap manifest"),
	STRANGER(YAML_MAP("\"ConfigMap\"  # x"), "ConfigMap manifest; use a "
						 "configmap source"),
	STRANGER("# made by hand\r\n---\r\nkind: ConfigMap\r\n"
		 "apiVersion: v1\r\n",
	    SEEMS "a Kubernetes ConfigMap manifest"),
	STRANGER("apiVersion: v1\ndata:\n  registry.json: |\n    {}\n",
	    SEEMS "a Kubernetes ConfigMap manifest"),
	STRANGER(YAML_MAP("Secret"), SEEMS "a Kubernetes Secret manifest"),
	STRANGER(YAML_MAP("List"), SEEMS "a List of Kubernetes objects"),
	STRANGER("apiVersion: apps/v1\nkind: Deployment\n",
	    SEEMS "a Kubernetes manifest"),
	STRANGER(
	    JSON_MAP("ConfigMap"), SEEMS "a Kubernetes ConfigMap manifest"),
	STRANGER("{\"kind\":\"ConfigMap\",\"data\":{},\"apiVersion\":\"v1\"}",
	    SEEMS "a Kubernetes ConfigMap manifest"),
	STRANGER("{\"data\":{\"a\":\"b\"},\"kind\":\"ConfigMap\","
		 "\"apiVersion\":\"v1\"}",
	    SEEMS "a Kubernetes manifest; use a configmap source"),
	STRANGER(JSON_MAP("Secret"), SEEMS "a Kubernetes Secret manifest"),
	STRANGER("{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}",
	    SEEMS "a List of Kubernetes objects"),
	STRANGER(
	    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"spec\":{}}",
	    SEEMS "a Kubernetes manifest"),
	STRANGER("{\"mcpServers\":{\"x\":{\"command\":\"y\"}}}",
	    SEEMS "the configuration of a client"),
	STRANGER(
	    "{\"compilerOptions\":{}}", SEEMS "TypeScript's tsconfig.json"),
	STRANGER("{\"openapi\":\"3.1.0\",\"paths\":{}}", SEEMS "an OpenAPI"),
	STRANGER(
	    "{\"$schema\":\"x\",\"properties\":{}}", SEEMS "a JSON Schema"),
	STRANGER("{\"error\":\"unauthorized\"}", SEEMS "the error message"),
	STRANGER("servers:\n- name: x\n", SEEMS "YAML; convert it to JSON"),
	STRANGER("---\n- name: x\n", SEEMS "YAML"),
	STRANGER("<!DOCTYPE HTML>\n<html>", SEEMS "an HTML page"),
	STRANGER("\n  <html lang=en>", SEEMS "an HTML page"),
	STRANGER("<?xml version=\"1.0\"?>", SEEMS "XML"),
	STRANGER("// a comment\n{}", SEEMS "JSON with comments"),
	STRANGER("version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
	    SEEMS "a pointer of Git LFS"),
	STRANGER("-----BEGIN CERTIFICATE-----\n", SEEMS "a certificate"),
	BYTES("\x1f\x8b\x08\0", SEEMS "gzip data"),
	BYTES("PK\x03\x04", SEEMS "a ZIP archive"),
	BYTES("SQLite format 3\0", SEEMS "an SQLite database"),
	BYTES("\xff\xfe{\0}\0", SEEMS "text in UTF-16"),
	BYTES("{\0}\0", SEEMS "text in UTF-16"),
	BYTES("\0{\0}", SEEMS "text in UTF-16"),
	BYTES("\xff\xfe\0\0{\0\0\0", SEEMS "text in UTF-32"),
	STRANGER(" \n\t ", SEEMS "a file of white space only"),
	BYTES("", "data cannot be empty: " SEEMS "an empty file"),
	/* one entry that may be something else */
	STRANGER("{\"name\":\"x\",\"version\":\"1.0.0\",\"dependencies\":{}}",
	    SEEMS "npm's package.json"),
	STRANGER("{\"manifest_version\":\"0.3\",\"name\":\"x\",\"server\":{}}",
	    SEEMS "the manifest of an MCP bundle"),
	STRANGER("{\"servers\":{\"x\":{\"command\":\"y\"}},\"inputs\":[]}",
	    SEEMS "the configuration of a client"),
	STRANGER("{\"servers\":{\"x\":{\"type\":\"http\",\"url\":\"y\"}}}",
	    SEEMS "the configuration of a client"),
	/* what is not known, or is what it says */
	STRANGER("{'a':1}", NULL),
	STRANGER("{\"servers\":{\"x\":{\"image\":\"i\"}}}", NULL),
	STRANGER("{\"a\":1}", NULL),
	STRANGER("[1,", NULL),
	STRANGER("nothing", NULL),
	STRANGER("404: Not Found", NULL),
	STRANGER("{\"kind\":\"x\",\"apiVersion\":\"y\",\"servers\":[" BARE "]}",
	    NULL),
	STRANGER("{\"kind\":\"x\",\"apiVersion\":\"y\",\"version\":\"1.0.0\","
		 "\"meta\":{\"last_updated\":\"2026-01-01\"},\"data\":"
		 "{\"servers\":[" BARE "]}}",
	    NULL),
	STRANGER("{" IDENTITY ",\"dependencies\":{},\"error\":1,\"kind\":\"x\","
		 "\"apiVersion\":\"y\"}",
	    NULL),
};

static void
test_strangers(void)
{
	for (size_t i = 0; i < COUNT(strangers); i++) {
		const struct stranger *s = &strangers[i];
		struct err e = ERR_INIT;
		struct tally t;
		const char *said;

		T_AT(s->line);
		read_document(
		    &t, s->doc, s->len == 0 ? strlen(s->doc) : s->len, &e);
		said = e.text[0] == '\0' ? t.first : e.text;
		if (!CHECK((strstr(said, s->seems == NULL ? SEEMS : s->seems) !=
			       NULL) == (s->seems != NULL)))
			printf("#   '%s' in '%s'\n", s->seems, said);
		CHECK(s->seems == NULL || e.text[0] == '\0' ||
		      strstr(said, "expected ") != NULL ||
		      strstr(said, "configmap") != NULL);
	}
	T_AT(0);
}

/* ---- servers of earlier schemas ---- */

#define SCHEMA(date)                                                         \
	"\"$schema\":\"https://static.modelcontextprotocol.io/schemas/" date \
	"/server.schema.json\","
#define WITHOUT_TRANSPORT \
	",\"packages\":[{\"registryType\":\"npm\",\"identifier\":\"x\"}]"
#define NO_SLASH "\"name\":\"a.b.c\",\"version\":\"1\",\"description\":\"d\""
#define BAD_NAME "0.name: must match"
#define NEEDS_TRANSPORT "0.packages.0.transport: is required"

struct generation {
	int line;
	const char *members; /* beside the identity */
	bool kept;
	const char *note; /* or what is wrong; "": nothing */
};

static const struct generation generations[] = {
	{ __LINE__, SCHEMA("2025-12-11") IDENTITY, true, "" },
	{ __LINE__, SCHEMA("2025-12-11") IDENTITY WITHOUT_TRANSPORT, true,
	    NEEDS_TRANSPORT },
	{ __LINE__, SCHEMA("2025-10-17") IDENTITY WITHOUT_TRANSPORT, true,
	    NEEDS_TRANSPORT },
	{ __LINE__, SCHEMA("2025-10-11") IDENTITY WITHOUT_TRANSPORT, true,
	    NEEDS_TRANSPORT },
	{ __LINE__, SCHEMA("2025-09-29") IDENTITY WITHOUT_TRANSPORT, true,
	    NEEDS_TRANSPORT },
	{ __LINE__, SCHEMA("2025-09-16") IDENTITY, true, "" },
	{ __LINE__, SCHEMA("2025-07-09") IDENTITY, true, "" },
	{ __LINE__, SCHEMA("draft/2025-07-09") IDENTITY WITHOUT_TRANSPORT, true,
	    NEEDS_TRANSPORT },
	/* not a date of an earlier schema: the present limits */
	{ __LINE__, SCHEMA("2025-10-17") NO_SLASH, true, BAD_NAME },
	{ __LINE__, SCHEMA("2027-01-01") NO_SLASH, false, BAD_NAME },
	{ __LINE__, SCHEMA("draft") NO_SLASH, false, BAD_NAME },
	{ __LINE__, SCHEMA("2025-07-0") NO_SLASH, false, BAD_NAME },
	{ __LINE__, "\"$schema\":\"https://example.com/2025-07-09\"," NO_SLASH,
	    false, BAD_NAME },
	/* the status that it gives itself */
	{ __LINE__, SCHEMA("2025-07-09") IDENTITY ",\"status\":\"Active\"",
	    true, "0.status: must be one of" },
	{ __LINE__, SCHEMA("2025-07-09") IDENTITY ",\"status\":\"gone\"", true,
	    "0.status: must be one of" },
	{ __LINE__, SCHEMA("2025-07-09") IDENTITY ",\"status\":null", true,
	    "" },
	{ __LINE__, SCHEMA("2025-12-11") IDENTITY ",\"status\":\"gone\"", true,
	    "" },
	/* by its members */
	{ __LINE__, IDENTITY ",\"website_url\":\"x\"", true,
	    "0.website_url: was renamed to websiteUrl" },
	{ __LINE__, IDENTITY ",\"packages\":[{\"registry_type\":\"npm\"}]",
	    true, "0.packages.0.registry_type: was renamed to registryType" },
	{ __LINE__, IDENTITY ",\"remotes\":[{\"transport_type\":\"sse\"}]",
	    true, "0.remotes.0.transport_type: was renamed to type" },
	{ __LINE__,
	    SCHEMA("2025-07-09") IDENTITY
	    ",\"remotes\":[{\"type\":\"sse\",\"url\":\"https://e.com\","
	    "\"headers\":[{\"name\":\"n\",\"is_secret\":true}]}]",
	    true, "0.remotes.0.headers.0.is_secret: was renamed to isSecret" },
	/* what publishers call their own is their own */
	{ __LINE__,
	    SCHEMA("2025-09-16") IDENTITY
	    ",\"_meta\":{\"x\":{\"website_url\":1}}",
	    true, "" },
	{ __LINE__, IDENTITY ",\"other_thing\":1", true, "" },
	/* identity is not forgiven */
	{ __LINE__, SCHEMA("2025-07-09") "\"name\":\"a.b/c\"", false,
	    "0.version: is required" },
	{ __LINE__,
	    SCHEMA("2025-07-09") "\"version_detail\":{\"version\":\"1\"}",
	    false, "0.server: is required" },
	{ __LINE__,
	    SCHEMA("2025-07-09") "\"name\":\"x\",\"version_detail\":"
				 "{\"version\":\"1\"},\"description\":\"d\"",
	    true, "0.version_detail: was renamed to version" },
};

static void
test_generations(void)
{
	char doc[1024];

	for (size_t i = 0; i < COUNT(generations); i++) {
		const struct generation *g = &generations[i];
		struct err e = ERR_INIT;
		struct tally t;

		T_AT(g->line);
		snprintf(doc, sizeof doc, "[{%s}]", g->members);
		CHECK_INT(read_document(&t, doc, strlen(doc), &e), 0);
		CHECK_INT(t.good, g->kept);
		CHECK_INT(t.notes, g->kept && g->note[0] != '\0');
		if (!CHECK(strncmp(t.first, g->note, strlen(g->note)) == 0) ||
		    !CHECK(g->note[0] != '\0' || t.first[0] == '\0'))
			printf("#   '%s' is not '%s'\n", t.first, g->note);
	}
	T_AT(0);
}

/* A place that is too long is cut, and not inside a character. */
static void
test_place(void)
{
	static const char key[] = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
	const struct catalog_entry entry = {
		.kind = ENTRY_SERVER, .array = "servers", .key = key
	};
	char place[16];

	for (size_t size = 10; size <= sizeof place; size++) {
		catalog_place(place, size, &entry, "x");
		CHECK(strncmp(place, "servers.", 8) == 0);
		CHECK((strlen(place) - 8) % 2 == 0);
	}
}

int
main(void)
{
	test_detection();
	test_detection_reads_little();
	test_hostile();
	test_strangers();
	test_generations();
	test_place();
	return t_done();
}
