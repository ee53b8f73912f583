#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each report of sql/reports/ on a database that the sync has made."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import Site, document, server

REPORTS = os.path.join(os.path.dirname(__file__), "..", "..", "sql", "reports")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def remote(url):
    return [{"type": "streamable-http", "url": url}]


def package(kind, transport="stdio"):
    package = {"registryType": kind, "identifier": "p", "version": "1.0.0",
               "transport": {"type": transport}}
    if transport != "stdio":
        package["transport"]["url"] = "http://localhost:8080"
    return package


REPOSITORY = {"url": "https://example.com/r", "source": "git"}
FIRST = [
    server("n/a", "1.0.0", repository=REPOSITORY, tags=["db", "old"],
           packages=[package("npm")]),
    server("n/a", "1.1.0", repository=REPOSITORY, tags=["db"],
           packages=[package("npm"), package("oci", "sse")]),
    server("n/b", tags=["db", "web"], packages=[package("npm")],
           remotes=remote("https://One.example.com/mcp"),
           websiteUrl="https://example.com/b"),
    server("n/gone", repository=REPOSITORY),
]
NOTES = {"namespace": "com.example", "name": "notes", "version": "1.0.0",
         "description": "Writes notes", "status": "deprecated"}


def fill(site):
    """Two runs: entries come, change and go; one source fails."""
    bad = [{**server("n/bad1"), "description": ""},
           {**server("n/bad2"), "description": ""},
           {**server("n/bad3"), "version": ""}]
    site.write("first.json", document(*FIRST, *bad, skills=[NOTES]))
    site.write("never.json", "{")
    site.configure({
        "first": {"file": {"path": site.path("first.json")}},
        "second": site.file_source("second", server(
            "n/b", "7.0.0", repository=REPOSITORY,
            remotes=remote("https://one.example.com:8443") +
            remote("https://two.example.com/mcp"))),
        "never": {"file": {"path": site.path("never.json")}}},
        {"both": ["first", "second"], "small": ["second"], "none": ["never"]})
    site.sync()
    age(site, "UPDATE run_source SET started_us = started_us - 60000000")
    site.write("first.json", document(*FIRST[:2], {**FIRST[2], "title": "B"},
                                      *bad, skills=[NOTES]))
    site.sync("--force")


def rows(text):
    """The rows below the line of dashes that shows how wide columns are; a
    row whose first column is empty continues the one above it."""
    lines = text.splitlines()
    if not lines:
        return []
    spans = [m.span() for m in re.finditer("-+", lines[1])]
    table = []
    for line in lines[2:]:
        row = [line[a:b] for a, b in spans]
        if row[0].strip():
            table.append(row)
        else:
            table[-1] = [a + b for a, b in zip(table[-1], row)]
    return [tuple(cell.strip() for cell in row) for row in table]


def age(site, statement):
    """Makes the database older than it is."""
    subprocess.run(["sqlite3", site.database, statement], check=True)


def report(site, name):
    with open(os.path.join(REPORTS, name + ".sql"), "rb") as f:
        done = subprocess.run(["sqlite3", "-readonly", site.database], stdin=f,
                              capture_output=True, text=True, check=False,
                              timeout=60)
    tap.equal((done.returncode, done.stderr), (0, ""), f"{name} runs")
    return rows(done.stdout)


def check_times(name, got, columns):
    """Whether these columns hold instants; returns the rows without them."""
    tap.ok(got and all(INSTANT.fullmatch(row[c]) for row in got
                       for c in columns), f"{name} has times")
    return [tuple(v for i, v in enumerate(row) if i not in columns)
            for row in got]


EXPECTED = {
    "rejected": [
        ("first", "server", "n/bad1", "1.0.0", "data.servers.3.description",
         "must not be empty", '""'),
        ("first", "server", "n/bad2", "1.0.0", "data.servers.4.description",
         "must not be empty", '""'),
        ("first", "server", "n/bad3", "", "data.servers.5.version",
         "must not be empty", '""')],
    "rejected-rules": [("must not be empty", "3", "1", "n/bad1")],
    "packages": [("npm", "stdio", "2", "2"), ("oci", "sse", "1", "1")],
    "remote-hosts": [
        ("one.example.com", "1", "1", "streamable-http"),
        ("one.example.com:8443", "1", "1", "streamable-http"),
        ("two.example.com", "1", "1", "streamable-http")],
    "no-repository": [("first", "n/b", "1.0.0", "https://example.com/b")],
    "shadowed": [("both", "server", "n/b", "first", "1.0.0", "second",
                  "7.0.0")],
    "tags": [("db", "2", "1"), ("web", "1", "1")],
}
# Rows without the columns that hold times.
EXPECTED_BESIDE_TIMES = {
    "changes": ((0,), [
        ("added", "server", "first", "n/a", "1.0.0"),
        ("added", "server", "first", "n/a", "1.1.0"),
        ("added", "server", "first", "n/b", "1.0.0"),
        ("added", "server", "second", "n/b", "7.0.0"),
        ("removed", "server", "first", "n/gone", "1.0.0"),
        ("added", "skill", "first", "com.example/notes", "1.0.0")]),
    "withdrawn": ((5,), [
        ("server", "first", "n/gone", "1.0.0", "deleted", ""),
        ("skill", "first", "com.example/notes", "1.0.0", "deprecated", "")]),
    "registries": ((6,), [
        ("both", "yes", "first, second", "2", "1", "0"),
        ("none", "", "never", "0", "0", "0"),
        ("small", "", "second", "1", "0", "0")]),
}


def test_rows():
    with Site() as site:
        fill(site)
        for name, expected in EXPECTED.items():
            tap.equal(report(site, name), expected, name)
        for name, (times, expected) in EXPECTED_BESIDE_TIMES.items():
            got = check_times(name, report(site, name), times)
            tap.equal(sorted(got), sorted(expected), name)


def test_biggest():
    with Site() as site:
        fill(site)
        got = report(site, "biggest")
        tap.equal([int(r[0]) for r in got], [n for n, in site.query(
            "SELECT length(CAST(doc AS BLOB)) AS n FROM server UNION ALL "
            "SELECT length(CAST(doc AS BLOB)) FROM skill ORDER BY n DESC")],
            "sizes")
        tap.equal(sorted(r[1:] for r in got), [
            ("server", "first", "n/a", "1.0.0"),
            ("server", "first", "n/a", "1.1.0"),
            ("server", "first", "n/b", "1.0.0"),
            ("server", "first", "n/gone", "1.0.0"),
            ("server", "second", "n/b", "7.0.0"),
            ("skill", "first", "com.example/notes", "1.0.0")], "which")


def test_changes_of_a_week():
    with Site() as site:
        fill(site)
        week = 8 * 86400 * 10**6
        age(site, f"UPDATE version SET first_seen_us = first_seen_us - {week}")
        changed = {(r[1], r[4]) for r in report(site, "changes")}
        tap.equal(changed, {("changed", "n/a"), ("changed", "n/b"),
            ("removed", "n/gone"), ("changed", "com.example/notes")},
            "what is older has changed only")
        age(site, f"UPDATE version SET changed_us = changed_us - {week}")
        tap.equal(report(site, "changes"), [], "nothing is older than a week")


def test_stale_sources():
    with Site() as site:
        fill(site)
        got = report(site, "stale-sources")
        tap.equal([r[:5] for r in got], [("never", "file", "failed", "2", "")],
                  "one never succeeded")
        tap.contains(got[0][7], "Fetch failed: validation failed", "message")
        hours = 3600 * 10**6
        age(site, "UPDATE source_state SET succeeded_us = succeeded_us - "
            f"{5 * hours} WHERE source_id = (SELECT id FROM source WHERE "
            "name = 'second')")
        got = report(site, "stale-sources")
        tap.equal([(r[0], r[2], r[5], r[6]) for r in got], [
            ("never", "failed", "", "1.0"),
            ("second", "complete", "5.0", "1.0")], "one is late")


def test_history_and_failures():
    with Site() as site:
        fill(site)
        got = check_times("history", report(site, "history"), (0,))
        # They were tried at the same time: any may have been the last.
        tap.equal(sorted((r[0], r[1], *r[3:8]) for r in got[:3]), [
            ("first", "completed", "0", "1", "1", "3", "4"),
            ("never", "failed", "0", "0", "0", "0", "0"),
            ("second", "completed", "0", "0", "0", "0", "1")], "last run")
        tap.equal(len(got), 6, "two runs of three sources")
        tap.ok(all(float(r[2]) >= 0 for r in got), "durations")
        got = check_times("failures", report(site, "failures"), (2, 3))
        tap.equal([r[:2] for r in got], [("never", "2")], "failures")
        tap.contains(got[0][2], "invalid JSON", "why")


def test_every_report_is_tested():
    names = {os.path.basename(p)[:-4] for p in glob.glob(REPORTS + "/*.sql")}
    tap.equal(names, {*EXPECTED, *EXPECTED_BESIDE_TIMES, "biggest",
                      "stale-sources", "history", "failures"}, "reports")
    for path in glob.glob(REPORTS + "/*.sql"):
        with open(path, encoding="utf-8") as f:
            tap.ok(re.match(r"-- \w.+\.$", f.read().split("\n.headers")[0],
                            re.DOTALL), f"{path} says what it is for")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
