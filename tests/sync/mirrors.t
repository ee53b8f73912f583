#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What clients that ask for changes are sent: everything that changed for them,
and nothing else, whatever happens to what is derived."""
import datetime
import os
import re
import sqlite3
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import OFFICIAL, Site, server

YEAR = 365 * 86400 * 1000000


def rfc(us):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=us)
    return at.isoformat() + "Z"


def micros(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000000)


def newest(site):
    """The instant up to which a client knows everything."""
    return site.value("SELECT max(newest_us) FROM block")


def changes(site, since, more="", registry="r"):
    """(name, version, status, isLatest) of what changed."""
    query = urllib.parse.urlencode({"updated_since": rfc(since),
                                    "limit": 1000})
    answer = site.get(f"/registry/{registry}/v0.1/servers?{query}{more}")
    return [(i["server"]["name"], i["server"]["version"],
             i["_meta"][OFFICIAL]["status"], i["_meta"][OFFICIAL]["isLatest"])
            for i in answer.json["servers"]]


def write(site, *statements):
    db = sqlite3.connect(site.database)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def verify(site, what):
    done = subprocess.run(site.command("--verify"), check=False,
                          env=site.environment(), capture_output=True)
    tap.equal((done.returncode, done.stdout.decode() if done.returncode else
               ""), (0, ""), f"--verify finds nothing: {what}")


def derive(site):
    """As a program with other derived tables does."""
    version = site.value("PRAGMA user_version")
    write(site, f"PRAGMA user_version = {version // 1000 * 1000}")
    assert site.sync().status == 0


def rebuild(site):
    subprocess.run(site.command("--rebuild"), check=True, capture_output=True,
                   env=site.environment())


class Handover(Site):
    """n/x of source b is shown since a dropped its own, after a client had
    last asked: at self.since."""

    def __init__(self):
        super().__init__()
        self.entries = [server("n/a"), server("n/z")]
        self.configure({
            "a": self.file_source("a", server("n/x", "2.0.0"), *self.entries),
            "b": self.file_source("b", server("n/x"), server("n/y"))},
            {"r": ["a", "b"]})
        self.sync()
        self.since = newest(self)
        self.file_source("a", *self.entries)
        self.sync("--source", "a")


SHOWN = ("n/x", "1.0.0", "active", True)


def test_derived_tables_are_filled_again():
    for how in rebuild, derive:
        with Handover() as site:
            after = newest(site)
            tap.equal(changes(site, site.since), [SHOWN],
                      "what another source brought")
            tap.equal(changes(site, after), [], "and nothing after it")
            how(site)
            tap.equal(changes(site, site.since), [SHOWN],
                      f"the same after {how.__name__}")
            tap.equal(changes(site, after), [],
                      "a client that has it is sent nothing")
            verify(site, how.__name__)


def test_places_are_dealt_again():
    with Handover() as site:
        place = "SELECT sort_key FROM entry_head JOIN entry ON id = entry_id" \
            " WHERE name = 'n/z'"
        before, added, after = site.value(place), [], newest(site)
        for i in range(40):  # each new name sorts right before the last one
            added.append("n/b" + "a" * (40 - i))
            site.entries.append(server(added[-1]))
            site.file_source("a", *site.entries)
            site.sync("--source", "a")
        tap.ok(site.value(place) != before, "places were dealt again")
        tap.equal([n for n, *_ in changes(site, site.since)],
                  sorted(added) + ["n/x"], "what was shown before is sent")
        tap.equal([n for n, *_ in changes(site, after)], sorted(added),
                  "and only new entries for a mirror that has those")
        verify(site, "after that")


def test_places_are_dealt_again_while_a_name_passes_on():
    """Both in one sync: the entry that comes into view is not new."""
    with Site() as site:
        entries = [server("n/a"), server("n/z")]
        more = {"b": site.file_source("b", server("n/x"))}

        def write_a(*extra):
            site.configure({"a": site.file_source("a", *entries, *extra),
                            **more}, {"r": ["a", "b"], "s": ["b"]})
            site.sync("--source", "a")
        site.configure({"a": site.file_source("a", *entries, server(
            "n/x", "2.0.0")), **more}, {"r": ["a", "b"], "s": ["b"]})
        site.sync()
        write_a(server("n/x", "2.0.0"))
        place = "SELECT sort_key FROM entry_head JOIN entry ON id = entry_id" \
            " WHERE name = 'n/z'"
        for i in range(60):
            before, since = site.value(place), newest(site)
            entries.append(server("n/b" + "a" * (60 - i)))
            write_a()
            if site.value(place) != before:
                break
            # Not yet: once more, with the name in a again.
            write_a(server("n/x", "2.0.0"))
        tap.ok(site.value(place) != before, "places were dealt again")
        tap.equal(changes(site, since)[1:], [SHOWN],
                  "what came into view at that moment is sent")
        tap.equal(changes(site, since, registry="s"), [SHOWN],
                  "by every registry")
        verify(site, "after that")


def test_latest_versions_that_changed():
    """A client that keeps the latest version of each name learns of every
    deletion, and of the version that takes its place."""
    with Site() as site:
        def offer(*versions):
            site.configure({"a": site.file_source("a", server("n/other"), *(
                server("n/x", v) for v in versions))}, {"r": ["a"]})
            since = newest(site) if os.path.exists(site.database) else 0
            site.sync("--force")
            return [c for c in changes(site, since, "&version=latest")
                    if c[0] == "n/x"]
        latest = "/registry/r/v0.1/servers/n%2Fx/versions/latest"
        offer("1.0.0", "2.0.0")
        tap.equal(offer("1.0.0"), [("n/x", "1.0.0", "active", True)],
                  "the newest was deleted: the one before takes its place")
        tap.equal(offer(), [("n/x", "2.0.0", "deleted", True)],
                  "all were deleted: the highest keeps the mark")
        tap.equal(site.get(latest).status, 404, "it is not served")
        tombstone = site.get(latest + "?include_deleted=true")
        tap.equal((tombstone.status, tombstone.json["server"]["version"],
                   tombstone.json["_meta"][OFFICIAL]["isLatest"]),
                  (200, "2.0.0", True), "unless deleted versions count")
        lists = "/registry/r/v0.1/servers?version=latest"
        tap.equal(site.names(lists), [("n/other", "1.0.0")], "nor listed")
        tap.equal(site.names(lists + "&include_deleted=true"),
                  [("n/other", "1.0.0"), ("n/x", "2.0.0")], "unless")
        tap.equal(site.names(lists + "&include_deleted=true&search=n/x"),
                  [("n/x", "2.0.0")], "found, too")
        tap.equal(site.query("SELECT version FROM registry_entry"
                             " WHERE name = 'n/x' AND is_latest"),
                  [("2.0.0",)], "the view says the same")
        tap.equal(site.value("SELECT servers FROM registry_count"), 1,
                  "what is deleted is not counted")
        tap.equal(offer("1.0.0"), [("n/x", "1.0.0", "active", True)],
                  "one comes back")
        tap.equal(offer("1.0.0", "2.0.0"), [("n/x", "2.0.0", "active", True)],
                  "and the other")
        verify(site, "after all that")


def dates(site):
    """{version: (publishedAt, updatedAt)} of n/x in microseconds."""
    answer = site.get("/v0.1/servers/n%2Fx/versions?include_deleted=true")
    return {i["server"]["version"]: tuple(micros(
        i["_meta"][OFFICIAL][key]) for key in ("publishedAt", "updatedAt"))
        for i in answer.json["servers"]}


def check_ascending(found, order, what, which=(0, 1)):
    for at in which:
        times = [found[v][at] for v in order]
        tap.ok(all(b - a >= 1000 for a, b in zip(times, times[1:])),
               f"{what}: {('publishedAt', 'updatedAt')[at]} ascends")


def test_versions_without_dates():
    order = ["0.9.0", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0"]
    for offered in order, order[::-1], sorted(order), order[3:] + order[:3]:
        with Site() as site:
            def offer(*versions, **more):
                site.configure({"a": site.file_source("a", *(
                    server("n/x", v, **more) for v in versions))})
                site.sync("--force")
                return micros(datetime.datetime.now(
                    datetime.timezone.utc).isoformat())
            end = offer(*offered)
            first = dates(site)
            check_ascending(first, order, f"as {offered}")
            tap.ok(max(max(t) for t in first.values()) <= end,
                   "none is in the future")
            since = site.value("SELECT min(changed_us) FROM version") - 1
            tap.equal(len(changes(site, since, registry="main")), len(order),
                      "a client is sent all of them")
            tap.equal(changes(site, max(u for _, u in first.values()),
                              registry="main"), [], "once")
            offer(*offered)
            tap.equal(dates(site), first, "they stay")
            offer(*offered, title="Other")
            again = dates(site)
            check_ascending(again, order, "all changed", [1])
            tap.equal({v: p for v, (p, _) in again.items()},
                      {v: p for v, (p, _) in first.items()},
                      "publishedAt stays")
            offer(*offered, "2.1.0", title="Other")
            tap.equal(max((u, v) for v, (_, u) in dates(site).items())[1],
                      "2.1.0", "a new one is the newest")


def test_versions_with_dates_keep_them():
    with Site() as site:
        def item(version, **official):
            return {"server": server("n/x", version),
                    "_meta": {OFFICIAL: {"status": "active", **official}}}
        old = {"publishedAt": "2025-01-01T00:00:00Z",
               "updatedAt": "2025-01-02T00:00:00Z"}
        site.write("a.json", {"servers": [item("2.0.0"), item("1.0.0", **old),
                                          item("1.5.0")], "metadata": {}})
        site.configure({"a": {"file": {"path": site.path("a.json")}}})
        tap.equal(site.sync().counts("a")[0], 3, "three versions")
        found = dates(site)
        tap.equal(found["1.0.0"], tuple(micros(t) for t in old.values()),
                  "its own")
        check_ascending(found, ["1.0.0", "1.5.0", "2.0.0"], "the others")


def test_a_clock_that_was_ahead():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/old"))},
                       {"r": ["a"]})
        site.sync()
        write(site, f"UPDATE version SET changed_us = changed_us + {YEAR}")
        derive(site)
        ahead = newest(site)
        site.file_source("a", server("n/old"), server("n/new"))
        run = site.sync("--force")
        new = site.get("/registry/r/v0.1/servers/n%2Fnew/versions/latest").json[
            "_meta"][OFFICIAL]
        last = site.get("/registry/status").json["lastSync"]
        tap.ok(max(micros(new[key]) for key in (
            "publishedAt", "updatedAt", "statusChangedAt")) < ahead - YEAR / 2,
            "what is new is dated with the present")
        tap.equal([n for n, *_ in changes(site, ahead)], ["n/new"],
                  "and sent to clients that know the future")
        tap.contains(run.err, "is in the future: check the clock",
                     "a warning is logged")
        tap.ok(re.search(r"last change 20\d\d-\S+, clock 20\d\d-", run.err),
               "with both times")
        tap.equal(site.query("SELECT count(*) FROM version WHERE"
                             " first_seen_us > ?", ahead - YEAR // 2), [(0,)],
                  "no first sight in the future")
        write(site, f"UPDATE run SET ended_us = ended_us + {YEAR},"
              " result = 'failed' WHERE id = 1")
        tap.equal(site.get("/registry/status").json["lastSync"], last,
                  "the last sync is the last that ran")
        site.file_source("a", server("n/old"))
        site.sync("--force")
        tap.equal([c[0::2] for c in changes(site, ahead + 1)],
                  [("n/new", "deleted")], "what goes is sent, too")
        tap.ok(site.value("SELECT max(removed_us) FROM version") <
               ahead - YEAR / 2, "and is remembered no longer than others")


def test_tombstones_are_capped():
    most = 100000
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"),
                                              server("n/y")),
                        "b": site.file_source("b", server("m/x"))})
        site.sync()
        # As many as a source may have, all versions of n/x.
        write(site, "CREATE TEMP TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1"
              f" UNION ALL SELECT i + 1 FROM c WHERE i < {most}) SELECT i"
              " FROM c", "INSERT INTO document SELECT 1000 + i, '{}' FROM n",
              "INSERT INTO version (entry_id, version, document_id, order_key,"
              " status, status_changed_us, published_us, updated_us,"
              " first_seen_us, changed_us, removed_us, digest)"
              " SELECT v.entry_id, 'v' || i, 1000 + i,"
              " CAST(printf('%09d', i) AS BLOB), 'deleted', v.changed_us,"
              " v.published_us, v.updated_us, v.first_seen_us, v.changed_us,"
              " v.first_seen_us - i, v.digest FROM n JOIN version v"
              " JOIN entry e ON e.id = v.entry_id AND e.name = 'n/x'")
        site.file_source("b", server("m/y"))
        run = site.sync("--force")
        tap.ok("too many removed" not in run.err, "as many as there may be")
        site.file_source("a", server("n/x"), server("n/z"))
        run = site.sync("--force")
        tap.contains(run.err, "too many removed entries", "a warning")
        tap.equal(site.query(
            "SELECT s.name, count(*) FROM version v JOIN entry e ON e.id ="
            " v.entry_id JOIN source s ON s.id = e.source_id WHERE removed_us"
            " IS NOT NULL GROUP BY 1"), [("a", most), ("b", 1)],
            "each source has what it may")
        tap.equal(site.value("SELECT count(*) FROM version WHERE version ="
                             f" 'v{most}'"), 0, "the oldest went")
        tap.equal(site.value("SELECT count(*) FROM version v JOIN entry e ON"
                             " e.id = v.entry_id WHERE name = 'n/y'"), 1,
                  "the newest stays")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
