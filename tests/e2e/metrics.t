#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Eight responders under load, a sync beside them, two responders killed: what
/metrics counts is what the clients counted, but for answers of killed responders."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import collections
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import exposition
import responder
import tap
import web_servers
from test_site import Site, server

RESPONDERS, CLIENTS, EACH, KILLED, ROUNDS = 8, 6, 700, 2, 3
ITEM = "/v0.1/servers/{serverName}/versions/{version}"
ASKED = [ # URI, the route it is counted by
    ("/v0.1/servers", "/v0.1/servers"),
    ("/v0.1/servers?search=x&limit=5", "/v0.1/servers"),
    ("/v0.1/servers?limit=0", "/v0.1/servers"),
    ("/v0.1/servers/n%2Fx1/versions/latest", ITEM),
    ("/v0.1/servers/n%2Fno/versions/latest", ITEM),
    ("/registry/status", "/registry/status"),
    ("/nothing", "unknown_route"),
]


def kill(process):
    """Kills the child and waits for its parent."""
    os.kill(responder.serving(process.pid), signal.SIGKILL)
    process.wait()


class Pool(responder.FastCgi):
    """Several responders on one socket, and each one killed replaced."""

    def __init__(self, site):
        self.path = site.path("api.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(128)
        self.env = responder.environment(site.database,
            THV_REGISTRY_METRICS_PATH=site.path("counters"))
        self.processes = [self.start_one() for _ in range(RESPONDERS)]

    def start_one(self):
        return subprocess.Popen([responder.PROGRAM], stdin=self.listener,
            stdout=subprocess.DEVNULL, env=self.env)

    def kill_one(self):
        victim = self.processes.pop(random.randrange(len(self.processes)))
        kill(victim)
        self.processes.append(self.start_one())

    def stop_all(self):
        for p in self.processes:
            p.terminate()
        self.listener.close()
        return [p.wait(10) for p in self.processes]

    def wait_for_all(self):
        """Until those that were started last are there, too."""
        for _ in range(200):
            if self.metrics().value("thv_registry_responder_processes",
                    program="thv-registry-api") == RESPONDERS:
                return True
            time.sleep(0.05)
        return False

    def metrics(self):
        return exposition.read(self.get("/metrics").body)


class Load:
    def __init__(self, pool):
        self.pool = pool
        self.got = collections.Counter()  # (route, status)
        self.asked = self.broken = 0
        self.enough = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(n,))
            for n in range(CLIENTS)]

    def client(self, number):
        got, asked, broken = collections.Counter(), 0, 0
        while asked < EACH or not self.enough.is_set():
            uri, route = ASKED[(number + asked) % len(ASKED)]
            asked += 1
            try:
                got[route, str(self.pool.get(uri).status)] += 1
            except (EOFError, ConnectionError, AssertionError, ValueError,
                    KeyError):
                broken += 1
        with self.lock:
            self.got += got
            self.asked += asked
            self.broken += broken

    def run(self, meanwhile):
        """Asks for as long as meanwhile() takes, and EACH times at least."""
        for t in self.threads:
            t.start()
        meanwhile()
        self.enough.set()
        for t in self.threads:
            t.join()


def counts(text):
    return collections.Counter({(labels["http_route"],
        labels["http_response_status_code"]): int(value)
        for labels, value in
        text.samples.get("stacklok_registry_http_requests_total", ())
        if labels["http_route"] != "/metrics"})


class Syncs(threading.Thread):
    """The real sync, again and again, with something new each time."""

    def __init__(self, site):
        super().__init__()
        self.site = site
        self.ended = threading.Event()
        self.done = 0

    def run(self):
        while not self.ended.is_set():
            self.site.file_source("a", *(server(f"n/x{i}",
                f"1.0.{self.done}") for i in range(40)))
            if self.site.sync("--force").status == 0:
                self.done += 1

    def stop(self):
        self.ended.set()
        self.join()


def kill_some(pool):
    for _ in range(KILLED):
        time.sleep(random.uniform(0.02, 0.2))
        pool.kill_one()


def test_counted_to_the_last():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x1"))})
        site.sync()
        pool = Pool(site)
        syncs = Syncs(site)
        syncs.start()
        for n in range(ROUNDS):
            before = pool.metrics()
            load = Load(pool)
            load.run(lambda: kill_some(pool))
            after = pool.metrics()
            counted = counts(after) - counts(before)
            tap.equal(sum(load.got.values()) + load.broken, load.asked,
                f"round {n}: every request had its end")
            tap.ok(load.broken <= KILLED,
                f"round {n}: a killed responder breaks its own request only")
            # What a client received was counted before it was sent.
            tap.equal(load.got - counted, collections.Counter(),
                f"round {n}: no answer that was not counted")
            lost = sum((counted - load.got).values())
            tap.ok(lost <= load.broken,
                f"round {n}: of {load.broken} broken requests {lost} counted")
        load = Load(pool)
        before = pool.metrics()
        load.run(lambda: None)
        tap.equal(counts(pool.metrics()) - counts(before), load.got,
            "without a kill counted is what was received, exactly")
        tap.ok(pool.wait_for_all(), "all are there again")
        syncs.stop()
        tap.ok(syncs.done > 0, f"{syncs.done} syncs went on beside it")
        tap.equal(int(pool.metrics().value("sync_duration_seconds_count",
            source_type="file")), site.value("SELECT count(*) FROM run_source"),
            "and are counted")
        tap.equal(set(pool.stop_all()), {0}, "the pool ends")


def state(process):
    with open(f"/proc/{responder.serving(process.pid)}/stat",
            encoding="ascii") as f:
        return f.read().rpartition(") ")[2][0]


def test_killed_while_sending():
    """A responder that is killed while nobody takes its answer."""
    with Site() as site:
        site.configure({"a": site.file_source("a", *(server(f"n/x{i}",
            title="t" * 90, repository={"url": "https://example.com/" +
            "r" * 3000, "source": "x"}) for i in range(900)))})
        site.sync()
        pool = Pool(site)
        before = pool.metrics()
        # More than a socket takes, so it hangs in the middle of sending.
        s = pool.send("/v0.1/servers?limit=1000")
        for _ in range(500):
            after = pool.metrics()
            if counts(after) != counts(before):
                break
            time.sleep(0.02)
        tap.equal(counts(after) - counts(before),
            collections.Counter({("/v0.1/servers", "200"): 1}), "counted")
        tap.equal(int(after.total("http_server_active_requests")), 2,
            "it is busy, and so is the one that answers this")
        # The one that answered is idle a moment later: it sleeps then, as
        # does the one that waits for its client.
        while any(state(p) != "S" for p in pool.processes):
            time.sleep(0.02)
        for p in pool.processes:
            kill(p)
        s.close()
        pool.processes = [pool.start_one()]
        after = pool.metrics()
        tap.equal(sum((counts(after) - counts(before)).values()), 1,
            "it stays counted")
        tap.equal(int(after.total("http_server_active_requests")), 1,
            "and it is not busy any more")
        pool.stop_all()


def test_behind_web_servers():
    """Two kinds of web server on one machine count into one file."""
    kinds = [k for k in ("lighttpd", "apache-fcgid", "lighttpd-cgi", "nginx")
        if not web_servers.missing(k)]
    shared = tempfile.mkdtemp(prefix="metrics-")
    os.chmod(shared, 0o777)
    servers = []
    try:
        for kind in kinds:
            s = web_servers.Server(kind,
                THV_REGISTRY_METRICS_PATH=os.path.join(shared, "counters"))
            servers.append(s)
            if kind == kinds[0]:
                # Programs of other users count in the file, too.
                old = os.umask(0)
            tap.ok(s.start(), f"{kind} starts")
            if kind == kinds[0]:
                os.umask(old)
                for name in os.listdir(shared):
                    os.chmod(os.path.join(shared, name), 0o666)
            for _ in range(5):
                s.get("/nothing/here")
        for s in servers:
            text = exposition.read(s.get("/metrics").body)
            tap.equal(int(text.total("stacklok_registry_http_requests_total",
                http_route="unknown_route")), 5 * len(kinds),
                f"all of them, in the answer of {s.kind}")
            tap.equal(int(text.value("thv_registry_metrics_shared")), 1,
                "together")
    finally:
        for s in servers:
            s.stop()
            s.clean()
        shutil.rmtree(shared)


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
