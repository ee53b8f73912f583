#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles of the responders of a web server, taken under load and read the
way pprof does."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "lib"),
    os.path.join(ROOT, "bench", "lib")]

import pprof
import registry_db as rdb
import responder
import tap
import web_servers

CPU = "/debug/pprof/profile"
HEAP = "/debug/pprof/heap"
LIST = "/v0.1/servers?limit=100"
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
SECONDS = 3
SERVER = None


def build(path):
    rdb.build(path, [rdb.Source("a", [
        rdb.server(f"a.example/server-{i:03}", "1.0.0", f"Number {i}")
        for i in range(300)])], [rdb.Registry("r", ["a"], True)])


def server(kind, **environment):
    """A web server whose responders can be profiled, not started yet."""
    s = web_servers.Server(kind)
    build(s.database)
    s.share_database()
    directory = os.path.join(s.directory.name, "profiles")
    os.mkdir(directory, 0o700)
    if os.geteuid() == 0:
        shutil.chown(directory, "www-data", "www-data")
    s.environment.update(environment, THV_REGISTRY_PROFILE_DIR=directory)
    return s


def refusal(answer):
    return answer.status, answer.body


def heap_of_all(of, but=None):
    """The heap of a web server's responders, once all of them take part, and
    the process ${but} is none of them: the first to be there answers while
    others still begin."""
    until = time.monotonic() + 20
    while True:
        answer = of.get(HEAP)
        profile = pprof.Profile(answer.body) if answer.status == 200 else None
        found = profile and {process for _, _, process in profile.samples}
        here = set(of.responders())
        if (found == here and but not in here) or time.monotonic() > until:
            break
        time.sleep(0.1)
    tap.equal((answer.status, found, but in here), (200, here, False),
        f"the heap of every responder of {of.kind}")
    return profile


class Asking:
    """Clients that send requests without a pause, until stop()."""

    def __init__(self, clients):
        self.stopped = False
        self.statuses = set()
        self.threads = [threading.Thread(target=self.ask)
            for _ in range(clients)]
        for t in self.threads:
            t.start()

    def ask(self):
        client = web_servers.Client(SERVER)
        # A repeated request would be answered from memory.
        for number in itertools.count():
            if self.stopped:
                break
            self.statuses.add(client.get(
                f"{LIST}&_={threading.get_ident()}-{number}").status)
        client.close()

    def stop(self):
        self.stopped = True
        for t in self.threads:
            t.join()


def take_under_load():
    """A CPU profile, and the answer to a second request meanwhile."""
    asking = Asking(8)
    answers = {}

    def first():
        answers["first"] = SERVER.get(f"{CPU}?seconds={SECONDS}")
    thread = threading.Thread(target=first)
    thread.start()
    time.sleep(SECONDS / 6)  # a busy machine may double it
    answers["second"] = SERVER.get(f"{CPU}?seconds=1")
    thread.join()
    asking.stop()
    tap.equal(asking.statuses, {200}, "requests are answered all the while")
    return answers["first"], answers["second"]


def test_cpu():
    answer, second = take_under_load()
    here = SERVER.responders()
    tap.equal((answer.status, answer.headers["Content-Type"],
        answer.headers["Access-Control-Allow-Origin"]),
        (200, "application/octet-stream", None), "a profile")
    tap.equal(refusal(second), (409, b'{"error":"a profile is being taken"}\n'),
        "one at a time")
    profile = pprof.Profile(answer.body)
    tap.equal(profile.types, [("samples", "count"), ("cpu", "nanoseconds")],
        "of CPU time")
    tap.equal(profile.comments, [f"{len(here)} of {len(here)} responders"],
        "all took part")
    processes = {process for _, _, process in profile.samples}
    tap.ok(len(processes) > 1 and processes <= set(here),
        f"samples of several: {processes} of {here}")
    time_used = sum(values[1] for _, values, _ in profile.samples) / 1e9
    tap.ok(0.1 < time_used < (SECONDS + 2) * os.cpu_count(),
        f"{time_used} s in {SECONDS} s")
    names = {name for stack, _, _ in profile.samples for name in stack}
    tap.ok({"main", "serve_run", "responder_handle", "handle_list",
        "sqlite3_step"} <= names, f"with names: {sorted(names)}")
    whole = sum(values[0] for stack, values, _ in profile.samples
        if "main" in stack) / sum(values[0] for _, values, _ in
            profile.samples)
    tap.ok(whole > 0.9, f"{whole:.0%} of the stacks reach down to main")
    return answer.body


def test_readers():
    """Other programs than this one take it, too."""
    with tempfile.TemporaryDirectory() as at:
        path = os.path.join(at, "profile.pb")
        with open(path, "wb") as f:
            f.write(SERVER.get(HEAP).body)
        picture = subprocess.run([os.path.join(ROOT, "bench", "flame"), path],
            stdout=subprocess.PIPE, check=True, text=True).stdout
        tap.ok(picture.startswith("<svg") and "<title>responder_new " in picture,
            "bench/flame draws it")
        if not shutil.which("go"):
            tap.skip("go is not installed: not tried with its pprof")
            return
        top = subprocess.run(["go", "tool", "pprof", "-top", "-cum", path],
            capture_output=True, text=True, check=False,
            env=dict(os.environ, PPROF_TMPDIR=at))
        tap.ok(top.returncode == 0 and " responder_new\n" in top.stdout,
            "pprof lists it")


def test_heap():
    profile = heap_of_all(SERVER)
    tap.equal([name for name, _ in profile.types], ["inuse_objects",
        "inuse_space", "alloc_objects", "alloc_space"], "in use, and ever")
    tap.ok(any("responder_new" in stack and values[1] > 0 for stack, values, _ in
        profile.samples), "with names")


def test_one_is_killed():
    """The others go on, and its successor joins."""
    killed = SERVER.responders()[0]
    os.kill(killed, 9)
    heap_of_all(SERVER, but=killed)


def test_bad_requests():
    for query in "seconds=0", "seconds=121", "seconds=-1", "seconds=1x", \
            "seconds=99999999999999999999", "seconds=%20":
        tap.equal(refusal(SERVER.get(f"{CPU}?{query}")), (400,
            b'{"error":"seconds must be from 1 to 120"}\n'), query)
    tap.equal(refusal(SERVER.get("/debug/pprof/goroutine")), (404,
        b'{"error":"no such profile: there are profile and heap"}\n'),
        "another profile")
    for method in "HEAD", "POST":
        tap.equal(SERVER.get(HEAP, method).status, 405, method)
    tap.equal(SERVER.get("/debug/pprof/").status, 404, "no list of them")


def test_still_shut_in():
    sandbox = responder.json.loads(SERVER.get("/version").body)["sandbox"]
    tap.ok(sandbox["seccomp"], f"the filter is in force: {sandbox}")


def alone(test, directory, **environment):
    """Calls test with one responder that may be profiled."""
    with tempfile.TemporaryDirectory() as at:
        build(os.path.join(at, "registry.db"))
        r = responder.FastCgi(os.path.join(at, "registry.db"), at,
            THV_REGISTRY_PROFILE_DIR=directory, **environment)
        try:
            test(r)
        finally:
            r.stop()


def test_which_clients_may():
    def check(r):
        for client in {}, {"REMOTE_ADDR": "192.0.2.1"}, \
                {"REMOTE_ADDR": "::ffff:192.0.2.1"}, \
                {**LOCAL, "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, \
                {**LOCAL, "HTTP_FORWARDED": "for=192.0.2.1"}:
            answer = r.get(CPU + "?seconds=1", **client)
            tap.equal((answer.status, answer.json), (403,
                {"error": "allowed only from this machine"}), f"not {client}")
        answer = r.get(CPU + "?seconds=1", REMOTE_ADDR="::1")
        tap.equal(answer.status, 200, "::1 may")
        answer = r.get(HEAP, **LOCAL)
        tap.equal((answer.status, answer.json), (404, {"error":
            "the heap is not watched: THV_REGISTRY_PROFILE_HEAP is not set"}),
            "the heap is watched only if that is asked for")
    with tempfile.TemporaryDirectory() as directory:
        alone(check, directory)


def test_sigterm_during_a_profile():
    """A responder that takes a profile exits on SIGTERM."""
    def check(r):
        connection = r.send(CPU + "?seconds=100", **LOCAL)
        time.sleep(0.5)
        tap.equal(r.stop(), 0, "it ends")
        answer = r.receive(connection)
        tap.equal((answer.status, answer.json), (409, {"error":
            "the responder is exiting"}), "with an answer")
    with tempfile.TemporaryDirectory() as directory:
        alone(check, directory)


def test_off():
    def check(reason):
        def ask(r):
            answer = r.get(HEAP, **LOCAL)
            tap.equal(answer.status, 404, "404")
            tap.contains(answer.error, reason, reason)
            tap.equal(r.get(LIST).status, 200, "all else works")
            if not reason.startswith("profiling is off"):
                tap.contains(r.log(), reason, "the log says so, too")
        return ask
    off = "profiling is off: THV_REGISTRY_PROFILE_DIR is not set"
    alone(check(off), "")
    with tempfile.TemporaryDirectory() as directory:
        alone(check("No such file or directory"), directory + "/none")
        os.chmod(directory, 0o777)
        alone(check("not writable for others"), directory)
        database = os.path.join(directory, "registry.db")
        build(database)
        tap.contains(responder.cgi(database, HEAP, **LOCAL).error, off,
            "plain CGI")


def test_other_servers():
    for kind in "apache-fcgid", "apache-proxy", "nginx":
        why = web_servers.missing(kind)
        if why:
            tap.skip(f"{kind}: {why}")
            continue
        s = server(kind, THV_REGISTRY_PROFILE_HEAP="1")
        try:
            tap.ok(s.start(), f"{kind} starts")
            heap_of_all(s)
        finally:
            s.stop()
            s.clean()


def with_lighttpd(tests, **environment):
    global SERVER
    SERVER = server("lighttpd", **environment)
    try:
        tap.ok(SERVER.start(), "lighttpd starts")
        if b"sanitizer" in SERVER.get(HEAP).body:
            tap.skip("no profiles of a program with a sanitizer")
            sys.exit(tap.done())
        tap.run(tests)
    finally:
        print("# log: " + SERVER.stop()[1].replace("\n", "\n# log: "))
        SERVER.clean()


def main():
    why = web_servers.missing("lighttpd")
    if why:
        tap.skip(why)
        sys.exit(tap.done())
    with_lighttpd([test_cpu, test_bad_requests, test_still_shut_in])
    with_lighttpd([test_heap, test_readers, test_one_is_killed],
        THV_REGISTRY_PROFILE_HEAP="1")
    tap.main([test_which_clients_may, test_sigterm_during_a_profile,
        test_off, test_other_servers])


main()
