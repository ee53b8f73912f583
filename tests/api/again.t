#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A repeated request is answered from memory, but never with old content: after any
change of the database the next response is new, complete and of one state."""

import contextlib
import gzip
import os
import pwd
import shutil
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

ONE = "/v0.1/servers/a.example%2Fserver-3/versions/latest"
LIST = "/v0.1/servers?limit=20"
SERVERS = 10
SETTLED = 3     # seconds until a file's times prove its state
MEASURED = 128  # requests between updates of the page counters
MOMENT = 3      # seconds of writing and requests


def as_nobody():
    user = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def change(db, number):
    """Changes every description and the generation."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE document SET body = json_set(body, '$.description',"
            " ?)", (f"text {number} " + "x" * 200,))
        db.execute("UPDATE registry SET generation = ?", (number,))


def write(path):
    return sqlite3.connect(path, isolation_level=None)


class Site(contextlib.ExitStack):
    """A database and a responder that may not write to it."""

    def __init__(self, journal="WAL"):
        super().__init__()
        self.dir = self.enter_context(tempfile.TemporaryDirectory())
        os.chmod(self.dir, 0o755)
        self.path = os.path.join(self.dir, "registry.db")
        rdb.build(self.path, [rdb.Source("a", [rdb.server(
            f"a.example/server-{i}") for i in range(SERVERS)])],
            [rdb.Registry("r", ["a"], True)])
        with contextlib.closing(write(self.path)) as db:
            db.execute(f"PRAGMA journal_mode = {journal}")
            change(db, 1)
        self.server = responder.FastCgi(self.path, self.dir,
            responder.for_everyone(responder.PROGRAM, self.dir),
            preexec=as_nobody if os.geteuid() == 0 else None)
        self.callback(self.server.stop)

    def state(self, uri=LIST, **more):
        """The numbers of the states in a response."""
        answer = self.server.get(uri, **more)
        if answer.status != 200:
            return answer.status
        if answer.headers.get("content-encoding") == "gzip":
            answer.body = gzip.decompress(answer.body)
        items = answer.json.get("servers", [answer.json])
        numbers = {int(i["server"]["description"].split()[1]) for i in items}
        numbers.add(int(answer.headers["etag"].strip('"').split("-")[0], 16))
        return numbers


def writer_that_stays(site):
    db = write(site.path)
    site.callback(db.close)
    return lambda number: change(db, number)


def writer_that_goes(site):
    def act(number):
        with contextlib.closing(write(site.path)) as db:
            change(db, number)
    return act


def writer_that_leaves_nothing(site):
    """The WAL is checkpointed and truncated after each write."""
    def act(number):
        with contextlib.closing(write(site.path)) as db:
            change(db, number)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return act


def another_file(site):
    """A restored backup."""
    def act(number):
        copy = os.path.join(site.dir, "copy.db")
        with contextlib.closing(write(site.path)) as db:
            db.execute("VACUUM INTO ?", (copy,))
        with contextlib.closing(write(copy)) as db:
            change(db, number)
        shutil.copymode(site.path, copy)
        for companion in "-wal", "-shm":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(site.path + companion)
        os.rename(copy, site.path)
    return act


def test_the_response_after_a_change_is_new():
    for how, journal in ((writer_that_stays, "WAL"),
            (writer_that_goes, "WAL"), (writer_that_leaves_nothing, "WAL"),
            (another_file, "WAL"), (writer_that_goes, "DELETE")):
        with Site(journal) as site:
            act = how(site)
            for number in range(2, 6):
                # The file times prove the state in two rounds, in the others
                # they are too new.
                time.sleep(SETTLED if number in (2, 4) else 0)
                for uri in ONE, LIST:
                    for headers in {}, {"HTTP_ACCEPT_ENCODING": "gzip"}:
                        for _ in range(4):
                            before = site.state(uri, **headers)
                tag = site.server.get(LIST).headers["etag"]
                kept = site.state(etag=tag)
                act(number)
                after = [site.state(uri, **headers) for uri in (ONE, LIST)
                    for headers in ({}, {"HTTP_ACCEPT_ENCODING": "gzip"})]
                tap.equal((before, kept, after, site.state(etag=tag)),
                    ({number - 1}, 304, [{number}] * 4, {number}),
                    f"{how.__name__}, {journal}, {number}")


def leave_a_wal(site):
    """A WAL that exists while there is no writer."""
    with contextlib.closing(sqlite3.connect(f"file:{site.path}?mode=ro",
            uri=True)) as reader:
        with contextlib.closing(write(site.path)) as db:
            for number in 3, 2, 1:
                change(db, number)
            # The last connection to close would delete the WAL.
            reader.execute("SELECT count(*) FROM document").fetchall()


def test_a_commit_that_changes_no_file_time_is_seen():
    """A commit is seen even if the sizes and times of the files do not change:
    on a slow disk the write may be much older than the commit."""
    if os.geteuid() != 0:
        tap.skip("only root can start a responder that may not write")
        return
    with Site() as site:
        leave_a_wal(site)
        time.sleep(SETTLED)
        before = [site.state() for _ in range(4)][-1]
        files = [site.path, site.path + "-wal"]
        stats = [os.stat(path) for path in files]
        with contextlib.closing(write(site.path)) as db:
            # The WAL restarts, and its size does not change.
            db.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            change(db, 2)
            for path, st in zip(files, stats):
                os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
            state = site.state()
        same = [(s.st_size, s.st_mtime_ns) for s in stats] == \
            [(s.st_size, s.st_mtime_ns) for s in map(os.stat, files)]
        tap.equal((before, state, same), ({1}, {2}, True),
            "the commit is seen although the files look unchanged")


def pages_read(site):
    """Pages that the responder has read from its database."""
    for _ in range(MEASURED):
        site.server.get("/health")
    lines = site.server.get("/metrics").body.decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(
        ("thv_registry_database_cache_hits", "thv_registry_database_cache_m")))


def test_repeated_requests_are_answered_from_memory():
    """Repeated requests hardly read the database."""
    with Site() as site:
        time.sleep(SETTLED)
        pages = []
        # A new URI each time must be read from the database.
        for uri in "{}&x={}", "{}":
            before = pages_read(site)
            for number in range(500):
                site.state(uri.format(LIST, number))
            pages.append(pages_read(site) - before)
        tap.ok(pages[1] < pages[0] / 5, "500 repeated requests read "
            f"{pages[1]} pages, 500 different ones {pages[0]}")


def test_each_response_has_one_state():
    """While a writer and readers run at full speed, each response has one state,
    which was current during the request."""
    with Site() as site:
        done = [1]
        end = time.monotonic() + MOMENT

        def keep_writing():
            with contextlib.closing(write(site.path)) as db:
                while time.monotonic() < end:
                    change(db, done[0] + 1)
                    done[0] += 1
                    time.sleep(0.0005 * (done[0] % 7))
        writer = threading.Thread(target=keep_writing)
        writer.start()
        asked = wrong = 0
        seen = set()
        while writer.is_alive():
            least = done[0]
            state = site.state((LIST, ONE)[asked % 2])
            asked += 1
            if not isinstance(state, set) or len(state) != 1 or \
                    min(state) < least:
                wrong += 1
                print(f"# {state}, at least {least}")
            else:
                seen |= state
        writer.join()
        tap.equal(wrong, 0, f"{asked} responses during {done[0]} states, "
            f"{len(seen)} of which were seen")


tap.main([test_the_response_after_a_change_is_new, test_a_commit_that_changes_no_file_time_is_seen,
    test_repeated_requests_are_answered_from_memory, test_each_response_has_one_state])
