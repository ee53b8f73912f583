#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Retry-After: the server that asked for a pause is left alone until it is over,
whatever starts the next run."""
import contextlib
import email.utils
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from kubernetes import Cluster
from slow_upstream import wait_for
from test_site import Site, document, server
from upstream import Upstream

HOUR = 3600


def refusal(status, value):
    """A fault: each answer is `status` with Retry-After: `value`()."""
    def fault(handler, *_):
        return handler.send(status, b"{}", Retry_After=value())
    return fault


def in_an_hour():
    return email.utils.formatdate(time.time() + HOUR, usegmt=True)


def due_in(site, name):
    """Seconds until the source is due."""
    return site.value("SELECT strftime('%s', due_at) - strftime('%s') "
                      "FROM source_status WHERE source = ?", name)


def api(upstream, **more):
    return {"api": {"endpoint": upstream.url()},
            "syncPolicy": {"interval": "1m"}, **more}


def is_near_an_hour(seconds):
    return HOUR - 300 <= seconds <= HOUR + 5


@contextlib.contextmanager
def refused(status=429, value=lambda: str(HOUR)):
    """A site whose one source was refused once."""
    with Upstream(3) as up, Site() as site:
        site.configure({"a": api(up)})
        up.fault = refusal(status, value)
        run = site.sync()
        tap.equal((run.status, run.source("a")["result"], len(up.requests)),
                  (1, "failed", 1), f"{status}: the source fails at once")
        up.fault = None
        up.forget()
        yield up, site


def test_forms():
    for status, value in ((429, lambda: str(HOUR)), (503, lambda: str(HOUR)),
                          (429, in_an_hour), (503, in_an_hour)):
        with refused(status, value) as (_, site):
            tap.ok(is_near_an_hour(due_in(site, "a")),
                   f"{status}, {value()}: due in an hour")
    with refused(429, lambda: "864000") as (_, site):
        tap.ok(86000 <= due_in(site, "a") <= 86400,
               "10 days are cut to one")


def test_kinds():
    cluster = Cluster()
    with Upstream(3) as up, Upstream(3) as target, Site() as site:
        target.fault = refusal(503, in_an_hour)
        up.fault = lambda handler, *_: handler.send(
            302, Location=target.url("/elsewhere"))
        cluster.answers["busy"] = lambda handler: handler.send(
            429, b"{}", **{"Retry-After": str(HOUR)})
        site.configure({
            "page": {"file": {"url": target.url("/list.json")}},
            "moved": {"file": {"url": up.url("/list.json")}},
            "moved-api": api(up),
            "map": {"configmap": {
                "name": "busy", "namespace": "tools",
                "server": cluster.plain_url}},
        })
        run = site.sync()
        for name in "page", "moved", "moved-api", "map":
            tap.ok("asked to wait 3" in run.source(name)["error"] and
                   is_near_an_hour(due_in(site, name)),
                   f"{name}: due in an hour")
    cluster.stop()


def test_what_starts_a_run():
    with refused() as (up, site):
        run = site.sync()
        tap.equal((run.status, run.source("a")["result"], len(up.requests)),
                  (0, "skipped", 0), "a timer's run asks nothing")
        run = site.sync("--source", "a")
        tap.equal((run.source("a")["result"], len(up.requests)),
                  ("skipped", 0), "nor does one for the source")
        tap.contains(run.err, "Retry-After", "which says why")
        run = site.sync(THV_REGISTRY_RUN_ID="a" * 32)
        tap.equal((run.source("a")["result"], len(up.requests)),
                  ("skipped", 0), "nor a triggered one")
        run = site.sync("--source", "a", THV_REGISTRY_RUN_ID="b" * 32)
        tap.equal((run.source("a")["result"], len(up.requests)),
                  ("skipped", 0), "nor one triggered for the source")
        run = site.sync("--force")
        tap.equal((run.source("a")["result"], len(up.requests) > 0),
                  ("completed", True), "--force asks")
        up.forget()
        run = site.sync("--source", "a")
        tap.equal((run.source("a")["result"], len(up.requests) > 0),
                  ("unchanged", True), "and after a success nobody waits")


def test_watch():
    with refused() as (up, site):
        log = site.path("watch.log")
        site.configure({"a": api(up),
                        "b": site.file_source("b", server("n/x"))})
        with open(log, "wb") as out, subprocess.Popen(
                site.command("--watch"), env=site.environment(), stdout=out,
                stderr=out, stdin=subprocess.DEVNULL) as process:
            tap.ok(wait_for(lambda: site.value(
                "SELECT count(*) FROM server") == 1), "--watch runs")
            site.write("b.json", document(server("n/x"), server("n/y")))
            tap.ok(wait_for(lambda: site.value(
                "SELECT count(*) FROM server") == 2), "and runs again")
            tap.equal(up.requests, [], "and asks nothing")
            process.send_signal(signal.SIGTERM)


def test_elsewhere():
    with refused() as (up, site), Upstream(2) as other:
        site.configure({"a": api(other)})
        run = site.sync()
        tap.equal((run.source("a")["result"], len(up.requests)),
                  ("completed", 0), "another endpoint is asked at once")


tap.main([test_forms, test_kinds, test_what_starts_a_run, test_watch,
          test_elsewhere])
