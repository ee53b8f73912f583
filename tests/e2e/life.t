#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lighttpd and Apache with a pool serve one database while configurations change,
syncs run and are killed, web servers and pools restart and the disk is full.
Clients get 200 for existing entries and 404 for missing ones, nothing else.

`make life` (LIFE=long) makes 100,000 lookups."""

import os
import pwd
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap
import web_servers
from slow_upstream import wait_for
from test_site import SYNC, Site, server

LONG = os.environ.get("LIFE") == "long"
LOOKUPS, RELOADS, SYNCS, KILLS, RESTARTS = \
    (100000, 20, 20, 5, 5) if LONG else (3000, 3, 3, 2, 1)
KINDS = ("lighttpd", "apache-proxy")
STEPS = RELOADS + SYNCS + KILLS + RESTARTS * len(KINDS) + 1
CLIENTS = 4 # of each server
KEPT = 500 # entries that are there from the first sync to the last
ROOT = os.geteuid() == 0
# The user of the sync and the user of the responders; without root both are
# the current user.
WRITER = pwd.getpwnam("daemon") if ROOT else None
WEB = pwd.getpwnam("www-data") if ROOT else None
TMPFS = 64 << 20
RANDOM = random.Random(1)


def become(user):
    return {"user": user.pw_uid, "group": user.pw_gid,
            "extra_groups": []} if user else {}


class Home(Site):
    """Configuration and documents that only the writer may read, and a database
    on a small disk that the group of the web server may read."""

    def __init__(self):
        super().__init__()
        self.state = self.path("state")
        os.mkdir(self.state)
        self.small = ROOT and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={TMPFS}", "tmpfs",
             self.state], check=False, capture_output=True).returncode == 0
        if ROOT:
            os.chown(self.state, WRITER.pw_uid, WEB.pw_gid)
            os.chmod(self.state, 0o2750)
        self.database = os.path.join(self.state, "registry.db")
        self.program = responder.for_everyone(SYNC, self.dir)
        self.round = 0
        self.log = open(self.path("log"), "wb+")

    def __exit__(self, *_):
        if self.small:
            subprocess.run(["umount", "-l", self.state], check=False)
        self.log.close()
        super().__exit__()

    def start(self, *args):
        return subprocess.Popen([self.program, "-c", self.config, *args],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            umask=0o027, env=self.environment(), **become(WRITER))

    def change(self, more=0):
        """Writes a new version of one entry and of half of the others, and `more` new
        entries; returns the version."""
        self.round += 1
        version = f"1.0.{self.round}"
        self.file_source("a", server("a.example/moving", version), *(
            server(f"a.example/kept-{i:03}", description=
                   f"{'Kept' if i % 2 else version} {i} " * 8)
            for i in range(KEPT)), *(
            server(f"a.example/more-{i}", description="More " * 16)
            for i in range(more)))
        return version

    def reconfigure(self, number):
        """Adds, removes and reorders registries and sources."""
        sources = {"a": {"file": {"path": self.path("a.json")}},
                   "b": {"file": {"path": self.path("b.json")}}}
        if number % 2:
            sources["b"]["filter"] = {"names": {"exclude": ["b.example/x*"]}}
        if number % 3 == 1:
            del sources["b"]
        order = sorted(sources, reverse=number % 4 == 2)
        self.configure(sources, {"main": order, f"extra-{number}": order})


class Web(web_servers.Server):
    def __init__(self, kind, home):
        super().__init__(kind, THV_REGISTRY_DATABASE_PATH=home.database)
        if ROOT and kind == "lighttpd": # Apache changes user by itself
            os.chown(os.path.join(self.directory.name, "run"), WEB.pw_uid,
                     WEB.pw_gid)
            self.user = WEB


class Load:
    """Clients of all servers, until stopped."""

    def __init__(self, servers):
        self.wrong = []
        self.counts = {}
        self.slowest = 0
        self.again = self.steps = 0
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(s, n))
                        for s in servers for n in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def lookup(self, client, choose):
        i = choose.randrange(KEPT)
        kind = choose.random()
        if kind < 0.6:
            return client.get("/v0.1/servers/a.example%2Fkept-"
                              f"{i:03}/versions/latest"), 200
        if kind < 0.9:
            return client.get("/registry/main/v0.1/servers/a.example%2Fnone-"
                              f"{i:03}/versions/latest"), 404
        return client.get("/registry/main/v0.1/servers?limit=10"), 200

    def run(self, web, number):
        client = web_servers.Client(web)
        choose = random.Random(number)
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                answer, want = self.lookup(client, choose)
                got, body = answer.status, answer.body[:200]
            except OSError as e:
                got, want, body = repr(e), None, b""
                client.close()
            with self.lock:
                self.counts[got] = self.counts.get(got, 0) + 1
                self.slowest = max(self.slowest, time.monotonic() - started)
                if got != want:
                    self.wrong.append((web.kind, got, want, body))
        with self.lock:
            self.again += client.again
        client.close()

    def pace(self):
        """Spreads the events over all lookups."""
        self.steps += 1
        wait_for(lambda: self.total() * STEPS >= LOOKUPS * self.steps, 600)

    def total(self):
        with self.lock:
            return sum(self.counts.values())

    def finish(self, lookups):
        reached = wait_for(lambda: self.total() >= lookups, 1800)
        self.stop.set()
        for t in self.threads:
            t.join()
        return reached


def shows(servers, uri, want):
    """Waits until `want` accepts the response of all servers."""
    return all(wait_for(lambda s=s: want(s.get(uri))) for s in servers)


def version_of(answer):
    return answer.status == 200 and responder.json.loads(
        answer.body)["server"]["version"]


def is_served(servers, version):
    return shows(servers, "/v0.1/servers/a.example%2Fmoving/versions/latest",
                 lambda answer: version_of(answer) == version)


def reload(home, servers, load):
    watch = home.start("--watch", "-q")
    missed = []
    for i in range(1, RELOADS + 1):
        load.pace()
        home.reconfigure(i)
        if not shows(servers, f"/registry/extra-{i}/v0.1/servers?limit=1",
                     lambda answer: answer.status == 200):
            missed.append(i)
    tap.equal(missed, [], f"{RELOADS} changed configurations are served")
    watch.terminate()
    tap.equal(watch.wait(60), 0, "sync --watch exits on SIGTERM")


def sync(home, servers, load):
    missed = []
    for i in range(SYNCS):
        load.pace()
        version = home.change()
        status = home.start("--force", "-q").wait(120)
        if status != 0 or not is_served(servers, version):
            missed.append((i, status))
    tap.equal(missed, [], f"{SYNCS} syncs are served")


def kill(home, servers, load):
    for _ in range(KILLS):
        load.pace()
        home.change()
        victim = home.start("--force", "-q")
        time.sleep(RANDOM.uniform(0.005, 0.12))
        victim.kill()
        victim.wait()
    version = home.change()
    tap.equal(home.start("--force", "-q").wait(120), 0,
              f"a sync succeeds after {KILLS} were killed")
    tap.ok(is_served(servers, version), "its content is served")


def restart(_home, servers, load):
    for web in servers:
        for _ in range(RESTARTS):
            load.pace()
            before = set(web.responders())
            web.reload()
            if not wait_for(lambda: (now := set(web.responders()))
                            and not now & before):
                tap.ok(False, f"{web.kind}: responders restart")
                return
    tap.ok(True, f"all responders restart {RESTARTS} times")


def fill(home, servers, load):
    if not home.small:
        tap.skip("only root can mount a small disk and fill it")
        return
    load.pace()
    version = home.change(more=4000)
    full = os.path.join(home.state, "full")
    with open(full, "wb", buffering=0) as f:
        try:
            while f.write(bytes(4096)):
                pass
        except OSError:
            pass
    tap.ok(home.start("--force", "-q").wait(120) != 0,
           "a sync fails on a full disk")
    tap.ok(not is_soon(servers, version), "readers see no change")
    os.unlink(full)
    tap.equal(home.start("--force", "-q").wait(120), 0,
              "a sync with free space succeeds")
    tap.ok(is_served(servers, version), "its content is served")


def is_soon(servers, version):
    return any(version_of(s.get("/v0.1/servers/a.example%2Fmoving/versions/"
                                "latest")) == version for s in servers)


def check_users(home, servers):
    """The responders run as another user than the sync."""
    if not ROOT:
        tap.skip("only root can act as two users")
        return
    serving = {os.stat(f"/proc/{pid}").st_uid for web in servers
               for pid in web.responders()}
    tap.equal((serving, os.stat(home.database).st_uid),
              ({WEB.pw_uid}, WRITER.pw_uid),
              "responders and the sync have different users")
    done = subprocess.run(["sh", "-c", f"echo >> {home.database}"],
                          check=False, capture_output=True, **become(WEB))
    tap.ok(done.returncode != 0, "responders may not write to the database")


def live(home, servers):
    home.change()
    home.file_source("b", server("b.example/x"), server("b.example/y"))
    home.reconfigure(0)
    tap.equal(home.start("-q").wait(120), 0, "the first sync")
    for web in servers:
        if not tap.ok(web.start(), f"{web.kind} starts"):
            return
    check_users(home, servers)
    started = time.monotonic()
    load = Load(servers)
    for disturb in reload, sync, kill, restart, fill:
        disturb(home, servers, load)
    tap.ok(load.finish(LOOKUPS), f"{LOOKUPS} lookups and more")
    spent = time.monotonic() - started
    tap.equal(load.wrong[:5], [], "every response is as expected: "
              f"{dict(sorted(load.counts.items(), key=str))}")
    print(f"# {load.total()} lookups in {spent:.1f} s by "
          f"{CLIENTS * len(servers)} clients, the slowest {load.slowest:.3f} "
          f"s, {load.again} sent again on a new connection")
    for web in servers:
        status, log = web.stop()
        if not tap.equal(status, 0, f"{web.kind} exits on SIGTERM"):
            print("#   " + log.replace("\n", "\n#   "))


def test_life():
    with Home() as home:
        servers = [Web(kind, home) for kind in KINDS]
        try:
            live(home, servers)
        finally:
            for web in servers:
                if web.process and web.process.poll() is None:
                    web.process.terminate()
                web.clean()


WHY = [why for why in map(web_servers.missing, KINDS) if why]
if WHY:
    print(f"1..0 # SKIP {WHY[0]}")
    sys.exit(0)
tap.main([test_life])
