#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists of random catalogues: every walk, with any page size, any filter and
only the cursor, gives what a plain reading of the rules gives."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import random
import urllib.parse

import registry_db as rdb
import responder
import tap

SEED = 20260101
ROUNDS = 3
FACETS = {"tag": ["db", "DB", "web", "a b", "\u65e5"],
    "registry_type": ["npm", "oci"], "transport": ["stdio", "sse"]}
SEARCHES = [None, "e", "xq", "a:", "\u672c", "Z.", "FI", "file", "system", "gäMMA", "%_\\", '"quoted"',
    "日本", "日本語", "example/s", "com-x", "delta file", "zzz"]


def model(sources, order):
    """The rows a registry shows: the first source that holds a name alive,
    else the first that remembers it, owns the name."""
    by_name = {s.name: s for s in sources}
    owner = {}
    for want_alive in (True, False):
        for name in order:
            for v in by_name[name].versions:
                if not want_alive or v.status != "deleted":
                    owner.setdefault(v.name, name)
    rows = [v for s in sources for v in s.versions if owner[v.name] == s.name]
    return sorted(rows, key=lambda v: (v.name.encode(), v.version.encode()))


def latest_of(rows):
    """The newest version of each name that is not deleted, else the newest."""
    newest = {}
    for v in rows:
        rank = v.status != "deleted", rdb.order_key(v.version)
        newest[v.name] = max(newest.get(v.name, ((False, b""), None)),
            (rank, v.version))
    return {name: version for name, (_, version) in newest.items()}


def expected(rows, query):
    newest = latest_of(rows)
    since = query.get("updated_since")
    deleted = query.get("include_deleted") == "true" or since
    needle = rdb.fold(query.get("search", ""))
    facets = {f: set(query.get(f, [])) for f in FACETS}
    out = []
    for v in rows:
        wanted = newest.get(v.name) if query.get("version") == "latest" else \
            query.get("version", v.version)
        if v.version == wanted and (deleted or v.status != "deleted") and (
                not since or v.here > rdb.EPOCH + int(since[8:10]) * rdb.DAY
                - rdb.DAY) and (not needle or any(needle in line
                for line in rdb.search_lines(v))) and all(not wanted or
                wanted & set(rdb.values(v, f)) for f, wanted in
                facets.items()):
            out.append((v.name, v.version, v.status,
                newest.get(v.name) == v.version))
    return out


def row(item):
    official = item["_meta"]["io.modelcontextprotocol.registry/official"]
    return (item["server"]["name"], item["server"]["version"],
        official["status"], official["isLatest"])


def walk(server, base, query, limit):
    """All pages; after the first with nothing but the cursor."""
    uri = f"{base}?" + urllib.parse.urlencode({**query, "limit": limit},
        doseq=True)
    rows, sizes = [], []
    while True:
        page = server.get(uri).json
        rows += [row(item) for item in page["servers"]]
        sizes.append(page["metadata"]["count"])
        cursor = page["metadata"].get("nextCursor")
        if cursor is None:
            return rows, sizes
        uri = f"{base}?cursor={cursor}"
        if len(sizes) > 2000:
            raise RuntimeError("the walk does not end")


def random_query(rng, rows):
    query = {}
    search = rng.choice(SEARCHES)
    if search:
        query["search"] = search
    if rng.random() < 0.4:
        query["version"] = rng.choice(["latest", "latest",
            rng.choice(rows).version, "none"])
    if rng.random() < 0.3:
        query["updated_since"] = "2026-01-%02dT00:00:00Z" % rng.randint(1, 31)
    if rng.random() < 0.3:
        query["include_deleted"] = rng.choice(["true", "false"])
    for facet, known in FACETS.items():
        if rng.random() < 0.2:
            query[facet] = rng.choices(known + ["none"], k=rng.randint(1, 2))
    return query


def check_query(server, base, query, want, limits):
    whole, sizes = walk(server, base, query, 1000)
    if not tap.equal(whole, want, f"{base} {query} ({len(want)} rows)"):
        return
    tap.equal(len(sizes), 1, "on one page")
    for limit in limits:
        rows, sizes = walk(server, base, query, limit)
        full = all(size == limit for size in sizes[:-1])
        tap.ok(rows == want and full and (sizes[-1] > 0 or not want),
            f"the same with limit={limit}, pages full")


def check_versions(server, base, rows, name, limit):
    uri = f"{base}/{urllib.parse.quote(name, safe='')}/versions"
    want = [v.version for v in sorted((v for v in rows if v.name == name),
        key=lambda v: rdb.order_key(v.version), reverse=True)]
    got, cursor = [], ""
    while cursor is not None:
        page = server.get(f"{uri}?include_deleted=true&limit={limit}"
            f"&cursor={cursor}").json
        got += [item["server"]["version"] for item in page["servers"]]
        cursor = page["metadata"].get("nextCursor")
    tap.equal(got, want, f"versions of {name} by {limit}")


def test_random_catalogues():
    for round_number in range(ROUNDS):
        rng = random.Random(SEED + round_number)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "registry.db")
            sources = rdb.random_sources(rng, 12, 4, FACETS)
            orders = {"ab": ["a", "b"], "ba": ["b", "a"], "b": ["b"]}
            rdb.build(path, sources, [rdb.Registry(name, order, name == "ab")
                for name, order in orders.items()],
                block=[4096, 7, 1][round_number])
            server = responder.FastCgi(path, directory)
            try:
                for name, order in orders.items():
                    rows = model(sources, order) if len(order) > 1 else \
                        model([s for s in sources if s.name in order], order)
                    base = f"/registry/{name}/v0.1/servers"
                    check_query(server, base, {}, expected(rows, {}),
                        range(1, len(rows) + 2))
                    for _ in range(25):
                        query = random_query(rng, rows)
                        check_query(server, base, query, expected(rows,
                            query), rng.sample(range(1, 20), 2))
                    for v in rng.sample(rows, 8):
                        check_versions(server, base, rows, v.name,
                            rng.randint(1, 3))
            finally:
                tap.equal(server.stop(), 0, "the responder ends well")


def test_positions_that_have_gone():
    """A cursor is a place: it holds when the row it names is gone."""
    with tempfile.TemporaryDirectory() as directory:
        old, new = (os.path.join(directory, n) for n in ("old", "new"))
        first = [rdb.server(f"n.e/{c}", v) for c in "abcd" for v in "12"]
        rdb.build(old, [rdb.Source("a", first)], [rdb.Registry("r", ["a"],
            True)])
        rdb.build(new, [rdb.Source("a", [v for v in first if (v.name,
            v.version) not in (("n.e/b", "1"), ("n.e/c", "1"),
            ("n.e/c", "2"))] + [rdb.server("n.e/bb", "0")])],
            [rdb.Registry("r", ["a"], True)])
        for limit, want in ((3, ["n.e/b", "n.e/bb", "n.e/d", "n.e/d"]),
                (5, ["n.e/d", "n.e/d"]), (6, ["n.e/d", "n.e/d"]),
                (7, ["n.e/d"])):
            cursor = responder.cgi(old, f"/servers?limit={limit}").json[
                "metadata"]["nextCursor"]
            page = responder.cgi(new, f"/servers?cursor={cursor}&limit=9").json
            tap.equal([s["server"]["name"] for s in page["servers"]], want,
                f"after {limit} items")
        cursor = responder.cgi(old, "/servers?limit=7&version=latest").json
        tap.ok("nextCursor" not in cursor["metadata"], "four newest ones")
        cursor = responder.cgi(old, "/servers?limit=1&version=latest").json[
            "metadata"]["nextCursor"]
        page = responder.cgi(new, f"/servers?cursor={cursor}&limit=9").json
        tap.equal([s["server"]["name"] for s in page["servers"]],
            ["n.e/b", "n.e/bb", "n.e/d"], "newest ones after a place")


def test_commits_between_pages():
    """While a walk goes on the catalogue moves: what is there all the time
    comes once, nothing comes twice."""
    for seed in range(6):
        rng = random.Random(seed)
        with tempfile.TemporaryDirectory() as directory:
            paths = [os.path.join(directory, f"{n}.db") for n in range(5)]
            pool = [rdb.server(f"n.e/{c}{i}", v, description=rng.choice(
                ["file", "other"]), extra={"remotes": [{"type": "sse"}]}
                if rng.random() < .5 else {})
                for c in "abc" for i in range(6) for v in "12"]
            kept = rng.sample(pool, 18)
            for path in paths:
                rdb.build(path, [rdb.Source("a", [v for v in pool if v in kept
                    or rng.random() < .5])], [rdb.Registry("r", ["a"], True)],
                    block=rng.choice([1, 5, 4096]))
            for query in {}, {"search": "FI"}, {"transport": "sse"}, \
                    {"version": "1"}, {"search": "e", "transport": "sse"}:
                uri = "/servers?limit=3&" + urllib.parse.urlencode(query)
                rows = []
                while uri:
                    page = responder.cgi(rng.choice(paths), uri).json
                    rows += [row(item)[:2] for item in page["servers"]]
                    cursor = page["metadata"].get("nextCursor")
                    uri = cursor and f"/servers?cursor={cursor}"
                want = {r[:2] for r in expected(kept, query)}
                tap.ok(len(rows) == len(set(rows)) and rows == sorted(rows)
                    and want <= set(rows), f"{seed} {query}: each once")


tap.main([test_random_catalogues, test_commits_between_pages,
    test_positions_that_have_gone])
