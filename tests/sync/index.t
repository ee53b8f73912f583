#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The index after many syncs is the one that a plain reading of the tables
gives, and asking for what changed since the last look misses nothing."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import struct

import registry_db as rdb
import tap
from test_site import OFFICIAL, Site, server

WORDS = "file Mail QUEUE \u00fcbung \u65e5\u672c a-b x".split()


def decode(entries):
    """Ordinals of a posting."""
    if entries[0] == 0:
        return [x for x, in struct.iter_unpack(">H", entries[1:])]
    bits = int.from_bytes(entries[1:], "little")
    return [i for i in range(bits.bit_length()) if bits >> i & 1]


def stored_index(site):
    """{sort key: (changed, set of terms)} as the blocks have it."""
    index = {}
    for first, keys, changed in site.query(
            "SELECT first_key, sort_keys, changed FROM block ORDER BY 1"):
        keys = [k for k, in struct.iter_unpack(">q", keys)]
        times = [c for c, in struct.iter_unpack(">q", changed)]
        assert keys == sorted(keys) and keys[0] >= first, "keys ascend"
        terms = {k: set() for k in keys}
        for term, entries in site.query("SELECT term, entries FROM posting"
                " WHERE first_key = ?", first):
            for ordinal in decode(entries):
                terms[keys[ordinal]].add(term)
        index.update({k: (c, terms[k]) for k, c in zip(keys, times)})
    return index


def plain_index(site):
    import sqlite3
    db = sqlite3.connect(f"file:{site.database}?mode=ro", uri=True)
    rows = db.execute("SELECT h.entry_id, h.sort_key, h.search_text,"
        " h.is_usable, max(max(v.changed_us, h.shown_us))"
        " FROM entry_head h JOIN version v USING (entry_id)"
        " GROUP BY h.entry_id").fetchall()
    index = {row[1]: (row[4], set(rdb.terms_of(db, *row[:4])))
        for row in rows}
    db.close()
    return index


def random_servers(rng, names):
    return [server(f"n.e/{name}", version, tags=rng.sample(WORDS, 2),
        description=" ".join(rng.choices(WORDS, k=3)),
        remotes=[{"type": rng.choice(["sse", "streamable-http"]),
            "url": "https://example.com/"}])
        for name in names for version in rng.sample("123", rng.randint(1, 2))]


def test_the_index_follows_the_tables():
    rng = random.Random(3)
    with Site() as site:
        block = {}
        for turn in range(8):
            names = rng.sample(range(60), rng.choice([0, 5, 40]))
            for source in "ab" if turn % 3 else "a":
                block[source] = site.file_source(source,
                    *random_servers(rng, names), server("n.e/always"),
                    syncPolicy={"interval": "1h", "allowShrink": True})
            site.configure(block, {"r": list(block), "s": ["a"]} if turn % 4
                else {"r": list(block)[::-1]})
            tap.equal(site.sync("--force").status, 0, f"sync {turn}")
            got, want = stored_index(site), plain_index(site)
            tap.equal(sorted(got), sorted(want), f"{len(want)} entries")
            tap.equal({k: (want[k], got[k]) for k in want if got.get(k) !=
                want[k]}, {}, "and their terms")
        before = stored_index(site)
        import sqlite3
        db = sqlite3.connect(site.database)
        db.execute("DELETE FROM posting")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version // 1000 * 1000}")
        db.commit()
        db.close()
        tap.equal(site.sync().status, 0, "the index is derived again")
        tap.equal([t for _, (_, t) in sorted(stored_index(site).items())],
            [t for _, (_, t) in sorted(before.items())], "the same terms")


def changed(rng, entry):
    """Another version, another text, or both; sometimes it looks the same."""
    how = rng.randrange(5)
    if how == 0:
        return [server(entry["name"], "9.9.9"), entry]
    if how == 1:
        return [{**entry, "websiteUrl": f"https://example.com/{rng.random()}"}]
    return random_servers(rng, [entry["name"][4:]])


def test_a_few_changes_are_patched():
    rng = random.Random(4)
    with Site() as site:
        entries = {i: random_servers(rng, [f"p{i:03}"]) for i in range(300)}
        for turn, count in enumerate([0, 1, 3, 32, 33, 1, 60, 5, 2, 20]):
            for i in rng.sample(range(300), count):
                entries[i] = changed(rng, entries[i][0])
            if turn == 7:
                del entries[100]
            if turn == 8:
                entries[100] = random_servers(rng, ["p100"])
            site.configure({"a": site.file_source(
                "a", *(e for part in entries.values() for e in part))})
            tap.equal(site.sync("--force").status, 0, f"{count} changes")
            got, want = stored_index(site), plain_index(site)
            tap.equal({k: (want[k], got.get(k)) for k in want
                if got.get(k) != want[k]}, {}, "the terms of all")
            tap.equal(site.query("SELECT count(*) FROM posting"
                " WHERE length(entries) < 2"), [(0,)], "no term of nothing")
        tap.equal(site.sync("--verify").status, 0, "it equals a new index")


def test_large_catalogues_are_cut():
    with Site() as site:
        many = [server(f"n.e/{i:05}") for i in range(5000)]
        site.configure({"a": site.file_source("a", *many)})
        site.sync()
        tap.equal(site.value("SELECT count(*) FROM block"), 2, "two blocks")
        first = [i[0] for i in site.query("SELECT rowid FROM block")]
        site.file_source("a", *many[:100], server("n.e/00100", "2"),
            *many[100:])
        site.sync("--force")
        tap.equal([i[0] for i in site.query("SELECT rowid FROM block")], first,
            "a change leaves them where they are")
        for i in 100, 2499, 2500, 4999:
            tap.equal(site.names(f"/v0.1/servers?search={i:05}&version=latest"
                ), [(f"n.e/{i:05}", "2" if i == 100 else "1.0.0")], f"{i}")
        got = [n for n, _ in site.names("/v0.1/servers?search=1&limit=1000")]
        want = [s["name"] for s in many if "1" in s["name"]]
        tap.equal(got, sorted([*want, "n.e/00100"])[:1000], "a letter")


def changes(site, since, registry="r"):
    page = site.get(f"/registry/{registry}/v0.1/servers?limit=1000"
        f"&updated_since={since}").json["servers"]
    return page


def newest(items):
    return max(i["_meta"][OFFICIAL]["updatedAt"] for i in items)


def test_nothing_is_missed():
    """A client that only remembers the last updatedAt it saw has all."""
    rng = random.Random(5)
    with Site() as site:
        mirror, since = {}, "2020-01-01T00:00:00Z"
        block = {}
        for turn in range(10):
            for source in "ab":
                if turn % 3 == 0 or rng.random() < .5:
                    block[source] = site.file_source(source, *random_servers(
                        rng, rng.sample(range(12), 6)))
            order = rng.choice([["a", "b"], ["b", "a"]])
            site.configure(block, {"r": order})
            site.sync("--force")
            items = changes(site, since)
            for i in items:
                s, official = i["server"], i["_meta"][OFFICIAL]
                mirror[s["name"], s["version"]] = (s, official["status"])
            if items:
                since = newest(items)
            shown = {(i["server"]["name"], i["server"]["version"]):
                (i["server"], i["_meta"][OFFICIAL]["status"]) for i in
                site.get("/v0.1/servers?limit=1000&include_deleted=true"
                    ).json["servers"]}
            tap.equal([k for k, v in shown.items() if mirror.get(k) != v], [],
                f"turn {turn}: the mirror has all {len(shown)} versions")


def test_what_a_registry_begins_to_show():
    with Site() as site:
        block = {s: site.file_source(s, server(f"n.e/{s}"), server("n.e/x",
            description=s)) for s in "ab"}
        site.configure(block, {"r": ["a"], "s": ["a", "b"]})
        site.sync()
        since = newest(changes(site, "2020-01-01T00:00:00Z"))
        tap.equal(changes(site, since), [], "nothing new")
        site.configure(block, {"r": ["b", "a"], "s": ["a", "b"]})
        site.sync()
        tap.equal([i["server"]["description"] for i in changes(site, since)],
            ["What n.e/b does", "b"], "another source comes in front")
        tap.equal(site.names("/registry/s/v0.1/servers?search=x"),
            [("n.e/x", "1.0.0")], "the other registry is as it was")


tap.main([test_the_index_follows_the_tables, test_a_few_changes_are_patched,
          test_large_catalogues_are_cut,
          test_nothing_is_missed, test_what_a_registry_begins_to_show])
