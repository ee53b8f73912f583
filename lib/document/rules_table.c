/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules for servers, skills and plugins as tables.  They follow the
 * schemas: server.schema.json of 2025-12-11, ToolHive's publisher-provided
 * extensions, and its skills and plugins.  Read them from the bottom: the shape
 * of an entry is at the end, its parts are above it.
 */
#include "lib/document/rules_private.h"

#include "lib/limits.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SHAPE(name, list) SHAPE_WITH(name, list, SHAPE_PLAIN)
#define SHAPE_WITH(name, list, more)                                   \
	_Static_assert(COUNT(list) <= RULES_MEMBERS, #list);           \
	static const struct shape name = {                             \
		.rules = (list), .count = COUNT(list), .extra = (more) \
	}
#define CHOICES(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define STRING(name, ...)                                          \
	{                                                          \
		.member = (name), .type = RULE_STRING, __VA_ARGS__ \
	}
#define ANY_STRING(name)                              \
	{                                             \
		.member = (name), .type = RULE_STRING \
	}
#define BOOLEAN(name)                                  \
	{                                              \
		.member = (name), .type = RULE_BOOLEAN \
	}
#define OBJECT(name, ...)                                          \
	{                                                          \
		.member = (name), .type = RULE_OBJECT, __VA_ARGS__ \
	}
#define ANY_OBJECT(name)                              \
	{                                             \
		.member = (name), .type = RULE_OBJECT \
	}
#define LIST(name, item, ...)                                        \
	{                                                            \
		.member = (name), .type = RULE_LIST, .each = (item), \
		__VA_ARGS__                                          \
	}
#define LIST_OF(name, item)                                         \
	{                                                           \
		.member = (name), .type = RULE_LIST, .each = (item) \
	}
#define MAP(name, value)                                            \
	{                                                           \
		.member = (name), .type = RULE_MAP, .each = (value) \
	}

/* ---- parts that several objects share ---- */

static const struct rule any_string = ANY_STRING(NULL);
static const struct rule port = {
	.type = RULE_INTEGER, .min = 1, .max = 65535
};

/* ---- inputs and arguments of packages and remotes ---- */

#define INPUT_RULES                                                           \
	ANY_STRING("description"), BOOLEAN("isRequired"),                     \
	    STRING("format", .choices = CHOICES(                              \
				 "string", "number", "boolean", "filepath")), \
	    ANY_STRING("value"), BOOLEAN("isSecret"), ANY_STRING("default"),  \
	    ANY_STRING("placeholder"), LIST_OF("choices", &any_string)

static const struct rule input_rules[] = { INPUT_RULES };
SHAPE(input_shape, input_rules);
static const struct rule input = OBJECT(NULL, .shape = &input_shape);

static const struct rule key_value_rules[] = {
	STRING("name", .required = true),
	INPUT_RULES,
	MAP("variables", &input),
};
SHAPE(key_value_shape, key_value_rules);
static const struct rule key_value = OBJECT(NULL, .shape = &key_value_shape);

static const struct rule argument_rules[] = {
	STRING("type", .required = true,
	    .choices = CHOICES("positional", "named")),
	ANY_STRING("name"),
	ANY_STRING("valueHint"),
	BOOLEAN("isRepeated"),
	INPUT_RULES,
	MAP("variables", &input),
};
SHAPE_WITH(argument_shape, argument_rules, SHAPE_ARGUMENT);
static const struct rule argument = OBJECT(NULL, .shape = &argument_shape);

/* ---- transports ---- */

static const struct rule package_transport_rules[] = {
	STRING("type", .required = true,
	    .choices = CHOICES("stdio", "sse", "streamable-http")),
	ANY_STRING("url"),
	LIST_OF("headers", &key_value),
	MAP("variables", &input),
};
SHAPE_WITH(package_transport_shape, package_transport_rules, SHAPE_TRANSPORT);

static const struct rule remote_rules[] = {
	STRING("type", .required = true,
	    .choices = CHOICES("sse", "streamable-http")),
	ANY_STRING("url"),
	LIST_OF("headers", &key_value),
	MAP("variables", &input),
};
SHAPE_WITH(remote_shape, remote_rules, SHAPE_TRANSPORT);
static const struct rule remote = OBJECT(NULL, .shape = &remote_shape);

/* ---- packages, icons, repository of a server ---- */

static const struct rule package_rules[] = {
	STRING("registryType", .required = true),
	STRING("identifier", .required = true),
	OBJECT(
	    "transport", .required = true, .shape = &package_transport_shape),
	STRING("version", .min = 1, .format = &rules_format_not_latest),
	STRING("fileSha256", .format = &rules_format_sha256),
	STRING("registryBaseUrl", .format = &rules_format_uri),
	ANY_STRING("runtimeHint"),
	LIST_OF("runtimeArguments", &argument),
	LIST_OF("packageArguments", &argument),
	LIST_OF("environmentVariables", &key_value),
};
SHAPE(package_shape, package_rules);
static const struct rule package = OBJECT(NULL, .shape = &package_shape);

static const struct rule icon_size =
    STRING(NULL, .format = &rules_format_icon_size);
static const struct rule icon_rules[] = {
	STRING(
	    "src", .required = true, .max = 255, .format = &rules_format_uri),
	STRING("mimeType", .choices = CHOICES("image/png", "image/jpeg",
			       "image/jpg", "image/svg+xml", "image/webp")),
	LIST_OF("sizes", &icon_size),
	STRING("theme", .choices = CHOICES("light", "dark")),
};
SHAPE(icon_shape, icon_rules);
static const struct rule icon = OBJECT(NULL, .shape = &icon_shape);

static const struct rule repository_rules[] = {
	STRING("url", .required = true, .format = &rules_format_uri),
	STRING("source", .required = true),
	ANY_STRING("id"),
	ANY_STRING("subfolder"),
};
SHAPE(repository_shape, repository_rules);

/* ---- ToolHive's extensions of a server ---- */

static const struct rule tag = STRING(NULL, .format = &rules_format_tag);
static const struct rule tool = STRING(NULL, .format = &rules_format_tool);
static const struct rule file_path =
    STRING(NULL, .format = &rules_format_file_path);
static const struct rule allowed_host =
    STRING(NULL, .format = &rules_format_allowed_host);

static const struct rule kubernetes_rules[] = {
	ANY_STRING("kind"),
	STRING("namespace", .format = &rules_format_label),
	STRING("name", .format = &rules_format_label),
	STRING("uid", .format = &rules_format_uuid),
	ANY_STRING("image"),
	STRING("transport",
	    .choices = CHOICES("stdio", "sse", "streamable-http", "http")),
};
SHAPE(kubernetes_shape, kubernetes_rules);

static const struct rule metadata_rules[] = {
	{ .member = "stars", .type = RULE_NUMBER, .min = 0 },
	STRING("last_updated", .format = &rules_format_date_time),
	OBJECT("kubernetes", .shape = &kubernetes_shape),
};
SHAPE(metadata_shape, metadata_rules);

static const struct rule outbound_rules[] = {
	LIST("allow_host", &allowed_host, .unique = true),
	LIST("allow_port", &port, .unique = true),
	BOOLEAN("insecure_allow_all"),
};
SHAPE(outbound_shape, outbound_rules);
static const struct rule network_rules[] = {
	OBJECT("outbound", .shape = &outbound_shape),
};
SHAPE(network_shape, network_rules);
static const struct rule permissions_rules[] = {
	ANY_STRING("name"),
	OBJECT("network", .shape = &network_shape),
	LIST("read", &file_path, .unique = true),
	LIST("write", &file_path, .unique = true),
	BOOLEAN("privileged"),
};
SHAPE(permissions_shape, permissions_rules);

static const struct rule attestation_rules[] = {
	STRING("predicate_type", .format = &rules_format_uri),
};
SHAPE(attestation_shape, attestation_rules);
static const struct rule provenance_rules[] = {
	STRING("sigstore_url", .format = &rules_format_hostname),
	STRING("repository_uri", .format = &rules_format_uri),
	ANY_STRING("repository_ref"),
	ANY_STRING("signer_identity"),
	ANY_STRING("runner_environment"),
	STRING("cert_issuer", .format = &rules_format_uri),
	OBJECT("attestation", .shape = &attestation_shape),
};
SHAPE(provenance_shape, provenance_rules);

static const struct rule oauth_rules[] = {
	STRING("issuer", .format = &rules_format_uri),
	STRING("authorize_url", .format = &rules_format_uri),
	STRING("token_url", .format = &rules_format_uri),
	ANY_STRING("client_id"),
	LIST_OF("scopes", &any_string),
	BOOLEAN("use_pkce"),
	MAP("oauth_params", &any_string),
	{ .member = "callback_port",
	    .type = RULE_INTEGER,
	    .min = 1,
	    .max = 65535 },
	ANY_STRING("resource"),
};
SHAPE(oauth_shape, oauth_rules);

static const struct rule env_var_rules[] = {
	STRING("name", .format = &rules_format_env_name),
	ANY_STRING("description"),
	BOOLEAN("required"),
	BOOLEAN("secret"),
	ANY_STRING("default"),
};
SHAPE(env_var_shape, env_var_rules);
static const struct rule env_var = OBJECT(NULL, .shape = &env_var_shape);

static const struct rule tool_definition_rules[] = {
	STRING("name", .required = true),
	ANY_STRING("description"),
	ANY_OBJECT("inputSchema"),
	ANY_OBJECT("annotations"),
};
SHAPE(tool_definition_shape, tool_definition_rules);
static const struct rule tool_definition =
    OBJECT(NULL, .shape = &tool_definition_shape);

static const struct rule extension_rules[] = {
	STRING("status", .required = true,
	    .choices = CHOICES("active", "deprecated", "Active", "Deprecated")),
	STRING("tier", .choices = CHOICES("Official", "Community")),
	LIST("tags", &tag, .unique = true),
	LIST("tools", &tool, .unique = true),
	ANY_STRING("overview"),
	LIST_OF("tool_definitions", &tool_definition),
	OBJECT("metadata", .shape = &metadata_shape),
	OBJECT("permissions", .shape = &permissions_shape),
	LIST_OF("args", &any_string),
	OBJECT("provenance", .shape = &provenance_shape),
	LIST("docker_tags", &any_string, .unique = true),
	{ .member = "proxy_port",
	    .type = RULE_INTEGER,
	    .min = 1,
	    .max = 65535 },
	OBJECT("oauth_config", .shape = &oauth_shape),
	LIST_OF("env_vars", &env_var),
	ANY_OBJECT("custom_metadata"),
};
SHAPE(extension_shape, extension_rules);
static const struct rule extension = OBJECT(NULL, .shape = &extension_shape);

static const struct rule publisher_rules[] = {
	MAP("io.github.stacklok", &extension),
};
SHAPE(publisher_shape, publisher_rules);
static const struct rule meta_rules[] = {
	OBJECT(RULES_PUBLISHER, .shape = &publisher_shape),
};
SHAPE(meta_shape, meta_rules);

/* ---- skills and plugins ---- */

static const struct rule link_rules[] = {
	STRING("url", .format = &rules_format_uri),
	ANY_STRING("type"),
};
SHAPE(link_shape, link_rules);

static const struct rule picture_rules[] = {
	STRING("src", .required = true),
	ANY_STRING("size"),
	ANY_STRING("type"),
	ANY_STRING("label"),
};
SHAPE(picture_shape, picture_rules);
static const struct rule picture = OBJECT(NULL, .shape = &picture_shape);

static const struct rule bundle_rules[] = {
	STRING(
	    "registryType", .required = true, .choices = CHOICES("oci", "git")),
	ANY_STRING("identifier"),
	ANY_STRING("digest"),
	ANY_STRING("mediaType"),
	STRING("url", .format = &rules_format_uri),
	ANY_STRING("ref"),
	ANY_STRING("commit"),
	ANY_STRING("subfolder"),
};
SHAPE(bundle_shape, bundle_rules);
static const struct rule bundle = OBJECT(NULL, .shape = &bundle_shape);

#define SKILL_AND_PLUGIN_RULES                                                \
	STRING("namespace", .required = true, .min = 3, .max = 128),          \
	    STRING("name", .required = true, .min = 1, .max = 64,             \
		.format = &rules_format_entry_name),                          \
	    STRING("description", .required = true, .min = 1, .max = 1024),   \
	    STRING(                                                           \
		"version", .required = true, .min = 1, .max = LIMIT_VERSION), \
	    STRING("title", .max = 100), STRING("license", .max = 256),       \
	    OBJECT("repository", .shape = &link_shape),                       \
	    LIST_OF("icons", &picture), LIST_OF("packages", &bundle),         \
	    ANY_OBJECT("metadata"), ANY_OBJECT("_meta")

static const struct rule plugin_rules[] = { SKILL_AND_PLUGIN_RULES };
SHAPE(plugin_shape, plugin_rules);

static const struct rule skill_rules[] = {
	SKILL_AND_PLUGIN_RULES,
	STRING("compatibility", .max = 500),
	LIST("allowedTools", &any_string, .unique = true),
};
SHAPE(skill_shape, skill_rules);

/* ---- identity ---- */

#define IDENTITY_TEXTS ANY_STRING("title"), ANY_STRING("description")
#define IDENTITY_NAME(length)                                       \
	STRING("name", .required = true, .min = 1, .max = (length), \
	    .format = &rules_format_visible)
#define IDENTITY_VERSION                                                  \
	STRING("version", .binds = BINDS_ALL, .required = true, .min = 1, \
	    .max = LIMIT_VERSION, .format = &rules_format_visible)

static const struct rule version_detail_rules[] = { IDENTITY_VERSION };
SHAPE(version_detail, version_detail_rules);
static const struct rule extension_identity_rules[] = {
	STRING("namespace", .required = true, .min = 1, .max = 128,
	    .format = &rules_format_visible),
	IDENTITY_NAME(64),
	IDENTITY_VERSION,
	IDENTITY_TEXTS,
};
SHAPE(extension_identity, extension_identity_rules);

/* ---- servers ---- */

/*
 * URLs contain the name and the version.  No URL can name an empty one, and a
 * client drops a page whose first entry has one.
 */
static const struct rule name_form = STRING(NULL, .binds = BINDS_AUTHORS,
    .min = 3, .max = LIMIT_NAME, .format = &rules_format_server_name);

#define SERVER_NAME                                                         \
	STRING("name", .binds = BINDS_ALL, .required = true, .min = 1,      \
	    .max = LIMIT_NAME, .format = &rules_format_visible,             \
	    .then = &name_form),                                            \
	    STRING("description", .binds = BINDS_AUTHORS, .required = true, \
		.min = 1, .max = 100)
#define SERVER_MEMBERS                                              \
	STRING("title", .binds = BINDS_AUTHORS, .max = 100),        \
	    STRING("websiteUrl", .format = &rules_format_uri),      \
	    STRING("$schema", .format = &rules_format_uri),         \
	    OBJECT("repository", .shape = &repository_shape),       \
	    LIST_OF("icons", &icon), LIST_OF("packages", &package), \
	    LIST_OF("remotes", &remote),                            \
	    OBJECT("_meta", .free = true, .shape = &meta_shape)

static const struct rule server_rules[] = {
	SERVER_NAME,
	IDENTITY_VERSION,
	SERVER_MEMBERS,
};
SHAPE(server_shape, server_rules);

static const struct rule old_server_rules[] = {
	SERVER_NAME,
	OBJECT("version_detail", .binds = BINDS_ALL, .required = true,
	    .shape = &version_detail),
	SERVER_MEMBERS,
};
SHAPE(old_server_shape, old_server_rules);

const struct shape *
rules_table_server(bool old_version)
{
	return old_version ? &old_server_shape : &server_shape;
}

const struct shape *
rules_table_extension(enum entry_kind kind, bool served)
{
	if (served)
		return &extension_identity;
	return kind == ENTRY_SKILL ? &skill_shape : &plugin_shape;
}
