# SPDX-License-Identifier: Apache-2.0
"""Paths with every kind of escape and what each must be answered, whatever
stands between a client and the responder."""

import registry_db as rdb

BASE = "/registry/odd/v0.1"
NAMES = ["w.e/ü€😀", "w.e/%2F", "w.e/a+b", "w.e/a?b#c", "w.e/a;b&c=d",
    "w.e/'\"\\", "w.e/..", "w.e/a@b:c", "w.e/~!*(),$", "w.e/<{[|^`]}>",
    "w.e/my server", " w.e/ x ", "w.e/\u00a0", "w.e/tab\tx", "w.e/%", "w.e/%2f",
    "w.e/1/2/3", "no-slash", "/", "w.e/versions", "versions/versions"]
VERSIONS = ["v2 beta", "1%2B", "1/2", "+", " ", "ü", "versions", "..1", "%zz"]
SOURCE = rdb.Source("odd", [rdb.server("a/b", v) for v in ("1", "1+b", "1%",
    "latest")] + [rdb.server("io.github.a/b", "1.0.0+build")] +
    [rdb.server(name) for name in NAMES] +
    [rdb.server("ver.e/x", version) for version in VERSIONS] +
    [rdb.extension(rdb.SKILL, "ns", "name")])
REGISTRIES = [rdb.Registry("odd", ["odd"]), rdb.Registry("w/slash", ["odd"])]

# Path, status, text of the error (None: there is none).
TABLE = [
    (f"{BASE}/servers/a%2Fb/versions", 200, None),
    (f"{BASE}/servers/a%2fb/versions", 200, None),
    (f"{BASE}/servers/%61%2F%62/versions/%31", 200, None),
    (f"{BASE}/servers/a%2Fb/versions/1+b", 200, None),
    (f"{BASE}/servers/a%2Fb/versions/1%2Bb", 200, None),
    (f"{BASE}/servers/a%2Fb/versions/1%2bb", 200, None),
    (f"{BASE}/servers/a%2Fb/versions/1%25", 200, None),
    (f"{BASE}/servers/a%2Fb/versions/1%2525", 404, "not found"),
    (f"{BASE}/servers/io.github.a%2Fb/versions/1.0.0%2Bbuild?search=x%2Fy",
        200, None),
    # A proxy decoded the slash, or encoded everything once more.
    (f"{BASE}/servers/a/b/versions", 200, None),
    (f"{BASE}/servers/a/b/versions/1", 200, None),
    (f"{BASE}/servers/a/b/versions/latest", 200, None),
    (f"{BASE}/servers/a/c/versions/1", 404, "not found"),
    (f"{BASE}/servers/a/b/versions/2", 404, "not found"),
    ("/v1/registry/a/b", 200, None),
    ("/v1/registry/a/c", 404, "not found"),
    (f"{BASE}/servers/w.e/versions/versions", 200, None),
    (f"{BASE}/servers/w.e/versions/versions/1.0.0", 200, None),
    (f"{BASE}/servers/a%252Fb/versions", 200, None),
    (f"{BASE}/servers/a%252fb/versions/1%252Bb", 200, None),
    ("/v1/registry/a%252Fb", 200, None),
    (f"{BASE}/servers/a%25252Fb/versions/1", 404, "not found"),
    # What cannot be a name does not exist.
    (f"{BASE}/servers/a/versions", 404, "not found"),
    (f"{BASE}/servers/a%2Fb%2Fc/versions", 404, "not found"),
    (f"{BASE}/servers//versions", 404, "not found"),
    (f"{BASE}/servers//versions/latest", 404, "not found"),
    (f"{BASE}/servers/%20/versions/1", 404, "not found"),
    (f"{BASE}/servers/%E3%80%80/versions/1", 404, "not found"),
    (f"{BASE}/servers/a%20b/versions", 404, "not found"),
    (f"{BASE}/servers/a%2Fb/versions/1%20b", 404, "not found"),
    (f"{BASE}/servers/a%2Fb/versions/1%09", 404, "not found"),
    (f"{BASE}/servers/a%2Fb", 404, "not found"),
    # Slashes too many.
    (f"{BASE}/servers/", 200, None),
    (f"{BASE}/servers/a%2Fb/versions/", 200, None),
    (f"{BASE}/servers//a%2Fb//versions//1/", 200, None),
    ("/v1/registry/", 200, None),
    ("/v1/registries/", 200, None),
    ("/registry/odd/v0/servers", 200, None),
    ("/registry/odd/v0/servers/a%2Fb/versions/1", 200, None),
    ("/registry/odd/v0/x/dev.toolhive/skills/ns/name", 200, None),
    (f"{BASE}/Servers/a%2Fb/versions", 404, "not found"),
    (f"{BASE}/%73ervers", 200, None),
    (f"{BASE}/x/dev.toolhive/skills", 200, None),
    (f"{BASE}/x/dev.toolhive/skills/", 200, None),
    (f"{BASE}/x/dev.toolhive/skills/ns/name", 200, None),
    (f"{BASE}/x/dev.toolhive/skills/ns%2Fname", 404, "not found"),
    (f"{BASE}/x/dev.toolhive/skills//name", 404, "not found"),
    (f"{BASE}/x/dev.toolhive/skills/%20/name", 404, "not found"),
    (f"{BASE}/x/dev.toolhive/plugins/ns/%09/versions", 404, "not found"),
    ("/registry/a%2Fb/v0.1/servers", 404, "registry not found"),
    ("/registry/w%2Fslash/v0.1/servers", 200, None),
    ("/registry/w/slash/v0.1/servers", 404, "not found"),
    ("/registry//v0.1/servers", 404, "registry not found"),
    ("/registry/%C2%A0/v0.1/servers", 404, "registry not found"),
    ("/v1/sources/x%25y", 404, "source not found: x%y"),
    ("/v1/sources/x%2525y", 404, "source not found: x%25y"),
    ("/v1/registries/w%2Fslash", 200, None),
    ("/registry/odd%2Fv0.1/servers", 404, "registry not found"),
]
