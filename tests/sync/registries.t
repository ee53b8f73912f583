#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What registries show: composition, shadowing, and changes of both."""
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import Site, server


def check_database(site, what):
    done = subprocess.run(site.command("--verify"), check=False,
                          env=site.environment(), capture_output=True)
    tap.equal((done.returncode, done.stdout.decode() if done.returncode else
               ""), (0, ""), f"--verify finds nothing: {what}")


def generations(site):
    return dict(site.query("SELECT name, generation FROM registry"))


def names(site, registry, query=""):
    return site.names(f"/registry/{registry}/v0.1/servers?limit=1000{query}")


def shadowing_site(site):
    """Example A: the source of priority holds one version, the other two."""
    site.configure({
        "a": site.file_source("a", server("n/x", "2.0.0", title="alpha")),
        "b": site.file_source("b", server("n/x", "1.0.0", title="beta"),
                              server("n/x", "3.0.0", title="beta"),
                              server("n/z", "1.0.0"))},
        {"r": ["a", "b"], "reversed": ["b", "a"], "only-b": ["b"]})
    site.sync()


def test_first_source_owns_the_name():
    with Site() as site:
        shadowing_site(site)
        tap.equal(names(site, "r"), [("n/x", "2.0.0"), ("n/z", "1.0.0")],
                  "list")
        tap.equal(names(site, "r", "&version=latest"),
                  [("n/x", "2.0.0"), ("n/z", "1.0.0")], "latest")
        tap.equal(names(site, "r", "&search=beta"), [], "search")
        tap.equal(names(site, "r", "&version=3.0.0"), [], "by version")
        base = "/registry/r/v0.1/servers/n%2Fx/versions"
        tap.equal(site.get(f"{base}/latest").json["server"]["version"],
                  "2.0.0", "get latest")
        tap.equal(site.get(f"{base}/3.0.0").status, 404, "get shadowed")
        tap.equal(site.names(base), [("n/x", "2.0.0")], "versions")
        tap.equal(names(site, "reversed"),
                  [("n/x", "1.0.0"), ("n/x", "3.0.0"), ("n/z", "1.0.0")],
                  "the other way round")
        tap.equal(names(site, "only-b"), names(site, "reversed"), "alone")


def test_name_passes_on_when_its_owner_drops_it():
    with Site() as site:
        shadowing_site(site)
        site.file_source("a", server("n/other"))
        site.sync("--source", "a")
        tap.equal(names(site, "r"),
                  [("n/other", "1.0.0"), ("n/x", "1.0.0"), ("n/x", "3.0.0"),
                   ("n/z", "1.0.0")], "the next source has it")
        tap.equal(site.get("/registry/r/v0.1/servers/n%2Fx/versions/latest")
                  .json["server"]["version"], "3.0.0", "latest")
        tap.ok(("n/x", "2.0.0") not in names(site, "r",
                                             "&include_deleted=true"),
               "the tombstone does not show beside the living")


def test_composition_is_applied_without_fetching():
    with Site() as site:
        shadowing_site(site)
        sources = {"a": {"file": {"path": site.path("a.json")}},
                   "b": {"file": {"path": site.path("b.json")}}}
        os.remove(site.path("a.json"))
        os.remove(site.path("b.json"))
        tag = site.get("/registry/r/v0.1/servers").headers["etag"]
        only = site.get("/registry/only-b/v0.1/servers").headers["etag"]
        site.configure(sources, {"r": ["b", "a"], "only-b": ["b"],
                                 "new": ["a"]})
        run = site.sync()
        tap.equal(run.status, 0, "exit status: no source is due")
        tap.equal([s["result"] for s in run.report["sources"]],
                  ["skipped", "skipped"], "none is read")
        tap.equal(names(site, "r")[0], ("n/x", "1.0.0"), "reordered")
        tap.equal(names(site, "new"), [("n/x", "2.0.0")], "added")
        tap.equal(site.get("/registry/reversed/v0.1/servers").status, 404,
                  "removed")
        tap.ok(site.get("/registry/r/v0.1/servers").headers["etag"] != tag,
               "ETag of what changed moves")
        tap.equal(site.get("/registry/only-b/v0.1/servers").headers["etag"],
                  only, "ETag of what did not stays")


def test_removed_source_leaves_nothing():
    with Site() as site:
        shadowing_site(site)
        site.configure({"a": {"file": {"path": site.path("a.json")}}},
                       {"r": ["a"]})
        site.sync()
        tap.equal(names(site, "r"), [("n/x", "2.0.0")], "list")
        for table in "entry", "version", "document", "entry_head", \
                "version_text":
            tap.equal(site.value(f"SELECT count(*) FROM {table}"), 1, table)
        tap.equal(site.query("SELECT name FROM source"), [("a",)], "source")
        tap.equal(names(site, "r", "&search=beta"), [], "search index")


def test_changed_registries_leave_no_trace():
    with Site() as site:
        shadowing_site(site)
        sources = {"a": {"file": {"path": site.path("a.json")}},
                   "b": {"file": {"path": site.path("b.json")}}}
        for registries, what in (
                ({"r": ["a", "b"], "only-b": ["b"]}, "one removed"),
                ({"r": ["a", "b"], "renamed": ["b"]}, "one renamed"),
                ({"r": ["a"], "renamed": ["b"]}, "one without a source"),
                ({"r": ["a"]}, "one removed, and its source in none"),
                ({"other": ["b"]}, "all replaced")):
            site.configure(sources, registries)
            tap.equal(site.sync().status, 0, f"sync: {what}")
            check_database(site, what)
        site.configure({"b": sources["b"]}, {"other": ["b"]})
        site.sync()
        check_database(site, "a source removed")


def test_expired_tombstone_touches_only_its_own():
    with Site() as site:
        site.configure({
            "a": site.file_source("a", server("n/x"), server("n/y")),
            "b": site.file_source("b", server("m/x"), server("n/x", "2.0.0"))},
            {"first": ["a"], "both": ["a", "b"], "hidden": ["b", "a"],
             "none": ["b"]})
        site.sync()
        site.file_source("a", server("n/y"))
        site.sync("--force")
        rows = {t: site.query(f"SELECT * FROM {t} ORDER BY 1, 2") for t in (
            "membership", "entry_head", "block")}
        before = generations(site)
        db = sqlite3.connect(site.database)
        db.execute("UPDATE version SET removed_us = 1 WHERE removed_us > 0")
        db.commit()
        db.close()
        site.sync("--force")
        moved = [n for n, g in generations(site).items() if g != before[n]]
        tap.equal(moved, ["first"], "the ETag of the registry that showed it")
        left = {t: [r for r in rows[t] if r not in site.query(
            f"SELECT * FROM {t}")] for t in rows}
        tap.equal({t: len(r) for t, r in left.items()},
                  {"membership": 1, "entry_head": 1, "block": 1},
                  "rows that went or changed")
        tap.equal(site.value("SELECT count(*) FROM version WHERE removed_us"
                             " IS NOT NULL"), 0, "the tombstone is deleted")
        check_database(site, "an expired tombstone")


def test_default_registry():
    with Site() as site:
        shadowing_site(site)
        tap.equal(site.names("/v0.1/servers"), names(site, "r"), "the first")
        import json
        with open(site.config, encoding="utf-8") as f:
            config = json.load(f)
        config["registries"][1]["default"] = True
        site.write("config.yaml", config)
        site.sync()
        for uri in "/v0.1/servers", "/v0/servers", "/v1/registry":
            tap.equal(site.names(uri), names(site, "reversed"), uri)


def test_counts_in_the_status():
    with Site() as site:
        shadowing_site(site)
        counts = {r["name"]: r["serverCount"] for r in
                  site.get("/registry/status").json["registries"]}
        tap.equal(counts, {"r": 2, "reversed": 2, "only-b": 2}, "names shown")


def test_order_survives_many_insertions_in_one_place():
    with Site() as site:
        entries = [server("n/a"), server("n/z")]
        site.configure({"a": site.file_source("a", *entries)})
        site.sync()
        for i in range(40):  # each new name sorts right before the last one
            entries.append(server("n/b" + "a" * (40 - i)))
            site.file_source("a", *entries)
            site.sync("--source", "a")
        got = [n for n, _ in names(site, "main")]
        tap.equal(got, sorted(e["name"] for e in entries), "list is sorted")
        found = [n for n, _ in names(site, "main", "&search=n/ba")]
        tap.equal(found, [n for n in got if n.startswith("n/ba")],
                  "and so is a search")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
