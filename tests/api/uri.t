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

CODING = ("malformed percent-encoding, or a semicolon that is not written as "
    "%3B")

# What no web server passes on as it is, or what has no one answer, beside
# what all must answer.  Path, status, error text (None: any).
TABLE = odd_paths.TABLE + [
    ("/registry/%zz/v0.1/servers", 404, "registry not found"),
    (f"{BASE}/servers/%2/versions", 404, "not found"),
    (f"{BASE}/servers/a%2Fb/versions/%00", 404, "not found"),
    (f"{BASE}/servers/a%2Fb/versions/%C0%AF", 404, "not found"),
    (f"{BASE}/servers/%zz%2Fb/versions/1?include_deleted=x", 404, "not found"),
    (f"{BASE}/servers?search=%zz", 400, "Invalid search parameter: " + CODING),
    (f"{BASE}/servers?version=%", 400, "Invalid version parameter: " + CODING),
    (f"{BASE}/servers?tag=%zz", 400, "Invalid tag parameter: " + CODING),
    (f"{BASE}/servers?limit=%zz", 400, "Invalid limit parameter: " + CODING),
    (f"{BASE}/servers?limit=5;", 400, "Invalid limit parameter: " + CODING),
    (f"{BASE}/servers?limit=5;search=x", 400,
        "Invalid limit parameter: " + CODING),
    (f"{BASE}/servers?x=5;search=x", 400, "Invalid search parameter: " +
        CODING),
    (f"{BASE}/servers?cursor=%00", 400, "Invalid cursor parameter: " + CODING),
    (f"{BASE}/x/dev.toolhive/skills?status=%zz", 400,
        "Invalid status parameter: " + CODING),
    (f"{BASE}/servers/a%2Fb/versions?search=%zz&x=%zz;", 200, None),
    (f"{BASE}/servers?search=%3B", 200, None),
    (f"{BASE}/servers?search=%ff", 200, None),
    (f"{BASE}/servers?" + "&" * 1000, 200, None),
    (f"{BASE}/servers?version=" + "v" * 7000, 200, None),
    (f"{BASE}/servers?cursor=" + "A" * 7000, 400, "invalid cursor"),
    (f"{BASE}/servers/" + "n%2F" * 1500 + "/versions", 404, "not found"),
    (f"{BASE}/servers/" + "n" * 9000 + "/versions/1", 404, "not found"),
    (f"{BASE}/servers/a%2Fb/versions/" + "1" * 9000, 404, "not found"),
    (f"{BASE}/servers/" + "n" * 6000 + "/versions/1", 404, "not found"),
    (f"/registry/{'r' * 7000}/v0.1/servers", 404, "registry not found"),
    ("/registry/r/v0.1/../v0.1/servers", 404, "not found"),
    ("/registry/r/v0.1/%2e%2e/servers", 404, "not found"),
    ("//registry/r/v0.1/servers", 200, None),
    ("/registry/r/v0.1/servers#x", 404, "not found"),
    ("/" + "%2F" * 2600, 404, "not found"),
    ("/%", 404, "not found"),
    ("//metrics", 404, "not found"),
    ("/metrics/", 404, "not found"),
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
                    page != (uri.partition("?")[0].strip("/") == "") or \
                    answer.body and not page and \
                    not isinstance(answer.json, dict):
                bad.append((uri, answer.status))
        tap.equal(bad, [], f"only 200, 400, 404 with JSON, or the page: {seen}")
        tap.ok(all(seen.get(s, 0) > 20 for s in (200, 400, 404)),
            f"and each of them often: {seen}")
        tap.equal(server.log(), "", "nothing logged")
        tap.equal(server.stop(), 0, "and the responder lives")


def test_every_byte_in_a_name():
    """Each byte, percent-encoded, in each part of a look-up: 404, never 400,
    which some clients take for an outage."""
    forms = ["servers/a%2Fx{}/versions/1", "servers/a%2Fx{}/versions",
        "servers/a/x{}/versions", "servers/a%2Fb/versions/0{}",
        "x/dev.toolhive/skills/ns/no{}", "x/dev.toolhive/plugins/n{}/name"]
    with tempfile.TemporaryDirectory() as directory:
        server = responder.FastCgi(DATABASE, directory)
        got = {(form, b): server.get(f"{BASE}/" + form.format(f"%{b:02X}")).
            status for form in forms for b in range(256)}
        got["v1"] = server.get("/v1/registry/a%2Fx%00").status
        server.stop()
    tap.equal({k: s for k, s in got.items() if s != 404}, {}, "all 404")


def names_listed(base):
    """Names and versions of all that the list has."""
    return {(s["server"]["name"], s["server"]["version"]) for s in
        responder.cgi(DATABASE, f"{base}/servers?limit=1000").json["servers"]}


def test_what_is_listed_can_be_looked_up():
    listed = names_listed(BASE)
    tap.ok(len(listed) > 30, "there are many odd names")
    for name, version in sorted(listed):
        for base in BASE, "/v0":
            uri = (f"{base}/servers/{urllib.parse.quote(name, safe='')}"
                f"/versions/{urllib.parse.quote(version, safe='')}")
            answer = responder.cgi(DATABASE, uri)
            if version != "latest":
                tap.equal((answer.status, answer.json.get("server", {}).get(
                    "name"), answer.json.get("server", {}).get("version")),
                    (200, name, version), uri)
        uri = f"/v1/registry/{urllib.parse.quote(name, safe='')}"
        tap.equal(responder.cgi(DATABASE, uri).json.get("server", {}).get(
            "name"), name, uri)


def test_decoded_slash_is_the_same_answer():
    """Bytes and headers, and the tag of one form is good for the other."""
    for form in ("{}/versions", "{}/versions/latest", "{}/versions/1%2Bb",
            "{}/versions?include_deleted=true"):
        for base in f"{BASE}/servers/", "/registry/odd/v0/servers/":
            plain = responder.cgi(DATABASE, base + form.format("a%2Fb"))
            for name in "a/b", "a%252Fb", "/a//b/":
                if name == "a%252Fb" and "2Bb" in form:
                    continue
                other = responder.cgi(DATABASE, base + form.format(name))
                tap.equal((other.status, other.body, other.headers),
                    (200, plain.body, plain.headers), form.format(name))
            tap.equal(responder.cgi(DATABASE, base + form.format("a/b"),
                etag=plain.headers["etag"]).status, 304, "and 304")
    # The first reading that finds something counts.
    one = responder.cgi(DATABASE,
        f"{BASE}/servers/ver.e%2Fx/versions/versions").json
    tap.equal(one["server"]["version"], "versions", "a version of that name")
    many = responder.cgi(DATABASE, f"{BASE}/servers/w.e/versions/versions").json
    tap.equal(many["servers"][0]["server"]["name"], "w.e/versions",
        "the versions of a server of that name")


def test_answers_that_are_kept():
    """One process, each path several times: readings do not mix."""
    with tempfile.TemporaryDirectory() as directory:
        server = responder.FastCgi(DATABASE, directory)
        for _ in range(4):
            for uri, name in ((f"{BASE}/servers/a/b/versions/1", "a/b"),
                    (f"{BASE}/servers/a%252Fb/versions/1", "a/b"),
                    (f"{BASE}/servers/a%2Fb/versions/1/", "a/b"),
                    (f"{BASE}/servers/w.e/versions/versions/1.0.0",
                        "w.e/versions")):
                tap.equal(server.get(uri).json["server"]["name"], name, uri)
            tap.equal(server.get(f"{BASE}/servers/w.e/versions/versions").json[
                "servers"][0]["server"]["name"], "w.e/versions", "the list")
        server.stop()


rdb.build(DATABASE, [odd_paths.SOURCE],
    [rdb.Registry("r", ["odd"], True)] + odd_paths.REGISTRIES)
tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
