/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule with a valid and an invalid value, which is rejected or only
 * noted; the same for entries of a registry; the facts; and the reports.  Rows
 * are JSON with ' for "; @9@ stands for nine times the letter a, ~9~ for nine
 * times a letter of two bytes.  A row that does not start with { is added to
 * the members of a good entry, where the last member of a name wins.
 */
#include "lib/buf.h"
#include "lib/document/rules.h"
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "tests/t.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define PROVIDED "io.modelcontextprotocol.registry/publisher-provided"

#define SERVER "{'name':'a.b/c','description':'d','version':'1'"
#define SKILL "{'namespace':'a.b','name':'c1','description':'d','version':'1'"

#define REPOSITORY(s) "'repository':{" s "}"
#define ICON(s) "'icons':[{'src':'https://example.com/i.png'," s "}]"
#define PACKAGE(s)                                            \
	"'packages':[{'registryType':'oci','identifier':'i'," \
	"'transport':{'type':'stdio'}," s "}]"
#define TRANSPORT(s) PACKAGE("'transport':{" s "}")
#define REMOTE(s) "'remotes':[{" s "}]"
#define HEADER(s) \
	REMOTE("'type':'sse','url':'https://e.com','headers':[{" s "}]")
#define ARGUMENT(s) PACKAGE("'packageArguments':[{" s "}]")
#define PUBLISHER(s) "'_meta':{'" PROVIDED "':{" s "}}"
#define EXTENSION(s) \
	PUBLISHER("'io.github.stacklok':{'x':{'status':'active'," s "}}")
#define KUBERNETES(s) EXTENSION("'metadata':{'kubernetes':{" s "}}")
#define OUTBOUND(s) EXTENSION("'permissions':{'network':{'outbound':{" s "}}}")
#define BUNDLE(s) "'packages':[{'registryType':'git'," s "}]"

#define IN_PROVIDED "_meta." PROVIDED
#define IN_EXTENSION IN_PROVIDED ".io.github.stacklok.x"

#define SAME_50                                                           \
	"'a','a2','a3','a4','a5','a6','a7','a8','a9','b','b2','b3','b4'," \
	"'b5','b6','b7','b8'"

struct row {
	int line;
	enum entry_kind kind;
	const char *text;
	const char *path; /* NULL: nothing is wrong */
	const char *rule; /* starts so */
	int rc;
};

#define GOOD(text)                                                   \
	{                                                            \
		__LINE__, ENTRY_SERVER, text, NULL, NULL, RULES_KEPT \
	}
#define BAD(text, path, rule)                                          \
	{                                                              \
		__LINE__, ENTRY_SERVER, text, path, rule, RULES_BROKEN \
	}
#define NOTED(text, path, rule)                                       \
	{                                                             \
		__LINE__, ENTRY_SERVER, text, path, rule, RULES_NOTED \
	}
#define SKILL_GOOD(text)                                            \
	{                                                           \
		__LINE__, ENTRY_SKILL, text, NULL, NULL, RULES_KEPT \
	}
#define SKILL_BAD(text, path, rule)                                   \
	{                                                             \
		__LINE__, ENTRY_SKILL, text, path, rule, RULES_BROKEN \
	}
#define SKILL_NOTED(text, path, rule)                                \
	{                                                            \
		__LINE__, ENTRY_SKILL, text, path, rule, RULES_NOTED \
	}

static const struct row server_rows[] = {
	GOOD("'unknown':null"),
	BAD("{'description':'d','version':'1'}", "name", "is required"),
	BAD("{'name':'a/b','version':'1'}", "description", "is required"),
	BAD("{'name':'a/b','description':'d'}", "version", "is required"),
	BAD("'name':null", "name", "is required"),
	BAD("'name':[]", "name", "must be a string"),
	BAD("'name':'ab'", "name", "must have 3 to 200 characters"),
	GOOD("'name':'a/b'"),
	GOOD("'name':'a/@198@'"),
	BAD("'name':'a/@199@'", "name", "must have at most 200 characters"),
	BAD("'name':'a/\\u0007'", "name", "must not hold control characters"),
	GOOD("'name':'.a/b-'"),
	GOOD("'name':'-.9/_'"),
	BAD("'name':'abc'", "name", "must match ^[a-zA-Z0-9.-]+/"),
	BAD("'name':'a/b/c'", "name", "must match"),
	BAD("'name':'a_b/c'", "name", "must match"),
	BAD("'name':'/bc'", "name", "must match"),
	BAD("'name':'ab/'", "name", "must match"),
	BAD("'name':'a/b '", "name", "must match"),
	BAD("'name':'a/\\u00e9'", "name", "must match"),
	BAD("'description':''", "description", "must not be empty"),
	GOOD("'description':'@100@'"),
	GOOD("'description':'~100~'"),
	BAD("'description':'@101@'", "description",
	    "must have at most 100 characters"),
	BAD("'description':'~101~'", "description", "must have at most 100"),
	BAD("'description':1", "description", "must be a string"),
	BAD("'version':''", "version", "must not be empty"),
	GOOD("'version':'latest'"),
	GOOD("'version':'^1.2'"),
	GOOD("'version':'~255~'"),
	BAD("'version':'@256@'", "version", "must have at most 255"),
	BAD("'version':1.0", "version", "must be a string"),
	GOOD("'title':'t'"),
	GOOD("'title':''"),
	GOOD("'title':null"),
	BAD("'title':'~101~'", "title", "must have at most 100"),
	GOOD("'websiteUrl':'mailto:x@y'"),
	NOTED("'websiteUrl':'foo/bar'", "websiteUrl", "must be a URI"),
	GOOD("'websiteUrl':''"),
	GOOD("'$schema':'https://example.com/s.json'"),
	NOTED("'$schema':'s.json'", "$schema", "must be a URI"),
	GOOD(REPOSITORY("'url':'https://example.com/r','source':'x'")),
	GOOD("'repository':null"),
	GOOD(REPOSITORY("")),
	NOTED(REPOSITORY("'url':'https://example.com/r'"), "repository.source",
	    "is required"),
	NOTED(REPOSITORY("'url':'r','source':'x'"), "repository.url",
	    "must be a URI"),
	BAD(REPOSITORY("'url':'a:b','source':'x','id':7"), "repository.id",
	    "must be a string"),
	BAD(REPOSITORY("'url':'a:b','source':'x','subfolder':[]"),
	    "repository.subfolder", "must be a string"),
};

static const struct row uri_rows[] = {
	GOOD("'websiteUrl':'https://example.com'"),
	GOOD("'websiteUrl':'https://example.com:/'"),
	GOOD("'websiteUrl':'https://example.com:8080/a?b#c'"),
	GOOD("'websiteUrl':'https://u:p@example.com/'"),
	GOOD("'websiteUrl':'https://[::1]:80/'"),
	GOOD("'websiteUrl':'https://[fe80::1%25en0]/'"),
	GOOD("'websiteUrl':'https://ex\\u00e4mple.org/%41?%zz'"),
	GOOD("'websiteUrl':'file:///etc/x'"),
	GOOD("'websiteUrl':'urn:a:b'"),
	GOOD("'websiteUrl':'x:'"),
	GOOD("'websiteUrl':'data:text/plain,%zz'"),
	GOOD("'websiteUrl':'git+ssh://h/a b'"),
	GOOD("'websiteUrl':'https://e.com/{a}'"),
	GOOD("'websiteUrl':'a+b.c-1://h'"),
	NOTED("'websiteUrl':'https://{host}/'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'https://e.com/%4'", "websiteUrl", "must be a URI"),
	NOTED(
	    "'websiteUrl':'https://e.com/%zz'", "websiteUrl", "must be a URI"),
	NOTED(
	    "'websiteUrl':'https://e.com:8a/'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'https://[::1'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'https://e .com/'", "websiteUrl", "must be a URI"),
	NOTED(
	    "'websiteUrl':'https://u<r@e.com/'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'https://%41.com/'", "websiteUrl", "must be a URI"),
	NOTED(
	    "'websiteUrl':'https://e.com/#%zz'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'1a:b'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':':a'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'//e.com/'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'/a:b'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'a/b:c'", "websiteUrl", "must be a URI"),
	NOTED(
	    "'websiteUrl':'https://e.com/\\\\'", "websiteUrl", "must be a URI"),
	NOTED("'websiteUrl':'https://e.com/\\u0007'", "websiteUrl",
	    "must be a URI"),
	NOTED("'websiteUrl':'https://e.com/\\u007f'", "websiteUrl",
	    "must be a URI"),
	NOTED("'websiteUrl':'ht_p://e.com'", "websiteUrl", "must be a URI"),
};

static const struct row icon_rows[] = {
	GOOD("'icons':[]"),
	BAD("'icons':{}", "icons", "must be an array"),
	BAD("'icons':[7]", "icons.0", "must be an object"),
	NOTED("'icons':[{}]", "icons.0.src", "is required"),
	NOTED(ICON("'src':'i.png'"), "icons.0.src", "must be a URI"),
	GOOD(ICON("'src':'data:@250@'")),
	NOTED(
	    ICON("'src':'data:@251@'"), "icons.0.src", "must have at most 255"),
	GOOD(ICON("'mimeType':'image/svg+xml'")),
	GOOD(ICON("'mimeType':'image/png'")),
	GOOD(ICON("'mimeType':'image/jpeg'")),
	GOOD(ICON("'mimeType':'image/jpg'")),
	GOOD(ICON("'mimeType':'image/webp'")),
	NOTED(ICON("'mimeType':'image/gif'"), "icons.0.mimeType",
	    "must be one of: image/png, image/jpeg"),
	GOOD(ICON("'sizes':['48x48','any','1x2']")),
	NOTED(ICON("'sizes':['48x48','48']"), "icons.0.sizes.1", "must match"),
	NOTED(ICON("'sizes':['x4']"), "icons.0.sizes.0", "must match"),
	NOTED(ICON("'sizes':['4x']"), "icons.0.sizes.0", "must match"),
	NOTED(ICON("'sizes':['anyy']"), "icons.0.sizes.0", "must match"),
	GOOD(ICON("'theme':'light'")),
	GOOD(ICON("'theme':'dark'")),
	NOTED(ICON("'theme':'Dark'"), "icons.0.theme", "must be one of: light"),
};

static const struct row package_rows[] = {
	GOOD("'packages':[]"),
	GOOD(PACKAGE("'registryType':''")),
	GOOD("'packages':null"),
	NOTED("'packages':[{}]", "packages.0.registryType", "is required"),
	NOTED("'packages':[{'registryType':'oci'}]", "packages.0.identifier",
	    "is required"),
	NOTED("'packages':[{'registryType':'oci','identifier':'i'}]",
	    "packages.0.transport", "is required"),
	GOOD(PACKAGE("'version':'1'")),
	GOOD(PACKAGE("'version':'latest2'")),
	GOOD(PACKAGE("'version':''")),
	NOTED(PACKAGE("'version':'latest'"), "packages.0.version",
	    "must not be \"latest\""),
	GOOD(PACKAGE("'fileSha256':'0123456789abcdef@48@'")),
	NOTED(PACKAGE("'fileSha256':'0123456789abcdef@47@'"),
	    "packages.0.fileSha256", "must match ^[a-f0-9]{64}$"),
	NOTED(PACKAGE("'fileSha256':'0123456789ABCDEF@48@'"),
	    "packages.0.fileSha256", "must match"),
	GOOD(PACKAGE("'registryBaseUrl':'https://example.com'")),
	NOTED(PACKAGE("'registryBaseUrl':'example.com'"),
	    "packages.0.registryBaseUrl", "must be a URI"),
	BAD(PACKAGE("'runtimeHint':1"), "packages.0.runtimeHint",
	    "must be a string"),
	NOTED(TRANSPORT(""), "packages.0.transport.type", "is required"),
	NOTED(TRANSPORT("'type':'http'"), "packages.0.transport.type",
	    "must be one of: stdio, sse, streamable-http"),
	BAD(TRANSPORT("'type':'stdio','url':5"), "packages.0.transport.url",
	    "must be a string"),
	GOOD(TRANSPORT("'type':'stdio','url':'what'")),
	NOTED(TRANSPORT("'type':'sse'"), "packages.0.transport.url",
	    "is required"),
	GOOD(TRANSPORT("'type':'sse','url':'http://h:{port}/x'")),
	GOOD(TRANSPORT("'type':'streamable-http','url':'https://{h}/'")),
	GOOD(TRANSPORT("'type':'streamable-http','url':'{h}/mcp'")),
	NOTED(TRANSPORT("'type':'sse','url':'http://'"),
	    "packages.0.transport.url", "must match"),
	NOTED(TRANSPORT("'type':'sse','url':'http://a b'"),
	    "packages.0.transport.url", "must match"),
	NOTED(TRANSPORT("'type':'sse','url':'HTTP://a'"),
	    "packages.0.transport.url", "must match"),
	GOOD(PACKAGE("'environmentVariables':[{'name':'X'}]")),
	NOTED(PACKAGE("'environmentVariables':[{}]"),
	    "packages.0.environmentVariables.0.name", "is required"),
};

static const struct row input_rows[] = {
	GOOD(REMOTE("'type':'sse','url':'https://example.com/{a}'")),
	BAD("'remotes':[1]", "remotes.0", "must be an object"),
	NOTED(REMOTE("'url':'https://e.com'"), "remotes.0.type", "is required"),
	NOTED(REMOTE("'type':'stdio'"), "remotes.0.type",
	    "must be one of: sse, streamable-http"),
	NOTED(REMOTE("'type':'sse'"), "remotes.0.url", "is required"),
	NOTED(REMOTE("'type':'sse','url':'ftp://e.com'"), "remotes.0.url",
	    "must match"),
	GOOD(REMOTE("'type':'sse','url':'https://e.com','variables':"
		    "{'a':{'format':'number','choices':['1']}}")),
	BAD(REMOTE("'type':'sse','url':'https://e.com','variables':[]"),
	    "remotes.0.variables", "must be an object"),
	BAD(REMOTE("'type':'sse','url':'https://e.com','variables':{'a':1}"),
	    "remotes.0.variables.a", "must be an object"),
	NOTED(HEADER("'value':'v'"), "remotes.0.headers.0.name", "is required"),
	GOOD(HEADER("'name':'n','format':'filepath'")),
	GOOD(HEADER("'name':'n','format':'boolean'")),
	GOOD(HEADER("'name':'n','format':'string'")),
	NOTED(HEADER("'name':'n','format':'date'"),
	    "remotes.0.headers.0.format",
	    "must be one of: string, number, boolean, filepath"),
	BAD(HEADER("'name':'n','isRequired':'yes'"),
	    "remotes.0.headers.0.isRequired", "must be true or false"),
	GOOD(HEADER("'name':'n','isSecret':null")),
	BAD(HEADER("'name':'n','default':1"), "remotes.0.headers.0.default",
	    "must be a string"),
	BAD(HEADER("'name':'n','choices':['a',1]"),
	    "remotes.0.headers.0.choices.1", "must be a string"),
	BAD(HEADER("'name':'n','variables':{'v':{'value':1}}"),
	    "remotes.0.headers.0.variables.v.value", "must be a string"),
	NOTED(
	    ARGUMENT(""), "packages.0.packageArguments.0.type", "is required"),
	NOTED(ARGUMENT("'type':'flag'"), "packages.0.packageArguments.0.type",
	    "must be one of: positional, named"),
	GOOD(ARGUMENT("'type':'positional','value':'v'")),
	GOOD(ARGUMENT("'type':'positional','valueHint':'v'")),
	NOTED(ARGUMENT("'type':'positional','name':'n'"),
	    "packages.0.packageArguments.0", "needs value or valueHint"),
	GOOD(ARGUMENT("'type':'named','name':'--n'")),
	NOTED(ARGUMENT("'type':'named','value':'v'"),
	    "packages.0.packageArguments.0.name", "is required"),
	BAD(ARGUMENT("'type':'named','name':'n','isRepeated':1"),
	    "packages.0.packageArguments.0.isRepeated", "must be true"),
	NOTED(PACKAGE("'runtimeArguments':[{'type':'named'}]"),
	    "packages.0.runtimeArguments.0.name", "is required"),
};

static const struct row meta_rows[] = {
	GOOD("'_meta':{}"),
	GOOD("'_meta':{'other':1}"),
	BAD("'_meta':[]", "_meta", "must be an object"),
	GOOD("'_meta':{'" PROVIDED "':null}"),
	GOOD(PUBLISHER("'any.key':{'x':1}")),
	GOOD(PUBLISHER("'any.key':'text'")),
	GOOD(PUBLISHER("'any.key':[]")),
	GOOD(PUBLISHER("'io.github.stacklok':{}")),
	NOTED(PUBLISHER("'io.github.stacklok':{'x':1}"), IN_EXTENSION,
	    "must be an object"),
	NOTED(PUBLISHER("'io.github.stacklok':{'x':{}}"),
	    IN_EXTENSION ".status", "is required"),
	GOOD(EXTENSION("'status':'deprecated'")),
	GOOD(EXTENSION("'status':'Active'")),
	GOOD(EXTENSION("'status':'Deprecated'")),
	NOTED(EXTENSION("'status':'ACTIVE'"), IN_EXTENSION ".status",
	    "must be one of: active, deprecated, Active, Deprecated"),
	GOOD(EXTENSION("'tier':'Official'")),
	NOTED(EXTENSION("'tier':'official'"), IN_EXTENSION ".tier",
	    "must be one of: Official, Community"),
	GOOD(EXTENSION("'tags':['ab','a-b_c9','00']")),
	NOTED(EXTENSION("'tags':['a']"), IN_EXTENSION ".tags.0", "must match"),
	NOTED(EXTENSION("'tags':['Ab']"), IN_EXTENSION ".tags.0", "must match"),
	NOTED(
	    EXTENSION("'tags':['ab-']"), IN_EXTENSION ".tags.0", "must match"),
	NOTED(EXTENSION("'tags':['ab','cd','ab']"), IN_EXTENSION ".tags.2",
	    "must not be repeated"),
	GOOD(EXTENSION("'tools':['a','B_-9']")),
	GOOD(EXTENSION("'tools':[" SAME_50 ",'z','y']")),
	NOTED(EXTENSION("'tools':[" SAME_50 ",'a5']"), IN_EXTENSION ".tools.17",
	    "must not be repeated"),
	NOTED(EXTENSION("'tools':[" SAME_50 ",'z','z']"),
	    IN_EXTENSION ".tools.18", "must not be repeated"),
	NOTED(EXTENSION("'tools':['a.b']"), IN_EXTENSION ".tools.0",
	    "must match ^[\\w-]+$"),
	NOTED(EXTENSION("'tools':['']"), IN_EXTENSION ".tools.0", "must match"),
	NOTED(EXTENSION("'overview':1"), IN_EXTENSION ".overview", "must be a"),
	GOOD(EXTENSION("'tool_definitions':[{'name':'','inputSchema':{}}]")),
	NOTED(EXTENSION("'tool_definitions':[{}]"),
	    IN_EXTENSION ".tool_definitions.0.name", "is required"),
	NOTED(EXTENSION("'tool_definitions':[{'name':'n','inputSchema':1}]"),
	    IN_EXTENSION ".tool_definitions.0.inputSchema", "must be an obj"),
	GOOD(EXTENSION("'metadata':{'stars':0.5}")),
	NOTED(EXTENSION("'metadata':{'stars':-1}"),
	    IN_EXTENSION ".metadata.stars", "must be at least 0"),
	NOTED(EXTENSION("'metadata':{'stars':'1'}"),
	    IN_EXTENSION ".metadata.stars", "must be a number"),
	GOOD(EXTENSION("'metadata':{'last_updated':'2024-01-15'}")),
	GOOD(EXTENSION("'metadata':{'last_updated':'10:30:00'}")),
	NOTED(EXTENSION("'metadata':{'last_updated':'2024-01-15 10:30:00'}"),
	    IN_EXTENSION ".metadata.last_updated", "must be a date-time"),
	NOTED(EXTENSION("'metadata':{'last_updated':'2024-01-15T10:30:00'}"),
	    IN_EXTENSION ".metadata.last_updated", "must be a date-time"),
	GOOD(EXTENSION("'args':['-x'],'docker_tags':['1'],'env_vars':[{}]")),
	NOTED(EXTENSION("'args':[1]"), IN_EXTENSION ".args.0", "must be a str"),
	NOTED(EXTENSION("'docker_tags':['','']"), IN_EXTENSION ".docker_tags.1",
	    "must not be repeated"),
	GOOD(EXTENSION("'proxy_port':1.0")),
	GOOD(EXTENSION("'proxy_port':65535")),
	NOTED(EXTENSION("'proxy_port':0"), IN_EXTENSION ".proxy_port",
	    "must be an integer from 1 to 65535"),
	NOTED(EXTENSION("'proxy_port':65536"), IN_EXTENSION ".proxy_port",
	    "must be an integer"),
	NOTED(EXTENSION("'proxy_port':80.5"), IN_EXTENSION ".proxy_port",
	    "must be an integer"),
	NOTED(EXTENSION("'proxy_port':'80'"), IN_EXTENSION ".proxy_port",
	    "must be an integer"),
	NOTED(EXTENSION("'proxy_port':1e300"), IN_EXTENSION ".proxy_port",
	    "must be an integer"),
	NOTED(EXTENSION("'custom_metadata':[]"),
	    IN_EXTENSION ".custom_metadata", "must be an object"),
};

static const struct row extension_rows[] = {
	GOOD(KUBERNETES("'namespace':'a-b','name':'0','transport':'http'")),
	NOTED(KUBERNETES("'namespace':'a.b'"),
	    IN_EXTENSION ".metadata.kubernetes.namespace", "must match"),
	NOTED(KUBERNETES("'name':'-a'"),
	    IN_EXTENSION ".metadata.kubernetes.name", "must match"),
	GOOD(KUBERNETES("'uid':'01234567-89ab-cdef-0123-456789abcdef'")),
	NOTED(KUBERNETES("'uid':'01234567-89AB-cdef-0123-456789abcdef'"),
	    IN_EXTENSION ".metadata.kubernetes.uid", "must be a UUID"),
	NOTED(KUBERNETES("'uid':'0123456789abcdef-0123-456789abcdef01'"),
	    IN_EXTENSION ".metadata.kubernetes.uid", "must be a UUID"),
	NOTED(KUBERNETES("'transport':'grpc'"),
	    IN_EXTENSION ".metadata.kubernetes.transport",
	    "must be one of: stdio, sse"),
	GOOD(EXTENSION("'permissions':{'read':['/a/b','/c/'],'write':[]}")),
	NOTED(EXTENSION("'permissions':{'read':['/']}"),
	    IN_EXTENSION ".permissions.read.0", "must match"),
	NOTED(EXTENSION("'permissions':{'read':['a/b']}"),
	    IN_EXTENSION ".permissions.read.0", "must match"),
	NOTED(EXTENSION("'permissions':{'write':['/a//b']}"),
	    IN_EXTENSION ".permissions.write.0", "must match"),
	NOTED(EXTENSION("'permissions':{'write':['/a','/a']}"),
	    IN_EXTENSION ".permissions.write.1", "must not be repeated"),
	NOTED(EXTENSION("'permissions':{'privileged':'no'}"),
	    IN_EXTENSION ".permissions.privileged", "must be true or false"),
	GOOD(OUTBOUND("'allow_host':['a.example.com','.b.c','localhost']")),
	NOTED(OUTBOUND("'allow_host':['*.example.com']"),
	    IN_EXTENSION ".permissions.network.outbound.allow_host.0",
	    "must be a host"),
	NOTED(OUTBOUND("'allow_host':['.']"),
	    IN_EXTENSION ".permissions.network.outbound.allow_host.0",
	    "must be a host"),
	NOTED(OUTBOUND("'allow_host':['a-.b']"),
	    IN_EXTENSION ".permissions.network.outbound.allow_host.0",
	    "must be a host"),
	NOTED(OUTBOUND("'allow_host':['@64@']"),
	    IN_EXTENSION ".permissions.network.outbound.allow_host.0",
	    "must be a host"),
	GOOD(OUTBOUND("'allow_host':['@63@'],'allow_port':[443,80]")),
	NOTED(OUTBOUND("'allow_port':[443,65536]"),
	    IN_EXTENSION ".permissions.network.outbound.allow_port.1",
	    "must be an int"),
	NOTED(OUTBOUND("'allow_port':[443,80,443.0]"),
	    IN_EXTENSION ".permissions.network.outbound.allow_port.2",
	    "must not be rep"),
	NOTED(EXTENSION("'env_vars':[{'name':'9A'}]"),
	    IN_EXTENSION ".env_vars.0.name",
	    "must match ^[A-Za-z_][A-Za-z0-9_]*$"),
	NOTED(EXTENSION("'env_vars':[{'name':'A-B'}]"),
	    IN_EXTENSION ".env_vars.0.name", "must match"),
	GOOD(EXTENSION("'env_vars':[{'name':'_a9','required':true}]")),
	NOTED(EXTENSION("'env_vars':[{'name':'A','secret':'x'}]"),
	    IN_EXTENSION ".env_vars.0.secret", "must be true or false"),
	GOOD(EXTENSION("'provenance':{'repository_uri':'a:b','cert_issuer':"
		       "'https://e.com','sigstore_url':'tuf.example.com'}")),
	GOOD(EXTENSION("'provenance':{'repository_uri':''}")),
	GOOD(EXTENSION("'provenance':{'cert_issuer':''}")),
	NOTED(EXTENSION("'provenance':{'sigstore_url':'https://e.com'}"),
	    IN_EXTENSION ".provenance.sigstore_url", "must be a host name"),
	NOTED(EXTENSION("'provenance':{'attestation':{'predicate_type':'x'}}"),
	    IN_EXTENSION ".provenance.attestation.predicate_type",
	    "must be a URI"),
	GOOD(EXTENSION("'oauth_config':{'issuer':'https://e.com',"
		       "'oauth_params':{'a':'b'},'callback_port':8080}")),
	NOTED(EXTENSION("'oauth_config':{'issuer':'e.com'}"),
	    IN_EXTENSION ".oauth_config.issuer", "must be a URI"),
	NOTED(EXTENSION("'oauth_config':{'authorize_url':'/a'}"),
	    IN_EXTENSION ".oauth_config.authorize_url", "must be a URI"),
	NOTED(EXTENSION("'oauth_config':{'token_url':'t'}"),
	    IN_EXTENSION ".oauth_config.token_url", "must be a URI"),
	NOTED(EXTENSION("'oauth_config':{'oauth_params':{'a':1}}"),
	    IN_EXTENSION ".oauth_config.oauth_params.a", "must be a string"),
	NOTED(EXTENSION("'oauth_config':{'callback_port':0}"),
	    IN_EXTENSION ".oauth_config.callback_port", "must be an integer"),
};

/* What holds for skills and plugins alike. */
static const struct row skill_rows[] = {
	SKILL_GOOD("'unknown':[]"),
	SKILL_BAD("{}", "namespace", "is required"),
	SKILL_BAD("{'namespace':'a.b'}", "name", "is required"),
	SKILL_BAD(
	    "{'namespace':'a.b','name':'ab'}", "description", "is required"),
	SKILL_BAD("{'namespace':'a.b','name':'ab','description':'d'}",
	    "version", "is required"),
	SKILL_GOOD("'namespace':'/ \\u00e9'"),
	SKILL_GOOD("'namespace':'~128~'"),
	SKILL_BAD("'namespace':'~129~'", "namespace", "must have 3 to 128"),
	SKILL_BAD("'namespace':'~2~'", "namespace", "must have 3 to 128"),
	SKILL_GOOD("'name':'a-9'"),
	SKILL_GOOD("'name':'@64@'"),
	SKILL_BAD("'name':'@65@'", "name", "must have at most 64"),
	SKILL_BAD("'name':''", "name", "must not be empty"),
	SKILL_BAD("'name':'a'", "name", "must match"),
	SKILL_BAD("'name':'aB'", "name", "must match"),
	SKILL_BAD("'name':'a-'", "name", "must match"),
	SKILL_BAD("'name':'-a'", "name", "must match"),
	SKILL_BAD("'name':'a/b'", "name", "must match"),
	SKILL_BAD("'description':''", "description", "must not be empty"),
	SKILL_GOOD("'description':'~1024~'"),
	SKILL_BAD("'description':'~1025~'", "description", "must have at mo"),
	SKILL_BAD("'version':''", "version", "must not be empty"),
	SKILL_BAD("'version':'@256@'", "version", "must have at most 255"),
	SKILL_GOOD("'status':'active'"),
	SKILL_GOOD("'status':'deprecated'"),
	SKILL_GOOD("'status':'archived'"),
	SKILL_GOOD("'status':'ARCHIVED'"),
	SKILL_GOOD("'status':'Active'"),
	SKILL_GOOD("'status':null"),
	SKILL_NOTED("'status':'gone'", "status", "must be one of: active, dep"),
	SKILL_NOTED("'status':5", "status", "must be one of: active, dep"),
	SKILL_GOOD("'title':null"),
	SKILL_GOOD("'title':''"),
	SKILL_GOOD("'title':'~100~'"),
	SKILL_BAD("'title':'@101@'", "title", "must have at most 100"),
	SKILL_GOOD("'license':'~256~'"),
	SKILL_BAD("'license':'@257@'", "license", "must have at most 256"),
	SKILL_GOOD("'icons':[{'src':'any thing'}]"),
	SKILL_BAD("'icons':[{}]", "icons.0.src", "is required"),
	SKILL_GOOD("'packages':[{'registryType':'oci'}]"),
	SKILL_BAD("'packages':[{}]", "packages.0.registryType", "is required"),
	SKILL_BAD("'packages':[{'registryType':'npm'}]",
	    "packages.0.registryType", "must be one of: oci, git"),
	SKILL_GOOD(BUNDLE("'url':'https://example.com/r.git'")),
	SKILL_BAD(BUNDLE("'url':'git@example.com:r.git'"), "packages.0.url",
	    "must be a URI"),
	SKILL_BAD(
	    "'repository':{'url':'r'}", "repository.url", "must be a URI"),
	SKILL_BAD("'metadata':1", "metadata", "must be an object"),
	SKILL_BAD("'_meta':1", "_meta", "must be an object"),
	SKILL_GOOD("'_meta':{'" PROVIDED "':'free'}"),
};

static const struct row only_skill_rows[] = {
	SKILL_GOOD("'compatibility':'~500~'"),
	SKILL_BAD("'compatibility':'~501~'", "compatibility", "must have at"),
	SKILL_GOOD("'allowedTools':['a','b']"),
	SKILL_BAD("'allowedTools':['a','a']", "allowedTools.1",
	    "must not be repeated"),
	SKILL_BAD("'allowedTools':[1]", "allowedTools.0", "must be a string"),
};

static const struct row broken_rows[] = {
	BAD("{'name':1e400}", "", "holds a number that is out of range"),
	BAD("{'name':'\\ud800'}", "", "cannot be read: "),
	BAD("{'name':'\\udc00x'}", "", "cannot be read: "),
	BAD("{'name':'\\u0000'}", "", "holds a NUL character"),
	BAD("{'\\u0000':'a'}", "", "holds a NUL character"),
	{ __LINE__, ENTRY_SERVER, "[]", "", "must be an object", RULES_BROKEN },
	{ __LINE__, ENTRY_SERVER, "null", "", "must be an object",
	    RULES_BROKEN },
	{ __LINE__, ENTRY_SKILL, "''", "", "must be an object", RULES_BROKEN },
	GOOD("'x':12345678901234567890123456789012345678901234567890"),
	GOOD("'x':[1.0,1e5,-0,1e-400,0.1]"),
};

static void
repeat(struct buf *out, const char *text, unsigned long times)
{
	while (times-- > 0)
		buf_adds(out, text);
}

/* Spells out what the head of this file says. */
static void
expand(struct buf *out, const struct row *row)
{
	const char *text = row->text;
	bool whole =
	    strchr("{[n'", *text) != NULL && (*text != '\'' || text[1] == '\'');

	buf_reset(out);
	if (!whole) {
		buf_adds(out, row->kind == ENTRY_SERVER ? SERVER : SKILL);
		buf_addc(out, ',');
	}
	for (; *text != '\0'; text++) {
		char *end;

		if (*text == '@' && text[1] >= '0' && text[1] <= '9') {
			repeat(out, "a", strtoul(text + 1, &end, 10));
			text = end;
		} else if (*text == '~' && text[1] >= '0' && text[1] <= '9') {
			repeat(out, "\xc3\xa9", strtoul(text + 1, &end, 10));
			text = end;
		} else {
			buf_addc(out, *text);
		}
	}
	if (!whole)
		buf_addc(out, '}');
	for (size_t i = 0; i < out->len; i++) {
		if (out->data[i] == '\'')
			out->data[i] = '"';
	}
}

static void
try_row(struct rules *r, const struct row *row, enum entry_kind kind)
{
	struct buf text = BUF_INIT(64 * KIB);
	struct rules_entry facts;
	struct rules_problem problem;
	int rc;

	T_AT(row->line);
	expand(&text, row);
	rc = rules_check(
	    r, kind, RULES_AUTHORED, text.data, text.len, &facts, &problem);
	if (row->path == NULL) {
		CHECK_STR(problem.rule, "");
		CHECK_INT(rc, RULES_KEPT);
	} else {
		CHECK_INT(rc, row->rc);
		CHECK_STR(problem.path, row->path);
		if (!CHECK(strncmp(problem.rule, row->rule,
			       strlen(row->rule)) == 0))
			printf("#   got '%s'\n", problem.rule);
	}
	buf_free(&text);
	T_AT(0);
}

static void
try_rows(struct rules *r, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		try_row(r, &rows[i], rows[i].kind);
}

/* ---- what a registry serves ---- */

/*
 * The limits for publishing aside, what a registry serves is left out for the
 * same reasons as what a person wrote.
 */
static void
test_served(struct rules *r, const struct row *rows, size_t count)
{
	static const char *const limits[] = { "must match", "must have 3 to",
		"must have at most 100" };
	struct buf text = BUF_INIT(64 * KIB);

	for (size_t i = 0; i < count; i++) {
		struct rules_entry facts;
		struct rules_problem problem;
		bool left_out = rows[i].rc == RULES_BROKEN;
		int rc;

		for (size_t l = 0; left_out && l < COUNT(limits); l++)
			left_out = strncmp(rows[i].rule, limits[l],
				       strlen(limits[l])) != 0;
		/* A description is asked for where its status is known. */
		if (left_out && strcmp(rows[i].path, "description") == 0 &&
		    strcmp(rows[i].rule, "must be a string") != 0)
			left_out = false;
		T_AT(rows[i].line);
		expand(&text, &rows[i]);
		rc = rules_check(r, rows[i].kind, RULES_SERVED, text.data,
		    text.len, &facts, &problem);
		CHECK_INT(rc, left_out ? RULES_BROKEN : RULES_KEPT);
		/* What is stored is not judged again. */
		rc = rules_check(r, rows[i].kind, RULES_STORED, text.data,
		    text.len, &facts, &problem);
		CHECK_INT(rc, RULES_KEPT);
	}
	T_AT(0);
	buf_free(&text);
}

/* ---- what is reported ---- */

static int
check_text(struct rules *r, enum entry_kind kind, const char *text,
    struct rules_entry *facts, struct rules_problem *problem)
{
	static struct buf json = BUF_INIT(MIB);
	const struct row row = { 0, kind, text, NULL, NULL, 0 };

	expand(&json, &row);
	return rules_check(
	    r, kind, RULES_AUTHORED, json.data, json.len, facts, problem);
}

static void
test_values(struct rules *r)
{
	static const struct {
		int line;
		const char *text, *value;
	} rows[] = {
		{ __LINE__, "'title':12345678901234567890",
		    "12345678901234567890" },
		{ __LINE__, "'title':1.50", "1.50" },
		{ __LINE__, "'name':null", "null" },
		{ __LINE__, "'title':{'a':[1,'}']},'x':2", "{'a':[1,'}']}" },
		{ __LINE__, "'title':1,'title':2", "2" },
		{ __LINE__, "'t\\u0069tle':3", "3" },
		{ __LINE__, "'name':'a\\u002fb/c'", "'a\\u002fb/c'" },
		{ __LINE__, "'icons':[{'src':'a:b'},{'src':[ ]}]", "[ ]" },
		{ __LINE__, "{}", "" },
		{ __LINE__, "'version':'~300~'", NULL },
	};
	struct rules_entry facts;
	struct rules_problem problem;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		CHECK_INT(
		    check_text(r, ENTRY_SERVER, rows[i].text, &facts, &problem),
		    -1);
		for (char *p = problem.value; *p != '\0'; p++)
			*p = *p == '"' ? '\'' : *p;
		if (rows[i].value != NULL) {
			CHECK_STR(problem.value, rows[i].value);
			continue;
		}
		/* Cut between two characters, with room for the dots. */
		CHECK_INT(strlen(problem.value), 1 + 2 * 125 + 3);
		CHECK(strcmp(problem.value + 1 + 2 * 124, "\xc3\xa9...") == 0);
	}
	T_AT(0);
	check_text(r, ENTRY_SERVER, "'version':'@300@'", &facts, &problem);
	CHECK_INT(strlen(problem.value), LIMIT_REJECTED_VALUE + 3);
	check_text(r, ENTRY_SERVER,
	    PUBLISHER("'io.github.stacklok':{'@5000@':1}"), &facts, &problem);
	CHECK(strncmp(problem.path, IN_PROVIDED ".io.github.stacklok.aaa",
		  strlen(IN_PROVIDED ".io.github.stacklok.aaa")) == 0);
	CHECK(strlen(problem.path) < sizeof problem.path);
	CHECK(strcmp(problem.path + strlen(problem.path) - 4, "a...") == 0);
}

static void
test_identity_of_bad_entries(struct rules *r)
{
	static const struct {
		int line;
		enum entry_kind kind;
		const char *text, *name, *version;
	} rows[] = {
		{ __LINE__, ENTRY_SERVER, "'title':1", "a.b/c", "1" },
		{ __LINE__, ENTRY_SERVER, "'name':'?'", "?", "1" },
		{ __LINE__, ENTRY_SERVER, "'name':7,'version':[]", NULL, NULL },
		{ __LINE__, ENTRY_SERVER, "'name':'@2000@'", NULL, "1" },
		{ __LINE__, ENTRY_SERVER, "'version':'@2000@'", "a.b/c", NULL },
		{ __LINE__, ENTRY_SERVER, "'x':1e999", "a.b/c", "1" },
		{ __LINE__, ENTRY_SERVER, "'x':'\\u0000'", "a.b/c", "1" },
		{ __LINE__, ENTRY_SERVER, "'name':'a\\u0000'", NULL, "1" },
		{ __LINE__, ENTRY_SKILL, "'title':1", "a.b/c1", "1" },
		{ __LINE__, ENTRY_SKILL, "'x':1e999", "a.b/c1", "1" },
		{ __LINE__, ENTRY_PLUGIN, "{'name':'n'}", NULL, NULL },
		{ __LINE__, ENTRY_PLUGIN, "[]", NULL, NULL },
	};
	struct rules_entry facts;
	struct rules_problem problem;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		CHECK_INT(
		    check_text(r, rows[i].kind, rows[i].text, &facts, &problem),
		    -1);
		CHECK_STR(facts.name, rows[i].name);
		CHECK_STR(facts.version, rows[i].version);
	}
	T_AT(0);
}

/* ---- facts ---- */

static void
join_tags(struct buf *out, const struct rules_entry *facts)
{
	buf_reset(out);
	for (size_t i = 0; i < facts->tag_count; i++)
		buf_addf(out, "%s%s", i > 0 ? " " : "", facts->tags[i]);
}

static void
test_facts(struct rules *r)
{
	struct rules_entry f;
	struct rules_problem problem;

	CHECK_INT(check_text(r, ENTRY_SERVER, "'title':'T','status':'x'", &f,
		      &problem),
	    0);
	CHECK_STR(f.name, "a.b/c");
	CHECK_STR(f.version, "1");
	CHECK_STR(f.title, "T");
	CHECK_STR(f.description, "d");
	CHECK_STR(f.status, NULL);
	CHECK_INT(f.tag_count, 0);
	check_text(r, ENTRY_SERVER, "'version':'2','version':'\\u00e93'", &f,
	    &problem);
	CHECK_STR(f.version, "\xc3\xa9"
			     "3");
	CHECK_STR(f.title, NULL);
	CHECK_INT(check_text(r, ENTRY_SKILL, "'title':''", &f, &problem), 0);
	CHECK_STR(f.name, "a.b/c1");
	CHECK_STR(f.title, NULL);
	CHECK_STR(f.status, "active");
	check_text(r, ENTRY_PLUGIN, "'status':'archived'", &f, &problem);
	CHECK_STR(f.status, "archived");
}

static void
test_tags(struct rules *r)
{
	static const struct {
		int line;
		const char *text, *tags;
	} rows[] = {
		{ __LINE__,
		    "'io.github.stacklok':{'x':{'status':'active',"
		    "'tags':['db']}}",
		    "db" },
		{ __LINE__, "'p':{'m':{'tags':['a',1,'b']}}", "a b" },
		{ __LINE__, "'p':{'tags':['db']}", "" },
		{ __LINE__, "'tags':{'p':{'q':{'tags':['db']}}}", "" },
		{ __LINE__, "'tags':{'q':{'tags':['db']}}", "db" },
		{ __LINE__,
		    "'p':{'x':{'tags':['a']},'y':{'tags':['b']}},"
		    "'q':{'z':{'tags':['c','a']}}",
		    "a b c" },
		{ __LINE__, "'p':{'x':{'tags':'a'},'y':[],'z':null}", "" },
		{ __LINE__, "'p':{'x':{'tags':[" SAME_50 ",'a','b8','c','c']}}",
		    "a a2 a3 a4 a5 a6 a7 a8 a9 b b2 b3 b4 b5 b6 b7 b8 c" },
	};
	struct buf text = BUF_INIT(KIB), tags = BUF_INIT(KIB);
	struct rules_entry facts;
	struct rules_problem problem;

	for (size_t i = 0; i < COUNT(rows); i++) {
		T_AT(rows[i].line);
		buf_reset(&text);
		buf_addf(&text, PUBLISHER("%s"), rows[i].text);
		CHECK_INT(check_text(r, ENTRY_SERVER, buf_str(&text), &facts,
			      &problem),
		    0);
		join_tags(&tags, &facts);
		CHECK_STR(buf_str(&tags), rows[i].tags);
	}
	T_AT(0);
	check_text(r, ENTRY_SKILL, PUBLISHER("'p':{'x':{'tags':['a']}}"),
	    &facts, &problem);
	CHECK_INT(facts.tag_count, 0);
	buf_free(&text);
	buf_free(&tags);
}

/* ---- sizes ---- */

static void
test_meta_size(void)
{
	/* {"p":{"a":"aaaa"}} is 18 bytes without white space. */
	const char *const text = PUBLISHER("'p':{'a':'@4@'}");
	struct rules_entry facts;
	struct rules_problem problem;
	struct rules *r;

	r = rules_new(18);
	CHECK_INT(check_text(r, ENTRY_SERVER, text, &facts, &problem), 0);
	CHECK_INT(check_text(r, ENTRY_SERVER, "'_meta':{'other':'@40@'}",
		      &facts, &problem),
	    0);
	rules_free(r);
	r = rules_new(17);
	CHECK_INT(check_text(r, ENTRY_SERVER, text, &facts, &problem), -1);
	CHECK_STR(problem.path, IN_PROVIDED);
	CHECK_STR(problem.rule,
	    "publisher-provided metadata size 18 bytes exceeds maximum "
	    "allowed size of 17 bytes");
	CHECK_INT(check_text(r, ENTRY_SKILL, text, &facts, &problem), 0);
	rules_free(r);
}

/* Small text, many values. */
static void
test_many_values(struct rules *r)
{
	struct buf text = BUF_INIT(LIMIT_ENTRY);
	struct rules_entry facts;
	struct rules_problem problem;

	buf_adds(&text,
	    "{\"name\":\"a/b\",\"version\":\"1\",\"description\":\"d\","
	    "\"x\":[[]");
	while (text.len < 3 * MIB)
		buf_adds(&text, ",[]");
	buf_adds(&text, "],\"title\":\"t\"}");
	CHECK_INT(rules_check(r, ENTRY_SERVER, RULES_AUTHORED, text.data,
		      text.len, &facts, &problem),
	    0);
	CHECK_STR(facts.name, "a/b");
	CHECK_STR(facts.title, "t");
	buf_free(&text);
	CHECK_INT(
	    check_text(r, ENTRY_SERVER, "'title':'t'", &facts, &problem), 0);
}

/* Facts live as long as the next check with the same rules. */
static void
test_two_at_once(void)
{
	struct rules *one = rules_new(LIMIT_META_DEFAULT);
	struct rules *two = rules_new(LIMIT_META_DEFAULT);
	struct rules_entry first, second;
	struct rules_problem problem;

	check_text(one, ENTRY_SERVER, "'title':'one'", &first, &problem);
	check_text(two, ENTRY_SERVER, "'title':'two'", &second, &problem);
	CHECK_STR(first.title, "one");
	CHECK_STR(second.title, "two");
	rules_free(one);
	rules_free(two);
	rules_free(NULL);
}

int
main(void)
{
	struct rules *r = rules_new(LIMIT_META_DEFAULT);

	try_rows(r, server_rows, COUNT(server_rows));
	try_rows(r, uri_rows, COUNT(uri_rows));
	try_rows(r, icon_rows, COUNT(icon_rows));
	try_rows(r, package_rows, COUNT(package_rows));
	try_rows(r, input_rows, COUNT(input_rows));
	try_rows(r, meta_rows, COUNT(meta_rows));
	try_rows(r, extension_rows, COUNT(extension_rows));
	test_served(r, server_rows, COUNT(server_rows));
	test_served(r, uri_rows, COUNT(uri_rows));
	test_served(r, icon_rows, COUNT(icon_rows));
	test_served(r, package_rows, COUNT(package_rows));
	test_served(r, input_rows, COUNT(input_rows));
	test_served(r, meta_rows, COUNT(meta_rows));
	test_served(r, extension_rows, COUNT(extension_rows));
	try_rows(r, skill_rows, COUNT(skill_rows));
	for (size_t i = 0; i < COUNT(skill_rows); i++)
		try_row(r, &skill_rows[i], ENTRY_PLUGIN);
	try_rows(r, only_skill_rows, COUNT(only_skill_rows));
	try_rows(r, broken_rows, COUNT(broken_rows));
	test_values(r);
	test_identity_of_bad_entries(r);
	test_facts(r);
	test_tags(r);
	test_meta_size();
	test_many_values(r);
	rules_free(r);
	test_two_at_once();
	return t_done();
}
