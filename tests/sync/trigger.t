#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""POST /registry/sync with the real sync behind it: the run shows under its
id, only one runs at a time, and no process or file is left."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import fcntl
import sqlite3
import subprocess
import threading
import time

import responder
import tap
from test_site import SYNC, Site, server
from upstream import Upstream

URL = "/registry/sync"
HERE = {"REMOTE_ADDR": "127.0.0.1"}


class Lock:
    """The lock of a database, held as a running sync holds it."""

    def __init__(self, site, wait=True):
        self.file = open(site.database + ".lock", "w", encoding="utf-8")
        fcntl.flock(self.file, fcntl.LOCK_EX | (0 if wait else
            fcntl.LOCK_NB))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def admin(site, **env):
    return responder.FastCgi(site.database, site.dir, responder.ADMIN, "admin",
        THV_REGISTRY_CONFIG=site.config, THV_REGISTRY_SYNC=SYNC, **env)


def finished(site):
    """Waits for the sync that runs; what the status says then."""
    with Lock(site):
        return site.get("/registry/status").json


def runs(site):
    return site.query("SELECT run_id, trigger, result FROM run ORDER BY id")


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return f.read().split()


def test_triggered_run():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x")),
            "b": site.file_source("b", server("m/x"))})
        server_ = admin(site)
        first = server_.get(URL, "POST", **HERE)
        tap.equal(first.status, 202, "the very first sync")
        status = finished(site)
        tap.equal((status["lastSync"]["type"], status["lastSync"]["result"]),
            ("manual", "completed"), "shown as manual")
        tap.equal(runs(site), [(first.json["runId"], "manual", "completed")],
            "under its id")
        tap.equal(os.stat(site.database).st_mode & 0o777, 0o640,
            "the group may read what it made")
        site.file_source("a", server("n/x"), server("n/y"))
        site.file_source("b", server("m/x"), server("m/y"))
        tap.equal(server_.get(URL + "?source=b", "PUT", **HERE).status, 202,
            "one source that is not due")
        finished(site)
        tap.equal([n for n, _ in site.names()], ["m/x", "m/y", "n/x"],
            "only that")
        tap.equal(server_.get(URL + "?source=c", "POST", **HERE).status, 404,
            "a source that is not configured")
        tap.equal(server_.get(URL, "POST", **HERE).status, 202, "all")
        finished(site)
        tap.equal([n for n, _ in site.names()], ["m/x", "m/y", "n/x", "n/y"],
            "none of them was due")
        tap.equal(children(server_.process.pid), [], "no child is left")
        tap.equal(server_.stop(), 0, "ends with status 0")


def test_configured_access():
    with Site() as site:
        token = site.path("token")
        site.write("token", "sesame\n")
        os.chmod(token, 0o600)
        site.configure({"a": site.file_source("a", server("n/x"))})
        with open(site.config, encoding="utf-8") as f:
            config = responder.json.load(f)
        server_ = admin(site)
        for block, headers, status in (
                ({"access": "token", "tokenFile": token}, HERE, 401),
                ({"access": "token", "tokenFile": token},
                    {"HTTP_AUTHORIZATION": "Bearer sesame"}, 202),
                ({"access": "off"}, HERE, 403),
                ({"access": "open"}, {"REMOTE_ADDR": "192.0.2.1"}, 202),
                ({}, {"REMOTE_ADDR": "192.0.2.1"}, 403), ({}, HERE, 202)):
            site.write("config.yaml", {**config, "trigger": block})
            tap.equal(site.sync().status, 0, f"{block} is valid")
            tap.equal(server_.get(URL, "POST", **headers).status, status,
                f"{block}: {status}")
            finished(site)
        server_.stop()


def test_one_at_a_time():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        server_ = admin(site)
        with Lock(site):
            answer = server_.get(URL, "POST", **HERE)
            tap.equal((answer.status, answer.error, answer.headers["location"]),
                (409, "another sync is running", "/registry/status"),
                "while cron's sync runs")
        tap.equal(server_.get(URL, "POST", **HERE).status, 202, "and after it")
        finished(site)
        server_.stop()


def test_flood():
    """Many at once, several responders: each accepted one is a run."""
    with Site() as site:
        # A pipe for a file: the sync does not end before it is written.
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        slow = site.path("slow")
        with open(slow, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\nread line < {site.path('gate')}\n"
                f"exec {SYNC} \"$@\"\n")
        os.chmod(slow, 0o755)
        os.mkfifo(site.path("gate"))
        servers = [responder.FastCgi(site.database, site.dir, responder.ADMIN,
            f"admin{i}", THV_REGISTRY_CONFIG=site.config,
            THV_REGISTRY_SYNC=slow) for i in range(3)]
        answers = []

        def flood(s):
            for _ in range(50):
                answers.append(s.get(URL, "POST", **HERE))

        threads = [threading.Thread(target=flood, args=(s,)) for s in servers]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        codes = [a.status for a in answers]
        tap.equal((codes.count(202), codes.count(409)), (1, 149),
            "150 requests start one sync")
        with open(site.path("gate"), "w", encoding="utf-8") as f:
            f.write("go\n")
        finished(site)
        started = [a.json["runId"] for a in answers if a.status == 202]
        tap.equal([r[0] for r in runs(site)][1:], started, "which ran")
        tap.equal([children(s.process.pid) for s in servers], [[], [], []],
            "no child is left")
        for s in servers:
            s.stop()


def test_pause():
    """Triggers do not wear out an upstream, whatever they ask for."""
    with Site() as site, Upstream(3) as up:
        site.configure({"api": {"api": {"endpoint": up.url()}},
            "file": site.file_source("file", server("n/x"))})
        site.sync()
        up.forget()
        site.file_source("file", server("n/x"), server("n/y"))
        server_ = admin(site)
        for query in ("", "", "?source=api", "?source=api&source=file"):
            tap.equal(server_.get(URL + query, "POST", **HERE).status, 202,
                f"triggered {query}")
            finished(site)
        tap.equal(up.requests, [], "an upstream asked just now is not asked")
        tap.ok(("n/y", "1.0.0") in site.names(), "a file is read")
        due, tried = site.query("SELECT due_us, checked_us FROM source_state"
            " JOIN source ON id = source_id WHERE name = 'api'")[0]
        tap.equal(due - tried, 10 * 10**6, "it is due when the pause is over")
        run = site.sync("--force", "--source", "api",
            THV_REGISTRY_RUN_ID="made-up")
        tap.equal((run.source("api")["result"], up.requests), ("skipped", []),
            "nor by --force in a triggered run")
        tap.equal(site.query("SELECT result FROM run WHERE run_id ="
            " 'made-up'"), [("completed",)], "it is recorded")
        tap.equal((run.status, run.source("api")["error"]), (0, None),
            "that is no failure")
        site.sync("--source", "api")
        tap.ok(up.requests, "a person is not held back")
        up.forget()
        with open(site.config, encoding="utf-8") as f:
            config = responder.json.load(f)
        site.write("config.yaml", {**config, "trigger": {"minPause": "0s"}})
        tap.equal(server_.get(URL, "POST", **HERE).status, 202, "no pause")
        finished(site)
        tap.ok(up.requests, "asked again")
        server_.stop()


def test_history():
    """A flood of runs that find nothing new evicts none that says more."""
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        day = 86400 * 10**6
        db = sqlite3.connect(site.database)
        db.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1"
            " FROM c WHERE i < 3000) INSERT INTO run (run_id, trigger,"
            " started_us, ended_us, result, pid, heartbeat_us, notable) SELECT"
            " 'old' || i, 'manual', started_us - CASE i WHEN 1 THEN 31 ELSE 29"
            " END * ?, ended_us, iif(i < 4, 'failed', 'completed'), 1, 1, i < 4"
            " FROM c, run WHERE id = 1", (day,))
        db.execute("UPDATE run SET id = id + 5000 WHERE id = 1")
        db.execute("UPDATE run_source SET run = 5001")
        db.commit()
        db.close()
        tap.equal(site.sync("--force").counts("a")[3], 1, "nothing new")
        kept = [r for r, *_ in runs(site)]
        tap.equal([r for r in kept if r in ("old1", "old2", "old3", "old4")],
            ["old1", "old2", "old3"], "of the oldest those that failed stay")
        tap.ok(len(kept) <= 1003, f"{len(kept)} runs are kept")
        site.file_source("a", server("n/y"))
        site.sync("--force")
        tap.equal([r for r, *_ in runs(site)][:2], ["old2", "old3"],
            "for a month")
        tap.equal(site.query("SELECT notable FROM run ORDER BY id DESC LIMIT 3"
            ), [(1,), (0,), (1,)], "changed, same, first")
        os.unlink(site.path("a.json"))
        site.sync("--force")
        tap.equal(site.value("SELECT notable FROM run ORDER BY id DESC LIMIT 1"
            ), 1, "failed")


def test_outlives_its_starter():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        gate = site.path("gate")
        os.mkfifo(gate)
        slow = site.path("slow")
        with open(slow, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\nread line < {gate}\nexec {SYNC} \"$@\"\n")
        os.chmod(slow, 0o755)
        server_ = responder.FastCgi(site.database, site.dir, responder.ADMIN,
            "admin", THV_REGISTRY_CONFIG=site.config, THV_REGISTRY_SYNC=slow)
        tap.equal(server_.get(URL, "POST", **HERE).status, 202, "started")
        tap.equal(server_.stop(), 0, "the web server ends its responder")
        tap.equal(site.sync().err.count("another sync is running"), 1,
            "the lock is still held")
        with open(gate, "w", encoding="utf-8") as f:
            f.write("go\n")
        tap.equal(finished(site)["lastSync"]["type"], "manual",
            "and the sync goes on")


def test_body():
    """A body is not wanted, and does no harm."""
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        server_ = admin(site)
        for size in (1, 60000, 1000000):
            try:
                answer = server_.get(URL, "POST", body=b"x" * size, **HERE)
                tap.equal(answer.status, 202, f"{size} bytes")
            except (BrokenPipeError, ConnectionResetError):
                tap.ok(size > 65536, f"{size} bytes: not read to the end")
            finished(site)
        tap.equal(server_.get(URL, "POST", **HERE).status, 202, "and after")
        finished(site)
        server_.stop()


def test_lock_that_is_none():
    """The descriptor in the environment of a sync must be the lock."""
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        with open("/dev/null", "rb") as other:
            done = subprocess.run(site.command("-q"), check=False,
                pass_fds=[other.fileno()], env=site.environment(
                    THV_REGISTRY_LOCK_FD=str(other.fileno())))
            tap.equal(done.returncode, 2, "another file: refused")
        with Lock(site) as lock:
            done = subprocess.run(site.command("--force", "-q"), check=False,
                pass_fds=[lock.file.fileno()], env=site.environment(
                    THV_REGISTRY_LOCK_FD=str(lock.file.fileno())))
            tap.equal(done.returncode, 0, "handed over: runs")
        tap.equal(len(runs(site)), 1, "one ran")


tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
