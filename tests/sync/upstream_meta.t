#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an upstream registry says of a version beside its document: stored,
sent back, compared; versions it marks as deleted; and databases made before
there was room for it."""
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import LISTING, OFFICIAL, Site, server
from upstream import Upstream

PUBLISHED = "2025-01-02T03:04:05Z"
UPDATED = "2025-06-07T08:09:10.5Z"
CHANGED = "2025-05-05T05:05:05Z"


def item(entry, meta=None, **official):
    official = {"status": "active", "publishedAt": PUBLISHED,
                "updatedAt": UPDATED, "statusChangedAt": CHANGED, **official}
    return {"server": entry, "_meta": {OFFICIAL: official, **(meta or {})}}


def offer(site, *items, **more):
    """A page of items as the file of source a; its block."""
    return {"file": {"path": site.write("a.json", {
        "servers": list(items), "metadata": {"count": len(items)}})}, **more}


def official(site, name, version="1.0.0"):
    return site.get(f"/v0.1/servers/n%2F{name}/versions/{version}"
                    "?include_deleted=true").json["_meta"][OFFICIAL]


def test_what_the_upstream_says_comes_back():
    with Site() as site:
        site.configure({"a": offer(site, item(
            server("n/x"), {"com.example/rating": {"stars": 4.50, "n": 1E2}},
            status="deprecated", statusMessage="use n/y", serverId="17",
            isLatest=False))})
        site.sync()
        answer = site.get("/v0.1/servers/n%2Fx/versions/1.0.0")
        tap.equal(answer.json["_meta"], {OFFICIAL: {
            "status": "deprecated", "statusMessage": "use n/y",
            "statusChangedAt": CHANGED, "publishedAt": PUBLISHED,
            "updatedAt": UPDATED, "isLatest": True, "serverId": "17"},
            "com.example/rating": {"stars": 4.5, "n": 100}}, "all of it")
        for uri in ("/v0.1/servers", "/v0.1/servers?search=n/x",
                    "/v0.1/servers?version=latest",
                    "/v0.1/servers?search=what&version=latest",
                    "/v0.1/servers/n%2Fx/versions"):
            tap.equal(site.get(uri).json["servers"], [answer.json], uri)


def test_what_it_does_not_say_is_ours():
    with Site() as site:
        site.configure({"a": offer(site, {"server": server("n/x")}, {
            "server": server("n/y"), "_meta": {OFFICIAL: {
                "publishedAt": PUBLISHED, "status": None}}})})
        site.sync()
        ours = official(site, "x")
        tap.equal(ours["status"], "active", "status")
        tap.ok(ours["publishedAt"] > "2026" and ours["updatedAt"] ==
               ours["publishedAt"], "first seen")
        mixed = official(site, "y")
        tap.equal(mixed["publishedAt"], PUBLISHED, "given")
        tap.equal(mixed["updatedAt"], ours["updatedAt"], "and not given")


def test_names_of_the_first_registries():
    with Site() as site:
        bare = server("n/x", _meta={OFFICIAL: {
            "id": "1", "published_at": PUBLISHED, "updated_at": UPDATED,
            "is_latest": True}})
        site.configure({"a": offer(site, bare)})
        site.sync()
        got = site.get("/v0.1/servers").json["servers"][0]
        tap.equal(got["server"], bare, "the document is as it was")
        tap.equal((got["_meta"][OFFICIAL]["publishedAt"],
                   got["_meta"][OFFICIAL]["updatedAt"]),
                  (PUBLISHED, UPDATED), "its times are known")


def test_it_is_part_of_what_is_compared():
    with Site() as site:
        site.configure({"a": offer(site, item(server("n/x")),
                                   item(server("n/y")))})
        site.sync()
        before = site.query("SELECT changed_us, updated_us FROM version")
        bodies = site.query("SELECT * FROM document")
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 0, 2, 0), "the same again")
        tap.equal(site.query("SELECT changed_us, updated_us FROM version"),
                  before, "and no row is written")
        since = site.get("/v0.1/servers?updated_since=2026-01-01T00:00:00Z")
        tap.equal(len(since.json["servers"]), 2,
                  "updated_since asks when it changed here")
        time.sleep(0.002)
        offer(site, item(server("n/x"), status="deprecated"),
              item(server("n/y")))
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 1, 0, 1, 0), "another status")
        after = site.query("SELECT changed_us, updated_us FROM version")
        tap.equal([x[0] > y[0] for x, y in zip(after, before)],
                  [True, False], "changed here, now")
        tap.equal([x[1] for x in after], [x[1] for x in before],
                  "updated when the upstream says")
        tap.equal(site.query("SELECT * FROM document"), bodies,
                  "documents are as they were")


def test_deleted_upstream():
    with Site() as site:
        site.configure({"a": offer(site, item(server("n/x")),
                                   item(server("n/y")))})
        site.sync()
        gone = item(server("n/x"), status="deleted", statusMessage="malware")
        offer(site, gone, item(server("n/y")))
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 1, 1, 0), "counts as removed")
        tap.equal(run.source("a")["total"], 1, "not in the total")
        tap.equal(site.names(), [("n/y", "1.0.0")], "not listed")
        tap.equal(site.get("/v0.1/servers?search=n/x").json["servers"], [],
                  "not found")
        tap.equal(site.get("/v0.1/servers/n%2Fx/versions/1.0.0").status, 404,
                  "not there")
        got = official(site, "x")
        tap.equal((got["status"], got["statusMessage"],
                   got["statusChangedAt"], got["isLatest"]),
                  ("deleted", "malware", CHANGED, True), "include_deleted")
        tap.equal(site.query("SELECT servers FROM registry_count"), [(1,)],
                  "the registry's count")
        tap.equal(site.value("SELECT count(*) FROM version "
                             "WHERE removed_us IS NOT NULL"), 0,
                  "it is still offered")
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 0, 2, 0), "nothing new")
        offer(site, item(server("n/x")), item(server("n/y")))
        run = site.sync("--force")
        tap.equal(run.counts("a"), (1, 0, 0, 1, 0), "and back")
        tap.equal(len(site.names()), 2, "listed again")


def test_deleted_before_it_was_met():
    with Site() as site:
        site.configure({"a": offer(
            site, item(server("n/x"), status="deleted"),
            item(server("n/y")))})
        run = site.sync()
        tap.equal(run.source("a")["total"], 1, "total")
        tap.equal(site.names("/v0.1/servers?include_deleted=true"),
                  [("n/x", "1.0.0"), ("n/y", "1.0.0")],
                  "a mirror of this one learns of it")
        tap.equal(official(site, "x")["statusChangedAt"], CHANGED, "and when")


def test_deleted_without_its_document():
    with Site() as site:
        whole = server("n/x", title="Whole")
        site.configure({"a": offer(site, item(whole), item(server("n/y")))})
        site.sync()
        offer(site, item({"name": "n/x", "version": "1.0.0"},
                         status="deleted"), item(server("n/y")))
        for counts in (0, 0, 1, 1, 0), (0, 0, 0, 2, 0):
            run = site.sync("--force")
            tap.equal(run.counts("a"), counts, "counts")
        got = site.get("/v0.1/servers?include_deleted=true").json["servers"]
        tap.equal(got[0]["server"], whole, "ours is kept")


def test_without_a_description_it_is_on_no_page():
    """Clients refuse a page that begins with such a server."""
    with Site() as site:
        bare = {"name": "n/a", "version": "1.0.0"}
        for text in None, "":
            first = bare if text is None else {**bare, "description": text}
            site.configure({"a": offer(site, item(first), item(server("n/y"))
                )})
            run = site.sync("--force")
            tap.equal((run.source("a")["total"], run.source("a")["rejected"]),
                (1, 1), "left out and counted")
            tap.equal(site.names(), [("n/y", "1.0.0")], "not first, nowhere")
            tap.equal(site.query("SELECT path, rule, name FROM rejected_entry"),
                [("servers.0.server.description",
                    "must not be missing or empty", "n/a")], "and listed")


def test_deleted_and_then_gone_is_as_old_as_the_mark():
    recent = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                           time.gmtime(time.time() - 86400))
    with Site() as site:
        site.configure({"a": offer(
            site, item(server("n/old"), status="deleted"),
            item(server("n/recent"), status="deleted",
                 statusChangedAt=recent), item(server("n/y")))})
        site.sync()
        before = site.query("SELECT changed_us, updated_us FROM version "
                            "ORDER BY document_id")
        tap.equal(len(before), 3, "all are stored while they are offered")
        offer(site, item(server("n/y")))
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 0, 1, 0), "nobody sees them go")
        tap.equal(site.query("SELECT name, status FROM server"),
                  [("n/recent", "deleted"), ("n/y", "active")],
                  "the old mark has been kept long enough")
        tap.equal(site.query("SELECT changed_us, updated_us FROM version "
                             "ORDER BY document_id"), before[1:],
                  "the other has not changed")
        tap.equal(site.value("SELECT removed_us = status_changed_us "
                             "FROM version WHERE status = 'deleted'"), 1,
                  "and is a tombstone since its mark")


def test_a_filter_takes_it_along():
    with Site() as site:
        one = item(server("n/x"), {"com.example/k": [1, {"a": "b"}]},
                   status="deprecated", statusMessage="old", serverId=5)
        plain = {"server": server("n/p")}
        site.configure({"a": offer(site, one, plain, item(server("n/y")))})
        site.sync()
        path = "/v0.1/servers/n%2Fx/versions/1.0.0"
        before = site.get(path).json
        block = offer(site, one, plain, item(server("n/y")))
        site.configure({"a": {**block, "filter": {
            "names": {"exclude": ["n/x", "n/p"]}}}})
        run = site.sync()
        tap.equal(run.counts("a")[:4], (0, 0, 2, 1), "left out")
        tap.equal(site.get(path).status, 404, "gone")
        site.configure({"a": block})
        run = site.sync()
        tap.equal(run.counts("a")[:4], (2, 0, 0, 1), "let in again")
        tap.equal(site.get(path).json, before, "with all that was said of it")
        site.configure({"a": {**block, "filter": {
            "names": {"include": ["n/*"]}}}})
        run = site.sync()
        tap.equal(run.counts("a")[:4], (0, 0, 0, 3), "nothing moves")
        run = site.sync("--force")
        tap.equal(run.counts("a")[:4], (0, 0, 0, 3), "nor by fetching")


def test_a_crawl_of_what_changed():
    with Upstream(250) as up, Site() as site:
        block = {"api": {"endpoint": up.url()}}
        site.configure({"a": block})
        run = site.sync()
        tap.equal((run.status, run.counts("a")), (0, (250, 0, 0, 0, 0)),
                  "all of it")
        up.put("com.example/server-00001", title="changed")
        up.delete("com.example/server-00002")
        up.put("com.example/new")
        up.put("com.example/bad", title=5)
        run = site.sync("--source", "a")
        tap.equal(run.counts("a"), (1, 1, 1, 0, 1), "then what changed")
        tap.equal(run.source("a")["total"], 250, "and the rest stays")
        tap.equal(site.get("/v0.1/servers/com.example%2Fserver-00002/versions/"
                           "1.0.0").status, 404, "the deleted one is gone")
        up.put("com.example/bad", title="good")
        up.put("com.example/server-00003", title="other")
        site.configure({"a": {**block, "filter": {
            "names": {"exclude": ["com.example/server-000*"]}}}})
        run = site.sync("--source", "a")
        tap.equal(run.counts("a")[0], 1, "the bad one is good now")
        tap.equal(run.counts("a")[4], 0, "and no longer counted")
        tap.equal([n for n, _ in site.names()
                   if n.startswith("com.example/server-000")], [],
                  "another filter is applied to all of it")
        tap.equal(len(site.names()), 152, "and nothing else is lost")
        site.configure({"a": block})
        site.sync("--source", "a")
        tap.equal(len(site.names()), 251, "nor for good")


def test_a_change_that_the_filter_minds():
    tagged = {LISTING: {"com.example": {"listing": {"tags": ["hidden"]}}}}
    with Upstream(3) as up, Site() as site:
        site.configure({"a": {"api": {"endpoint": up.url()}, "filter": {
            "tags": {"exclude": ["hidden"]}}}})
        site.sync()
        name = "com.example/server-00001"
        for more, counts, shown in (({"_meta": tagged}, (0, 0, 1), 2),
                                    ({"title": "seen"}, (1, 0, 0), 3),
                                    ({"_meta": tagged}, (0, 0, 1), 2)):
            up.put(name, **more)
            run = site.sync("--source", "a")
            tap.equal(run.counts("a")[:3], counts, f"{shown}: counts")
            tap.equal(len(site.names()), shown, f"{shown}: shown")
            tap.equal(site.value("SELECT count(*) FROM withheld"), 3 - shown,
                      f"{shown}: kept aside")


def test_what_was_stored_verifies():
    with Upstream(5) as up, Site() as site:
        up.delete("com.example/server-00004")
        up.put("com.example/more")
        up.items["com.example/more", "1.0.0"][2]["_meta"]["x"] = [1]
        site.configure({"a": {"api": {"endpoint": up.url()}}})
        site.sync()
        found = site.sync("--verify")
        tap.equal((found.status, "wrong" in found.out), (0, False),
                  "metadata of an upstream is not reported as damage")


def test_what_was_tried_again_is_no_failure():
    def reset_once(handler, number, _):
        return number == 1 and handler.reset()

    def busy_once(handler, number, _):
        return number == 2 and handler.send(503, b"{}", Retry_After="0")

    for what, more in (("a lost connection", {"fault": reset_once}),
                       ("503 once", {"fault": busy_once}),
                       ("v0 instead of v0.1", {"versions": ("v0",)}),
                       ("include_deleted refused", {"strict": True})):
        with Upstream(150, **more) as up, Site() as site:
            site.configure({"a": {"api": {"endpoint": up.url()}}})
            run = site.sync()
            tap.equal((run.status, run.counts("a")), (0, (150, 0, 0, 0, 0)),
                      what)


def test_a_database_of_before_is_taken_along():
    added = {"version": ["upstream", "extra_meta", "extra_official", "file"],
             "withheld": ["status", "status_message", "status_changed_us",
                          "published_us", "updated_us", "extra_meta",
                          "extra_official", "file"],
             "source_state": ["retry_us", "applied_rules", "unreadable"],
             "entry": ["shown_us"],
             "run": ["notable"],
             "rejection": ["served"]}
    with Site() as site:
        site.configure({"a": {
            **site.file_source("a", server("n/x"), server("m/kept-out")),
            "filter": {"names": {"exclude": ["m/*"]}}}})
        site.sync()
        before = site.get("/v0.1/servers").body
        version = site.value("PRAGMA user_version")
        db = sqlite3.connect(site.database)
        for (view,) in db.execute("SELECT name FROM sqlite_schema "
                                  "WHERE type = 'view'").fetchall():
            db.execute(f"DROP VIEW {view}")
        for index in "run_quiet", "run_notable", "run_source_source":
            db.execute(f"DROP INDEX {index}")
        for table, columns in added.items():
            for column in columns:
                db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        for (column,) in db.execute(
                "SELECT name FROM pragma_table_info('source_state') "
                "WHERE name = 'checkpoint'").fetchall():
            db.execute(f"ALTER TABLE source_state DROP COLUMN {column}")
        db.execute("DROP TABLE duration_total")
        db.execute("PRAGMA user_version = 1001")
        # In the way of what is derived, which comes after all steps.
        db.execute("DROP INDEX membership_name")
        db.execute("CREATE INDEX membership_name ON source (kind)")
        db.commit()
        tables = db.execute("SELECT name FROM sqlite_schema").fetchall()
        tap.ok(site.sync().status != 0, "a move that fails")
        tap.equal((db.execute("PRAGMA user_version").fetchone(), db.execute(
            "SELECT name FROM sqlite_schema").fetchall()), ((1001,), tables),
            "has changed nothing, so that the old program goes on")
        db.execute("DROP INDEX membership_name")
        db.close()
        tap.equal(site.sync().status, 0, "the sync moves it on")
        tap.equal(site.value("PRAGMA user_version"), version, "its number")
        tap.equal(site.get("/v0.1/servers").body, before, "and its content")
        tap.equal(site.query("SELECT name, body IS NULL FROM withheld"),
                  [("m/kept-out", 0)], "what is kept out is taken along")
        tap.equal(site.query("PRAGMA foreign_key_check"), [], "all refers")
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 0, 1, 0), "nothing is written again")


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
