#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a sync does to content: added, updated, removed, unchanged, rejected."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import OFFICIAL, Site, document, server


def official(site, uri):
    return site.get(uri).json["_meta"][OFFICIAL]


def test_first_sync_adds_everything():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"),
                                              server("n/y"))})
        run = site.sync()
        tap.equal(run.status, 0, "exit status")
        tap.equal(run.counts("a"), (2, 0, 0, 0, 0), "counts")
        tap.equal(run.source("a")["result"], "completed", "result")
        tap.equal(run.source("a")["total"], 2, "total")
        tap.equal(site.names(), [("n/x", "1.0.0"), ("n/y", "1.0.0")], "list")


def test_same_bytes_change_nothing():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        before = site.query("SELECT * FROM version")
        tag = site.get("/v0.1/servers").headers["etag"]
        run = site.sync("--source", "a")
        tap.equal(run.source("a")["result"], "unchanged", "result")
        tap.equal(run.counts("a"), (0, 0, 0, 1, 0), "counts")
        tap.equal(site.query("SELECT * FROM version"), before, "rows")
        tap.equal(site.get("/v0.1/servers").headers["etag"], tag, "ETag")


def test_other_white_space_writes_nothing():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        before = site.query("SELECT * FROM version")
        import json
        site.write("a.json", json.dumps(document(server("n/x")), indent=7))
        run = site.sync("--source", "a")
        tap.equal(run.source("a")["result"], "completed", "it was compared")
        tap.equal(run.counts("a"), (0, 0, 0, 1, 0), "and is the same")
        tap.equal(site.query("SELECT * FROM version"), before, "rows")


def test_one_change_moves_one_row():
    with Site() as site:
        entries = [server(f"n/s{i:03}") for i in range(100)]
        site.configure({"a": site.file_source("a", *entries)})
        site.sync()
        before = dict(site.query("SELECT entry_id, changed_us FROM version"))
        entries[42]["description"] = "Another"
        site.file_source("a", *entries)
        run = site.sync("--source", "a")
        tap.equal(run.counts("a"), (0, 1, 0, 99, 0), "counts")
        after = dict(site.query("SELECT entry_id, changed_us FROM version"))
        moved = [k for k in after if after[k] != before[k]]
        tap.equal(len(moved), 1, "one row has another time")
        found = site.get("/v0.1/servers?search=another").json["servers"]
        tap.equal([i["server"]["name"] for i in found], ["n/s042"],
                  "found by its new text")
        found = site.get("/v0.1/servers?search=what+n/s042+does").json
        tap.equal(found["servers"], [], "and no longer by the old one")


def test_one_change_writes_its_row_and_its_document():
    with Site() as site:
        entries = [server(f"n/s{i:03}") for i in range(50)]
        site.configure({"a": site.file_source("a", *entries)})
        site.sync()
        tables = ("entry", "entry_head", "version_text", "membership",
                  "registry_count", "registry_source", "source", "withheld",
                  "document", "version")
        before = {t: set(site.query(f"SELECT * FROM {t}")) for t in tables}
        entries[7]["websiteUrl"] = "https://example.com/"
        site.file_source("a", *entries)
        site.sync("--source", "a")
        after = {t: set(site.query(f"SELECT * FROM {t}")) for t in tables}
        tap.equal({t: len(after[t] - before[t]) for t in tables},
                  {t: int(t in ("document", "version", "entry_head"))
                   for t in tables},
                  "rows that differ")


def test_views_can_be_read():
    with Site() as site:
        site.configure({"a": site.file_source("a", server(
            "n/x", tags=["db"], packages=[{
                "registryType": "npm", "identifier": "p", "version": "1.2",
                "transport": {"type": "stdio"}}],
            remotes=[{"type": "sse", "url": "https://example.com/sse"}]))})
        site.sync()
        expected = {
            "server": 1, "skill": 0, "plugin": 0, "server_tag": 1,
            "server_package": 1, "server_remote": 1, "registry_entry": 1,
            "source_status": 1, "sync_run": 1, "rejected_entry": 0}
        tap.equal({v: len(site.query(f"SELECT * FROM {v}"))
                   for v in expected}, expected, "rows of each view")
        tap.equal(site.query("SELECT name, version, tag FROM server_tag"),
                  [("n/x", "1.0.0", "db")], "server_tag")
        tap.equal(site.query("SELECT registry_type, identifier, "
                             "package_version, transport FROM server_package"),
                  [("npm", "p", "1.2", "stdio")], "server_package")
        tap.equal(site.query("SELECT transport, url FROM server_remote"),
                  [("sse", "https://example.com/sse")], "server_remote")


def test_removed_entry_leaves_a_tombstone_and_may_return():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"),
                                              server("n/y"))})
        site.sync()
        seen = official(site, "/v0.1/servers/n%2Fx/versions/latest")
        time.sleep(0.002)
        site.file_source("a", server("n/y"))
        run = site.sync("--source", "a")
        tap.equal(run.counts("a"), (0, 0, 1, 1, 0), "one removed")
        tap.equal(site.names(), [("n/y", "1.0.0")], "not listed")
        tap.equal(site.get("/v0.1/servers/n%2Fx/versions/latest").status, 404,
                  "latest is 404")
        gone = site.get(
            "/v0.1/servers?include_deleted=true").json["servers"]
        tap.equal([(i["server"]["name"], i["_meta"][OFFICIAL]["status"])
                   for i in gone], [("n/x", "deleted"), ("n/y", "active")],
                  "listed with include_deleted")
        site.file_source("a", server("n/x"), server("n/y"))
        run = site.sync("--source", "a")
        tap.equal(run.counts("a"), (1, 0, 0, 1, 0), "it is back")
        now = official(site, "/v0.1/servers/n%2Fx/versions/latest")
        tap.equal(now["status"], "active", "alive")
        tap.equal(now["publishedAt"], seen["publishedAt"],
                  "first seen when it was first seen")
        tap.ok(now["updatedAt"] > seen["updatedAt"], "updated since")


def test_tombstones_expire():
    with Site() as site:
        source = site.file_source("a", server("n/x"), server("n/y"))
        site.configure({"a": source})
        site.sync()
        site.file_source("a", server("n/y"))
        site.sync("--source", "a")
        tap.equal(site.value("SELECT count(*) FROM version"), 2, "kept")
        config = site.path("config.yaml")
        import json
        with open(config, encoding="utf-8") as f:
            settings = json.load(f)
        settings["database"]["tombstoneRetention"] = "1us"
        site.write("config.yaml", settings)
        site.sync("--force")
        tap.equal(site.query("SELECT name FROM entry"), [("n/y",)],
                  "the entry is gone")
        tap.equal(site.value("SELECT count(*) FROM document"), 1,
                  "with its document")
        tap.equal(site.names("/v0.1/servers?include_deleted=true"),
                  [("n/y", "1.0.0")], "and from the list")


def test_latest_follows_versions():
    with Site() as site:
        def latest():
            return site.get("/v0.1/servers/n%2Fx/versions/latest").json[
                "server"]["version"]
        versions = ["1.9.0", "1.10.0", "1.2.0", "latest-and-greatest"]
        site.configure({"a": site.file_source(
            "a", *(server("n/x", v) for v in versions))})
        site.sync()
        tap.equal(latest(), "1.10.0", "any semantic version above the others")
        newest = site.get("/v0.1/servers/n%2Fx/versions").json["servers"]
        tap.equal([i["server"]["version"] for i in newest],
                  ["1.10.0", "1.9.0", "1.2.0", "latest-and-greatest"],
                  "newest first")
        tap.equal([i["_meta"][OFFICIAL]["isLatest"] for i in newest],
                  [True, False, False, False], "one is the latest")
        site.file_source("a", *(server("n/x", v) for v in versions
                                if v != "1.10.0"))
        site.sync("--source", "a")
        tap.equal(latest(), "1.9.0", "the next one when it goes")


def test_bad_entries_are_left_out_and_named():
    with Site() as site:
        bad = server("n/bad", description="x" * 101)
        site.configure({"a": site.file_source(
            "a", server("n/a"), bad, server("n/b"), server("n/a"))})
        run = site.sync()
        tap.equal(run.status, 0, "the source is in")
        tap.equal(run.counts("a"), (2, 0, 0, 0, 2), "counts")
        rows = site.query("SELECT source, kind, path, name, rule, value "
                          "FROM rejected_entry")
        tap.equal([r[:4] for r in rows],
                  [("a", "server", "data.servers.1.description", "n/bad"),
                   ("a", "server", "data.servers.3", "n/a")], "both listed")
        tap.contains(rows[0][4], "100", "the rule")
        tap.contains(rows[0][5], "xxx", "the value")
        status = site.get("/registry/status").json
        tap.equal(status["sources"][0]["rejectedCount"], 2, "in the status")


def test_strict_source_fails_whole():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/a"))})
        site.sync()
        site.configure({"a": site.file_source(
            "a", server("n/b"), server("n/bad", description=""),
            syncPolicy={"interval": "1h", "strict": True})})
        run = site.sync("--source", "a")
        tap.equal(run.status, 1, "exit status")
        tap.contains(run.source("a")["error"], "data.servers.1.description",
                     "the place is named")
        tap.equal(site.names(), [("n/a", "1.0.0")], "the old content stays")


def test_failure_keeps_content_and_counts_up():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/a")),
                        "b": site.file_source("b", server("n/b"))})
        site.sync()
        site.write("a.json", '{"version": "1.0.0"')
        for attempt in 1, 2:
            run = site.sync("--force")
            tap.equal(run.status, 1, "exit status")
            tap.equal(run.source("b")["result"], "completed",
                      "the other source is synced")
            status = site.get("/registry/status").json["sources"][0]
            tap.equal((status["phase"], status["attemptCount"],
                       status["serverCount"]), ("failed", attempt, 1),
                      "counted, nothing forgotten")
            tap.contains(status["message"], "Fetch failed:", "message")
        tap.equal(site.names(), [("n/a", "1.0.0"), ("n/b", "1.0.0")],
                  "everything is still served")
        site.file_source("a", server("n/a"), server("n/c"))
        tap.equal(site.sync("--force").status, 0, "it heals")
        status = site.get("/registry/status").json["sources"][0]
        tap.equal((status["phase"], status["attemptCount"]), ("complete", 0),
                  "and counts attempts from 0")


def test_skills_and_plugins():
    with Site() as site:
        skill = {"namespace": "com.example", "name": "notes", "version": "1.0.0",
                 "description": "Writes notes"}
        site.write("a.json", document(server("n/a"), skills=[skill], plugins=[
            dict(skill, description="A plugin of that name"),
            dict(skill, namespace="org.example")]))
        site.configure({"a": {"file": {"path": site.path("a.json")}}})
        run = site.sync()
        tap.equal(run.counts("a"), (4, 0, 0, 0, 0), "counts")
        tap.equal(site.query("SELECT namespace, name, description FROM skill"),
                  [("com.example", "notes", "Writes notes")], "the skill")
        tap.equal(site.query("SELECT namespace, name FROM plugin ORDER BY 1"),
                  [("com.example", "notes"), ("org.example", "notes")],
                  "two plugins differ by namespace")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
