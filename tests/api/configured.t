#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/v1/sources and /v1/registries: what is configured, how its last sync went,
and what is stored below it."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import random
import sqlite3

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
CONFIG = '{"repository":"https://git.example.com/c.git","timeout":"5m0s"}'
FILTER = '{"names":{"include":["a*"],"exclude":[]}}'
CLAIMS = '{"Team":["x","y"]}'
KINDS = {rdb.SERVER: "MCP", rdb.SKILL: "SKILL", rdb.PLUGIN: "PLUGIN"}
RNG = random.Random(5)


def texts(v):
    """Title and description as far as the document has them."""
    return {k: v.doc[k] for k in ("title", "description") if v.doc.get(k)}


def execute(*statement):
    db = sqlite3.connect(DATABASE)
    with db:
        db.execute(*statement)
    db.close()


def get(uri):
    answer = responder.cgi(DATABASE, uri)
    tap.equal(answer.status, 200, f"200 for {uri[:60]}")
    return answer.json


def instant(us):
    assert us % rdb.DAY == 0
    return "2026-01-%02dT00:00:00Z" % ((us - rdb.EPOCH) // rdb.DAY + 1)


# ---- what there is ------------------------------------------------------------

VERSIONS_A = [
    rdb.server("a.e/1", "1.0.0"), rdb.server("a.e/1", "10.0.0"),
    rdb.server("a.e/1", "9.0.0"), rdb.server("B.e/2", "1.0.0"),
    rdb.server("a.e/gone", status="deleted"),
    rdb.server("a.e/half", "1.0.0", status="deleted"),
    rdb.server("a.e/half", "2.0.0", status="deprecated"),
    rdb.extension(rdb.SKILL, "A", "s"), rdb.extension(rdb.PLUGIN, "A", "p")]
VERSIONS_B = [
    rdb.server("a.e/1", "1.0.0"), rdb.server("a.e/1", "2.0.0"),
    rdb.server("b.e/\"q\"", "1.0.0"), rdb.extension(rdb.SKILL, "A", "s")]
for v in VERSIONS_A + VERSIONS_B:
    v.published = rdb.EPOCH + RNG.randrange(9) * rdb.DAY
    v.updated = v.published + rdb.DAY
SOURCES = [rdb.Source("a", VERSIONS_A, "git"), rdb.Source("b", VERSIONS_B),
    rdb.Source("none", [], "managed")]
REGISTRIES = [rdb.Registry("main", ["b", "a"], True),
    rdb.Registry("Other x/y", ["a"]), rdb.Registry("bare", ["none"])]


def alive(source):
    return sorted((v for v in source.versions if v.status != "deleted"),
        key=lambda v: (v.kind, v.name.encode(), v.version.encode()))


def expected_of_source(source, claims=None):
    out = []
    for v in alive(source):
        head = {"entryType": KINDS[v.kind], "name": v.name}
        if claims:
            head["claims"] = claims
        if not out or (out[-1]["entryType"], out[-1]["name"]) != (
                head["entryType"], v.name):
            out.append({**head, "versions": []})
        out[-1]["versions"].append({"version": v.version, **texts(v),
            "createdAt": instant(v.published),
            "updatedAt": instant(v.updated)})
    return out


def expected_of_registry(names):
    rows = []
    for position, name in enumerate(names):
        source = next(s for s in SOURCES if s.name == name)
        rows += [(v.kind, v.name.encode(), v.version.encode(), position,
            {"entryType": KINDS[v.kind], "name": v.name, "version": v.version,
                **texts(v),
                "createdAt": instant(v.published),
                "updatedAt": instant(v.updated), "sourceName": name,
                "position": position}) for v in alive(source)]
    return [r[-1] for r in sorted(rows, key=lambda r: r[:-1])]


def walk(uri, limit):
    """All entries, page by page; the cursor alone goes on."""
    out, pages, query = [], 0, f"?limit={limit}"
    while query and pages < 50:
        got = responder.cgi(DATABASE, uri + query).json
        assert list(got) == ["entries", "metadata"], got
        assert got["metadata"]["count"] == len(got["entries"]) <= limit, got
        out += got["entries"]
        pages += 1
        cursor = got["metadata"].get("nextCursor")
        query = f"?cursor={cursor}" if cursor else None
    return out, pages


# ---- sources ------------------------------------------------------------------

def test_sources():
    execute("UPDATE source SET config = ?, filter = ?, claims = ?,"
        " interval_us = 5400000000, created_us = created_us + 5"
        " WHERE name = 'a'", (CONFIG, FILTER, CLAIMS))
    execute("UPDATE source_state SET phase = 'failed', message = 'no \"way\"',"
        " attempts = 2, started_us = ?, ended_us = NULL, servers = 7"
        " WHERE source_id = 1", (rdb.EPOCH + 1,))
    execute("UPDATE source_state SET message = '' WHERE source_id = 2")
    execute("DELETE FROM source_state WHERE source_id = 3")
    got = get("/v1/sources")
    tap.equal(list(got), ["sources"], "nothing beside the list")
    tap.equal([s["name"] for s in got["sources"]], ["b", "none", "a"],
        "by age, then by name")
    b, none, a = got["sources"]
    tap.equal(list(a), ["name", "type", "creationType", "sourceType",
        "sourceConfig", "filterConfig", "syncSchedule", "claims", "syncStatus",
        "createdAt", "updatedAt"], "members in order")
    tap.equal(a, {"name": "a", "type": "git", "creationType": "CONFIG",
        "sourceType": "git", "sourceConfig":
            {"repository": "https://git.example.com/c.git",
                "timeout": "5m0s"},
        "filterConfig": {"names": {"include": ["a*"], "exclude": []}},
        "syncSchedule": "1h30m0s", "claims": {"Team": ["x", "y"]},
        "syncStatus": {"phase": "failed",
            "lastAttempt": "2026-01-01T00:00:00.000001Z", "attemptCount": 2,
            "serverCount": 7, "skillCount": 1, "pluginCount": 1,
            "message": 'no "way"'},
        "createdAt": "2026-01-01T00:00:00.000005Z",
        "updatedAt": "2026-01-01T00:00:00Z"}, "a source with everything")
    tap.equal(b, {"name": "b", "type": "file", "creationType": "CONFIG",
        "sourceType": "file", "sourceConfig": {},
        "syncStatus": {"phase": "complete",
            "lastSyncTime": "2026-01-01T00:00:00Z", "attemptCount": 0,
            "serverCount": 3, "skillCount": 1, "pluginCount": 0},
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z"}, "what is empty is left out")
    tap.equal(list(a["syncStatus"]), ["phase", "lastAttempt", "attemptCount",
        "serverCount", "skillCount", "pluginCount", "message"],
        "members of the status in order")
    tap.equal((none["type"], none["syncStatus"]), ("managed", {
        "phase": "unknown", "attemptCount": 0, "serverCount": 0,
        "skillCount": 0, "pluginCount": 0}), "a source without a state")
    for one in got["sources"]:
        tap.equal(get(f"/v1/sources/{one['name']}"), one,
            f"{one['name']} alone is the same")


def test_source_entries():
    claims = {"Team": ["x", "y"]}
    want = expected_of_source(SOURCES[0], claims)
    got = get("/v1/sources/a/entries")
    tap.equal(got, {"entries": want, "metadata": {"count": len(want)}},
        "all of a source: grouped, no deleted version")
    tap.equal([e["name"] for e in got["entries"]],
        ["B.e/2", "a.e/1", "a.e/half", "A/s", "A/p"], "in order")
    tap.equal([v["version"] for v in got["entries"][1]["versions"]],
        ["1.0.0", "10.0.0", "9.0.0"], "versions as text")
    tap.equal(list(got["entries"][1]),
        ["entryType", "name", "claims", "versions"], "members in order")
    tap.equal(get("/v1/sources/none/entries"),
        {"entries": [], "metadata": {"count": 0}}, "an empty source")
    for limit in 1, 2, 3, 5:
        out, pages = walk("/v1/sources/a/entries", limit)
        tap.equal(out, want, f"the same in pages of {limit}")
        tap.equal(pages, -(-len(want) // limit), "pages are full")
    tap.equal(walk("/v1/sources/b/entries", 1)[0],
        expected_of_source(SOURCES[1]), "another source")


# ---- registries ---------------------------------------------------------------

def test_registries():
    execute("UPDATE registry SET claims = ? WHERE name = 'main'", (CLAIMS,))
    got = get("/v1/registries")
    tap.equal(list(got), ["registries"], "nothing beside the list")
    times = {"createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z"}
    tap.equal(got["registries"], [
        {"name": "Other x/y", "creationType": "CONFIG", "sources": ["a"],
            **times},
        {"name": "bare", "creationType": "CONFIG", "sources": ["none"],
            **times},
        {"name": "main", "claims": {"Team": ["x", "y"]},
            "creationType": "CONFIG", "sources": ["b", "a"], **times}],
        "by name, sources by priority")
    tap.equal(list(got["registries"][2]), ["name", "claims", "creationType",
        "sources", "createdAt", "updatedAt"], "members in order")
    tap.equal(get("/v1/registries/main"), got["registries"][2], "one of them")


def test_registry_entries():
    want = expected_of_registry(["b", "a"])
    got = get("/v1/registries/main/entries")
    tap.equal(got, {"entries": want, "metadata": {"count": len(want)}},
        "shadowed entries too, no deleted version")
    tap.equal([(e["version"], e["position"]) for e in got["entries"]
        if e["name"] == "a.e/1"], [("1.0.0", 0), ("1.0.0", 1), ("10.0.0", 1),
            ("2.0.0", 0), ("9.0.0", 1)], "by version, then by priority")
    tap.equal(list(got["entries"][0]), ["entryType", "name", "version",
        "description",
        "createdAt", "updatedAt", "sourceName", "position"],
        "members in order")
    for limit in 1, 2, 3, 7:
        out, pages = walk("/v1/registries/main/entries", limit)
        tap.equal(out, want, f"the same in pages of {limit}")
        tap.equal(pages, -(-len(want) // limit), "pages are full")
    tap.equal(get("/v1/registries/bare/entries")["entries"], [],
        "a registry without entries")


# ---- what cannot be -----------------------------------------------------------

def test_errors():
    for noun, path in ("source", "sources"), ("registry", "registries"):
        for rest in "", "/entries":
            for name, text in ("nope", "nope"), ("a%2Fb%22", 'a/b"'), (
                    "MAIN", "MAIN"):
                got = responder.cgi(DATABASE, f"/v1/{path}/{name}{rest}")
                tap.equal((got.status, got.json),
                    (404, {"error": f"{noun} not found: {text}"}),
                    f"404 for {path}/{name}{rest}")
    for name in "sources/a", "registries/main":
        uri = f"/v1/{name}/entries"
        for query, text in (
                ("limit=0", "Invalid limit parameter: must be at least 1"),
                ("limit=x", "Invalid limit parameter: must be an integer"),
                ("cursor=AAAA", "invalid cursor")):
            got = responder.cgi(DATABASE, f"{uri}?{query}")
            tap.equal((got.status, got.error), (400, text), f"{uri}?{query}")
        tap.equal(len(get(f"{uri}?limit=5000")["entries"]),
            len(get(uri)["entries"]), "a large limit counts as the maximum")
        tap.equal(responder.cgi(DATABASE, uri, "POST").status, 405,
            "405 for POST")
    for method, want in (("GET", (405, "OPTIONS, POST, PUT")),
            ("DELETE", (405, "OPTIONS, POST, PUT")), ("POST", (404, None))):
        answer = responder.cgi(DATABASE, "/registry/sync", method)
        tap.equal((answer.status, answer.headers.get("allow")), want,
            f"{method} /registry/sync without a trigger")


def test_cursors_belong_to_their_list():
    cursors = {}
    for uri in ("/v1/sources/a/entries", "/v1/sources/b/entries",
            "/v1/registries/main/entries", "/v0.1/servers"):
        cursors[uri] = get(f"{uri}?limit=1")["metadata"]["nextCursor"]
    for uri in cursors:
        for other, cursor in cursors.items():
            got = responder.cgi(DATABASE, f"{uri}?cursor={cursor}")
            tap.equal(got.status, 200 if uri == other else 400,
                f"{uri} with the cursor of {other}")


def test_headers():
    got = responder.cgi(DATABASE, "/v1/sources/a")
    tap.equal(got.headers["cache-control"], "no-cache", "to be asked for")
    tags = set()
    for uri in ("/v1/sources", "/v1/sources/a", "/v1/sources/a/entries",
            "/v1/registries", "/v1/registries/main",
            "/v1/registries/main/entries"):
        first = responder.cgi(DATABASE, uri)
        tag = first.headers["etag"]
        tap.ok(tag not in tags, f"a tag of its own for {uri}")
        tags.add(tag)
        for sent in tag, f"W/{tag}", tag[:-1] + '-gzip"', f'"x", {tag}', "*":
            again = responder.cgi(DATABASE, uri, etag=sent)
            tap.equal((again.status, again.body, again.headers["etag"],
                again.headers["access-control-allow-origin"]),
                (304, b"", tag, "*"), f"304 for {sent}")
        tap.equal(responder.cgi(DATABASE, uri, etag='"x"').status, 200,
            "another tag")
    head = responder.cgi(DATABASE, "/v1/sources/a", "HEAD")
    tap.equal((head.status, head.body, head.headers["content-length"]),
        (200, b"", str(len(got.body))), "HEAD")
    tap.ok(got.body.endswith(b"}\n"), "a line")


def test_many_pages_with_the_default_limit():
    path = os.path.join(DIRECTORY.name, "large.db")
    names = [f"x.e/{i:05}" for i in range(2100)]
    rdb.build(path, [rdb.Source("a", [rdb.server(n) for n in names])],
        [rdb.Registry("r", ["a"], True)])
    for uri in "/v1/sources/a/entries", "/v1/registries/r/entries":
        out, counts, query = [], [], ""
        while query is not None and len(counts) < 5:
            got = responder.cgi(path, uri + query).json
            out += [e["name"] for e in got["entries"]]
            counts.append(got["metadata"]["count"])
            cursor = got["metadata"].get("nextCursor")
            query = f"?cursor={cursor}" if cursor else None
        tap.equal(counts, [1000, 1000, 100], f"pages of {uri}")
        tap.ok(out == names, "every entry once, in order")


rdb.build(DATABASE, SOURCES, REGISTRIES)
tap.main([test_sources, test_source_entries, test_registries,
    test_registry_entries, test_errors, test_cursors_belong_to_their_list,
    test_headers, test_many_pages_with_the_default_limit])
