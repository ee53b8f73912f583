#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Servers over HTTP: lists, versions, one version; bodies and headers."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import gzip
import json
import urllib.parse

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
BASE = "/registry/r/v0.1"
OFFICIAL = "io.modelcontextprotocol.registry/official"

# A document whose bytes would change if a JSON library wrote it again.
ODD = ('{"version":"1.0.0","name":"odd.example/one","description":"<&> \\u00e9'
    ' é","n":0.10,"big":12345678901234567890123,"e":1E5,"$schema":"s",'
    '"_meta":{"z":{},"a":[]}}')


def source_a():
    return rdb.Source("a", [
        rdb.server("n.x/x", "2.0.0", "alpha"),
        rdb.Version(rdb.SERVER, "odd.example/one", "1.0.0", {}, text=ODD),
        rdb.server("gone.example/half", "1.0.0"),
        rdb.server("gone.example/half", "2.0.0", status="deleted",
            message="withdrawn \"now\"", changed=rdb.EPOCH + rdb.DAY + 5),
        rdb.server("gone.example/whole", "1.0.0", status="deleted",
            updated=rdb.EPOCH + 50 * rdb.DAY),
        rdb.server("v.example/many", "1.9.0", updated=rdb.EPOCH + 9),
        rdb.server("v.example/many", "1.10.0"),
        rdb.server("v.example/many", "1.2.0", status="deprecated"),
        rdb.server("v.example/many", "1.2.0+build"),
        rdb.server("v.example/many", "nightly"),
    ])


def source_b():
    return rdb.Source("b", [
        rdb.server("n.x/x", "1.0.0", "beta"),
        rdb.server("n.x/x", "3.0.0", "beta"),
        rdb.server("gone.example/whole", "0.5.0", "alive in b"),
        rdb.server("b.example/only", "1.0.0", "Search ÄÖ me", "A Title"),
    ])


def get(uri, **more):
    return responder.cgi(DATABASE, uri, **more)


def shown(answer):
    return [(s["server"]["name"], s["server"]["version"])
        for s in answer.json["servers"]]


def test_a_document_is_returned_byte_by_byte():
    answer = get(f"{BASE}/servers/odd.example%2Fone/versions/1.0.0")
    tap.equal(answer.status, 200, "status")
    tap.equal(answer.body.decode(), '{"server":' + ODD + ',"_meta":{"' +
        OFFICIAL + '":{"status":"active",'
        '"statusChangedAt":"2026-01-01T00:00:00Z",'
        '"publishedAt":"2026-01-01T00:00:00Z",'
        '"updatedAt":"2026-01-02T00:00:00Z","isLatest":true}}}\n',
        "the document between its envelope, byte by byte")


def test_shadowing_comes_before_filters_and_pages():
    """contract: shadowing comes first, then filters, then pages."""
    for query, want in (
            ("", [("n.x/x", "2.0.0")]),
            ("&version=latest", [("n.x/x", "2.0.0")]),
            ("&search=beta", []),
            ("&version=3.0.0", []),
            ("&search=alpha", [("n.x/x", "2.0.0")])):
        got = get(f"{BASE}/servers?limit=1000{query}")
        tap.equal([s for s in shown(got) if s[0] == "n.x/x"], want,
            f"n.x/x in the list with '{query}'")
    tap.equal(shown(get(f"{BASE}/servers/n.x%2Fx/versions")),
        [("n.x/x", "2.0.0")], "versions")
    tap.equal(get(f"{BASE}/servers/n.x%2Fx/versions/latest").json["server"]
        ["version"], "2.0.0", "latest")
    tap.equal(get(f"{BASE}/servers/n.x%2Fx/versions/3.0.0").status, 404,
        "a version of the source that is shadowed")


def test_list_order_and_envelope():
    answer = get(f"{BASE}/servers")
    want = [("b.example/only", "1.0.0"), ("gone.example/half", "1.0.0"),
        ("gone.example/whole", "0.5.0"), ("n.x/x", "2.0.0"),
        ("odd.example/one", "1.0.0"), ("v.example/many", "1.10.0"),
        ("v.example/many", "1.2.0"), ("v.example/many", "1.2.0+build"),
        ("v.example/many", "1.9.0"), ("v.example/many", "nightly")]
    tap.equal(shown(answer), want, "by name, then by version as text")
    tap.ok(answer.body.endswith(b'],"metadata":{"count":10}}\n'),
        "no nextCursor on the last page")
    page = get(f"{BASE}/servers?limit=4")
    tap.equal(shown(page), want[:4], "a page")
    tap.equal(list(page.json["metadata"]), ["nextCursor", "count"], "metadata")
    page = get(f"{BASE}/servers?cursor=" + page.json["metadata"]["nextCursor"])
    tap.equal(shown(page), want[4:8], "the cursor alone keeps the limit")
    cursor = page.json["metadata"]["nextCursor"]
    page = get(f"{BASE}/servers?limit=2&cursor={cursor}")
    tap.equal(shown(page), want[8:], "a page with another limit is the rest")
    tap.equal(list(page.json["metadata"]), ["count"], "the last page has no cursor")
    tap.equal(shown(get(f"{BASE}/servers?version=latest")),
        [w for w in want if w[0] != "v.example/many"] +
        [("v.example/many", "1.10.0")], "latest only")
    tap.equal(get(f"{BASE}/servers?search=nothing-of-this").body,
        b'{"servers":[],"metadata":{"count":0}}\n', "an empty list")


def test_is_latest():
    flags = {s["server"]["version"]: s["_meta"][OFFICIAL]["isLatest"]
        for s in get(f"{BASE}/servers/v.example%2Fmany/versions").json[
            "servers"]}
    tap.equal([v for v, latest in flags.items() if latest], ["1.10.0"],
        "one version is the latest")


def test_a_version_called_latest():
    """In a path, "latest" is the newest version, even if a version has that name."""
    base = "/registry/w/v0.1/servers"
    uri = f"{base}/w.example%2Fword/versions"
    tap.equal([v for _, v in shown(get(uri))], ["1.0.0", "latest"], "a version may be called latest")
    tap.equal(get(f"{uri}/latest").json["server"]["version"], "1.0.0",
        "the path returns the newest version instead")
    tap.equal(shown(get(f"{base}?version=latest")),
        [("w.example/word", "1.0.0")], "version=latest lists the newest version")


def test_versions():
    uri = f"{BASE}/servers/v.example%2Fmany/versions"
    want = ["1.10.0", "1.9.0", "1.2.0+build", "1.2.0", "nightly"]
    answer = get(uri)
    tap.equal([v for _, v in shown(answer)], want, "newest first")
    tap.equal(answer.json["metadata"], {"count": 5}, "all versions")
    got, cursor = [], ""
    while cursor is not None:
        page = get(f"{uri}?limit=2&cursor={cursor}").json
        got += [s["server"]["version"] for s in page["servers"]]
        cursor = page["metadata"].get("nextCursor")
    tap.equal(got, want, "page by page")
    for name in ("v.example%2Fnone", "gone.example%2Fwhol"):
        missing = get(f"{BASE}/servers/{name}/versions")
        tap.equal((missing.status, missing.body),
            (404, b'{"error":"not found"}\n'), f"{name} is unknown")


def test_deleted():
    uri = f"{BASE}/servers/gone.example%2Fhalf/versions"
    tap.equal(shown(get(uri)), [("gone.example/half", "1.0.0")], "deleted versions are left out")
    tap.equal(len(shown(get(uri + "?include_deleted=true"))), 2, "include_deleted=true lists them")
    tap.equal(get(uri + "/latest").json["server"]["version"], "1.0.0",
        "latest is the newest version that is not deleted")
    tap.equal(get(uri + "/2.0.0").status, 404, "a deleted version is not found by name")
    answer = get(uri + "/2.0.0?include_deleted=true")
    tap.equal(answer.json["_meta"][OFFICIAL], {"status": "deleted",
        "statusMessage": 'withdrawn "now"',
        "statusChangedAt": "2026-01-02T00:00:00.000005Z",
        "publishedAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-02T00:00:00Z", "isLatest": False},
        "include_deleted=true finds it")
    lone = "/registry/a/v0.1/servers/gone.example%2Fwhole/versions"
    tap.equal(get(lone).status, 404, "a name with only deleted versions is unknown")
    tap.equal(get(lone + "/latest").status, 404, "it has no latest version")
    tap.equal(get(lone + "?include_deleted=true").status, 200, "the 404 is the same when repeated")
    tap.ok(("gone.example/half", "2.0.0") in
        shown(get(f"{BASE}/servers?include_deleted=true")), "include_deleted=true lists its versions")


def test_updated_since():
    """Lists strictly later versions, and deleted ones too."""
    whole, half = ("gone.example/whole", "1.0.0"), ("gone.example/half",
        "2.0.0")
    for since, has_whole, has_half in (
            ("2026-01-01T23:59:59.999999Z", True, True),
            ("2026-01-02T00:00:00Z", True, False),
            ("2026-01-02T01:00:00%2B01:00", True, False),
            ("2026-02-19T23:59:59Z", True, False),
            ("2026-02-20T00:00:00Z", False, False)):
        got = shown(get("/registry/a/v0.1/servers?include_deleted=false"
            f"&updated_since={since}"))
        tap.equal((whole in got, half in got), (has_whole, has_half),
            f"since {since}")
    tap.equal(get(f"{BASE}/servers?updated_since=2026-01-02").error,
        "Invalid updated_since parameter: must be RFC3339 format "
        "(e.g., 2025-08-07T13:15:04.280Z)", "not an instant")


def test_search():
    for text, want in (
            ("search%20%C3%A4%C3%B6", ["b.example/only"]),
            ("SEARCH+%C3%84%C3%96", ["b.example/only"]),
            ("a+title", ["b.example/only"]),
            ("B.EXAMPLE/", ["b.example/only"]),
            ("%C3%96", ["b.example/only"]),
            ("tl", ["b.example/only"]),
            ("%25", []), ("_", []), ("%5C", []), ("a%25b", []),
            ("%22only%22", []), ("only+OR+x", []), ("me%0Aa", []),
            ("x" * 256, []), ("%00", []), ("b%00", [])):
        tap.equal([n for n, _ in shown(get(f"{BASE}/servers?search={text}"))],
            want, f"search {text[:40]}")
    tap.equal(get(f"{BASE}/servers?search=" + "x" * 257).status, 400,
        "a search text that is too long")


def test_search_ignores_case():
    for text in ("GRÜSSE", "grüße", "Grüsse", "grÜẞe", "STRASSE", "STRAẞE",
            "strasse", "rüss", "οδυσσεύς", "ΟΔΥΣΣΕΎσ", "istanbul", "ISTANBUL",
            "ıstanbul", "FILE", "ﬁLE"):
        tap.equal([n for n, _ in shown(get("/registry/f/v0.1/servers?search=" +
            urllib.parse.quote(text)))], ["fold.example/one"], text)
    for text in "GRUSSE", "GRÜSE", "grü\u00dfse", "Stra\u00dfse":
        tap.equal(shown(get("/registry/f/v0.1/servers?search=" +
            urllib.parse.quote(text))), [], text)


def test_limit_errors():
    for value, text in (("abc", "Invalid limit parameter: must be an integer"),
            ("0", "Invalid limit parameter: must be at least 1"),
            ("-3", "Invalid limit parameter: must be at least 1")):
        answer = get(f"{BASE}/servers?limit={value}")
        tap.equal((answer.status, answer.body.decode()),
            (400, json.dumps({"error": text}, separators=(",", ":")) + "\n"),
            f"limit={value}")
    tap.equal(len(shown(get(f"{BASE}/servers?limit=99999"))), 10, "clamped")
    tap.equal(len(shown(get(f"{BASE}/servers?limit="))), 10, "an empty value counts as absent")


def test_cursor_errors():
    first = get(f"{BASE}/servers?limit=1&search=example").json
    cursor = first["metadata"]["nextCursor"]
    tap.equal(get(f"{BASE}/servers?cursor={cursor}&search=example").status,
        200, "a repeated cursor gives the same page")
    for query in (f"cursor={cursor}&search=exampl",
            f"cursor={cursor}&version=latest",
            f"cursor={cursor}&include_deleted=true"):
        tap.equal(get(f"{BASE}/servers?{query}").status, 400,
            f"another query: {query[-30:]}")
    for around in f"%20{cursor}+", f"{cursor}%0D%0A":
        tap.equal(shown(get(f"{BASE}/servers?cursor={around}")),
            shown(get(f"{BASE}/servers?cursor={cursor}")), "spaces around a cursor")
    tap.equal(shown(get(f"{BASE}/servers?cursor={cursor}"
        "&updated_since=2036-01-01T00:00:00Z")),
        shown(get(f"{BASE}/servers?cursor={cursor}")),
        "updated_since of the cursor counts, not that of the request")
    for damaged in ("+", cursor[:5] + "+" + cursor[5:], cursor[:-1], cursor + "A", "B" + cursor[1:], "x", "%2B",
            "aW8uZ2l0aHViLmFjbWUvZm9vLDEuMi4w"):
        answer = get(f"{BASE}/servers?cursor={damaged}")
        tap.equal((answer.status, answer.body),
            (400, b'{"error":"invalid cursor"}\n'), f"cursor {damaged}")
    tap.equal(get(f"/registry/a/v0.1/servers?cursor={cursor}").status, 400,
        "another registry")
    tap.equal(get(f"{BASE}/servers/n.x%2Fx/versions?cursor={cursor}").status,
        400, "another list")
    tap.equal(get(f"/v0/servers?cursor={cursor}").status, 200,
        "the same registry by its other path")
    tap.equal(get(f"/registry/none/v0.1/servers?cursor=x").error,
        "registry not found", "the registry is checked before the cursor")


def test_aliases():
    want = get(f"{BASE}/servers").body
    for path in ("/v0.1/servers", "/v0/servers", "/servers", "/v1/registry",
            "/registry/r/servers"):
        tap.equal(get(path).body, want, path)
    one = get(f"{BASE}/servers/n.x%2Fx/versions/latest").body
    for path in ("/v1/registry/n.x%2Fx", "/servers/n.x%2Fx/versions/latest",
            "/v0/servers/n.x%2fx/versions/2.0.0"):
        tap.equal(get(path).body, one, path)


def test_missing():
    for uri, text in (
            ("/registry/none/v0.1/servers", "registry not found"),
            ("/registry/R/v0.1/servers", "registry not found"),
            (f"{BASE}/servers/no.such%2Fname/versions/latest", "not found"),
            (f"{BASE}/servers/no-slash/versions/latest", "not found"),
            (f"{BASE}/servers/n.x%2Fx/versions/Latest", "not found"),
            ("/v1/registry/no-slash", "not found"), ("/nothing", "not found")):
        answer = get(uri)
        tap.equal((answer.status, answer.error), (404, text), uri)


EXPECTED_HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers":
        "Authorization, Content-Type, If-None-Match, X-Request-Id, traceparent",
    "access-control-expose-headers":
        "ETag, Link, Retry-After, X-Request-Id, traceparent",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
    "vary": "Accept-Encoding",
}


def test_headers():
    uri = f"{BASE}/servers/n.x%2Fx/versions/latest"
    good = get(uri)
    cases = [(good, 200), (get(uri, etag=good.headers["etag"]), 304),
        (get(uri, method="OPTIONS"), 204), (get(uri, method="POST"), 405),
        (get("/nothing"), 404), (get(f"{BASE}/servers?limit=x"), 400),
        (get("/health"), 200), (get("/registry/status"), 200),
        (get("/" + "a" * 9000), 414),
        (responder.cgi(DATABASE + "x", uri), 503)]
    for answer, status in cases:
        tap.equal(answer.status, status, f"status {status}")
        for name, value in EXPECTED_HEADERS.items():
            if answer.headers.get(name) != value:
                tap.equal(answer.headers.get(name), value, name)
        tap.equal(set(EXPECTED_HEADERS) - set(answer.headers), set(),
            f"{status}: all required headers")
        body = status not in (204, 304)
        tap.equal(answer.headers.get("content-type"),
            "application/json" if body else None, f"{status}: type")
        tap.equal(answer.headers.get("content-length"),
            str(len(answer.body)) if body else None, f"{status}: length")
        kept = answer is good or status == 304
        tap.equal(answer.headers["cache-control"],
            "public, max-age=60, stale-if-error=86400" if kept else
            "no-store", f"{status}: caching")
        tap.equal("etag" in answer.headers, kept, f"{status}: entity tag")
        tap.equal(answer.headers.get("retry-after"),
            "5" if status == 503 else None, f"{status}: Retry-After")
        tap.equal(answer.headers.get("allow"), "GET, HEAD, OPTIONS" if status
            in (204, 405) else None, f"{status}: Allow")
    tap.equal(cases[3][0].body, b'{"error":"method not allowed"}\n', "405")


def test_changes_are_not_implemented():
    """Changes get 501, and Allow lists the methods that work."""
    one = "/v0.1/servers/n.x%2Fx/versions/2.0.0"
    for method, uri in (("POST", "/v0/publish"), ("POST", "/v0.1/publish"),
            ("POST", "/registry/r/v0.1/publish"), ("POST", "/v0/validate"),
            ("POST", "/v0/auth/none"), ("PUT", one), ("DELETE", one),
            ("PATCH", one + "/status"), ("PUT", "/v1/sources/a"),
            ("DELETE", "/v1/registries/r"), ("POST", "/v1/entries")):
        answer = get(uri, method=method)
        tap.equal((answer.status, answer.error, answer.headers.get("allow")),
            (501, "not implemented: this server does not take changes over "
                "HTTP yet", None), f"{method} {uri}")
    for uri in one, "/v1/sources/a":
        tap.equal(get(uri, method="OPTIONS").headers["allow"],
            "GET, HEAD, OPTIONS", "OPTIONS does not list it")
        answer = get(uri, method="POST")
        tap.equal((answer.status, answer.headers["allow"]),
            (405, "GET, HEAD, OPTIONS"), "the Allow of a 405 does not list it")
    tap.equal(get("/v0/publish").status, 404, "the body is not read")


def test_head():
    for uri in (f"{BASE}/servers", f"{BASE}/servers/n.x%2Fx/versions/latest",
            "/nothing", "/health", "/readiness", "/version", "/v1/sources",
            "/v1/sources/none", "/registry/status", "/openapi.json",
            f"{BASE}/servers?cursor=x", "/"):
        full, head = get(uri), get(uri, method="HEAD")
        tap.equal((head.status, head.headers, head.body),
            (full.status, full.headers, b""), f"HEAD {uri}")


def test_etag():
    uri = f"{BASE}/servers"
    tag = get(uri).headers["etag"]
    bare = tag[1:-1]
    for form, status in ((tag, 304), (f"W/{tag}", 304),
            (f'"{bare}-gzip"', 304), (f'"x", "{bare}-br"', 304),
            ("*", 304), ('"x"', 200), (bare, 200), ("", 200)):
        answer = get(uri, etag=form)
        tap.equal((answer.status, len(answer.body) > 0),
            (status, status == 200), f"If-None-Match: {form}")
        tap.equal(answer.headers["etag"], tag, "the 304 has the tag")
    packed = f'"{bare}-gzip"'
    for form, want in ((tag, tag), (packed, packed), (f"W/{packed}", packed),
            (f'"x", {packed}', packed), (f'"{bare}-br"', tag)):
        answer = get(uri, etag=form, HTTP_ACCEPT_ENCODING="gzip")
        tap.equal((answer.status, answer.headers["etag"],
            answer.headers.get("content-encoding")), (304, want, None),
            f"of a client that takes gzip and has {form}")
    tap.equal(get(f"{uri}/no.such%2Fname/versions/1", etag="*").status, 404,
        "* of what does not exist")
    other = get("/registry/a/v0.1/servers").headers["etag"]
    tap.ok(other != tag, "registries have different tags")
    tap.equal(get("/health", etag="*").status, 200, "probes have no tag")
    tap.equal(get(f"{uri}?limit=x", etag=tag).status, 400, "errors come before 304")


def test_not_modified_is_for_what_exists():
    """One process, so that remembered responses are tested too."""
    cursor = get(f"{BASE}/servers?limit=1").json["metadata"]["nextCursor"]
    other = get("/registry/a/v0.1/servers?limit=1").json["metadata"][
        "nextCursor"]
    cases = [("/servers", 200), ("/servers?search=none", 200),
        (f"/servers?cursor={cursor}", 200),
        ("/servers/n.x%2Fx/versions/2.0.0", 200),
        ("/servers/n.x/x/versions/latest", 200),
        ("/servers/n.x%2Fx/versions", 200), ("/openapi.yaml", 404),
        ("/servers/no.such%2Fname/versions", 404),
        ("/servers/no.such%2Fname/versions/latest", 404),
        ("/servers/n.x%2Fx/versions/9", 404),
        ("/servers/n.x%2Fx/versions/%00", 404),
        ("/servers/gone.example%2Fhalf/versions/2.0.0", 404),
        ("/x/dev.toolhive/skills/n/s", 404), ("/nothing", 404),
        ("/servers?cursor=x", 400), (f"/servers?cursor={other}", 400),
        (f"/servers?cursor={cursor}&search=y", 400),
        ("/servers?include_deleted=x", 400), ("/servers?search=%zz", 400),
        ("/servers/n.x%2Fx/versions?cursor=x", 400)]
    with tempfile.TemporaryDirectory() as directory:
        server = responder.FastCgi(DATABASE, directory)
        tag = server.get(f"{BASE}/servers").headers["etag"]
        packed = f'{tag[:-1]}-gzip"'
        for turn in range(4):
            for uri, status in cases:
                if status == 200:
                    status = 304 if turn else 200
                etag = (None, tag, packed, "*")[turn]
                got = server.get(f"{BASE}{uri}", etag=etag,
                    HTTP_ACCEPT_ENCODING="gzip")
                tap.equal(got.status, status, f"{uri} to {etag}")
                if status == 304:
                    tap.equal((got.body, got.headers["etag"]),
                        (b"", packed if turn == 2 else tag), "its tag")
        # After a 304 the remembered response is complete, compressed or not.
        uri = f"{BASE}/servers/v.example%2Fmany/versions"
        for accept in "", "gzip":
            for etag in (tag, tag, tag, None):
                got = server.get(uri, etag=etag, HTTP_ACCEPT_ENCODING=accept)
            tap.equal((got.status, got.headers.get("content-encoding")),
                (200, accept or None), f"then a 200 with '{accept}'")
            body = gzip.decompress(got.body) if accept else got.body
            tap.equal(body, get(uri).body, "the whole response")
        server.stop()


def test_large_page_ends_early():
    path = os.path.join(DIRECTORY.name, "large.db")
    big = "x" * (3 << 20)
    rdb.build(path, [rdb.Source("a", [rdb.Version(rdb.SERVER, f"l.e/{i}",
        "1", {"name": f"l.e/{i}", "description": "d", "version": "1",
            "big": big}) for i in range(8)])],
        [rdb.Registry("r", ["a"], True)])
    page = responder.cgi(path, "/v0.1/servers").json
    first = page["metadata"]["count"]
    tap.ok(0 < first < 8, f"a page of {first}, not 8 times 3 MiB")
    rest = responder.cgi(path, "/v0.1/servers?cursor=" +
        page["metadata"]["nextCursor"]).json
    tap.equal([s["server"]["name"] for s in page["servers"] +
        rest["servers"]], [f"l.e/{i}" for i in range(8)], "the next page has the rest")


def test_probes():
    for uri, body in (("/health", {"status": "healthy"}),
            ("/v0/health", {"status": "healthy"}),
            ("/v0.1/health", {"status": "healthy"}),
            ("/readiness", {"status": "ready"}), ("/ready",
            {"status": "ready"}), ("/v0.1/ping", {"pong": True})):
        answer = get(uri)
        tap.equal((answer.status, answer.json), (200, body), uri)
    tap.equal(list(get("/version").json),
        ["version", "commit", "build_date", "platform", "sandbox"],
        "/version")


def source_w():
    return rdb.Source("w", [rdb.server("w.example/word", version)
        for version in ("latest", "1.0.0")])


def source_f():
    return rdb.Source("f", [rdb.server("fold.example/one", "1.0.0",
        "Grüße aus der Straße, ΟΔΥΣΣΕΎΣ, İstanbul, ﬁle")])


rdb.build(DATABASE, [source_a(), source_b(), source_w(), source_f()],
    [rdb.Registry("r", ["a", "b"], default=True), rdb.Registry("a", ["a"]),
        rdb.Registry("w", ["w"]), rdb.Registry("f", ["f"])])
tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
