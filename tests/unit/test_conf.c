/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Valid configurations: values, defaults, the environment, paths of the file,
 * and that no secret is shown.
 */
#include "sync/kinds/kind.h"
#include "tests/unit/conf_file.h"

#include <sys/stat.h>

/* ---- values ---- */

static void
check_list(
    const struct filter_list *list, const char *first, const char *second)
{
	CHECK_INT(list->count, (first != NULL) + (second != NULL));
	if (first != NULL && list->count > 0)
		CHECK_STR(list->items[0], first);
	if (second != NULL && list->count > 1)
		CHECK_STR(list->items[1], second);
}

static void
check_json(const struct conf_source *s, const char *json)
{
	char *text = conf_source_json(s);

	CHECK_STR(text, json);
	free(text);
}

static void
check_git_sources(const struct conf *c)
{
	const struct conf_source *s = &c->sources[0];

	CHECK_STR(s->name, "catalogue");
	CHECK_INT(s->line, 10);
	CHECK(s->kind == &kind_git);
	CHECK_STR(s->u.git.repository,
	    "https://reader:s3cret@git.example.com/catalogue.git");
	CHECK_STR(s->u.git.branch, "main");
	CHECK_STR(s->u.git.tag, NULL);
	CHECK_STR(s->u.git.commit, NULL);
	CHECK_STR(s->u.git.path, "data/registry.json");
	CHECK_STR(s->u.git.username, "reader");
	CHECK_STR(s->u.git.password_file, "/dev/null");
	CHECK_INT(s->u.git.timeout_ns, 90 * SECOND);
	CHECK_INT(s->interval_ns, 1800 * SECOND);
	CHECK(s->strict && s->allow_shrink);
	CHECK(s->filter.present);
	check_list(&s->filter.names_include, "io.github.acme/*",
	    "com.example.*/tools-?");
	check_list(&s->filter.names_exclude, "*/deprecated", NULL);
	check_list(&s->filter.tags_include, "production", NULL);
	check_list(&s->filter.tags_exclude, "experimental", "beta");
	CHECK_STR(
	    s->claims, "{\"Org\":\"acme\",\"teams\":[\"platform\",\"data\"]}");
	check_json(s,
	    "{\"repository\":\"https://git.example.com/catalogue.git\","
	    "\"branch\":\"main\",\"path\":\"data/registry.json\","
	    "\"timeout\":\"1m30s\"}");

	s = &c->sources[1];
	CHECK_STR(s->u.git.tag, "v1.10");
	CHECK_STR(s->u.git.path, "registry.json");
	CHECK_STR(s->u.git.username, "git");
	CHECK_STR(s->u.git.password_file, NULL);
	CHECK_STR(s->u.git.private_key_file, "/dev/null");
	CHECK_STR(s->u.git.known_hosts_file, "/dev/null");
	CHECK_INT(s->u.git.timeout_ns, 300 * SECOND);
	CHECK(!s->strict && !s->allow_shrink);
	CHECK(!s->filter.present);
	CHECK_STR(s->claims, NULL);
	check_json(s,
	    "{\"repository\":\"git@git.example.com:tools/catalogue.git\","
	    "\"tag\":\"v1.10\",\"path\":\"registry.json\","
	    "\"timeout\":\"5m0s\"}");
}

static void
check_other_sources(const struct conf *c)
{
	const struct conf_source *s = c->sources;

	CHECK(s[2].kind == &kind_api);
	CHECK_INT(s[2].u.api.timeout_ns, 20 * SECOND);
	CHECK_INT(s[2].u.api.page_size, 500);
	CHECK_INT(s[2].u.api.overlap_ns, 900 * SECOND);
	CHECK_INT(s[2].u.api.full_interval_ns, 12 * 3600 * SECOND);
	CHECK(s[2].allow_empty && s[2].u.api.http.public_only &&
	      s[2].u.api.http.https_only);
	CHECK_STR(s[2].u.api.http.token_file, "/dev/null");
	CHECK_STR(s[2].u.api.http.ca_file, "/dev/null");
	CHECK_INT(s[2].u.api.header_count, 2);
	CHECK_STR(s[2].u.api.headers[0].name, "X-Tenant-ID");
	CHECK_STR(s[2].u.api.headers[0].value, "example");
	CHECK_STR(s[2].u.api.headers[1].value_file, "/dev/null");
	check_json(&s[2], "{\"endpoint\":\"https://registry.example.com/\","
			  "\"timeout\":\"20s\"}");
	CHECK(s[3].kind == &kind_file);
	check_json(&s[3], "{\"path\":\"./data/registry.json\"}");
	CHECK_INT(s[4].u.file.timeout_ns, 60 * SECOND);
	CHECK(s[4].u.file.http.public_only && s[4].u.file.http.https_only);
	CHECK_STR(s[4].u.file.http.token_file, "/dev/null");
	CHECK_STR(s[4].u.file.http.ca_file, "/dev/null");
	CHECK_STR(s[0].u.git.ca_file, "/dev/null");
	CHECK_STR(s[1].u.git.ca_file, NULL);
	check_json(&s[4],
	    "{\"url\":\"https://files.example.com/registry.json\","
	    "\"timeout\":\"1m0s\"}");
	CHECK_STR(s[5].u.file.data, "{\"version\": \"1.0.0\"}\n");
	check_json(&s[5], "{\"data\":\"{\\\"version\\\": \\\"1.0.0\\\"}\\n\"}");
	CHECK(s[6].kind == &kind_configmap);
	check_json(&s[6], "{\"path\":\"/etc/registry\"}");
	check_json(&s[7],
	    "{\"namespace\":\"tools\",\"name\":\"catalogue\","
	    "\"key\":\"servers.json\",\"server\":\"https://k8s.example.com\"}");
	CHECK_STR(s[7].u.configmap.token_file, "/dev/null");
	CHECK_STR(s[7].u.configmap.ca_file, "/dev/null");
	CHECK_STR(s[6].u.configmap.key, NULL);
	CHECK(s[8].kind == &kind_managed);
	CHECK_STR(s[8].claims, NULL);
	CHECK_INT(s[8].interval_ns, 0);
	check_json(&s[8], "{}");
	CHECK_INT(s[9].u.kubernetes.namespaces.count, 2);
	check_json(&s[9], "{\"Namespaces\":[\"tools\",\"data\"]}");
}

static void
test_everything(void)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(conf_load(&c, FIXTURES "everything.yaml", &e), 0);
	if (!CHECK(
		c != NULL && c->source_count == 10 && c->registry_count == 2)) {
		show_messages(c);
		conf_free(c);
		return;
	}
	CHECK_STR(c->file, FIXTURES "everything.yaml");
	check_git_sources(c);
	check_other_sources(c);
	CHECK_STR(c->registries[0].name, "all");
	CHECK_INT(c->registries[0].source_count, 10);
	CHECK_INT(c->registries[0].sources[0], 8);
	CHECK_INT(c->registries[0].sources[1], 0);
	CHECK_INT(c->registries[0].sources[9], 9);
	CHECK(!c->registries[0].is_default);
	CHECK_STR(c->registries[0].claims, "{\"Org\":\"acme\"}");
	CHECK_INT(c->registries[1].source_count, 1);
	CHECK_INT(c->registries[1].sources[0], 3);
	CHECK(c->registries[1].is_default);
	CHECK_STR(c->database_path, "/srv/registry/registry.db");
	CHECK_INT(c->max_meta_size, 4096);
	CHECK_INT(c->tombstone_ns, 720 * 3600 * SECOND);
	CHECK_INT(c->trigger_access, TRIGGER_TOKEN);
	CHECK_STR(c->trigger_token_file, "/run/secrets/trigger");
	CHECK_INT(c->trigger_pause_ns, 60 * SECOND);
	/* Nothing that was said shows a secret. */
	for (size_t i = 0; i < c->message_count; i++)
		CHECK(strstr(c->messages[i].text, "s3cret") == NULL);
	conf_free(c);
}

static void
test_defaults(void)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(
	    load(&c,
		"sources:\n"
		"- {name: a, git: {repository: /r}, syncPolicy: {interval: 1m}}\n"
		"- {name: b, api: {endpoint: https://example.com},"
		" syncPolicy: {interval: 1m}}\n"
		"- {name: c, file: {url: https://example.com, timeout: 0},"
		" syncPolicy: {interval: 0}}\n"
		"- {name: d, file: {url: https://example.com, timeout: -1s},"
		" syncPolicy: {interval: 1m}}\n"
		"- {name: e, file: {url: https://example.com},"
		" syncPolicy: {interval: 1m}, filter: {}, claims: {t: []}}\n"
		"- {name: f, configmap: {name: n}, syncPolicy: {interval: 1m}}\n"
		"- {name: g, kubernetes: {}}\n"
		"registries:\n- {name: r, sources: 'a,b,c,d,e,f,g'}\n"
		"- {name: q, sources: [a]}\n"
		"auth: {mode: anonymous, claims: ignored}\n",
		&e),
	    0);
	CHECK_STR(c->sources[0].u.git.path, "registry.json");
	CHECK_INT(c->sources[0].u.git.timeout_ns, 300 * SECOND);
	CHECK_INT(c->sources[1].u.api.timeout_ns, 10 * SECOND);
	CHECK_INT(c->sources[1].u.api.page_size, 100);
	CHECK_INT(c->sources[1].u.api.overlap_ns, 600 * SECOND);
	CHECK_INT(c->sources[1].u.api.full_interval_ns, 86400 * SECOND);
	CHECK(!c->sources[1].allow_empty);
	CHECK(!c->sources[1].u.api.http.public_only);
	CHECK(!c->sources[1].u.api.http.https_only);
	CHECK_INT(c->sources[2].u.file.timeout_ns, 10 * SECOND);
	CHECK_INT(c->sources[2].interval_ns, 0);
	CHECK_INT(c->sources[3].u.file.timeout_ns, 0);
	CHECK_INT(c->sources[4].u.file.timeout_ns, 30 * SECOND);
	CHECK(c->sources[4].filter.present);
	CHECK_STR(c->sources[4].claims, "{\"t\":[]}");
	CHECK_STR(c->sources[5].u.configmap.key, "registry.json");
	check_json(&c->sources[6], "{\"Namespaces\":null}");
	CHECK(c->registries[0].is_default);
	CHECK(!c->registries[1].is_default);
	CHECK_STR(c->database_path, "/var/lib/thv-registry/registry.db");
	CHECK_INT(c->max_meta_size, 262144);
	CHECK_INT(c->tombstone_ns, 2160 * 3600 * SECOND);
	CHECK_INT(c->trigger_access, TRIGGER_LOOPBACK);
	CHECK_STR(c->trigger_token_file, NULL);
	CHECK_INT(c->trigger_pause_ns, 10 * SECOND);
	conf_free(c);
}

static void
test_an_empty_text_is_an_absent_block(void)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(load(&c, AFTER("database: ''\ntrigger: ''\n"), &e), 0);
	CHECK_STR(c->database_path, "/var/lib/thv-registry/registry.db");
	CHECK_INT(c->trigger_pause_ns, 10 * SECOND);
	conf_free(c);
	setenv("THV_REGISTRY_DATABASE_PATH", "/tmp/x.db", 1);
	CHECK_INT(load(&c, AFTER("database: ''\n"), &e), 0);
	CHECK_STR(c->database_path, "/tmp/x.db");
	conf_free(c);
	unsetenv("THV_REGISTRY_DATABASE_PATH");
}

static void
test_weak_types(void)
{
	static const struct {
		int row;
		const char *value;
		int64_t size;
	} sizes[] = {
		{ __LINE__, "10", 10 },
		{ __LINE__, "'10'", 10 },
		{ __LINE__, "0x10", 16 },
		{ __LINE__, "262_144", 262144 },
		{ __LINE__, "1e3", 1000 },
		{ __LINE__, "10.0", 10 },
		{ __LINE__, "", 262144 },
		{ __LINE__, "~", 262144 },
	};
	static const struct {
		int row;
		const char *value;
		bool strict;
	} flags[] = {
		{ __LINE__, "true", true },
		{ __LINE__, "'T'", true },
		{ __LINE__, "1", true },
		{ __LINE__, "7", true },
		{ __LINE__, "0", false },
		{ __LINE__, "'false'", false },
		{ __LINE__, "''", false },
	};
	struct err e = ERR_INIT;
	struct conf *c = NULL;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *yaml = xasprintf(
		    AFTER("database:\n  maxMetaSize: %s\n"), sizes[i].value);

		T_AT(sizes[i].row);
		CHECK_INT(load(&c, yaml, &e), 0);
		CHECK_INT(c->max_meta_size, sizes[i].size);
		conf_free(c);
		free(yaml);
	}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		char *yaml = xasprintf(
		    SOURCE("  file: {path: x}\n"
			   "  syncPolicy: {interval: 1h, strict: %s}\n"),
		    flags[i].value);

		T_AT(flags[i].row);
		CHECK_INT(load(&c, yaml, &e), 0);
		CHECK_INT(c->sources[0].strict, flags[i].strict);
		conf_free(c);
		free(yaml);
	}
	T_AT(0);
	/* A scalar is text as it is written, however it reads. */
	CHECK_INT(load(&c, GIT("    tag: 1.10\n"), &e), 0);
	CHECK_STR(c->sources[0].u.git.tag, "1.10");
	conf_free(c);
}

static void
test_claims(void)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(
	    load(&c,
		SOURCE(MANAGED
		    "  claims: {Org: a, org: \"b\\\"\\n\", 'x y': ['1', \"\\u00e9\"],"
		    " \"q\\\"\": z}\n") "auth: {mode: anonymous, claims: ignored}\n",
		&e),
	    0);
	CHECK_STR(c->sources[0].claims,
	    "{\"Org\":\"a\",\"org\":\"b\\\"\\n\",\"x y\":[\"1\",\"\xc3\xa9\"],"
	    "\"q\\\"\":\"z\"}");
	conf_free(c);
}

static void
test_anchors(void)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(load(&c,
		      "x-policy: &policy {interval: 1h, strict: true}\n"
		      "x-more: &more {interval: 9h}\n"
		      "sources:\n"
		      "- {name: a, file: {path: x}, syncPolicy: *policy}\n"
		      "- name: b\n"
		      "  file: {path: x}\n"
		      "  syncPolicy:\n"
		      "    <<: *policy\n"
		      "    interval: 2h\n"
		      "- name: c\n"
		      "  file: {path: x}\n"
		      "  syncPolicy:\n"
		      "    interval: 3h\n"
		      "    <<: [*more, &late {strict: true, interval: 7h}]\n"
		      "- {name: d, file: {path: x}, syncPolicy: *late}\n"
		      "registries: {name: r, sources: 'a,b,c,d'}\n",
		      &e),
	    0);
	CHECK_INT(c->sources[0].interval_ns, 3600 * SECOND);
	CHECK_INT(c->sources[1].interval_ns, 7200 * SECOND);
	CHECK(c->sources[1].strict);
	CHECK_INT(c->sources[2].interval_ns, 10800 * SECOND);
	CHECK(c->sources[2].strict);
	CHECK_INT(c->sources[3].interval_ns, 25200 * SECOND);
	CHECK_INT(c->message_count, 0);
	conf_free(c);
}

/* ---- secrets ---- */

static void
test_secrets(void)
{
	static const struct {
		int row;
		const char *url;
		const char *shown;
	} urls[] = {
		{ __LINE__, "https://u:s3cret@example.com/x",
		    "https://example.com/x" },
		{ __LINE__, "https://s3cret@example.com/x",
		    "https://example.com/x" },
		{ __LINE__, "HTTP://u:s3c@ret@localhost", "HTTP://localhost" },
		{ __LINE__, "https://example.com/x?code=s3cret&jwt=s3.cret",
		    "https://example.com/x?code=***&jwt=***" },
		{ __LINE__, "https://u:s3cr/et@example.com/x",
		    "https://example.com/x" },
		{ __LINE__, "ssh://git:s3cret@example.com/x",
		    "ssh://git@example.com/x" },
		{ __LINE__, "ssh://git@example.com/x",
		    "ssh://git@example.com/x" },
		{ __LINE__, "git@example.com:x/y", "git@example.com:x/y" },
		{ __LINE__, "u:s3cret@example.com:x", "u@example.com:x" },
		{ __LINE__, "https://example.com:80/@scope/x",
		    "https://example.com:80/@scope/x" },
		{ __LINE__, "https://[::1]:80/a@b", "https://[::1]:80/a@b" },
		{ __LINE__, "host:some/path@x", "host:some/path@x" },
	};
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		char *yaml = xasprintf(
		    SOURCE("  git: {repository: '%s'}\n" SYNCED), urls[i].url);
		char *json =
		    xasprintf("{\"repository\":\"%s\",\"path\":"
			      "\"registry.json\",\"timeout\":\"5m0s\"}",
			urls[i].shown);

		T_AT(urls[i].row);
		CHECK_INT(load(&c, yaml, &e), 0);
		CHECK_STR(c->sources[0].u.git.repository, urls[i].url);
		check_json(&c->sources[0], json);
		conf_free(c);
		free(yaml);
		free(json);
	}
	T_AT(0);
	CHECK_INT(
	    load(&c, DOCUMENT("    url: ftp://u:s3cret@example.com/\n"), &e),
	    -1);
	CHECK(strstr(e.text, "ftp://***@example.com/") != NULL);
	CHECK(strstr(e.text, "s3cret") == NULL);
	conf_free(c);
	CHECK_INT(
	    load(&c, DOCUMENT("    url: https://u:s3/cret@x/\n"), &e), -1);
	CHECK(strstr(e.text, "cret") == NULL);
	conf_free(c);
	CHECK_INT(
	    load(&c, DOCUMENT("    url: http://u:s3cret@example.com/\n"), &e),
	    -1);
	CHECK_INT(c->message_count, 2);
	CHECK(strstr(c->messages[0].text, "s3cret") == NULL);
	CHECK(strstr(c->messages[1].text, "s3cret") == NULL);
	conf_free(c);
	CHECK_INT(
	    load(&c, DOCUMENT("    url: http://example.com/?a=s3cret\n"), &e),
	    0);
	CHECK_INT(c->message_count, 1);
	CHECK(strstr(c->messages[0].text, "s3cret") == NULL);
	conf_free(c);
}

/* ---- the environment ---- */

static void
test_environment(void)
{
	static const char *const names[] = { "THV_REGISTRY_DATABASE_PATH",
		"THV_REGISTRY_DATABASE_MAXMETASIZE",
		"THV_REGISTRY_DATABASE_PORT", "THV_REGISTRY_SOURCES",
		"THV_REGISTRY_AUTH_MODE", "THV_REGISTRY_AUTH_PUBLICPATHS",
		"THV_REGISTRY_TELEMETRY_TRACING_ENABLED",
		"THV_REGISTRY_INSECURE_URL" };
	const char *yaml = AFTER("database:\n  path: file.db\n"
				 "auth:\n");
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	setenv("THV_REGISTRY_DATABASE_PATH", "", 1);
	CHECK_INT(load(&c, yaml, &e), 0);
	CHECK_STR(c->database_path, "file.db");
	conf_free(c);

	setenv("THV_REGISTRY_DATABASE_PATH", "/env.db", 1);
	setenv("THV_REGISTRY_DATABASE_MAXMETASIZE", "77", 1);
	setenv("THV_REGISTRY_DATABASE_PORT", "tcp://192.0.2.1:5432", 1);
	setenv("THV_REGISTRY_AUTH_MODE", "anonymous", 1);
	setenv("THV_REGISTRY_AUTH_PUBLICPATHS", "/a,/b", 1);
	setenv("THV_REGISTRY_TELEMETRY_TRACING_ENABLED", "t", 1);
	CHECK_INT(load(&c, yaml, &e), 0);
	CHECK_STR(c->database_path, "/env.db");
	CHECK_INT(c->max_meta_size, 77);
	CHECK_INT(c->message_count, 0);
	conf_free(c);
	CHECK_INT(load(&c, AFTER(""), &e), 0);
	CHECK_STR(c->database_path, "/env.db");
	conf_free(c);

	setenv("THV_REGISTRY_SOURCES", "x", 1);
	CHECK_INT(load(&c, yaml, &e), 0);
	CHECK(has_message(c, false, 1, "THV_REGISTRY_SOURCES is ignored"));
	conf_free(c);

	setenv("THV_REGISTRY_DATABASE_MAXMETASIZE", "many", 1);
	setenv("THV_REGISTRY_AUTH_MODE", "open", 1);
	CHECK_INT(load(&c, yaml, &e), -1);
	CHECK_INT(c->error_count, 2);
	CHECK(has_message(c, true, 6,
	    "database.maxMetaSize (from THV_REGISTRY_DATABASE_MAXMETASIZE): "
	    "found text 'many', expected a whole number"));
	CHECK(has_message(c, true, 7,
	    "auth.mode (from THV_REGISTRY_AUTH_MODE): invalid auth "
	    "configuration: invalid auth.mode: open"));
	conf_free(c);
	/* A variable for a missing block: the file's error is reported. */
	setenv("THV_REGISTRY_AUTH_MODE", "anonymous", 1);
	unsetenv("THV_REGISTRY_DATABASE_MAXMETASIZE");
	CHECK_INT(load(&c, AFTER("auth: 5\n"), &e), -1);
	CHECK(has_message(c, true, 5, "auth: found a number '5'"));
	conf_free(c);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);

	yaml = SOURCE("  api: {endpoint: 'http://example.com', tokenFile: "
		      "/dev/null}\n" SYNCED);
	setenv("THV_REGISTRY_INSECURE_URL", "yes", 1);
	CHECK_INT(load(&c, yaml, &e), -1);
	conf_free(c);
	setenv("THV_REGISTRY_INSECURE_URL", "true", 1);
	CHECK_INT(load(&c, yaml, &e), 0);
	conf_free(c);
	unsetenv("THV_REGISTRY_INSECURE_URL");
}

/* ---- where the file is ---- */

static void
test_paths(void)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;
	char absolute[LIMIT_PATH], here[LIMIT_PATH / 2];

	CHECK(getcwd(here, sizeof here) != NULL);
	write_file("right.yaml", SOURCE(MANAGED), strlen(SOURCE(MANAGED)));
	CHECK_INT(mkdir("sub", 0755), 0);
	CHECK_INT(symlink("../right.yaml", "sub/link.yaml"), 0);
	snprintf(absolute, sizeof absolute, "%s/right.yaml", here);
	CHECK_INT(symlink(absolute, "sub/absolute.yaml"), 0);
	CHECK_INT(symlink("loop.yaml", "loop.yaml"), 0);

	CHECK_INT(conf_load(&c, absolute, &e), 0);
	conf_free(c);
	CHECK_INT(conf_load(&c, "./sub/../right.yaml", &e), 0);
	conf_free(c);
	CHECK_INT(conf_load(&c, "sub/link.yaml", &e), 0);
	conf_free(c);
	CHECK_INT(chdir("sub"), 0);
	CHECK_INT(conf_load(&c, "../right.yaml", &e), -1);
	CHECK_STR(e.text,
	    "path is not local or contains invalid traversal: ../right.yaml");
	CHECK(c == NULL);
	CHECK_INT(conf_load(&c, "link.yaml", &e), -1);
	CHECK_STR(e.text,
	    "path is not local or contains invalid traversal: link.yaml");
	CHECK_INT(conf_load(&c, "absolute.yaml", &e), 0);
	conf_free(c);
	CHECK_INT(chdir(".."), 0);

	CHECK_INT(conf_load(&c, "", &e), -1);
	CHECK_STR(e.text, "path is required");
	CHECK_INT(conf_load(&c, "none.yaml", &e), -1);
	CHECK(strstr(e.text, "failed to evaluate symlinks: ") == e.text);
	CHECK_INT(conf_load(&c, "/nowhere/none.yaml", &e), -1);
	CHECK(strstr(e.text, "failed to evaluate symlinks: ") == e.text);
	CHECK_INT(conf_load(&c, "loop.yaml", &e), -1);
	CHECK(strstr(e.text, "failed to evaluate symlinks: ") == e.text);
	CHECK_INT(conf_load(&c, "sub", &e), -1);
	CHECK(strstr(e.text, "failed to read config file: ") == e.text);
	CHECK_INT(truncate("right.yaml", 5 * 1024 * 1024), 0);
	CHECK_INT(conf_load(&c, "right.yaml", &e), -1);
	CHECK_INT(e.code, ERR_LIMIT);
	unlink("sub/link.yaml");
	unlink("sub/absolute.yaml");
	unlink("loop.yaml");
	unlink("right.yaml");
	rmdir("sub");
	conf_free(NULL);
}

static void
test_kind_names(void)
{
	CHECK_STR(source_kind_name(&kind_git), "git");
	CHECK_STR(source_kind_name(&kind_api), "api");
	CHECK_STR(source_kind_name(&kind_file), "file");
	CHECK_STR(source_kind_name(&kind_managed), "managed");
	CHECK_STR(source_kind_name(&kind_kubernetes), "kubernetes");
	CHECK_STR(source_kind_name(&kind_configmap), "configmap");
	CHECK(source_kind_is_synced(&kind_configmap));
	CHECK(!source_kind_is_synced(&kind_managed));
	CHECK(!source_kind_is_synced(&kind_kubernetes));
}

static char *
identity_of(const char *yaml)
{
	struct conf *c = NULL;
	struct err e = ERR_INIT;
	char *identity = NULL;

	if (CHECK_INT(load(&c, yaml, &e), 0))
		identity = conf_source_identity(&c->sources[0]);
	conf_free(c);
	return identity == NULL ? xstrdup("") : identity;
}

/* Stored and compared: it knows every value, and shows none. */
static void
test_identity(void)
{
	static const struct {
		int row;
		const char *a;
		const char *b;
		bool same;
	} rows[] = {
		{ __LINE__, DOCUMENT("    url: https://e.example/?a=s3cret\n"),
		    DOCUMENT("    url: https://e.example/?a=s3cret\n"), true },
		{ __LINE__, DOCUMENT("    url: https://e.example/?a=s3cret\n"),
		    DOCUMENT("    url: https://e.example/?a=other\n"), false },
		{ __LINE__, DOCUMENT("    url: https://s3cret@e.example/\n"),
		    DOCUMENT("    url: https://other@e.example/\n"), false },
		{ __LINE__,
		    SOURCE("  git: {repository: 'https://e.example/x',"
			   " branch: a}\n" SYNCED),
		    SOURCE("  git: {repository: 'https://e.example/x',"
			   " tag: a}\n" SYNCED),
		    false },
		{ __LINE__, API("    headers: [{name: A, value: s3cret}]\n"),
		    API("    headers: [{name: A, value: other}]\n"), false },
		{ __LINE__, API("    headers: [{name: A, value: s3cret}]\n"),
		    API("    headers: [{name: A, value: s3cret}]\n"
			"    timeout: 20s\n"),
		    true },
		{ __LINE__, DOCUMENT("    data: '{}'\n"),
		    DOCUMENT("    path: '{}'\n"), false },
	};

	char *identity;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *a = identity_of(rows[i].a), *b = identity_of(rows[i].b);

		T_AT(rows[i].row);
		CHECK_INT(strcmp(a, b) == 0, rows[i].same);
		CHECK(strstr(a, "s3cret") == NULL);
		free(a);
		free(b);
	}
	T_AT(0);
	/* As it was stored before: nobody reads again what has not moved. */
	identity = identity_of(DOCUMENT("    url: https://e.example/x\n"));
	CHECK_STR(identity, "{\"kind\":\"file\",\"url\":"
			    "\"https://e.example/x\"}");
	free(identity);
}

int
main(void)
{
	char directory[] = "/tmp/test_conf.XXXXXX";

	test_everything();
	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		return 1;
	test_defaults();
	test_an_empty_text_is_an_absent_block();
	test_weak_types();
	test_claims();
	test_anchors();
	test_secrets();
	test_identity();
	test_environment();
	test_paths();
	test_kind_names();
	unlink(FILE_NAME);
	if (chdir("/") == 0)
		rmdir(directory);
	return t_done();
}
