#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile and odd URIs through the real program: always JSON, never a 5xx."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import random
import urllib.parse

import odd_paths
import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
BASE = odd_paths.BASE

# What no web server passes on as it is, or what has no one answer, beside
# what all must answer.  Path, status, error text (None: any).
TABLE = odd_paths.TABLE + [
    ("/registry/%zz/v0.1/servers", 400,
        "invalid URL encoding in registryName"),
    (f"{BASE}/servers/%2/versions", 400,
        "invalid URL encoding in serverName"),
    (f"{BASE}/servers/a%2Fb/versions/%00", 400,
        "invalid URL encoding in version"),
    (f"{BASE}/servers/a%2Fb/versions/%C0%AF", 400,
        "invalid URL encoding in version"),
    (f"{BASE}/servers?search=%zz", 200, None),
    (f"{BASE}/servers?search=%00", 200, None),
    (f"{BASE}/servers?search=%ff", 200, None),
    (f"{BASE}/servers?limit=%zz", 200, None),
    (f"{BASE}/servers?limit=5;", 200, None),
    (f"{BASE}/servers?cursor=%00", 200, None),
    (f"{BASE}/servers?" + "&" * 1000, 200, None),
    (f"{BASE}/servers?version=" + "v" * 7000, 200, None),
    (f"{BASE}/servers?cursor=" + "A" * 7000, 400, "invalid cursor"),
    (f"{BASE}/servers/" + "n%2F" * 1500 + "/versions", 400, None),
    (f"{BASE}/servers/" + "n" * 6000 + "/versions/1", 404, "not found"),
    (f"/registry/{'r' * 7000}/v0.1/servers", 404, "registry not found"),
    ("/registry/r/v0.1/../v0.1/servers", 404, "not found"),
    ("/registry/r/v0.1/%2e%2e/servers", 404, "not found"),
    ("//registry/r/v0.1/servers", 404, "not found"),
    ("/registry/r/v0.1/servers#x", 404, "not found"),
    ("/" * 8000, 404, "not found"),
    ("/" + "%2F" * 2600, 404, "not found"),
    ("/%", 400, "invalid URL encoding"),
    ("/" + "x" * 8192, 414, "the request URI is too long"),
    ("", 404, "not found"),
    ("*", 404, "not found"),
    ("x", 404, "not found"),
    ("http://example.com/health", 404, "not found"),
    ("/health?x=%zz", 200, None),
    ("/'; DROP TABLE entry; --", 404, "not found"),
    (f"{BASE}/servers?search=%27%20OR%201%3D1--", 200, None),
    (f"{BASE}/servers?search=%22%20OR%20%22abc", 200, None),
    (f"{BASE}/servers?search=abc%2A", 200, None),
    (f"{BASE}/servers?search=NEAR(abc)", 200, None),
]


def test_table():
    for uri, status, error in TABLE:
        answer = responder.cgi(DATABASE, uri)
        tap.equal((answer.status, answer.json.get("error") if error else
            None), (status, error), uri[:100])
        tap.equal(answer.log, "", "nothing logged")


def test_random_noise():
    """Random mixtures of telling pieces."""
    rng = random.Random(7)
    pieces = ["/", "//", "registry", "r", "v0.1", "servers", "versions",
        "a%2Fb", "latest", "%", "%2", "%00", "%ff", "%e2%82%ac", "..", ".",
        "?", "&", "=", ";", "limit=", "1", "-1", "cursor=", "search=", "+",
        "version=", "x", "dev.toolhive", "skills", "plugins", "updated_since=",
        "2026-01-01T00:00:00Z", "\"", "*", "(", ")", "status", "\xe4", "\\"]
    with tempfile.TemporaryDirectory() as directory:
        server = responder.FastCgi(DATABASE, directory)
        seen = {}
        bad = []
        for _ in range(4000):
            uri = "/" + "".join(rng.choices(pieces, k=rng.randint(1, 14)))
            if rng.random() < 0.5:
                uri = f"{BASE}/servers" + uri
            if rng.random() < 0.3:
                uri = f"{BASE}/servers?" + uri
            answer = server.get(uri, rng.choice(["GET", "GET", "HEAD"]))
            seen[answer.status] = seen.get(answer.status, 0) + 1
            page = answer.headers["content-type"].startswith("text/html")
            if answer.status not in (200, 400, 404) or \
                    page != (uri.partition("?")[0] == "/") or \
                    answer.body and not page and \
                    not isinstance(answer.json, dict):
                bad.append((uri, answer.status))
        tap.equal(bad, [], f"only 200, 400, 404 with JSON, or the page: {seen}")
        tap.ok(all(seen.get(s, 0) > 50 for s in (200, 400, 404)),
            "and each of them often")
        tap.equal(server.log(), "", "nothing logged")
        tap.equal(server.stop(), 0, "and the responder lives")


def test_every_byte_in_a_name():
    """Each byte, percent-encoded, in a name: an answer, and never a 5xx."""
    with tempfile.TemporaryDirectory() as directory:
        server = responder.FastCgi(DATABASE, directory)
        got = {b: server.get(
            f"{BASE}/servers/a%2Fx%{b:02X}/versions/1").status
            for b in range(256)}
        server.stop()
    tap.equal({b for b, s in got.items() if s == 400},
        {0, 9, 10, 13, 32} | set(range(128, 256)), "400 for these bytes")
    tap.equal({s for s in got.values()}, {400, 404}, "404 for the others")


def test_names_come_back():
    """What is quoted as a path segment is found again."""
    for name in odd_paths.NAMES:
        answer = responder.cgi(DATABASE, f"{BASE}/servers/"
            f"{urllib.parse.quote(name, safe='')}/versions/latest")
        tap.equal((answer.status, answer.json.get("server", {}).get("name")),
            (200, name), name)


rdb.build(DATABASE, [odd_paths.SOURCE],
    [rdb.Registry("r", ["odd"], True)] + odd_paths.REGISTRIES)
tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
