#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the sync at fifty moments: readers always see the old content or
the new, the database is whole, and the next run heals."""
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site, server

KILLS = 50
ANSWERS = 10  # of the reader at least, on the slowest machine
ENTRIES = 400


def content(generation):
    """Every entry says which generation it is of; one comes, one goes."""
    entries = [server(f"n/s{i:04}", title=f"Generation {generation}")
               for i in range(ENTRIES)]
    return entries + [server(f"n/only-{generation}",
                             title=f"Generation {generation}")]


class Reader(threading.Thread):
    """Asks for the list over and over; notes what is not whole."""

    def __init__(self, site):
        super().__init__()
        self.site = site
        self.stop = threading.Event()
        self.answers = 0
        self.wrong = []

    def run(self):
        while not self.stop.is_set():
            answer = self.site.get("/v0.1/servers?limit=1000")
            self.answers += 1
            if answer.status != 200:
                self.wrong.append(f"status {answer.status}: {answer.log}")
                continue
            servers = [i["server"] for i in answer.json["servers"]]
            generations = {s["title"] for s in servers}
            if len(generations) != 1 or len(servers) != ENTRIES + 1:
                self.wrong.append(f"{len(servers)} of {generations}")


def duration_of_a_sync(site):
    """How long a sync of changed content takes here."""
    site.file_source("a", *content("1"))
    started = time.monotonic()
    site.sync("--force")
    return time.monotonic() - started


def test_kill():
    rng = random.Random(20260101)
    with Site() as site:
        site.configure({"a": site.file_source("a", *content("0"))})
        site.sync()
        longest = duration_of_a_sync(site)
        reader = Reader(site)
        reader.start()
        killed, broken = 0, []
        generation = 1
        while killed < KILLS:
            generation += 1
            site.file_source("a", *content(str(generation)))
            process = subprocess.Popen(
                site.command("--force", "-q"), env=site.environment(),
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0, longest))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            verdict = site.value("PRAGMA integrity_check")
            if verdict != "ok":
                broken.append(verdict)
        tap.equal(killed, KILLS, f"{killed} syncs killed")
        tap.equal(broken, [], "integrity_check after each")
        tap.equal(site.query("PRAGMA foreign_key_check"), [],
                  "no reference hangs")
        run = site.sync("--force")
        tap.equal(run.status, 0, "the next run heals")
        reader.stop.set()
        reader.join()
        titles = {i["server"]["title"] for i in site.get(
            "/v0.1/servers?limit=1000").json["servers"]}
        tap.equal(titles, {f"Generation {generation}"}, "the newest is served")
        tap.ok(reader.answers >= ANSWERS, f"{reader.answers} answers meanwhile")
        tap.equal(reader.wrong, [], "each of them whole")
        found = site.names(f"/v0.1/servers?search=generation+{generation}"
                           "&limit=1000")
        tap.equal(len(found), ENTRIES + 1, "the search index agrees")


tap.main([test_kill])
