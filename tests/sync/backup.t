#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backup taken while syncs write is whole, holds the content of one instant,
and can be put in the place of a database that is gone."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import shutil
import subprocess
import tempfile
import threading

import responder
import tap
from test_site import Site, server

ENTRIES = 200
BACKUPS = 6
WAYS = [("online", ".timeout 20000", '.backup "{}"'),
        ("VACUUM INTO", ".timeout 20000", "VACUUM INTO '{}'")]


class Writer(threading.Thread):
    """Syncs over and over, each time other content."""

    def __init__(self, site):
        super().__init__()
        self.site = site
        self.stop = threading.Event()
        self.syncs = 0
        self.failed = []

    def run(self):
        while not self.stop.is_set():
            self.syncs += 1
            offer(self.site, self.syncs)
            run = self.site.sync("--force")
            if run.status != 0:
                self.failed.append(run.err)


def offer(site, generation):
    return site.file_source("a", *[
        server(f"n/s{i:03}", title=f"Generation {generation}")
        for i in range(ENTRIES)], server(f"n/only-{generation}"))


def verify(site, database):
    return subprocess.run(
        site.command("--verify", "-q"), check=False, capture_output=True,
        env=site.environment(THV_REGISTRY_DATABASE_PATH=database)).returncode


def generations(database):
    """How many there are among what a backup serves."""
    answer = responder.cgi(database, "/v0.1/servers?limit=1000")
    servers = [i["server"] for i in answer.json["servers"]]
    return len(servers), len({s["title"] for s in servers if "title" in s})


def test_backup():
    with Site() as site:
        site.configure({"a": offer(site, 0)})
        tap.equal(site.sync().status, 0, "a first sync")
        writer = Writer(site)
        writer.start()
        try:
            for name, *script in WAYS:
                for n in range(BACKUPS):
                    copy = site.path(f"{name[:2]}-{n}.db")
                    subprocess.run(
                        ["sqlite3", "-readonly", site.database,
                         *(line.format(copy) for line in script)],
                        check=True, stdin=subprocess.DEVNULL)
                    if verify(site, copy) != 0 or \
                            generations(copy) != (ENTRIES + 1, 1):
                        tap.ok(False, f"{name}, backup {n}, is one instant")
                tap.equal((verify(site, copy), generations(copy)),
                          (0, (ENTRIES + 1, 1)), f"{name}: one instant")
        finally:
            writer.stop.set()
            writer.join()
        tap.equal(writer.failed, [], "no sync minds")
        tap.ok(writer.syncs >= 2, f"{writer.syncs} syncs meanwhile")


def test_restore():
    """A restore as documented, while a responder runs."""
    with Site() as site, tempfile.TemporaryDirectory() as directory:
        site.configure({"a": offer(site, 0)})
        site.sync()
        first_seen = site.query("SELECT min(first_seen_us) FROM version")
        copy = site.path("copy.db")
        subprocess.run(["sqlite3", "-readonly", site.database,
                        f"VACUUM INTO '{copy}'"], check=True)
        fcgi = responder.FastCgi(site.database, directory)
        tap.equal(fcgi.get("/v0.1/servers").status, 200, "it answers")
        for end in "", "-wal", "-shm":
            if os.path.exists(site.database + end):
                os.unlink(site.database + end)
        # As the README has it: beside it first, then by its name at once.
        shutil.copy(copy, site.database + ".new")
        os.rename(site.database + ".new", site.database)
        offer(site, 1)
        run = site.sync("--force")
        tap.equal(run.status, 0, "the next sync goes on from the backup")
        tap.equal(run.counts("a"), (1, ENTRIES, 1, 0, 0),
                  "and knows what it had")
        tap.equal(site.query("SELECT min(first_seen_us) FROM version"),
                  first_seen, "dates are those of the backup")
        answer = fcgi.get("/v0.1/servers?limit=1000&search=generation+1")
        tap.equal((answer.status, len(answer.json["servers"])),
                  (200, ENTRIES), "the responder has moved to it")
        tap.equal(verify(site, site.database), 0, "all is well")
        fcgi.stop()


tap.main([test_backup, test_restore])
