/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule of the lint with entries that it reports and entries that it
 * accepts, and the rules that compare entries.  Rows are JSON with ' for "; @9@
 * means nine letters a.  The members of a row replace those of a valid entry; a
 * row that starts with { is a whole entry.
 */
#include "tests/t.h"
#include "lib/buf.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/lint/lint_across.h"
#include "sync/lint/lint_checks.h"
#include "sync/lint/lint_rules.h"
#include "sync/lint/lint_text.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PROVIDED "io.modelcontextprotocol.registry/publisher-provided"
#define IN_PROVIDED "_meta." PROVIDED
#define GOOD                                                               \
	"{'$schema':'https://static.modelcontextprotocol.io/schemas/"      \
	"2025-12-11/server.schema.json','name':'a.b/c',"                   \
	"'description':'d','version':'1.0.0'," ICONS("https") "," PACKAGE( \
	    "'registryType':'oci','identifier':'i','version':'1'")
#define ICONS(scheme) "'icons':[{'src':'" scheme "://example.com/i.png'}]"
#define PACKAGE(s) "'packages':[{" s "}]"
#define TYPED(type, s) PACKAGE("'registryType':'" type "'," s)
#define REMOTE(url) "'remotes':[{'type':'streamable-http','url':'" url "'}]"
#define PUBLISHER(s) "'_meta':{'" PROVIDED "':{" s "}}"
#define TAGS(s)    \
	PUBLISHER( \
	    "'io.github.stacklok':{'x':{'status':'active','tags':[" s "]}}")

struct row {
	int line;
	const char *text;
	/* "rule path" of each finding, in order, "; " between; "" for none. */
	const char *found;
};

#define ROW(text, found)              \
	{                             \
		__LINE__, text, found \
	}

static const struct row rows[] = {
	ROW("'unknown':1", ""),
	/* item-fields */
	ROW("'description':''", "item-fields description"),
	ROW("'description':null", "item-fields description"),
	ROW("'name':1", "item-fields name"),
	ROW("'version':''", "item-fields version"),
	/* text-length */
	ROW("'description':'@100@','title':'@100@'", ""),
	ROW("'description':'@101@'", "text-length description"),
	ROW("'title':'@101@'", "text-length title"),
	/* name-form */
	ROW("'name':'a.b/c_d-1.2'", ""),
	ROW("'name':'a/b/c'", "name-form name"),
	ROW("'name':'a b/c'", "name-form name"),
	ROW("'name':'a/@198@'", ""),
	ROW("'name':'a/@199@'", "name-form name"),
	/* version-* */
	ROW("'version':'latest'", "version-latest version"),
	ROW("'version':'^1.2'", "version-range version; "
				"version-encoding version"),
	ROW("'version':'1.x'", "version-range version"),
	ROW("'version':'>=1'", "version-range version; "
			       "version-encoding version"),
	ROW("'version':'1.2.3-rc.1'", ""),
	ROW("'version':'2025.06.18.2'", "version-order version"),
	ROW("'version':'beta'", "version-order version"),
	ROW("'version':'1.0.0+build'", "version-encoding version"),
	/* schema-* */
	ROW("'$schema':null", "schema-missing $schema"),
	ROW("'$schema':'https://static.modelcontextprotocol.io/schemas/"
	    "2025-09-29/server.schema.json'",
	    "schema-old $schema"),
	ROW("'$schema':'https://static.modelcontextprotocol.io/schemas/"
	    "2026-03-01/server.schema.json'",
	    ""),
	ROW("'$schema':'https://example.com/schemas/own.json'", ""),
	/* nothing-to-run, toolhive-dropped, copilot-install, package-type */
	ROW("'packages':[]", "nothing-to-run "),
	ROW("'packages':null", "nothing-to-run "),
	ROW("'packages':null," REMOTE("https://example.com/mcp"), ""),
	ROW(TYPED("npm", "'identifier':'n','version':'1'"),
	    "toolhive-dropped packages"),
	ROW(TYPED("npm", "'identifier':'n','version':'1'") "," REMOTE(
		"https://example.com/mcp"),
	    ""),
	ROW(TYPED("nuget", "'identifier':'n','version':'1'"),
	    "toolhive-dropped packages; copilot-install packages"),
	ROW(TYPED("docker", "'identifier':'n','version':'1'"),
	    "toolhive-dropped packages; package-type "
	    "packages.0.registryType"),
	ROW("'packages':[{'registryType':'oci','identifier':'i',"
	    "'version':'1'},{'registryType':'mcpb','identifier':'m'}]",
	    "package-type packages.1.registryType"),
	/* package-version-twice */
	ROW(TYPED("oci", "'identifier':'h:5000/i:1','version':'1'"),
	    "package-version-twice packages.0.identifier"),
	ROW(TYPED("oci", "'identifier':'h:5000/i','version':'1'"), ""),
	ROW(TYPED("oci", "'identifier':'h/i@sha256:0','version':'1'"),
	    "package-version-twice packages.0.identifier"),
	ROW(TYPED("npm", "'identifier':'@s/n@1','version':'1'") "," REMOTE(
		"https://example.com/mcp"),
	    "package-version-twice packages.0.identifier"),
	ROW(TYPED("npm", "'identifier':'@s/n','version':'1'") "," REMOTE(
		"https://example.com/mcp"),
	    ""),
	ROW(TYPED("pypi", "'identifier':'n==1','version':'1'") "," REMOTE(
		"https://example.com/mcp"),
	    "package-version-twice packages.0.identifier"),
	/* package-npm-hint, package-floating */
	ROW(TYPED("npm", "'identifier':'n@latest','runtimeHint':'npx'") "," REMOTE(
		"https://example.com/mcp"),
	    "package-npm-hint packages.0.identifier; "
	    "package-floating packages.0.identifier"),
	ROW(TYPED("npm", "'identifier':'n@latest'") "," REMOTE(
		"https://example.com/mcp"),
	    "package-floating packages.0.identifier"),
	ROW(TYPED("npm", "'identifier':'n@2.1','runtimeHint':'npx'") "," REMOTE(
		"https://example.com/mcp"),
	    ""),
	ROW(TYPED("oci", "'identifier':'h/i'"),
	    "package-floating packages.0.identifier"),
	ROW(TYPED("oci", "'identifier':'h/i:latest'"),
	    "package-floating packages.0.identifier"),
	ROW(TYPED("oci", "'identifier':'h/i:2'"), ""),
	ROW(TYPED("oci", "'identifier':'h/i@sha256:0'"), ""),
	/* package-latest, package-range */
	ROW(TYPED("oci", "'identifier':'h/i','version':'latest'"),
	    "package-latest packages.0.version"),
	ROW(TYPED("oci", "'identifier':'h/i','version':'~1'"),
	    "package-range packages.0.version"),
	ROW(TYPED("npm", "'identifier':'n@^1'") "," REMOTE(
		"https://example.com/mcp"),
	    "package-range packages.0.identifier"),
	/* package-cargo, package-executable */
	ROW(TYPED("cargo", "'identifier':'c','version':'1'"),
	    "package-cargo packages.0.registryType"),
	ROW(TYPED("cargo", "'identifier':'c@1','version':'1'"),
	    "package-cargo packages.0.registryType; "
	    "package-version-twice packages.0.identifier"),
	ROW(TYPED("cargo", "'identifier':'c'") "," REMOTE(
		"https://example.com/mcp"),
	    "package-cargo packages.0.registryType; "
	    "package-floating packages.0.identifier"),
	ROW(TYPED("npm", "'identifier':'n','version':'1','executable':'e'") "," REMOTE(
		"https://example.com/mcp"),
	    ""),
	ROW(TYPED("oci", "'identifier':'i','version':'1','executable':'e'"),
	    "package-executable packages.0.executable"),
	ROW(TYPED("oci", "'identifier':'i','version':'1','executable':5"),
	    "package-executable packages.0.executable"),
	ROW(TYPED("oci", "'identifier':'i','version':'1','executable':null"),
	    ""),
	ROW(TYPED("oci", "'identifier':'i','version':'1',"
			 "'postInstallInstructions':[{'description':'d'}]"),
	    ""),
	/* transport-* */
	ROW("'remotes':[{'type':'sse','url':'https://example.com/mcp'}]",
	    "transport-sse remotes.0.type"),
	ROW(TYPED("oci", "'identifier':'i','version':'1',"
			 "'transport':{'type':'sse','url':'{base}/mcp'}"),
	    "transport-sse packages.0.transport.type; "
	    "transport-variable packages.0.transport.url"),
	ROW(TYPED("oci", "'identifier':'i','version':'1','transport':"
			 "{'type':'streamable-http','url':'http://h:{p}/'}"),
	    ""),
	ROW(REMOTE("{base}/mcp/"),
	    "transport-variable remotes.0.url; remote-variable remotes.0.url"),
	/* remote-* */
	ROW(REMOTE("https://example.com:8443/mcp"), ""),
	ROW(REMOTE("https://example.com"), ""),
	ROW(REMOTE("https://{tenant}.example.com/mcp"),
	    "remote-variable remotes.0.url"),
	ROW(REMOTE("https://{Tenant}/mcp"), "remote-variable remotes.0.url"),
	ROW(REMOTE("http://example.com/mcp"), "remote-http remotes.0.url"),
	ROW(REMOTE("http://localhost:8080/mcp"), "remote-local remotes.0.url"),
	ROW(REMOTE("https://127.0.0.1/mcp"), "remote-local remotes.0.url"),
	ROW(REMOTE("http://u:p@[::1]:80/mcp"),
	    "remote-local remotes.0.url; remote-form remotes.0.url"),
	ROW(REMOTE("https://[::1/mcp"), ""),
	ROW(REMOTE("https://localhost.example.com/mcp"), ""),
	ROW(REMOTE("https://example.com/mcp/"), "remote-slash remotes.0.url"),
	ROW(REMOTE("https://example.com/mcp/?a=b"),
	    "remote-slash remotes.0.url; remote-query remotes.0.url"),
	ROW(REMOTE("https://example.com/mcp?a=/"),
	    "remote-query remotes.0.url"),
	ROW(REMOTE("https://Example.com/mcp"), "remote-form remotes.0.url"),
	ROW(REMOTE("https://example.com/Mcp"), ""),
	ROW(REMOTE("https://example.com:443/mcp"), "remote-form remotes.0.url"),
	ROW(REMOTE("https://example.com/mcp#x"), "remote-form remotes.0.url"),
	ROW("'remotes':[1,{'url':2},{'url':'http://example.com'}]",
	    "remote-http remotes.2.url"),
	/* icon-* */
	ROW("'icons':[]", "icon-missing icons"),
	ROW(ICONS("http"), "icon-http icons.0.src"),
	ROW("'icons':[]," PUBLISHER(
		"'github':{'ownerAvatarUrl':'https://example.com/o'}"),
	    ""),
	/* publisher-*, tag-form */
	ROW(PUBLISHER("'com.example':{}"), ""),
	ROW(PUBLISHER("'tool':'t','version':1,'com.example':{}"),
	    "publisher-scalar " IN_PROVIDED ".tool; "
	    "publisher-scalar " IN_PROVIDED ".version"),
	ROW(PUBLISHER("'c':{'t':'@262100@'}"), ""),
	ROW(PUBLISHER("'c':{'t':'@262130@'}"), ""),
	ROW(PUBLISHER("'c':{'t':'@262131@'}"), "publisher-size " IN_PROVIDED),
	ROW(TAGS("'ab','a-b_c'"), ""),
	ROW(TAGS("'ab','Data Base','x'"),
	    "tag-form " IN_PROVIDED ".io.github.stacklok.x.tags.1; "
	    "tag-form " IN_PROVIDED ".io.github.stacklok.x.tags.2"),
};

#define BARE "{'name':'a.b/c','description':'d','version':'1.0.0',"
#define ONE(type, s) \
	BARE "'packages':[{'registryType':'" type "','identifier':'i'," s "}]"
#define STDIO "'version':'1','transport':{'type':'stdio'}"
#define AT(s) \
	BARE "'remotes':[{'type':'sse','url':'https://example.com/'" s "}]"

/* What Kiro does not take, which is most. */
static const struct row kiro_rows[] = {
	ROW(AT(""), ""),
	ROW(ONE("npm", STDIO), ""),
	ROW(ONE("pypi", STDIO), ""),
	/* kiro-ways */
	ROW(BARE "'remotes':[],'packages':null", "kiro-ways "),
	ROW(AT("") ",'packages':[]", ""),
	ROW(AT("") ",'packages':[{'registryType':'npm'}]", "kiro-ways "),
	ROW(BARE
	    "'remotes':[{'type':'sse','url':'a'},{'type':'sse','url':'b'}]",
	    "kiro-ways "),
	/* kiro-remote */
	ROW(BARE "'remotes':[{'type':'streamable-http','url':'a'}]", ""),
	ROW(BARE "'remotes':[{'type':'sse'}]", "kiro-remote remotes.0.url"),
	ROW(BARE "'remotes':[{'type':'ws','url':'a'}]",
	    "kiro-remote remotes.0.type"),
	/* kiro-headers */
	ROW(AT(",'headers':[{'name':'A','value':'b'}]"), ""),
	ROW(AT(",'headers':[{'name':'A','value':'b'},{'name':'C'}]"),
	    "kiro-headers remotes.0.headers.1.value"),
	ROW(AT(",'headers':[{'value':'b'}]"),
	    "kiro-headers remotes.0.headers.0.name"),
	/* kiro-package */
	ROW(ONE("oci", STDIO), "kiro-package packages.0.registryType"),
	ROW(BARE "'packages':[{'registryType':'npm'," STDIO "}]",
	    "kiro-package packages.0.identifier"),
	ROW(ONE("npm", "'transport':{'type':'stdio'}"),
	    "kiro-package packages.0.version"),
	ROW(ONE("npm", "'version':'1'"),
	    "kiro-package packages.0.transport.type"),
	/* kiro-arguments */
	ROW(ONE("npm", STDIO ",'packageArguments':[{'type':'positional',"
			     "'value':'v'}],'runtimeArguments':[{}]"),
	    ""),
	ROW(ONE("npm", STDIO ",'packageArguments':[{'type':'named',"
			     "'name':'--a','value':'v'}]"),
	    "kiro-arguments packages.0.packageArguments.0.type"),
	ROW(ONE("npm", STDIO ",'packageArguments':[{'type':'positional',"
			     "'valueHint':'v'}]"),
	    "kiro-arguments packages.0.packageArguments.0.value"),
	/* kiro-environment */
	ROW(ONE("npm", STDIO ",'environmentVariables':[{'name':'A',"
			     "'default':''}]"),
	    ""),
	ROW(ONE("npm", STDIO ",'environmentVariables':[{'name':'A'},"
			     "{'default':''}]"),
	    "kiro-environment packages.0.environmentVariables.1.name; "
	    "kiro-environment packages.0.environmentVariables.0.default"),
	ROW(ONE("oci", STDIO ",'environmentVariables':[{'name':'A'}]"),
	    "kiro-package packages.0.registryType"),
	/* item-fields */
	ROW("{'name':'a.b/c','version':'1','remotes':[{'type':'sse',"
	    "'url':'a'}]",
	    "item-fields description"),
};

/* ${text} with its quotes and repetitions put in, as a whole entry. */
static char *
entry_of(const char *text)
{
	struct buf out = BUF_INIT(MIB);

	if (*text != '{')
		buf_adds(&out, GOOD ",");
	for (; *text != '\0'; text++) {
		char *end;
		long n;

		if (*text == '@' && (n = strtol(text + 1, &end, 10)) > 0 &&
		    *end == '@') {
			for (; n > 0; n--)
				buf_addc(&out, 'a');
			text = end;
		} else {
			buf_addc(&out, *text);
		}
	}
	buf_addc(&out, '}');
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] == '\'')
			out.data[i] = '"';
	return buf_take(&out);
}

struct collected {
	struct buf text;
	bool kiro; /* its findings are wanted, else those of the others */
	bool seen[64]; /* beside lint_rules_table */
};

static void
collect(void *ctx, const struct lint_finding *f)
{
	struct collected *c = ctx;
	unsigned clients = f->rule->clients;

	if (c->kiro ? (clients & LINT_KIRO) == 0 : clients == LINT_KIRO)
		return;
	c->seen[f->rule - lint_rules_table] = true;
	buf_addf(&c->text, "%s%s %s", c->text.len == 0 ? "" : "; ", f->rule->id,
	    f->path);
}

static void
test_rules(struct collected *c, const struct row *list, size_t count, bool kiro)
{
	const struct lint_place place = { .scope_kind = "document",
		.scope = "d" };
	struct lint_sink sink = { .found = collect, .ctx = c, .place = &place };
	struct lint_server server = { 0 };

	c->kiro = kiro;
	for (size_t i = 0; i < count; i++) {
		char *json = entry_of(list[i].text);

		T_AT(list[i].line);
		buf_reset(&c->text);
		if (CHECK(lint_checks_read(&server, json, strlen(json))))
			lint_rules_check(&sink, &server);
		CHECK_STR(buf_str(&c->text), list[i].found);
		free(json);
	}
	T_AT(0);
	CHECK(!lint_checks_read(&server, "[]", 2));
	CHECK(!lint_checks_read(&server, "{", 1));
	CHECK(server.tree == NULL && server.publisher_size == 0);
	lint_checks_free(&server);
}

static void
test_every_rule_was_found(const struct collected *c)
{
	for (size_t i = 0; i < lint_rules_count; i++) {
		const struct lint_rule *rule = &lint_rules_table[i];

		if (rule->spots[0].is_wrong != NULL)
			t_check(c->seen[i], rule->id, __FILE__, __LINE__);
		CHECK(lint_rules_find(rule->id) == rule);
		CHECK(rule->clients != 0 && rule->clients < 1U << LINT_CLIENTS);
		CHECK(rule->why[0] != '\0' && rule->advice[0] != '\0');
	}
}

/* ---- entries beside each other ---- */

struct beside {
	const char *name;
	const char *version;
	const char *url; /* NULL: no remote */
};

static void
compare(struct collected *c, const struct beside *entries, size_t count)
{
	const struct lint_place scope = { .scope_kind = "registry",
		.scope = "r" };
	struct lint_sink sink = { .found = collect, .ctx = c };
	struct lint_across *across = lint_across_new();
	struct lint_server server = { 0 };

	buf_reset(&c->text);
	for (size_t i = 0; i < count; i++) {
		char *json = entries[i].url == NULL
				 ? xstrdup("{}")
				 : xasprintf("{\"remotes\":[{\"url\":\"%s\"}]}",
				       entries[i].url);
		const struct lint_place place = { .scope_kind = "registry",
			.scope = "r",
			.kind = ENTRY_SERVER,
			.name = entries[i].name,
			.version = entries[i].version };

		CHECK(lint_checks_read(&server, json, strlen(json)));
		lint_across_add(across, &place, &server, 100);
		free(json);
	}
	lint_checks_free(&server);
	lint_across_check(across, &scope, &sink);
	lint_across_free(across);
}

static void
test_comparing(struct collected *c)
{
	static const struct beside fine[] = {
		{ "a/b", "1.0.0", "https://example.com/1" },
		{ "a/b", "1.1.0", "https://example.com/1" },
		{ "a/bc", "1.0.0", "https://example.com/2" },
		{ NULL, NULL, NULL },
	};
	static const struct beside twice[] = {
		{ "a/b", "1.0.0", NULL },
		{ "a/c", "1.0.0", NULL },
		{ "a/b", "1.0.0", NULL },
	};
	static const struct beside shared[] = {
		{ "a/b", "1.0.0", "https://example.com/1" },
		{ "a/c", "1.0.0", "https://example.com/2" },
		{ "a/B", "1.0.0", "https://example.com/1" },
		{ "a/d", "1.0.0", "https://example.com/1" },
	};

	compare(c, fine, COUNT(fine));
	CHECK_STR(buf_str(&c->text), "");
	compare(c, twice, COUNT(twice));
	CHECK_STR(buf_str(&c->text), "duplicate ");
	compare(c, shared, COUNT(shared));
	CHECK_STR(buf_str(&c->text),
	    "name-case name; remote-shared remotes; remote-shared remotes");
	compare(c, NULL, 0);
	CHECK_STR(buf_str(&c->text), "");
}

/* ${names} names with ${versions} versions of ${size} bytes each. */
static void
amount(struct collected *c, int names, int versions, size_t size)
{
	const struct lint_place scope = { .scope_kind = "registry",
		.scope = "r" };
	struct lint_sink sink = { .found = collect, .ctx = c };
	struct lint_across *across = lint_across_new();

	buf_reset(&c->text);
	for (int i = 0; i < names * versions; i++) {
		char name[32], version[32];
		const struct lint_place place = {
			.kind = ENTRY_SERVER, .name = name, .version = version
		};

		snprintf(name, sizeof name, "a/%d", i % names);
		snprintf(version, sizeof version, "%d.0.0", i / names);
		lint_across_add(across, &place, NULL, size);
	}
	lint_across_check(across, &scope, &sink);
	lint_across_free(across);
}

static void
test_amounts(struct collected *c)
{
	amount(c, 10000, 1, 1000);
	CHECK_STR(buf_str(&c->text), "");
	amount(c, 10001, 1, 10);
	CHECK_STR(buf_str(&c->text), "toolhive-entries ");
	amount(c, 10000, 1, 1001);
	CHECK_STR(buf_str(&c->text), "toolhive-cache ");
	amount(c, 100, 1000, 10);
	CHECK_STR(buf_str(&c->text), "");
	amount(c, 101, 1000, 10);
	CHECK_STR(buf_str(&c->text), "mirror-records ");
}

static void
test_text(void)
{
	CHECK(lint_text_is_range("1 - 2") && lint_text_is_range("1 || 2"));
	CHECK(lint_text_is_range("*") && lint_text_is_range("1.2.X"));
	CHECK(!lint_text_is_range("") && !lint_text_is_range("1.2.3-rc.x"));
	CHECK(lint_text_is_range("1.x-rc") && !lint_text_is_range("1.2.xy"));
	CHECK(lint_text_carried_version("mcpb", "a@1") == NULL);
	CHECK(lint_text_carried_version("npm", "") == NULL);
	CHECK(lint_text_carried_version(NULL, "a@1") == NULL);
	CHECK_STR(lint_text_carried_version("nuget", "A.B@1"), "1");
	CHECK(!lint_text_is_http("example.com") &&
	      !lint_text_ends_in_slash("/a/"));
}

int
main(void)
{
	struct collected c = { .text = BUF_INIT(MIB) };

	test_rules(&c, kiro_rows, COUNT(kiro_rows), true);
	test_rules(&c, rows, COUNT(rows), false);
	test_comparing(&c);
	test_amounts(&c);
	test_every_rule_was_found(&c);
	test_text();
	buf_free(&c.text);
	return t_done();
}
