/* SPDX-License-Identifier: Apache-2.0 */
/* Recognizing files by their first bytes, or by the members of the root. */
#include "lib/document/foreign.h"

#include "lib/document/jscan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define USE_CONFIGMAP                                           \
	"use a configmap source, or put the value of its data " \
	"key into a file of its own"
#define CONFIGMAP "a Kubernetes ConfigMap manifest; " USE_CONFIGMAP
#define SECRET                                                             \
	"a Kubernetes Secret manifest; put the decoded value of its data " \
	"key into a file of its own"
#define LIST                                                                \
	"a List of Kubernetes objects; use a configmap source, or put the " \
	"value of a data key into a file of its own"
#define MANIFEST                                                             \
	"a Kubernetes manifest; use a kubernetes or a configmap source, or " \
	"give a registry document"
#define CLIENT                                                                \
	"the configuration of a client, such as mcp.json; it lists what one " \
	"client starts, not what a registry offers"

/* ---- JSON ---- */

enum {
	KIND = 1,
	API_VERSION = 2,
	BUNDLE = 4,
	CLIENTS = 8,
	PACKAGE = 16,
	LOCK = 32,
	SCHEMA = 64,
	OPENAPI = 128,
	FAILURE = 256,
	TSCONFIG = 512,
	META = 1024
};

static const struct {
	const char *member;
	unsigned bit;
} members[] = {
	{ "kind", KIND },
	{ "apiVersion", API_VERSION },
	{ "manifest_version", BUNDLE },
	{ "dxt_version", BUNDLE },
	{ "mcpServers", CLIENTS },
	{ "dependencies", PACKAGE },
	{ "devDependencies", PACKAGE },
	{ "scripts", PACKAGE },
	{ "lockfileVersion", LOCK },
	{ "$defs", SCHEMA },
	{ "definitions", SCHEMA },
	{ "properties", SCHEMA },
	{ "openapi", OPENAPI },
	{ "swagger", OPENAPI },
	{ "error", FAILURE },
	{ "errors", FAILURE },
	{ "detail", FAILURE },
	{ "message", FAILURE },
	{ "compilerOptions", TSCONFIG },
	{ "meta", META },
};

/* The first row of which a member was seen decides. */
static const struct {
	unsigned bits;
	const char *seems;
} files[] = {
	{ BUNDLE,
	    "the manifest of an MCP bundle (mcpb); give its server.json" },
	{ CLIENTS, CLIENT },
	{ LOCK, "npm's package-lock.json" },
	{ PACKAGE, "npm's package.json" },
	{ TSCONFIG, "TypeScript's tsconfig.json" },
	{ OPENAPI, "an OpenAPI description; give the endpoint of the API as "
		   "an api source" },
	{ SCHEMA, "a JSON Schema" },
	{ FAILURE, "the error message of an API" },
};

bool
foreign_note_member(struct foreign *f, const struct jscan_place *p)
{
	for (size_t i = 0; i < COUNT(members); i++) {
		if (!jscan_step_is(p->steps, members[i].member))
			continue;
		f->seen |= members[i].bit;
		return members[i].bit == KIND && p->first == '"';
	}
	return false;
}

void
foreign_set_kind(struct foreign *f, const struct jscan_capture *capture)
{
	size_t len = capture->len;

	if (!capture->too_large && len <= FOREIGN_KIND)
		snprintf(f->kind, sizeof f->kind, "%s",
		    jscan_unquote(capture->json, &len));
}

bool
foreign_may_be_manifest(const struct foreign *f)
{
	return (f->seen & (KIND | API_VERSION)) != 0;
}

bool
foreign_is_manifest(const struct foreign *f)
{
	return (f->seen & (KIND | API_VERSION)) == (KIND | API_VERSION) &&
	       (f->seen & META) == 0;
}

static const char *
manifest(const char *kind, size_t len)
{
	static const struct {
		const char *kind;
		const char *seems;
	} kinds[] = { { "ConfigMap", CONFIGMAP }, { "Secret", SECRET },
		{ "List", LIST }, { "ConfigMapList", LIST } };

	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strlen(kinds[i].kind) == len &&
		    memcmp(kinds[i].kind, kind, len) == 0)
			return kinds[i].seems;
	return MANIFEST;
}

const char *
foreign_members(const struct foreign *f)
{
	if (foreign_is_manifest(f))
		return manifest(f->kind, strlen(f->kind));
	for (size_t i = 0; i < COUNT(files); i++)
		if ((f->seen & files[i].bits) != 0)
			return files[i].seems;
	return NULL;
}

/* ---- other formats ---- */

#define MAGIC(bytes, seems)                    \
	{                                      \
		bytes, sizeof bytes - 1, seems \
	}
#define COMPRESSED(name) name " data; give the document uncompressed"
#define RECODE(name) "text in " name "; save it as UTF-8"

static const struct {
	const char *bytes;
	size_t len;
	const char *seems;
} magics[] = {
	MAGIC("\x1f\x8b", COMPRESSED("gzip")),
	MAGIC("BZh", COMPRESSED("bzip2")),
	MAGIC("\xfd"
	      "7zXZ",
	    COMPRESSED("xz")),
	MAGIC("\x28\xb5\x2f\xfd", COMPRESSED("Zstandard")),
	MAGIC("PK\x03\x04", "a ZIP archive; give a document of it"),
	MAGIC("SQLite format 3", "an SQLite database"),
	MAGIC("\xff\xfe\0\0", RECODE("UTF-32")),
	MAGIC("\0\0\xfe\xff", RECODE("UTF-32")),
	MAGIC("\xff\xfe", RECODE("UTF-16")),
	MAGIC("\xfe\xff", RECODE("UTF-16")),
	MAGIC("{\0", RECODE("UTF-16")),
	MAGIC("[\0", RECODE("UTF-16")),
	MAGIC("\0{", RECODE("UTF-16")),
	MAGIC("\0[", RECODE("UTF-16")),
};

/* Compared without case, after white space. */
static const struct {
	const char *text;
	const char *seems;
} openings[] = {
	{ "<?xml", "XML" },
	{ "<!doctype html", "an HTML page, perhaps that of a login; check URL "
			    "and credentials" },
	{ "<", "an HTML page, perhaps that of a login; check URL and "
	       "credentials" },
	{ "//", "JSON with comments; remove them" },
	{ "/*", "JSON with comments; remove them" },
	{ "version https://git-lfs.github.com/",
	    "a pointer of Git LFS; commit the document itself" },
	{ "-----BEGIN ", "a certificate or a key" },
};

struct line {
	const char *text;
	size_t len;
};

/* The next line from ${at} on; false at the end. */
static bool
next_line(struct line *l, const char **at, const char *end)
{
	const char *newline;

	if (*at == end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	l->text = *at;
	l->len = (size_t)((newline == NULL ? end : newline) - *at);
	*at = newline == NULL ? end : newline + 1;
	if (l->len > 0 && l->text[l->len - 1] == '\r')
		l->len--;
	return true;
}

static bool
starts_with(const char *text, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len >= n && strncasecmp(text, with, n) == 0;
}

/* "key:", alone or followed by a space. */
static bool
is_yaml_member(const struct line *l)
{
	const char *colon = memchr(l->text, ':', l->len);
	const char *letters = "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_\"'";

	return colon != NULL && l->text[0] != '\0' &&
	       strchr(letters, l->text[0]) != NULL &&
	       (colon + 1 == l->text + l->len || colon[1] == ' ');
}

static bool
is_yaml(const char *head, const char *end)
{
	struct line l;

	while (next_line(&l, &head, end)) {
		if (l.len == 0 || *l.text == '#' || *l.text == '%' ||
		    starts_with(l.text, l.len, "---"))
			continue;
		return starts_with(l.text, l.len, "- ") || is_yaml_member(&l);
	}
	return false;
}

/* What the YAML seems to be as a Kubernetes object; NULL: it is none. */
static const char *
yaml_manifest(const char *head, const char *end)
{
	const char *seems = NULL;
	bool versioned = false, data = false;
	struct line l;

	while (next_line(&l, &head, end)) {
		versioned |= starts_with(l.text, l.len, "apiVersion:");
		data |= starts_with(l.text, l.len, "data:") ||
			starts_with(l.text, l.len, "binaryData:");
		if (seems != NULL || !starts_with(l.text, l.len, "kind:"))
			continue;
		l.text += strlen("kind:");
		l.len -= strlen("kind:");
		while (l.len > 0 && strchr(" \"'", *l.text) != NULL) {
			l.text++;
			l.len--;
		}
		for (size_t i = 0; i < l.len; i++)
			if (strchr(" \"'#", l.text[i]) != NULL)
				l.len = i;
		seems = manifest(l.text, l.len);
	}
	/* The kind may be after the bytes that were read. */
	return !versioned ? NULL : seems == NULL && data ? CONFIGMAP : seems;
}

const char *
foreign_bytes(const char *head, size_t len)
{
	const char *end = head + len, *at = head, *seems;

	if (len == 0)
		return "an empty file";
	for (size_t i = 0; i < COUNT(magics); i++)
		if (len >= magics[i].len &&
		    memcmp(head, magics[i].bytes, magics[i].len) == 0)
			return magics[i].seems;
	while (at < end && strchr(" \t\r\n", *at) != NULL && *at != '\0')
		at++;
	if (at == end)
		return len < FOREIGN_HEAD ? "a file of white space only" : NULL;
	for (size_t i = 0; i < COUNT(openings); i++)
		if (starts_with(at, (size_t)(end - at), openings[i].text))
			return openings[i].seems;
	if (*at == '{' || *at == '[' || *at == '"' || !is_yaml(at, end))
		return NULL;
	seems = yaml_manifest(at, end);
	return seems == NULL ? "YAML; convert it to JSON" : seems;
}
