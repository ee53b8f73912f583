#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two Unix users: one syncs, the other reads and could not write."""
import os
import pwd
import sqlite3
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site, server

READER = "nobody"


def as_reader(site, uri):
    """One request by another user."""
    user = pwd.getpwnam(READER)
    done = subprocess.run(
        [responder.for_everyone(responder.PROGRAM, site.dir)], user=user.pw_uid, group=user.pw_gid,
        extra_groups=[], check=False, capture_output=True,
        stdin=subprocess.DEVNULL,
        env=responder.environment(site.database, REQUEST_METHOD="GET",
                                  REQUEST_URI=uri))
    return responder.Answer(done.stdout)


def test_reader_without_write_permission():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        modes = {f: os.stat(site.database + f).st_mode & 0o777
                 for f in ("", "-wal", "-shm")}
        tap.ok(all(m & 0o022 == 0 for m in modes.values()),
               f"nobody else may write: {modes}")
        tap.equal(as_reader(site, "/v0.1/servers").status, 200,
                  "the reader reads after the writer has closed")
        held = subprocess.run(["flock", "-n", site.database + ".lock", "true"],
            preexec_fn=as_nobody, capture_output=True)
        tap.ok(b"Permission denied" in held.stderr,
               "and cannot hold the lock of the sync")
        site.file_source("a", server("n/x"), server("n/y"))
        site.sync("--source", "a")
        names = [i["server"]["name"] for i in
                 as_reader(site, "/v0.1/servers").json["servers"]]
        tap.equal(names, ["n/x", "n/y"], "and sees the next commit")
        tap.equal(sorted(os.listdir(site.dir)), sorted(
            ["a.json", "cache", "thv-registry-api", "config.yaml", "registry.db",
             "registry.db-shm", "registry.db-wal", "registry.db.lock"]),
                  "nothing else lies about")


def as_nobody():
    user = pwd.getpwnam(READER)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def test_reader_that_stays():
    """One process of another user, while syncs and other writers come and
    go, the last of which takes the -wal and -shm files away."""
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        reader = responder.FastCgi(site.database, site.dir,
            responder.for_everyone(responder.PROGRAM, site.dir),
            preexec=as_nobody)

        def names():
            return [i["server"]["name"] for i in
                    reader.get("/v0.1/servers").json.get("servers", [])]

        tap.equal(reader.get("/v0.1/servers").status, 503, "nothing yet")
        site.sync()
        tap.equal(names(), ["n/x"], "the first sync")
        site.file_source("a", server("n/x"), server("n/y"))
        site.sync("--force")
        tap.equal(names(), ["n/x", "n/y"], "the second")
        reader.stop()
        db = sqlite3.connect(site.database)
        db.execute("UPDATE run SET error = NULL")
        db.commit()
        db.close()
        tap.equal([os.path.exists(site.database + suffix)
                   for suffix in ("-wal", "-shm")], [False, False],
                  "a visitor cleaned up")
        os.unlink(reader.path)
        reader = responder.FastCgi(site.database, site.dir,
            os.path.join(site.dir, "thv-registry-api"), preexec=as_nobody)
        tap.equal(names(), ["n/x", "n/y"], "read all the same")
        site.file_source("a", server("n/z"))
        site.sync("--force")
        tap.equal(names(), ["n/z"], "and the next sync is seen")
        tap.equal(reader.stop(), 0, "ends with status 0")


def test_while_syncs_begin():
    """A sync that is the first to open the database makes the index of the
    WAL anew; who reads just then waits for it."""
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        program = responder.for_everyone(responder.PROGRAM, site.dir)
        env = responder.environment(site.database, REQUEST_METHOD="GET",
                                    REQUEST_URI="/v0.1/servers")
        stop = threading.Event()

        def sync():
            while not stop.is_set():
                site.sync("--force")

        thread = threading.Thread(target=sync)
        thread.start()
        odd = []
        for _ in range(80):
            done = subprocess.run([program], user=65534, group=65534,
                extra_groups=[], check=False, capture_output=True,
                stdin=subprocess.DEVNULL, env=env)
            if responder.Answer(done.stdout).status != 200:
                odd.append(done.stderr.decode())
        stop.set()
        thread.join()
        tap.equal(odd, [], "80 requests, syncs all the time")


if os.getuid() != 0:
    tap.skip("two users take root to act as")
    sys.exit(tap.done())
tap.main([test_reader_without_write_permission, test_reader_that_stays,
    test_while_syncs_begin])
