/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the description of the API says about parameters, answers and errors.
 * Documents of servers, skills and plugins come from outside and are passed on
 * as they are: only what is always there is described.
 */
#include "fcgi/handlers/openapi.h"

#include <stddef.h>

#define TEXT "{'type':'string'}"
#define NUMBER "{'type':'integer'}"
#define INSTANT "{'type':'string','format':'date-time'}"
#define OR_NULL(type) "{'type':['" type "','null']}"
#define INSTANT_OR_NULL "{'type':['string','null'],'format':'date-time'}"
#define REF(name) "{'$ref':'#/components/schemas/" name "'}"
#define ARRAY(of) "{'type':'array','items':" of "}"

#define MATCHING(pattern) "{'type':'string','pattern':'" pattern "'}"
/* Programs on the way take a segment of dots for a step up. */
#define NO_DOT "^[^./]"
#define PATH(name, words, pattern)                        \
	"'path-" name "':{'name':'" name "','in':'path'," \
	"'required':true,'description':'" words           \
	"','schema':" MATCHING(pattern) "}"
#define QUERY_AS(key, name, words, schema, more)           \
	"'query-" key "':{'name':'" name "','in':'query'," \
	"'description':'" words "'," more "'schema':" schema "}"
/* An empty value counts as none. */
#define QUERY(key, name, words, schema) \
	QUERY_AS(key, name, words, schema, "'allowEmptyValue':true,")
#define LIMIT_QUERY(key, words, preset, more)                   \
	QUERY("limit-" key, "limit", "Items on a page. " words, \
	    "{'type':'integer','minimum':1," more "'default':" preset "}")
#define FACET(name, words)                                              \
	QUERY_AS(name, name,                                            \
	    "Only what has " words                                      \
	    ". May be repeated: any of the values will do, of several " \
	    "filters all must. The case counts. At most 512 bytes in "  \
	    "all.",                                                     \
	    "{'type':'array','maxItems':32,'items':{'type':'string',"   \
	    "'maxLength':512}}",                                        \
	    "")
#define FAILED(name, words)                                 \
	"'" name "':{'description':'" words "','content':{" \
	"'application/json':{'schema':" REF("Error") "}}}"
#define OBJECT(name, required, members)                          \
	"'" name "':{'type':'object','required':[" required "]," \
	"'properties':{" members "}}"
#define LISTING(name, array, of)               \
	OBJECT(name, "'" array "','metadata'", \
	    "'" array "':" ARRAY(REF(of)) ",'metadata':" REF("Metadata"))

const char *const openapi_components[] = {
	"{'parameters':{",
	PATH("registryName", "The name of a registry.", NO_DOT) ",",
	PATH("serverName", "The name of a server, its slash as %2F.",
	    NO_DOT) ",",
	PATH("namespace", "The namespace of a skill or plugin.", NO_DOT) ",",
	PATH("name", "The name of a skill, plugin, source or registry.",
	    NO_DOT) ",",
	PATH("version", "A version, or the word latest.", NO_DOT) ",",
	LIMIT_QUERY("servers", "More than 1000 counts as 1000.", "30", "") ",",
	LIMIT_QUERY("extensions", "More than 100 is an error.", "50",
	    "'maximum':100,") ",",
	LIMIT_QUERY("all", "More than 1000 counts as 1000.", "1000", "") ",",
	QUERY("cursor", "cursor",
	    "Goes on where a page ended: its nextCursor, which carries the "
	    "whole query. A parameter that is repeated must agree; of "
	    "updated_since the cursor decides.",
	    MATCHING("^[A-Za-z0-9_-]*$")) ",",
	QUERY("search", "search",
	    "Only what has this text in its name, title or description, "
	    "whatever the case.",
	    "{'type':'string','maxLength':256}") ",",
	QUERY("updated_since", "updated_since",
	    "Only what changed in this registry after this instant, deleted "
	    "versions too. The latest updatedAt of an answer will do.",
	    INSTANT) ",",
	QUERY("version", "version",
	    "Only this version of each; latest is the newest that is not "
	    "deleted, or the newest when all are deleted.",
	    TEXT) ",",
	QUERY("include_deleted", "include_deleted", "Deleted versions as well.",
	    "{'type':'boolean','default':false}") ",",
	QUERY("status", "status",
	    "Only versions of this status, whatever the case.", TEXT) ",",
	FACET("tag", "this tag") ",",
	FACET("registry_type", "a package of this type") ",",
	FACET("transport", "a package or remote of this transport"),
	"},'headers':{'ETag':{'description':'Moves when anything in the "
	"registry does.','schema':" TEXT "}},'responses':{",
	"'NotModified':{'description':'What the client has is current.'},",
	FAILED("BadRequest", "A parameter cannot be understood.") ",",
	FAILED("NotFound", "There is no such thing.") ",",
	FAILED("TooLong", "The URI has more than 8192 bytes.") ",",
	FAILED("Failure", "A defect; the log says more.") ",",
	FAILED(
	    "Unavailable", "The database cannot be read now; try again later."),
	"},'schemas':{",
	OBJECT("Error", "'error'", "'error':" TEXT) ",",
	OBJECT("Description", "'openapi','info','paths'",
	    "'openapi':" TEXT ",'info':{'type':'object'},"
	    "'paths':{'type':'object'}") ",",
	OBJECT("Health", "'status'", "'status':" TEXT) ",",
	OBJECT("Pong", "'pong'", "'pong':{'type':'boolean'}") ",",
	OBJECT("Version",
	    "'version','commit','build_date','platform','sandbox'",
	    "'version':" TEXT ",'commit':" TEXT ",'build_date':" TEXT
	    ",'platform':" TEXT ",'sandbox':{'type':'object','properties':{"
	    "'landlock':" NUMBER ",'seccomp':{'type':'boolean'},'warning':" TEXT
	    "}}") ",",
	OBJECT("Metadata", "'count'",
	    "'count':{'type':'integer','description':'Items on this page.'},"
	    "'nextCursor':{'type':'string','description':'Absent on the last "
	    "page.'}") ",",
	OBJECT("Server", "'name','description','version'",
	    "'name':" TEXT ",'description':" TEXT ",'version':" TEXT
	    ",'title':" TEXT) ",",
	OBJECT("Official",
	    "'status','statusChangedAt','publishedAt','updatedAt','isLatest'",
	    "'status':{'enum':['active','deprecated','archived','deleted']},"
	    "'statusMessage':" TEXT ",'statusChangedAt':" INSTANT
	    ",'publishedAt':" INSTANT ",'updatedAt':" INSTANT
	    ",'isLatest':{'type':'boolean'}") ",",
	OBJECT("ServerResponse", "'server','_meta'",
	    "'server':" REF(
		"Server") ",'_meta':{'type':'object','required':["
			  "'io.modelcontextprotocol.registry/official'],'properties':{"
			  "'io.modelcontextprotocol.registry/official':" REF(
			      "Official") "}}") ",",
	LISTING("ServerList", "servers", "ServerResponse") ",",
	OBJECT("Skill", "'namespace','name','description','version'",
	    "'namespace':" TEXT ",'name':" TEXT ",'description':" TEXT
	    ",'version':" TEXT) ",",
	LISTING("SkillList", "skills", "Skill") ",",
	OBJECT("Plugin", "'namespace','name','description','version'",
	    "'namespace':" TEXT ",'name':" TEXT ",'description':" TEXT
	    ",'version':" TEXT) ",",
	LISTING("PluginList", "plugins", "Plugin") ",",
	OBJECT("SourceSync",
	    "'phase','attemptCount','serverCount','skillCount','pluginCount'",
	    "'phase':{'enum':['complete','syncing','failed','unknown']},"
	    "'lastSyncTime':" INSTANT ",'lastAttempt':" INSTANT
	    ",'attemptCount':" NUMBER ",'serverCount':" NUMBER
	    ",'skillCount':" NUMBER ",'pluginCount':" NUMBER
	    ",'message':" TEXT) ",",
	OBJECT("SourceInfo",
	    "'name','type','creationType','sourceType','sourceConfig',"
	    "'syncStatus','createdAt','updatedAt'",
	    "'name':" TEXT ",'type':" TEXT
	    ",'creationType':{'enum':['CONFIG']},'sourceType':{'enum':['git',"
	    "'api','file','managed','kubernetes','configmap']},"
	    "'sourceConfig':{'type':'object'},"
	    "'filterConfig':{'type':'object'},'syncSchedule':{'type':'string',"
	    "'examples':['1h30m0s']},'claims':{'type':'object'},'syncStatus':" REF(
		"SourceSync") ",'createdAt':" INSTANT
			      ",'updatedAt':" INSTANT) ",",
	OBJECT("SourceList", "'sources'",
	    "'sources':" ARRAY(REF("SourceInfo"))) ",",
	OBJECT("SourceEntry", "'entryType','name','versions'",
	    "'entryType':{'enum':['MCP','SKILL','PLUGIN']},'name':" TEXT
	    ",'claims':{'type':'object'},'versions':{'type':'array','items':{"
	    "'type':'object','required':['version','createdAt','updatedAt'],"
	    "'properties':{'version':" TEXT ",'title':" TEXT
	    ",'description':" TEXT ",'createdAt':" INSTANT
	    ",'updatedAt':" INSTANT "}}}") ",",
	LISTING("SourceEntries", "entries", "SourceEntry") ",",
	OBJECT("RegistryInfo",
	    "'name','creationType','sources','createdAt','updatedAt'",
	    "'name':" TEXT ",'claims':{'type':'object'},"
	    "'creationType':{'enum':['CONFIG']},'sources':" ARRAY(
		TEXT) ",'createdAt':" INSTANT ",'updatedAt':" INSTANT) ",",
	OBJECT("RegistryList", "'registries'",
	    "'registries':" ARRAY(REF("RegistryInfo"))) ",",
	OBJECT("RegistryEntry",
	    "'entryType','name','version','createdAt','updatedAt',"
	    "'sourceName','position'",
	    "'entryType':{'enum':['MCP','SKILL','PLUGIN']},'name':" TEXT
	    ",'version':" TEXT ",'title':" TEXT ",'description':" TEXT
	    ",'createdAt':" INSTANT ",'updatedAt':" INSTANT
	    ",'sourceName':" TEXT ",'position':" NUMBER) ",",
	LISTING("RegistryEntries", "entries", "RegistryEntry") ",",
	OBJECT("SyncStatus",
	    "'lastSync','running','sources','registries',"
	    "'sandboxWarnings'",
	    "'lastSync':{'type':['object','null'],'properties':{'type':" TEXT
	    ",'startTime':" INSTANT ",'completionTime':" INSTANT
	    ",'hash':" OR_NULL("string") ",'serverCount':" OR_NULL("integer") ",'result':" TEXT ",'attemptCount':" NUMBER ",'errorMessage':" OR_NULL(
		"string") "}},"
			  "'running':{'type':['object','null'],'properties':{'runId':" TEXT
			  ",'type':" TEXT ",'startTime':" INSTANT
			  ",'source':" OR_NULL(
			      "string") ",'entries':" NUMBER ",'bytes':" NUMBER
					"}},"
					"'sources':" ARRAY(REF(
					    "SyncOfSource")) ","
							     "'registries':" ARRAY(REF(
								 "SyncOfRegistry")) ","
										    "'sandboxWarnings':" ARRAY(
											REF("SandboxWarning"))) ",",
	OBJECT("SandboxWarning", "'process','warning'",
	    "'process':{'enum':['fetch','responder']},'warning':" TEXT) ",",
	OBJECT("SyncOfSource", "'name','type'",
	    "'name':" TEXT ",'type':" TEXT
	    ",'phase':" OR_NULL("string") ",'message':" OR_NULL("string") ",'attemptCount':" OR_NULL(
		"integer") ",'lastSync':" INSTANT_OR_NULL
			   ",'lastAttempt':" INSTANT_OR_NULL
			   ",'lastSuccess':" INSTANT_OR_NULL
			   ",'lastCheck':" INSTANT_OR_NULL
			   ",'nextDue':" INSTANT_OR_NULL
			   ",'hash':" OR_NULL("string") ",'revision':" OR_NULL("string") ",'serverCount':" OR_NULL("integer") ",'skillCount':" OR_NULL(
			       "integer") ",'pluginCount':" OR_NULL("integer") ",'rejectedCount':" OR_NULL("integer")) ",",
	OBJECT("SyncHistory", "'sources'",
	    "'sources':{'type':'array','items':{'type':'object',"
	    "'required':['name','runs'],'properties':{'name':" TEXT
	    ",'runs':" ARRAY(REF("SyncRunOfSource")) "}}}") ",",
	OBJECT("SyncRunOfSource",
	    "'runId','type','startTime','completionTime','result'",
	    "'runId':" TEXT ",'type':" TEXT ",'startTime':" INSTANT
	    ",'completionTime':" INSTANT ",'result':{'enum':['completed',"
	    "'unchanged','skipped','failed']},'addedCount':" NUMBER
	    ",'updatedCount':" NUMBER ",'removedCount':" NUMBER
	    ",'unchangedCount':" NUMBER ",'rejectedCount':" NUMBER
	    ",'totalCount':" NUMBER ",'errorMessage':" OR_NULL("string")) ",",
	OBJECT("SyncOfRegistry", "'name','default','sources'",
	    "'name':" TEXT
	    ",'default':{'type':'boolean'},'sources':" ARRAY(TEXT) ",'serverCount':" OR_NULL(
		"integer") ",'skillCount':" OR_NULL("integer") ",'pluginCount':" OR_NULL("integer")),
	"}}",
	NULL,
};
