/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages about a configuration: each error in a file of its own, all errors
 * of one file together, and the warnings of files that load.
 */
#include "tests/unit/conf_file.h"

/* ---- files that are wrong in exactly one way ---- */

static const struct {
	int row;
	const char *yaml;
	int line;
	const char *error;
} mistakes[] = {
	/* the file as a whole */
	{ __LINE__, "", 1, "sources: at least one source must be configured" },
	{ __LINE__, "registries: []\nsources:\n- {name: s, managed: {}}\n", 1,
	    "registries: at least one registry must be configured" },
	{ __LINE__, "- a\n- b\n", 1,
	    "expected keys such as 'sources:' and 'registries:' at the top" },
	{ __LINE__, "just words\n", 1, "failed to read config file" },
	{ __LINE__, "sources: [\n", 2, "failed to read config file: not YAML" },
	{ __LINE__, "a: 1\n\tb: 2\n", 2, "not YAML" },
	{ __LINE__, "a: 1\nb: 2\na: 3\n", 3,
	    "duplicate key 'a', first on line 1" },
	{ __LINE__, AFTER("Sources: []\n"), 5,
	    "duplicate key (keys are case-insensitive): found 'Sources' and, on "
	    "line 1, 'sources'" },
	{ __LINE__, "a: *nowhere\n", 1,
	    "alias '*nowhere' refers to no anchor before it" },
	{ __LINE__, "a: &a [*a]\n", 1, "refers to no anchor before it" },
	{ __LINE__, "a: \"x\\0y\"\n", 1, "NUL character in a string" },
	{ __LINE__, "\"x\\0y\": 1\n", 1, "NUL character in a key" },
	{ __LINE__, "? [a]\n: 1\n", 1, "a key must be a scalar" },
	{ __LINE__, "&x a: 1\n", 1, "anchors on keys are not supported" },
	{ __LINE__, "<<: 5\n", 1, "a merge key (<<) needs a map" },
	{ __LINE__, "a: 1\nb: \"\xff\"\n", 2, "not YAML" },
	{ __LINE__,
	    "sources: none\n"
	    "registries:\n- {name: r, sources: s}\n",
	    1, "sources: found text 'none', expected a list of blocks" },

	/* names of sources */
	{ __LINE__,
	    "sources:\n- managed: {}\n- {name: t, kubernetes: {}}\n"
	    "registries:\n- {name: r, sources: t}\n",
	    2, "source[0]: name is required" },
	{ __LINE__, SOURCE(MANAGED) "x-y: 1\nsources: 1\n", 7,
	    "duplicate key 'sources', first on line" },
	{ __LINE__,
	    REGISTRIES("- {name: r, sources: [s]}\n") "audit:\n"
						      "  enabled: [1]\n",
	    7, "audit.enabled: found a list, expected a single value" },
	{ __LINE__,
	    "sources:\n- name: a_b\n" MANAGED
	    "registries:\n- {name: r, sources: a_b}\n",
	    2,
	    "source[0]: name 'a_b' must be a valid DNS subdomain (lowercase "
	    "alphanumeric and hyphens, max 63 chars)" },
	{ __LINE__,
	    "sources:\n- name: a-\n" MANAGED
	    "registries:\n- {name: r, sources: a-}\n",
	    2, "must be a valid DNS subdomain" },
	{ __LINE__,
	    "sources:\n- {name: s, managed: {}}\n"
	    "- file: {path: x}\n" SYNCED "  name: s\n"
	    "registries:\n- {name: r, sources: s}\n",
	    5, "source[1]: duplicate source name 's', first on line 2" },

	/* kinds of sources */
	{ __LINE__, SOURCE("  managed:\n"), 2,
	    "source[0] (s): one of git, api, file, managed, or kubernetes "
	    "configuration must be specified" },
	{ __LINE__, SOURCE("  managed: {}\n  kubernetes: {}\n"), 4,
	    "source[0] (s): only one of git, api, file, managed, or kubernetes "
	    "configuration may be specified" },
	{ __LINE__, SOURCE("  git: somewhere\n" SYNCED), 3,
	    "sources[0].git: source[0] (s): found text 'somewhere', expected a "
	    "block" },
	{ __LINE__,
	    "sources:\n- {name: s, managed: {}}\n"
	    "- {name: t, managed: {}}\n"
	    "registries:\n- {name: r, sources: s,t}\n",
	    3, "at most one managed source is allowed, found 2" },
	{ __LINE__,
	    SOURCE("  kubernetes:\n    namespaces:\n    - ok\n"
		   "    - Bad\n"),
	    6, "source[0] (s): invalid namespace name: Bad" },
	{ __LINE__, SOURCE("  kubernetes: {namespaces: [a, b, a]}\n"), 3,
	    "source[0] (s): duplicate namespace: a" },

	/* policies */
	{ __LINE__, SOURCE("  file: {path: x}\n"), 2,
	    "source[0] (s): syncPolicy.interval is required" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    strict: true\n"),
	    5, "source[0] (s): syncPolicy.interval is required" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    interval: ''\n"),
	    5, "source[0] (s): syncPolicy.interval is required" },
	{ __LINE__, SOURCE("  configmap: {path: x}\n"), 2,
	    "source[0] (s): syncPolicy.interval is required" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    interval: 1d\n"),
	    5,
	    "source[0] (s): syncPolicy.interval must be a valid duration "
	    "(e.g., '30m', '1h'): unknown unit 'd' in '1d'" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    interval: 90\n"),
	    5, "missing unit in '90'" },
	{ __LINE__, SOURCE("  file: {path: x}\n  syncPolicy: 1h\n"), 4,
	    "sources[0].syncPolicy: source[0] (s): found text '1h', expected a "
	    "block" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    interval: [1h]\n"),
	    5,
	    "sources[0].syncPolicy.interval: source[0] (s): found a list, "
	    "expected a single" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    interval: 1h\n    strict: often\n"),
	    6,
	    "strict: source[0] (s): found text 'often', expected true or false" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n  syncPolicy:\n"
		   "    interval: 1h\n    allowShrink: [1]\n"),
	    6,
	    "allowShrink: source[0] (s): found a list, expected a single value" },

	/* git */
	{ __LINE__, SOURCE("  git: {}\n" SYNCED), 3,
	    "source[0] (s): git.repository is required" },
	{ __LINE__, GIT("    branch: b\n    tag: t\n"), 6,
	    "source[0] (s): only one of branch, tag, or commit may be "
	    "specified" },
	{ __LINE__, GIT("    commit: c\n    branch: b\n"), 5,
	    "only one of branch, tag, or commit may be specified" },
	{ __LINE__, GIT("    timeout: 0s\n"), 5,
	    "git.timeout must be greater than zero" },
	{ __LINE__, GIT("    timeout: soon\n"), 5,
	    "git.timeout must be a valid duration" },
	{ __LINE__, GIT("    auth:\n      username: u\n"), 6,
	    "git.auth.username and git.auth.passwordFile must both be "
	    "specified" },
	{ __LINE__, GIT("    auth:\n      passwordFile: /dev/null\n"), 6,
	    "git.auth.username and git.auth.passwordFile must both be "
	    "specified" },
	{ __LINE__,
	    GIT("    auth:\n      username: u\n"
		"      passwordFile: secret\n"),
	    7, "git.auth.passwordFile must be an absolute path" },
	{ __LINE__,
	    GIT("    auth:\n      username: u\n"
		"      passwordFile: /nowhere/secret\n"),
	    7,
	    "git.auth.passwordFile is not accessible: /nowhere/secret: No " },
	{ __LINE__, GIT("    auth:\n      privateKeyFile: key\n"), 6,
	    "git.auth.privateKeyFile must be an absolute path" },
	{ __LINE__, GIT("    auth:\n      privateKeyFile: /nowhere/key\n"), 6,
	    "git.auth.privateKeyFile is not accessible" },
	{ __LINE__, GIT("    auth:\n      knownHostsFile: /nowhere/hosts\n"), 6,
	    "git.auth.knownHostsFile is not accessible" },
	{ __LINE__,
	    GIT("    auth:\n      username: u\n"
		"      passwordFile: /dev/null\n"
		"      privateKeyFile: /dev/null\n"),
	    7, "are mutually exclusive" },
	{ __LINE__, GIT("    caFile: ca.pem\n"), 5,
	    "git.caFile must be an absolute path, found 'ca.pem'" },
	{ __LINE__, GIT("    caFile: /nowhere/ca.pem\n"), 5,
	    "git.caFile is not accessible: /nowhere/ca.pem: No such" },
	{ __LINE__,
	    SOURCE("  git: {repository: 'git@example.com:a', "
		   "caFile: /dev/null}\n" SYNCED),
	    3, "git.caFile needs an https repository" },
	{ __LINE__,
	    SOURCE("  git:\n    repository: http://git.example.com/a.git\n"
		   "    auth:\n      username: u\n"
		   "      passwordFile: /dev/null\n" SYNCED),
	    7, "git.auth.passwordFile must not be sent over plain http" },
	{ __LINE__,
	    SOURCE(
		"  git: {repository: 'http://hush@git.example.com/a.git'}\n" SYNCED),
	    3,
	    "the user name in the URL must not be sent over plain http (set "
	    "THV_REGISTRY_INSECURE_URL=true to allow it): "
	    "http://git.example.com/a.git" },
	{ __LINE__, GIT("    allowPrivate: perhaps\n"), 5,
	    "expected true or false" },

	/* api */
	{ __LINE__, SOURCE("  api: {}\n" SYNCED), 3,
	    "source[0] (s): api.endpoint is required" },
	{ __LINE__, API("    timeout: 1\n"), 5,
	    "api.timeout must be a valid duration (e.g., '30s', '1m'): "
	    "missing unit in '1'" },
	{ __LINE__, API("    timeout: 0\n"), 5,
	    "api.timeout must be greater than zero" },
	{ __LINE__, API("    timeout: -1s\n"), 5,
	    "api.timeout must be greater than zero" },
	{ __LINE__, API("    timeout: 5m1ns\n"), 5,
	    "api.timeout must not exceed 5m0s" },
	{ __LINE__, API("    pageSize: 0\n"), 5,
	    "api.pageSize must be between 1 and 1000" },
	{ __LINE__, API("    pageSize: 1001\n"), 5,
	    "api.pageSize must be between 1 and 1000" },
	{ __LINE__, API("    overlap: -1s\n"), 5,
	    "api.overlap must not be negative" },
	{ __LINE__, API("    fullInterval: 1d\n"), 5,
	    "api.fullInterval must be a valid duration" },
	{ __LINE__, API("    tokenFile: token\n"), 5,
	    "api.tokenFile must be an absolute path, found 'token'" },
	{ __LINE__, API("    caFile: /nonexistent\n"), 5,
	    "api.caFile is not accessible: /nonexistent: " },
	{ __LINE__, API("    headers: [{value: x}]\n"), 5,
	    "api.headers.name is required" },
	{ __LINE__, API("    headers: [{name: X-Y}]\n"), 5,
	    "exactly one of value and valueFile must be specified" },
	{ __LINE__, API("    headers: [{name: 'X Y', value: x}]\n"), 5,
	    "invalid name of a header: 'X Y'" },
	{ __LINE__, API("    headers: [{name: host, value: x}]\n"), 5,
	    "header host is reserved" },
	{ __LINE__, API("    headers: [{name: X-Y, value: \"a\\nb\"}]\n"), 5,
	    "control character in the value of a header" },
	{ __LINE__, SOURCE("  api: {endpoint: registry.example.com}\n" SYNCED),
	    3, "api.endpoint must be an http or https URL with host" },
	{ __LINE__,
	    SOURCE("  api: {endpoint: 'https://a.example.com/?x=1'}\n" SYNCED),
	    3, "api.endpoint must have no query" },
	{ __LINE__,
	    SOURCE("  api: {endpoint: http://a.example.com, "
		   "tokenFile: /dev/null}\n" SYNCED),
	    3, "api.tokenFile must not be sent over plain http" },
	{ __LINE__,
	    SOURCE("  api: {endpoint: 'http://u:p@a.example.com'}\n" SYNCED), 3,
	    "the user name in the URL must not be sent over plain http" },
	{ __LINE__, DOCUMENT("    url: 'http://u@a.example.com/x'\n"), 4,
	    "the user name in the URL must not be sent over plain http" },
	{ __LINE__,
	    SOURCE("  api: {endpoint: http://localhost, "
		   "requireHttps: true}\n" SYNCED),
	    3, "http://localhost is plain http, but requireHttps is set" },

	/* file */
	{ __LINE__, SOURCE("  file: {}\n" SYNCED), 3,
	    "source[0] (s): file.path or file.url is required" },
	{ __LINE__, DOCUMENT("    data: ''\n"), 3,
	    "file.path or file.url is required" },
	{ __LINE__, DOCUMENT("    path: x\n    url: https://example.com/\n"), 5,
	    "file.path and file.url are mutually exclusive" },
	{ __LINE__, DOCUMENT("    data: '{}'\n    path: x\n"), 4,
	    "file.path and file.data are mutually exclusive" },
	{ __LINE__,
	    DOCUMENT("    url: https://example.com/\n"
		     "    data: '{}'\n"),
	    5, "file.url and file.data are mutually exclusive" },
	{ __LINE__, DOCUMENT("    url: 'http://exa mple.com/'\n"), 4,
	    "file.url is invalid: invalid character in host name" },
	{ __LINE__, DOCUMENT("    url: 'https://example.com/%zz'\n"), 4,
	    "file.url is invalid: invalid URL escape" },
	{ __LINE__, DOCUMENT("    url: ':x'\n"), 4,
	    "file.url is invalid: missing protocol scheme" },
	{ __LINE__, DOCUMENT("    url: 'https://example.com:x/'\n"), 4,
	    "file.url is invalid: invalid port" },
	{ __LINE__, DOCUMENT("    url: 'https://[::1/'\n"), 4,
	    "file.url is invalid: missing ']' in host" },
	{ __LINE__, DOCUMENT("    url: \"https://example.com/\\n\"\n"), 4,
	    "file.url is invalid: control character" },
	{ __LINE__, DOCUMENT("    url: example.com/x\n"), 4,
	    "file.url must be an http or https URL with host" },
	{ __LINE__, DOCUMENT("    url: 'https:///x'\n"), 4,
	    "file.url must be an http or https URL with host" },
	{ __LINE__, DOCUMENT("    url: ftp://example.com/x\n"), 4,
	    "file.url must be an http or https URL with host" },
	{ __LINE__,
	    DOCUMENT("    url: https://example.com/\n"
		     "    timeout: x\n"),
	    5, "file.timeout must be a valid duration (e.g., '30s', '1m'): " },
	{ __LINE__, DOCUMENT("    path: x\n    caFile: /dev/null\n"), 5,
	    "file.caFile needs file.url" },
	{ __LINE__, DOCUMENT("    data: '{}'\n    tokenFile: /dev/null\n"), 5,
	    "file.tokenFile needs file.url" },
	{ __LINE__,
	    DOCUMENT("    url: https://example.com/\n"
		     "    caFile: /nowhere/ca.pem\n"),
	    5, "file.caFile is not accessible: /nowhere/ca.pem: No such" },
	{ __LINE__,
	    DOCUMENT("    url: https://example.com/\n"
		     "    tokenFile: token\n"),
	    5, "file.tokenFile must be an absolute path, found 'token'" },
	{ __LINE__,
	    DOCUMENT("    url: http://example.com/\n"
		     "    tokenFile: /dev/null\n"),
	    4, "file.tokenFile must not be sent over plain http" },

	/* configmap */
	{ __LINE__, SOURCE("  configmap: {}\n" SYNCED), 3,
	    "configmap.path or configmap.name is required" },
	{ __LINE__, SOURCE("  configmap:\n    path: /x\n    name: n\n" SYNCED),
	    4, "configmap.path and configmap.name are mutually exclusive" },
	{ __LINE__, SOURCE("  configmap:\n    name: Bad_\n" SYNCED), 4,
	    "configmap.name must be the name of a ConfigMap" },
	{ __LINE__, SOURCE("  configmap:\n    name: a..b\n" SYNCED), 4,
	    "at most 253), found 'a..b'" },
	{ __LINE__,
	    SOURCE("  configmap:\n    name: n\n    namespace: a.b\n" SYNCED), 5,
	    "invalid namespace name: a.b" },
	{ __LINE__, SOURCE("  configmap:\n    name: n\n    key: a/b\n" SYNCED),
	    5, "configmap.key must be a key of a ConfigMap" },
	{ __LINE__,
	    SOURCE("  configmap:\n    name: n\n    key: ..data\n" SYNCED), 5,
	    "or '*', found '..data'" },
	{ __LINE__,
	    SOURCE(
		"  configmap:\n    name: n\n    server: http://k8s.example.com\n" SYNCED),
	    5, "configmap.server must be an https URL" },
	{ __LINE__,
	    SOURCE(
		"  configmap:\n    name: n\n    server: https://u@k8s.example.com\n" SYNCED),
	    5, "must have no user, query or fragment" },
	{ __LINE__,
	    SOURCE(
		"  configmap:\n    name: n\n    tokenFile: /dev/null\n    server: http://127.0.0.1\n" SYNCED),
	    5, "configmap.tokenFile needs an https configmap.server" },
	{ __LINE__,
	    SOURCE("  configmap:\n    name: n\n    tokenFile: token\n" SYNCED),
	    5, "configmap.tokenFile must be an absolute path, found 'token'" },
	{ __LINE__,
	    SOURCE(
		"  configmap:\n    name: n\n    caFile: /nowhere/ca.crt\n" SYNCED),
	    5, "configmap.caFile is not accessible: /nowhere/ca.crt: No such" },
	{ __LINE__,
	    SOURCE(
		"  configmap:\n    path: /x\n    caFile: /dev/null\n" SYNCED),
	    4, "configmap.path and configmap.caFile are mutually exclusive" },

	/* filters */
	{ __LINE__,
	    SOURCE("  file: {path: x}\n" SYNCED
		   "  filter:\n    names:\n      include:\n"
		   "      - ok/*\n      - 'a[b'\n"),
	    9, "source[0] (s): filter.names.include: pattern 'a[b'" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n" SYNCED
		   "  filter: {names: {exclude: 'x,\\'}}\n"),
	    5, "filter.names.exclude[1]: source[0] (s): " },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n" SYNCED
		   "  filter:\n    tags:\n      include:\n"
		   "      - {a: b}\n"),
	    8,
	    "filter.tags.include[0]: source[0] (s): found a block of keys, "
	    "expected a text" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n" SYNCED
		   "  filter:\n    tags:\n      include: {a: b}\n"),
	    7, "found a block of keys, expected a list of texts" },

	/* claims */
	{ __LINE__, SOURCE(MANAGED "  claims: {a: 1}\n"), 4,
	    "source[0] (s): claim \"a\": value must be a string or array of "
	    "strings, got int" },
	{ __LINE__, SOURCE(MANAGED "  claims: {a: true}\n"), 4, "got bool" },
	{ __LINE__, SOURCE(MANAGED "  claims: {a: 1.5}\n"), 4, "got float64" },
	{ __LINE__, SOURCE(MANAGED "  claims: {a: null}\n"), 4, "got null" },
	{ __LINE__, SOURCE(MANAGED "  claims: {a: {b: c}}\n"), 4, "got map" },
	{ __LINE__, SOURCE(MANAGED "  claims:\n    a: x\n    A: [x, 1]\n"), 6,
	    "source[0] (s): claim \"A\": array element [1] must be a string, "
	    "got int" },
	{ __LINE__, SOURCE(MANAGED "  claims: words\n"), 4,
	    "sources[0].claims: source[0] (s): found text 'words', expected a "
	    "map" },
	{ __LINE__, REGISTRIES("- name: r\n  sources: s\n  claims: {a: 1}\n"),
	    7, "registries[0] (r): claim \"a\": value must be a string" },

	/* registries */
	{ __LINE__, REGISTRIES("- sources: s\n"), 5,
	    "registries[0]: name is required" },
	{ __LINE__,
	    REGISTRIES("- {name: r, sources: s}\n"
		       "- {name: r, sources: t}\n"),
	    6, "registries[1]: duplicate registry name 'r', first on line 5" },
	{ __LINE__, REGISTRIES("- name: r\n"), 5,
	    "registries[0] (r): at least one source is required" },
	{ __LINE__, REGISTRIES("- name: r\n  sources: []\n"), 6,
	    "registries[0] (r): at least one source is required" },
	{ __LINE__, REGISTRIES("- name: r\n  sources:\n  - s\n  - tt\n"), 8,
	    "registries[0] (r): references unknown source 'tt'; did you mean "
	    "'t'?" },
	{ __LINE__, REGISTRIES("- name: r\n  sources: [s, t, s]\n"), 6,
	    "registries[0] (r): source 's' is listed more than once" },
	{ __LINE__,
	    REGISTRIES("- {name: r, sources: s, default: true}\n"
		       "- {name: q, sources: t, default: true}\n"),
	    6, "registries[1].default: found a second default registry" },

	/* database */
	{ __LINE__, AFTER("database: {maxMetaSize: 0}\n"), 5,
	    "database.maxMetaSize must be greater than zero" },
	{ __LINE__, AFTER("database: {maxMetaSize: -1}\n"), 5,
	    "database.maxMetaSize must be greater than zero" },
	{ __LINE__, AFTER("database: {maxMetaSize: big}\n"), 5,
	    "database.maxMetaSize: found text 'big', expected a whole number" },
	{ __LINE__, AFTER("database: {maxMetaSize: 1e20}\n"), 5,
	    "found a number '1e20', expected a whole number" },
	{ __LINE__, AFTER("database: {maxMetaSize: .inf}\n"), 5,
	    "found a number '.inf', expected a whole number" },
	{ __LINE__, AFTER("auth: {mode: [a]}\n"), 5,
	    "auth.mode: found a list, expected a single value" },
	{ __LINE__, API("    headers: [x]\n"), 5,
	    "headers[0]: source[0] (s): found text 'x', expected a block" },
	{ __LINE__, SOURCE("  kubernetes: {namespaces: [a, ~]}\n"), 3,
	    "namespaces[1]: source[0] (s): found nothing '~', expected a "
	    "text" },
	{ __LINE__, AFTER("database: {maxMetaSize: 1.5}\n"), 5,
	    "found a number '1.5', expected a whole number" },
	{ __LINE__, AFTER("database: {tombstoneRetention: 90d}\n"), 5,
	    "database.tombstoneRetention must be a valid duration" },
	{ __LINE__, AFTER("database: {tombstoneRetention: -1h}\n"), 5,
	    "database.tombstoneRetention must not be negative" },
	{ __LINE__, AFTER("database: x.db\n"), 5,
	    "database: found text 'x.db', expected a block of keys" },

	/* auth */
	{ __LINE__, AFTER("auth:\n  mode: open\n"), 6,
	    "invalid auth configuration: invalid auth.mode: open (must be "
	    "'anonymous' or 'oauth')" },
	{ __LINE__, AFTER("auth:\n  publicPaths: [/x]\n"), 6,
	    "invalid auth.mode:  (must be 'anonymous' or 'oauth')" },
	/* Protection that would not be in force. */
	{ __LINE__, SOURCE(MANAGED "  claims: {org: acme}\n"), 4,
	    "sources[0].claims: source[0] (s): claims are not enforced by "
	    "this version" },
	{ __LINE__, SOURCE(MANAGED "  claims: {org: []}\n"), 4,
	    "write 'auth.claims: ignored'" },
	{ __LINE__,
	    REGISTRIES("- {name: r, sources: 's,t', claims: {a: [b]}}\n"), 5,
	    "registries[0].claims: registries[0] (r): claims are not "
	    "enforced" },
	{ __LINE__,
	    SOURCE(MANAGED "  claims: {a: b}\n") "auth: {mode: anonymous}\n", 4,
	    "claims are not enforced" },
	{ __LINE__, AFTER("auth: {mode: anonymous, claims: enforced}\n"), 5,
	    "auth.claims must be 'ignored', found 'enforced'" },
	{ __LINE__, AFTER("auth: {mode: anonymous, claims: Ignored}\n"), 5,
	    "auth.claims must be 'ignored', found 'Ignored'" },
	{ __LINE__,
	    AFTER("auth:\n  mode: oauth\n  oauth:\n    providers:\n"
		  "    - {name: n, audience: a, issuerUrl: "
		  "'https://example.com'}\n"),
	    6,
	    "authentication is not enforced by this version: every client "
	    "could read everything" },

	/* telemetry, trigger */
	{ __LINE__, AFTER("sync: {deadline: -1s}\n"), 5,
	    "sync.deadline must not be negative (0 means none)" },
	{ __LINE__, AFTER("telemetry: {enabled: maybe}\n"), 5,
	    "telemetry.enabled: found text 'maybe', expected true or false" },
	{ __LINE__, AFTER("trigger: {access: everybody}\n"), 5,
	    "trigger.access must be 'loopback', 'open', 'token' or 'off', "
	    "found 'everybody'" },
	{ __LINE__, AFTER("trigger: {access: token}\n"), 5,
	    "trigger.tokenFile is required when trigger.access is 'token'" },
	{ __LINE__, AFTER("trigger: {minPause: -1s}\n"), 5,
	    "trigger.minPause must not be negative (0 means none)" },
	{ __LINE__, AFTER("trigger: {access: token, tokenFile: t}\n"), 5,
	    "trigger.tokenFile must be an absolute path, found 't'" },
	{ __LINE__, AFTER("trigger: token\n"), 5,
	    "trigger: found text 'token', expected a block" },
};

/* Those that make the rest unreadable or complain of everything missing. */
static bool
is_whole_file(const char *yaml)
{
	return strstr(yaml, "sources") == NULL;
}

static void
test_mistakes(void)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct conf *c = NULL;
		struct err e = ERR_INIT;
		size_t failed = (size_t)t_failed;

		T_AT(mistakes[i].row);
		CHECK_INT(load(&c, mistakes[i].yaml, &e), -1);
		CHECK(
		    has_message(c, true, mistakes[i].line, mistakes[i].error));
		CHECK_INT(e.code, ERR_CONFIG);
		CHECK(c != NULL &&
		      (c->error_count == 1 || is_whole_file(mistakes[i].yaml)));
		if ((size_t)t_failed != failed)
			show_messages(c);
		conf_free(c);
	}
	T_AT(0);
}

/* ---- files that are right, with a word of warning or none ---- */

static const struct {
	int row;
	const char *yaml;
	int line; /* 0: no message at all */
	const char *warning;
} accepted[] = {
	{ __LINE__, SOURCE(MANAGED), 0, NULL },
	{ __LINE__, "# comment\n---\n" SOURCE(MANAGED) "...\n", 0, NULL },
	{ __LINE__, "\xef\xbb\xbf" SOURCE(MANAGED), 0, NULL },
	{ __LINE__, SOURCE(MANAGED) "---\nmore: [\n", 6,
	    "a second document starts here; it is ignored" },
	{ __LINE__,
	    "SOURCES:\n- {NAME: s, Managed: {}}\n"
	    "Registries:\n- {nAme: r, Sources: s}\n",
	    0, NULL },
	/* one block for a list of one; a number for a name */
	{ __LINE__,
	    "sources: {name: 5, managed: {}}\n"
	    "registries: {name: 7, sources: 5}\n",
	    0, NULL },
	{ __LINE__, REGISTRIES("- {name: r, sources: 's,t'}\n"), 0, NULL },
	{ __LINE__, REGISTRIES("- {name: r, sources: s}\n"), 3,
	    "source 't' is not used by any registry" },
	{ __LINE__, AFTER("auth: {}\ntelemetry: {}\naudit: {}\n"), 0, NULL },
	{ __LINE__, AFTER("auth: {mode: anonymous}\n"), 0, NULL },
	{ __LINE__,
	    AFTER("telemetry: {tracing: {enabled: true, sampling: 0}}\n"), 0,
	    NULL },
	{ __LINE__, AFTER("audit: {logFile: here.log, maxDataSize: 1048576}\n"),
	    0, NULL },
	{ __LINE__, AFTER("x-shared: {any: thing}\n"), 0, NULL },

	{ __LINE__, AFTER("databse: {path: x}\n"), 5,
	    "unknown key 'databse' is ignored; did you mean 'database'?" },
	{ __LINE__, AFTER("nothing-like-it: 1\n"), 5,
	    "unknown key 'nothing-like-it' is ignored" },
	{ __LINE__, SOURCE(MANAGED "  fitler: {}\n"), 4,
	    "sources[0]: source[0] (s): unknown key 'fitler' is ignored; did you mean "
	    "'filter'?" },
	{ __LINE__, SOURCE("  branch: x\n" MANAGED), 3,
	    "unknown key 'branch' is ignored; did you mean 'git.branch'?" },
	{ __LINE__, SOURCE("  interval: 1h\n" MANAGED), 3,
	    "did you mean 'syncPolicy.interval'?" },
	{ __LINE__, SOURCE("  format: upstream\n" MANAGED), 3,
	    "sources[0].format: source[0] (s): this key is obsolete and "
	    "ignored (format)" },
	{ __LINE__, SOURCE(MANAGED "  syncPolicy: {interval: whenever}\n"), 4,
	    "syncPolicy is ignored for managed sources" },
	{ __LINE__, SOURCE("  kubernetes: {}\n"), 3,
	    "this version does not read entries from kubernetes sources" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n"
		   "  syncPolicy: {interval: 0s}\n"),
	    4, "the source is due at every run" },
	{ __LINE__,
	    SOURCE("  file: {path: x}\n"
		   "  syncPolicy: {interval: -5m}\n"),
	    4, "the source is due at every run" },
	{ __LINE__, SOURCE("  api: {endpoint: http://example.com}\n" SYNCED), 3,
	    "http://example.com is plain http" },
	{ __LINE__, SOURCE("  api: {endpoint: http://localhost:8080}\n" SYNCED),
	    0, NULL },
	{ __LINE__,
	    DOCUMENT("    url: https://example.com/\n"
		     "    timeout: -1s\n"),
	    5, "a negative file.timeout means no limit" },
	{ __LINE__, DOCUMENT("    path: x\n    timeout: nonsense\n"), 0, NULL },
	{ __LINE__, GIT("    auth: {username: u, privateKeyFile: /dev/null}\n"),
	    0, NULL },
	{ __LINE__, GIT("    auth: {knownHostsFile: /dev/null}\n"), 0, NULL },
	{ __LINE__, AFTER("database:\n  host: db\n  port: tcp://x\n"), 6,
	    "database.host: these settings of PostgreSQL are not used: this "
	    "registry stores its data in the SQLite file at database.path "
	    "(host, port)" },
	{ __LINE__, AFTER("telemetry: {enabled: true, tracing: {rate: 2}}\n"),
	    5, "telemetry is not sent by this version" },
	{ __LINE__, AFTER("audit: {enabled: true, file: [1]}\n"), 5,
	    "the audit log is not written by this version" },
	{ __LINE__, SOURCE(MANAGED "  claims: {}\n"), 0, NULL },
	{ __LINE__,
	    SOURCE(MANAGED "  claims: {a: b}\n") "auth:\n"
						 "  mode: anonymous\n"
						 "  claims: ignored\n",
	    9, "claims are ignored: every client can read everything" },
	{ __LINE__,
	    REGISTRIES(
		"- {name: r, sources: 's,t', claims: {a: [b]}}\n") "Auth: {Mode: anonymous, Claims: ignored}\n",
	    6, "claims are ignored: every client can read everything" },
	{ __LINE__, AFTER("auth: {mode: anonymous, claims: ignored}\n"), 0,
	    NULL },
	{ __LINE__,
	    AFTER("auth:\n  mode: oauth\n  claims: ignored\n"
		  "  oauth:\n    providers:\n"
		  "    - {name: n, audience: a, issuerUrl: "
		  "'http://127.0.0.1:99/x'}\n"),
	    6, "authentication is not enforced by this version" },
	{ __LINE__,
	    AFTER("insecure_url: true\nauth:\n  mode: oauth\n"
		  "  claims: ignored\n  oauth:\n"
		  "    providers: {name: n, audience: a, issuerUrl: "
		  "'http://example.com'}\n"),
	    7, "authentication is not enforced by this version" },
};

static void
test_accepted(void)
{
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		struct conf *c = NULL;
		struct err e = ERR_INIT;
		size_t failed = (size_t)t_failed;

		T_AT(accepted[i].row);
		CHECK_INT(load(&c, accepted[i].yaml, &e), 0);
		CHECK_INT(
		    c == NULL ? 9 : c->message_count, accepted[i].line > 0);
		if (accepted[i].line > 0)
			CHECK(has_message(
			    c, false, accepted[i].line, accepted[i].warning));
		if ((size_t)t_failed != failed)
			show_messages(c);
		conf_free(c);
	}
	T_AT(0);
}

/* ---- all mistakes at once ---- */

static void
test_all_at_once(void)
{
	static const struct {
		int line;
		const char *text;
	} wanted[] = {
		{ 2, "sources[0].name: source[0]: name 'Team'" },
		{ 5, "file.path and file.url are mutually exclusive" },
		{ 7, "syncPolicy.interval must be a valid duration" },
		{ 10, "git.repository is required" },
		{ 11, "only one of branch, tag, or commit" },
		{ 12, "unknown key 'pth' is ignored; did you mean 'path'?" },
		{ 14, "unknown key 'intervall'" },
		{ 14, "syncPolicy.interval is required" },
		{ 19, "pattern 'broken['" },
		{ 20, "duplicate source name 'tools', first on line 8" },
		{ 23, "api.timeout must not exceed 5m0s" },
		{ 27, "claim \"level\"" },
		{ 30, "references unknown source 'toolz'" },
		{ 30, "source 'tools' is listed more than once" },
		{ 31, "found text 'perhaps', expected true or false" },
		{ 33, "database.maxMetaSize must be greater than zero" },
	};
	const size_t count = sizeof wanted / sizeof *wanted;
	struct conf *c = NULL;
	struct err e = ERR_INIT;

	CHECK_INT(conf_load(&c, FIXTURES "mistakes.yaml", &e), -1);
	CHECK_INT(c->error_count, 14);
	CHECK_INT(c->message_count, count);
	for (size_t i = 0; i < count && i < c->message_count; i++) {
		char place[128];

		snprintf(place, sizeof place,
		    FIXTURES "mistakes.yaml:%d: ", wanted[i].line);
		CHECK(strncmp(c->messages[i].text, place, strlen(place)) == 0);
		CHECK(strstr(c->messages[i].text, wanted[i].text) != NULL);
	}
	CHECK_STR(e.text, c->messages[0].text);
	conf_free(c);
}

/* More mistakes than are kept: errors stay, and the rest is counted. */
static void
test_too_many(void)
{
	struct buf yaml = BUF_INIT(LIMIT_CONFIG_FILE);
	struct conf *c = NULL;
	struct err e = ERR_INIT;
	size_t errors = 0;

	buf_adds(&yaml, AFTER(""));
	for (int i = 0; i < 300; i++)
		buf_addf(&yaml, "unknown%d: 1\n", i);
	buf_adds(
	    &yaml, "database: {maxMetaSize: -1}\naudit: {enabled: maybe}\n");
	CHECK_INT(load(&c, buf_str(&yaml), &e), -1);
	CHECK_INT(c->error_count, 2);
	CHECK_INT(c->message_count, LIMIT_CONFIG_MESSAGES + 3);
	for (size_t i = 0; i < c->message_count; i++)
		errors += c->messages[i].is_error;
	CHECK_INT(errors, 2);
	CHECK_STR(c->messages[c->message_count - 1].text,
	    FILE_NAME ": 100 more messages are not shown");
	CHECK(strstr(e.text, FILE_NAME ":305: database") != NULL);
	conf_free(c);
	buf_free(&yaml);
}

int
main(void)
{
	char directory[] = "/tmp/test_conf_check.XXXXXX";

	test_all_at_once();
	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		return 1;
	test_mistakes();
	test_accepted();
	test_too_many();
	unlink(FILE_NAME);
	if (chdir("/") == 0)
		rmdir(directory);
	return t_done();
}
