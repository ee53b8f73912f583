#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/registry/status while no run can be recorded: on a disk that is full, on one
that is read-only, and where no sync runs at all."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import sqlite3

import tap
from test_site import Site, server

HOUR = 3600 * 10**6


class Disk:
    """A site whose database has a small file system of its own."""

    def __init__(self):
        self.site = Site()
        self.at = self.site.path("disk")
        os.mkdir(self.at)
        self.mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=2m,mode=755", "small",
             self.at], stderr=subprocess.DEVNULL).returncode == 0
        self.site.database = os.path.join(self.at, "registry.db")
        self.site.configure({"a": self.site.file_source("a", server("n/x"))})

    def fill(self):
        with open(os.path.join(self.at, "filler"), "wb", buffering=0) as f:
            try:
                while f.write(b"x" * 512):
                    pass
            except OSError:
                pass

    def free(self):
        os.unlink(os.path.join(self.at, "filler"))

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.at], check=True)

    def last(self):
        return self.site.get("/registry/status").json["lastSync"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.at], check=False)
        self.site.__exit__()


def execute(site, *statement):
    db = sqlite3.connect(site.database)
    with db:
        db.execute(*statement)
    db.close()


def test_full():
    with Disk() as disk:
        site = disk.site
        tap.equal(disk.last() if site.sync().status == 0 else None,
                  {**disk.last(), "result": "completed", "errorMessage": None},
                  "a run that is recorded")
        good = disk.last()
        site.file_source("a", server("n/y"))
        disk.fill()
        before = time.time()
        run = site.sync("--force")
        tap.equal(run.status, 1, "a run on a full disk fails")
        tap.contains(run.err, "full", "and says why")
        got = disk.last()
        tap.equal((got["result"], got["serverCount"], got["hash"]),
                  ("failed", 1, good["hash"]),
                  "the status says so, and what is stored stays")
        tap.contains(got["errorMessage"], "could not be recorded",
                     "with the reason")
        tap.ok(got["startTime"] > good["completionTime"] and
               got["completionTime"] >= got["startTime"] and
               got["startTime"] >= time.strftime(
                   "%Y-%m-%dT%H:%M:%S", time.gmtime(before)),
               f"and when it ran: {got['startTime']}")
        site.sync()
        tap.equal(disk.last(), got, "a run that has nothing to do hides none")
        disk.free()
        tap.equal(site.sync("--force").status, 0, "with room again")
        got = disk.last()
        tap.equal((got["result"], got["errorMessage"], site.names()),
                  ("completed", None, [("n/y", "1.0.0")]), "it is completed")


def test_lock_made_again():
    with Disk() as disk:
        site = disk.site
        site.sync()
        good = disk.last()
        os.unlink(site.database + ".lock")
        site.sync()
        tap.equal(disk.last(), good, "a lock file that is new says nothing")


def test_read_only():
    with Disk() as disk:
        site = disk.site
        site.sync()
        # As if two intervals had passed, in which each run failed.
        now = time.time_ns() // 1000
        execute(site, "UPDATE source_state SET due_us = ?", (now - 3 * HOUR,))
        disk.remount("ro")
        tap.ok(site.sync().status != 0, "a run on a read-only disk fails")
        got = site.get("/registry/status").json
        tap.equal((got["lastSync"]["result"], got["sources"][0]["phase"]),
                  ("overdue", "overdue"), "the status says what is overdue")
        tap.contains(got["lastSync"]["errorMessage"],
                     "no run has tried source 'a' since it fell due at 20",
                     "with the source and the time")
        disk.remount("rw")
        site.sync()
        got = site.get("/registry/status").json
        tap.equal((got["lastSync"]["result"], got["sources"][0]["phase"]),
                  ("completed", "complete"), "and nothing once one has run")


def test_late():
    """A source is overdue only after its timer, and not during a run."""
    now = time.time_ns() // 1000
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()

        def phases(due):
            execute(site, "UPDATE source_state SET due_us = ?", (due,))
            got = site.get("/registry/status").json
            return got["lastSync"]["result"], got["sources"][0]["phase"]

        # The interval is an hour.
        tap.equal(phases(now - HOUR - HOUR * 9 // 10),
                  ("completed", "complete"), "late, but not too late")
        tap.equal(phases(now - 2 * HOUR - HOUR // 10), ("overdue", "overdue"),
                  "too late")
        execute(site, "INSERT INTO run (run_id, trigger, started_us, pid,"
                " heartbeat_us) VALUES ('r', 'automatic', ?, 1, ?)",
                (now, now + HOUR))
        tap.equal(phases(now - 3 * HOUR), ("completed", "complete"),
                  "during a run")
        execute(site, "DELETE FROM run WHERE run_id = 'r'")
        execute(site, "UPDATE source SET interval_us = NULL")
        tap.equal(phases(now - 9 * HOUR), ("completed", "complete"),
                  "a source without an interval is never overdue")


with Disk() as trial:
    MOUNTS = trial.mounted
if MOUNTS:
    tap.run([test_full, test_lock_made_again, test_read_only])
else:
    tap.skip("a file system of its own takes root to mount")
tap.run([test_late])
sys.exit(tap.done())
