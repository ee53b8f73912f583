#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sources side by side: slow and hanging ones beside quick ones, killed
children, a sync that is interrupted, and the deadlines."""
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from git_server import HttpSite, RawServer, Repository
from upstream import Upstream as Api
from test_site import Site, document, server
from slow_upstream import NEVER, Upstream, alive, children, left_over, wait_for

PROMPT = 20  # seconds; a hanging source would take longer by far


def start(site, *args, **env):
    return subprocess.Popen(
        site.command("--json", *args), env=site.environment(**env),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)


def hang(_client):
    threading.Event().wait(NEVER)


def served(site, name):
    return any(n == name for n, _ in site.names())


def results(report):
    return {s["name"]: s["result"] for s in report["sources"]}


def test_quick_ones_do_not_wait():
    with Site() as site, Upstream() as up, RawServer(hang) as dead:
        repository = Repository(site.path("repositories", "r.git"))
        repository.commit({"registry.json": json.dumps(
            document(server("n/git"))).encode()})
        with HttpSite(site.path("repositories")) as git:
            site.configure({
                "dead-git": {"git": {"timeout": "3s", "repository":
                                     f"http://127.0.0.1:{dead.port}/r.git"}},
                "dead": up.source("dead", document(), NEVER, "3s"),
                "slow": up.source("slow", document(server("n/slow")), 1),
                "local": site.file_source("local", server("n/local")),
                "git": {"git": {"repository": f"{git.url}/r.git"}},
                "quick": up.source("quick", document(server("n/quick")))})
            process = start(site)
            for name in "quick", "local", "git", "slow":
                tap.ok(wait_for(lambda: served(site, f"n/{name}")) and
                       process.poll() is None,
                       f"{name} is served while others hang")
            below = children(process.pid)
            tap.ok(len(below) >= 2, "the hanging ones have processes")
            out, err = process.communicate(timeout=60)
        report = json.loads(out)
        tap.equal(process.returncode, 1, "exit status")
        tap.equal(results(report), {
            "dead-git": "failed", "dead": "failed", "slow": "completed",
            "local": "completed", "git": "completed", "quick": "completed"},
            "results")
        order = [n for n, in site.query(
            "SELECT source FROM run_source ORDER BY run, ordinal")]
        tap.ok(order.index("quick") < order.index("slow") <
               min(order.index("dead"), order.index("dead-git")),
               "stored in the order in which they came")
        for s in report["sources"][:2]:
            tap.contains(s["error"], "timed out", f"{s['name']} says why")
        tap.ok(not any(alive(pid) for pid in below), "no process is left")
        tap.equal(left_over(site.path("cache")), [], "no file is left")
        tap.ok(b"\r" not in err, "no progress into a pipe")


def test_a_quick_one_is_done_again_beside_a_slow_one():
    with Site() as site, Upstream() as up:
        site.configure({
            "slow": up.source("slow", document(), NEVER, "4s"),
            "quick": up.source("quick", document(server("n/one")),
                               syncPolicy={"interval": "1s"}),
            "local": site.file_source("local", server("n/old"),
                                      syncPolicy={"interval": "1s"})})
        process = start(site)
        tap.ok(wait_for(lambda: served(site, "n/one")), "first")
        up.source("quick", document(server("n/two")))
        site.file_source("local", server("n/new"))
        tap.ok(wait_for(lambda: served(site, "n/two") and
                        served(site, "n/new")) and process.poll() is None,
               "again, while the slow one still hangs")
        out, _ = process.communicate(timeout=60)
        tap.equal([s["name"] for s in json.loads(out)["sources"]],
                  ["slow", "quick", "local"], "one object a source")
        tap.equal(site.value("SELECT count(*) FROM run"), 1, "one run")
        tap.ok(site.value("SELECT count(*) FROM sync_run "
                          "WHERE source = 'quick'") > 1, "all of it recorded")


def test_force_reaches_the_process_that_fetches():
    with Site() as site, Upstream() as up:
        site.configure({"a": up.source("a", document(server("n/x")))})
        for args, result in ((), "completed"), (("--source", "a"),
                "unchanged"), (("--force",), "completed"):
            tap.equal(site.sync(*args).source("a")["result"], result,
                      f"{result} with {args}")


def test_not_more_than_eight():
    with Site() as site, Upstream() as up:
        site.configure({f"s{i:02}": up.source(
            f"s{i:02}", document(server(f"n/s{i:02}")), 0.3)
            for i in range(12)})
        run = site.sync()
        tap.equal((run.status, len(site.names())), (0, 12), "all are in")
        tap.ok(2 <= up.most_busy <= 8, f"{up.most_busy} at the same time")


def test_a_killed_child():
    with Site() as site, Upstream() as up:
        site.configure({
            "dead": up.source("dead", document(), NEVER),
            "quick": up.source("quick", document(server("n/quick")))})
        process = start(site)
        wait_for(lambda: served(site, "n/quick") and "dead" in up.asked)
        for pid in children(process.pid):
            os.kill(pid, signal.SIGKILL)
        out, _ = process.communicate(timeout=60)
        failed = json.loads(out)["sources"][0]
        tap.equal(failed["result"], "failed", "its source has failed")
        tap.contains(failed["error"], "killed by signal 9", "and says why")
        tap.equal(site.names(), [("n/quick", "1.0.0")], "the other is in")
        tap.equal(site.query("SELECT source, phase, attempts FROM "
                             "source_status ORDER BY source"),
                  [("dead", "failed", 1), ("quick", "complete", 0)], "status")


def test_a_crash_empties_the_cache():
    with Site() as site, Upstream() as up:
        site.configure({"a": up.source("a", document(), NEVER)})
        os.makedirs(site.path("cache", "a.d", "below"), 0o700)
        site.write("cache/a.d/below/file", "x")
        for number, left, what in (
                (signal.SIGKILL, ["below"], "a killed process leaves it"),
                (signal.SIGABRT, [], "a crashed one may have damaged it")):
            up.asked.clear()
            process = start(site, "--force")
            wait_for(lambda: "a" in up.asked)
            for pid in children(process.pid):
                os.kill(pid, number)
            out, _ = process.communicate(timeout=60)
            tap.contains(json.loads(out)["sources"][0]["error"],
                         f"killed by signal {int(number)}", "the cause")
            tap.equal(os.listdir(site.path("cache", "a.d")), left, what)


def interrupt(site, up, number):
    """Sends a signal while a source hangs; the ended process and its output,
    and the processes it had."""
    up.asked.clear()
    process = start(site)
    wait_for(lambda: served(site, "n/quick") and "dead" in up.asked and
             len(children(process.pid)) >= 2)
    below = children(process.pid)
    process.send_signal(number)
    return process, process.communicate(timeout=PROMPT), below


def test_interrupted():
    with Site() as site, Upstream() as up, RawServer(hang) as dead:
        site.configure({
            "git": {"git": {"repository":
                            f"http://127.0.0.1:{dead.port}/r.git"}},
            "dead": up.source("dead", document(), NEVER),
            "quick": up.source("quick", document(server("n/quick")),
                               syncPolicy={"interval": "1h"})})
        for number in signal.SIGTERM, signal.SIGINT:
            process, (out, _), below = interrupt(site, up, number)
            name = signal.Signals(number).name
            tap.equal(process.returncode, 1, f"{name}: exit status")
            tap.equal(results(json.loads(out))["dead"], "failed",
                      "a report all the same")
            tap.ok(len(below) == 2 and wait_for(
                lambda: not any(alive(pid) for pid in below)),
                "the children are gone, one for each fetch")
        tap.equal(site.query("SELECT result, error FROM run"),
                  [("interrupted", "interrupted by signal")] * 2,
                  "the runs say so")
        tap.equal(site.query("SELECT source, phase, message FROM "
                             "source_status WHERE phase <> 'complete' "
                             "ORDER BY source"),
                  [(s, "failed", "The last sync was interrupted")
                   for s in ("dead", "git")], "the sources, too")
        tap.equal(site.names(), [("n/quick", "1.0.0")], "the other is in")
        up.source("dead", document(server("n/back")))
        run = site.sync("--source", "dead")
        tap.equal((run.status, run.source("dead")["result"]),
                  (0, "completed"), "it is tried again")


def test_interrupted_while_receiving_a_pack():
    with Site() as site:
        repository = Repository(site.path("repositories", "r.git"))
        repository.commit({
            "registry.json": json.dumps(document(server("n/git"))).encode(),
            "large": os.urandom(1000000)})
        pack = site.path("cache", "git.d", "repository", "objects", "pack")
        with HttpSite(site.path("repositories")) as git:
            git.pause = 0.5
            site.configure({"git": {"git": {
                "repository": f"{git.url}/r.git"}}})
            process = start(site)
            tap.ok(wait_for(lambda: os.path.isdir(pack) and os.listdir(pack)), "objects arrive")
            below = children(process.pid)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PROMPT)
            tap.ok(len(below) == 1 and wait_for(
                lambda: not any(alive(pid) for pid in below)),
                "the process is gone")
            git.pause = 0
            tap.equal(site.sync().counts("git")[0], 1, "the next run does it")
        tap.ok(all(name.startswith("pack-") for name in os.listdir(pack)),
               "and clears up")


def test_interrupted_while_writing():
    with Site() as site:
        many = [server(f"n/s{i:05}") for i in range(20000)]
        site.configure({"a": site.file_source("a", *many)})
        process = start(site)
        tap.ok(wait_for(lambda: site.value(
            "SELECT phase FROM source_state") == "syncing"), "it has started")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PROMPT)
        tap.equal(process.returncode, 1, "exit status")
        tap.equal(site.value("SELECT count(*) FROM entry"), 0,
                  "nothing half-written")
        tap.equal(site.query("SELECT phase, attempts FROM source_status"),
                  [("failed", 0)], "no failure of the source")
        tap.equal(site.sync().counts("a")[0], 20000, "the next run does it")


def test_children_die_with_their_parent():
    with Site() as site, Upstream() as up, RawServer(hang) as dead:
        site.configure({
            "git": {"git": {"repository":
                            f"http://127.0.0.1:{dead.port}/r.git"}},
            "dead": up.source("dead", document(), NEVER)})
        process = start(site)
        wait_for(lambda: "dead" in up.asked and
                 len(children(process.pid)) >= 2)
        below = children(process.pid)
        process.kill()
        process.communicate()
        tap.ok(len(below) == 2 and wait_for(
            lambda: not any(alive(pid) for pid in below)), "all of them")
        with open(site.database + ".lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tap.ok(True, "and the lock is free")


def test_deadline_of_the_run():
    with Site() as site, Upstream() as up:
        site.configure({
            "dead": up.source("dead", document(), NEVER),
            "quick": up.source("quick", document(server("n/quick")))})
        site.write("config.yaml", {**json.load(open(site.config, "rb")),
                                   "sync": {"deadline": "1s"}})
        run = site.sync()
        tap.equal(run.status, 1, "exit status")
        tap.contains(run.source("dead")["error"], "sync.deadline", "is named")
        tap.equal(run.source("quick")["result"], "completed", "the other")
        site.write("config.yaml", {**json.load(open(site.config, "rb")),
                                   "sync": {"deadline": "soon"}})
        run = site.sync()
        tap.equal(run.status, 2, "a wrong one")
        tap.contains(run.err, "sync.deadline", "is named")


def test_a_crawl_goes_on_after_the_deadline():
    with Site() as site, Api(count=60, delay=0.2) as api:
        site.configure({"api": {"api": {"endpoint": api.url(), "pageSize": 5},
                                "syncPolicy": {"interval": "1h"}}})
        with open(site.config, encoding="utf-8") as f:
            plain = json.load(f)
        site.write("config.yaml", {**plain, "sync": {"deadline": "1s"}})
        run = site.sync()
        tap.equal(run.source("api")["result"], "failed", "no time for all")
        api.delay = 0
        site.write("config.yaml", plain)
        run = site.sync("--source", "api")
        tap.equal((run.status, run.counts("api")[0]), (0, 60), "all is in")
        tap.ok(run.source("api")["requests"] < 12,
               f"{run.source('api')['requests']} requests for the rest")
        tap.equal([n for _, _, names in os.walk(site.path("cache"))
                   for n in names], [], "no page is left")


def test_inherited_lock():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        command = site.command("-q")

        def run(number, *fds):
            return subprocess.run(
                command, env=site.environment(THV_REGISTRY_LOCK_FD=number),
                pass_fds=fds, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, check=False)

        other = os.open(site.config, os.O_RDONLY)
        for number, fds in ("", ()), ("x", ()), ("2", ()), ("-1", ()), \
                ("99", ()), ("3x", ()), (str(other), (other,)):
            done = run(number, *fds)
            tap.equal(done.returncode, 2, f"{number!r} is refused")
            tap.contains(done.stderr, "THV_REGISTRY_LOCK_FD", "is named")
        tap.ok(not os.path.exists(site.database), "nothing was done")
        lock = os.open(site.database + ".lock", os.O_RDWR | os.O_CREAT)
        fcntl.flock(lock, fcntl.LOCK_EX)
        tap.equal(site.sync().status, 0, "another sync finds it taken")
        tap.ok(not os.path.exists(site.database), "and does nothing")
        tap.equal(run(str(lock), lock).returncode, 0, "the heir works")
        tap.equal(site.names(), [("n/x", "1.0.0")], "with success")
        second = os.open(site.database + ".lock", os.O_RDWR)
        tap.equal(run(str(second), second).returncode, 2,
                  "a descriptor that does not hold the lock")
        for fd in other, lock, second:
            os.close(fd)


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
