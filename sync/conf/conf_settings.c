/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocks that are about the program as a whole: database, sync, auth,
 * telemetry, audit, trigger.  What this version does not do yet is checked all
 * the same, and said.
 */
#include "lib/limits.h"
#include "lib/xalloc.h"
#include "sync/conf/conf_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "directories.h"

#define DATABASE_PATH LOCALSTATEDIR "/lib/thv-registry/registry.db"
#define TOMBSTONE_NS (90 * 24 * 3600 * INT64_C(1000000000))
#define DEADLINE_NS (3600 * INT64_C(1000000000))
#define TRIGGER_PAUSE_NS (10 * INT64_C(1000000000))
#define SAMPLING 0.05
#define AUDIT_DATA_MAX 1048576

static struct conf_at
enter_top(struct conf_reader *r, const char *key, const char *label)
{
	struct conf_at top = { r, r->root, "", label, 1 };

	return conf_value_enter(&top, key, key);
}

static void
read_database(struct conf_reader *r)
{
	struct conf_at at = enter_top(r, "database", "");
	const struct yaml_tree *size = conf_value_get(&at, "maxMetaSize");
	struct conf *c = r->conf;
	int64_t n;

	c->database_path = conf_value_copy(&at, "path", DATABASE_PATH);
	c->max_meta_size = LIMIT_META_DEFAULT;
	if (size != NULL && *size->text != '\0' && conf_value_int(&n, size)) {
		if (n <= 0)
			conf_message_error(&at, "maxMetaSize",
			    "database.maxMetaSize must be greater than zero");
		else
			c->max_meta_size = (size_t)n;
	}
	c->tombstone_ns = TOMBSTONE_NS;
	if (conf_value_duration(&c->tombstone_ns, &at, "tombstoneRetention",
		"database.tombstoneRetention", "'2160h', '24h'") &&
	    c->tombstone_ns < 0)
		conf_message_error(&at, "tombstoneRetention",
		    "database.tombstoneRetention must not be negative");
}

static void
read_sync(struct conf_reader *r)
{
	struct conf_at at = enter_top(r, "sync", "");
	struct conf *c = r->conf;

	c->deadline_ns = DEADLINE_NS;
	if (conf_value_duration(&c->deadline_ns, &at, "deadline",
		"sync.deadline", "'1h', '30m'") &&
	    c->deadline_ns < 0)
		conf_message_error(&at, "deadline",
		    "sync.deadline must not be negative (0 means none)");
}

/* The rule for URLs that decide whom to trust. */
static void
check_issuer(const struct conf_at *at, const char *url, const char *name)
{
	char shown[CONF_SHOWN_SIZE];
	struct err e = ERR_INIT;
	struct conf_url u;

	conf_message_show(shown, url);
	if (conf_url_parse(&u, url, &e) == -1)
		conf_message_error(at, "issuerUrl", "%s is invalid: %s: %s",
		    name, e.text, shown);
	else if (*u.scheme == '\0' || !u.has_host)
		conf_message_error(at, "issuerUrl",
		    "%s must be an absolute URL with host, found '%s'", name,
		    shown);
	else if (strcmp(u.scheme, "https") != 0 && !u.is_loopback &&
		 !at->reader->insecure_url)
		conf_message_error(at, "issuerUrl",
		    "%s must use HTTPS (set THV_REGISTRY_INSECURE_URL=true to "
		    "allow HTTP), found '%s'",
		    name, shown);
}

static void
read_provider(const struct conf_at *oauth, size_t index)
{
	static const char *const keys[] = { "name", "issuerUrl", "audience" };
	const struct yaml_tree *node =
	    conf_value_block(oauth, "providers", index);
	char *path = xasprintf("auth.oauth.providers[%zu]", index);
	struct conf_at at = { oauth->reader, node, path, oauth->label,
		node->line };

	for (size_t i = 0; !node->bad && i < 3; i++) {
		char *name = xasprintf("%s.%s", path, keys[i]);
		char *text = conf_value_required(&at, keys[i], name);

		if (text != NULL && strcmp(keys[i], "issuerUrl") == 0)
			check_issuer(&at, text, name);
		free(text);
		free(name);
	}
	free(path);
}

static void
read_oauth(const struct conf_at *auth)
{
	struct conf_at oauth = conf_value_enter(auth, "oauth", "auth.oauth");
	const struct yaml_tree *node = yaml_tree_get(oauth.node, "providers");
	size_t count = conf_value_block_count(&oauth, "providers");

	if (count == 0 && (node == NULL || !node->bad))
		conf_message_error(&oauth, "providers",
		    "auth.oauth.providers: at least one provider is required "
		    "in oauth mode");
	for (size_t i = 0; i < count; i++)
		read_provider(&oauth, i);
}

/* Protection that is configured and not in force is said to be ignored. */
static void
read_ignored(const struct conf_at *auth, bool oauth)
{
	const char *word = conf_value_text(auth, "claims");
	char shown[CONF_SHOWN_SIZE];

	if (word != NULL && strcmp(word, CONF_CLAIMS_IGNORED) != 0)
		conf_message_error(auth, "claims",
		    "auth.claims must be '" CONF_CLAIMS_IGNORED
		    "', found '%s': this version does not enforce claims",
		    conf_message_show(shown, word));
	if (oauth && !conf_claims_are_ignored(auth->reader))
		conf_message_error(auth, "mode",
		    "authentication is not enforced by this version: everyone "
		    "would be served everything; let the web server in front "
		    "decide who gets in, and write 'auth.mode: anonymous' or, "
		    "to keep this block, 'auth.claims: ignored'");
	else if (oauth)
		conf_message_warn(auth, "mode",
		    "authentication is not enforced by this version: let the "
		    "web server in front of it decide who gets in");
	else if (auth->reader->has_claims && word != NULL)
		conf_message_warn(auth, "claims",
		    "claims are ignored: everyone is served everything");
}

static void
read_auth(struct conf_reader *r)
{
	struct conf_at at =
	    enter_top(r, "auth", "invalid auth configuration: ");
	const char *mode = conf_value_text(&at, "mode");
	const struct yaml_tree *node = yaml_tree_get(at.node, "mode");
	size_t errors = r->error_count;
	char shown[CONF_SHOWN_SIZE];

	/* At the top an empty block counts as absent, in the reference too. */
	if (at.node == NULL || at.node->count == 0 ||
	    (node != NULL && node->bad))
		return;
	if (mode != NULL && strcmp(mode, "oauth") == 0) {
		read_oauth(&at);
		at.label = "";
		if (r->error_count == errors)
			read_ignored(&at, true);
	} else if (mode == NULL || strcmp(mode, "anonymous") != 0) {
		conf_message_error(&at, "mode",
		    "invalid auth.mode: %s (must be 'anonymous' or 'oauth')",
		    conf_message_show(shown, mode == NULL ? "" : mode));
	} else {
		at.label = "";
		read_ignored(&at, false);
	}
}

static void
read_telemetry(struct conf_reader *r)
{
	struct conf_at at = enter_top(r, "telemetry", "");
	struct conf_at tracing =
	    conf_value_enter(&at, "tracing", "telemetry.tracing");
	const struct yaml_tree *node = conf_value_get(&tracing, "sampling");
	double sampling = SAMPLING;

	if (!conf_value_flag(&at, "enabled"))
		return;
	conf_message_warn(&at, "enabled",
	    "telemetry is not sent by this version; /metrics is always there");
	if (node != NULL && *node->text != '\0')
		(void)conf_value_float(&sampling, node);
	if (conf_value_flag(&tracing, "enabled") &&
	    !(sampling > 0 && sampling <= 1))
		conf_message_error(&tracing, "sampling",
		    "sampling must be greater than 0.0 and at most 1.0, got "
		    "%g",
		    sampling);
}

static void
check_log_file(const struct conf_at *at, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *directory = slash == NULL ? xstrdup(".")
			  : slash == file
			      ? xstrdup("/")
			      : xstrndup(file, (size_t)(slash - file));
	struct stat st;

	if (stat(directory, &st) == -1)
		conf_message_error(at, "logFile",
		    "parent directory of audit.logFile is not accessible: %s: "
		    "%s",
		    directory, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		conf_message_error(at, "logFile",
		    "parent of audit.logFile is not a directory: %s",
		    directory);
	free(directory);
}

static void
read_audit(struct conf_reader *r)
{
	struct conf_at at = enter_top(r, "audit", "");
	const struct yaml_tree *size = conf_value_get(&at, "maxDataSize");
	const char *file = conf_value_text(&at, "logFile");
	int64_t n;

	if (size != NULL && *size->text != '\0' && conf_value_int(&n, size) &&
	    (n < 0 || n > AUDIT_DATA_MAX))
		conf_message_error(&at, "maxDataSize",
		    "audit.maxDataSize must be between 0 and %d, found %lld",
		    AUDIT_DATA_MAX, (long long)n);
	if (file != NULL)
		check_log_file(&at, file);
	if (conf_value_flag(&at, "enabled"))
		conf_message_warn(&at, "enabled",
		    "the audit log is not written by this version");
}

static void
read_trigger(struct conf_reader *r)
{
	struct conf_at at = enter_top(r, "trigger", "");
	const char *access = conf_value_text(&at, "access");
	const char *file = conf_value_text(&at, "tokenFile");
	struct conf *c = r->conf;
	char shown[CONF_SHOWN_SIZE];

	c->trigger_access = TRIGGER_LOOPBACK;
	if (access != NULL &&
	    trigger_access_from_name(&c->trigger_access, access) == -1)
		conf_message_error(&at, "access",
		    "trigger.access must be 'loopback', 'open', 'token' or "
		    "'off', found '%s'",
		    conf_message_show(shown, access));
	if (file != NULL && *file != '/')
		conf_message_error(&at, "tokenFile",
		    "trigger.tokenFile must be an absolute path, found '%s'",
		    conf_message_show(shown, file));
	if (c->trigger_access == TRIGGER_TOKEN && file == NULL)
		conf_message_error(&at, "tokenFile",
		    "trigger.tokenFile is required when trigger.access is "
		    "'token'");
	if (c->trigger_access != TRIGGER_TOKEN && file != NULL)
		conf_message_warn(&at, "tokenFile",
		    "trigger.tokenFile is not used: trigger.access is not "
		    "'token'");
	c->trigger_token_file = conf_value_copy(&at, "tokenFile", NULL);
	c->trigger_pause_ns = TRIGGER_PAUSE_NS;
	if (conf_value_duration(&c->trigger_pause_ns, &at, "minPause",
		"trigger.minPause", "'10s', '1m'") &&
	    c->trigger_pause_ns < 0)
		conf_message_error(&at, "minPause",
		    "trigger.minPause must not be negative (0 means none)");
}

void
conf_settings_read(struct conf_reader *r)
{
	read_database(r);
	read_sync(r);
	read_auth(r);
	read_telemetry(r);
	read_audit(r);
	read_trigger(r);
}
