#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/registry/status: what the sync wrote, in the words of the API."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import sqlite3
import time

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
RUN = ("INSERT INTO run (run_id, trigger, started_us, ended_us, result, error,"
    " attempts, hash, servers, pid, heartbeat_us, current_source, entries,"
    " bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)")


def execute(*statement):
    db = sqlite3.connect(DATABASE)
    with db:
        db.execute(*statement)
    db.close()


def status():
    answer = responder.cgi(DATABASE, "/registry/status")
    tap.equal(answer.status, 200, "200")
    return answer.json


def test_before_the_first_run():
    got = status()
    tap.equal(list(got), ["lastSync", "running", "sources", "registries",
        "sandboxWarnings"], "members")
    tap.equal((got["lastSync"], got["running"]), (None, None), "nothing yet")


def test_registries():
    tap.equal(status()["registries"], [
        {"name": "main", "default": True, "sources": ["b", "a"],
            "serverCount": 3, "skillCount": 1, "pluginCount": 0},
        {"name": "other", "default": False, "sources": ["a"],
            "serverCount": 2, "skillCount": 0, "pluginCount": 0}],
        "in the order of the file, sources by priority")


def test_sources():
    execute("UPDATE source_state SET phase = 'failed', message = 'no \"route\"'"
        ", attempts = 3, started_us = ?, ended_us = NULL, due_us = ?,"
        " content_hash = NULL, revision = 'abc', rejected = 7"
        " WHERE source_id = 1", (rdb.EPOCH + 1, rdb.EPOCH + 2))
    execute("INSERT INTO source (name, kind, ordinal, config, identity,"
        " filter, strict, created_us, updated_us)"
        " VALUES ('new', 'git', 0, '{}', '', 'null', 0, 0, 0)")
    got = status()["sources"]
    tap.equal([s["name"] for s in got], ["a", "new", "b"], "order")
    tap.equal(got[0], {"name": "a", "type": "file", "phase": "failed",
        "message": 'no "route"', "attemptCount": 3, "lastSync": None,
        "lastAttempt": "2026-01-01T00:00:00.000001Z",
        "lastSuccess": "2026-01-01T00:00:00Z",
        "lastCheck": "2026-01-01T00:00:00Z",
        "nextDue": "2026-01-01T00:00:00.000002Z", "hash": None,
        "revision": "abc", "serverCount": 2, "skillCount": 0,
        "pluginCount": 0, "rejectedCount": 7}, "a source that failed")
    tap.equal(got[1]["phase"], None, "a source without a state")


def test_runs():
    now = time.time_ns() // 1000
    execute(RUN, ("r1", "automatic", rdb.EPOCH, rdb.EPOCH + 5 * 10**6,
        "completed", None, 0, "cafe", 88, rdb.EPOCH, None, 0, 0))
    tap.equal(status()["lastSync"], {"type": "automatic",
        "startTime": "2026-01-01T00:00:00Z",
        "completionTime": "2026-01-01T00:00:05Z", "hash": "cafe",
        "serverCount": 88, "result": "completed", "attemptCount": 0,
        "errorMessage": None}, "the last run")
    execute(RUN, ("r2", "manual", now - 10**6, None, None, None, 0, None,
        None, now, "a", 5, 700))
    got = status()
    tap.equal(got["lastSync"]["hash"], "cafe", "while another one runs")
    running = got["running"]
    tap.ok(running and running.pop("startTime").endswith("Z"), "its start")
    tap.equal(running, {"runId": "r2", "type": "manual", "source": "a",
        "entries": 5, "bytes": 700}, "what it does")
    execute("UPDATE run SET heartbeat_us = ? WHERE run_id = 'r2'",
        (now - 61 * 10**6,))
    tap.equal(status()["running"], None, "not heard of for a minute")
    execute("UPDATE run SET ended_us = ?, result = 'failed', error = 'a: gone',"
        " attempts = 2 WHERE run_id = 'r2'", (now,))
    got = status()["lastSync"]
    tap.equal((got["result"], got["errorMessage"], got["attemptCount"],
        got["hash"], got["serverCount"]), ("failed", "a: gone", 2, None, None),
        "a run that failed")


def history(query=""):
    answer = responder.cgi(DATABASE, "/registry/status/history" + query)
    tap.equal((answer.status, answer.headers["cache-control"]),
        (200, "no-store"), f"200 {query}")
    return answer.json


def test_history():
    first = history()["sources"]
    tap.equal([(s["name"], s["runs"]) for s in first],
        [("a", []), ("new", []), ("b", [])], "every source, no runs yet")
    for i in range(60):
        execute(RUN, (f"h{i}", "manual" if i == 59 else "automatic", rdb.EPOCH,
            rdb.EPOCH, "completed", None, 0, None, 1, rdb.EPOCH, None, 0, 0))
        for ordinal, source in enumerate("ab" if i == 7 else "a"):
            execute("INSERT INTO run_source SELECT max(id), ?, ?, 'file', ?, ?,"
                " ?, 1, 2, 3, 4, 5, ?, 6, 7, 'cafe', ? FROM run", (ordinal,
                source, "failed" if i == 58 else "completed",
                rdb.EPOCH + i * 10**6, rdb.EPOCH + i * 10**6 + 250000, i,
                "gone \"away\"" if i == 58 else None))
    execute("INSERT INTO run_source SELECT max(id), 9, 'former', 'git',"
        " 'failed', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 'x' FROM run")
    a, new, b = history()["sources"]
    tap.equal([r["totalCount"] for r in a["runs"]], list(range(59, 9, -1)),
        "the last fifty, newest first")
    tap.equal((new["runs"], [r["totalCount"] for r in b["runs"]]), ([], [7]),
        "each source has its own")
    tap.equal(a["runs"][0], {"runId": "h59", "type": "manual",
        "startTime": "2026-01-01T00:00:59Z",
        "completionTime": "2026-01-01T00:00:59.25Z", "result": "completed",
        "addedCount": 1, "updatedCount": 2, "removedCount": 3,
        "unchangedCount": 4, "rejectedCount": 5, "totalCount": 59,
        "errorMessage": None}, "what a run says")
    tap.equal((a["runs"][1]["result"], a["runs"][1]["errorMessage"]),
        ("failed", 'gone "away"'), "one that failed")
    tap.equal(history("?limit=2")["sources"][0]["runs"], a["runs"][:2], "limit")
    for limit in "0", "101", "x":
        tap.equal(responder.cgi(DATABASE,
            f"/registry/status/history?limit={limit}").status, 400, limit)


rdb.build(DATABASE, [
    rdb.Source("a", [rdb.server("a.e/1"), rdb.server("a.e/2"),
        rdb.server("a.e/3", status="deleted")]),
    rdb.Source("b", [rdb.server("b.e/1"), rdb.server("a.e/2"),
        rdb.extension(rdb.SKILL, "n", "s")])],
    [rdb.Registry("main", ["b", "a"], True), rdb.Registry("other", ["a"])])
tap.main([test_before_the_first_run, test_registries, test_sources, test_runs,
    test_history])
