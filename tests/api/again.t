#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who asks again is told from memory what he was told before, and never what is
no longer so: whatever moves the database, the next answer is the new one, whole
and of one state."""

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
SETTLED = 3     # seconds until a file's times tell its state
MEASURED = 128  # requests after which the pages read are told (METRICS)
MOMENT = 3      # seconds of writing and asking


def as_nobody():
    user = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def move(db, number):
    """Another description everywhere, and another generation."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE document SET body = json_set(body, '$.description',"
            " ?)", (f"text {number} " + "x" * 200,))
        db.execute("UPDATE registry SET generation = ?", (number,))


def write(path):
    return sqlite3.connect(path, isolation_level=None)


class Site(contextlib.ExitStack):
    """A database and a responder who may not write to it."""

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
            move(db, 1)
        self.server = responder.FastCgi(self.path, self.dir,
            responder.for_everyone(responder.PROGRAM, self.dir),
            preexec=as_nobody if os.geteuid() == 0 else None)
        self.callback(self.server.stop)

    def told(self, uri=LIST, **more):
        """The numbers of the state that an answer was made of."""
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
    return lambda number: move(db, number)


def writer_that_goes(site):
    def act(number):
        with contextlib.closing(write(site.path)) as db:
            move(db, number)
    return act


def writer_that_leaves_nothing(site):
    """The WAL is copied and emptied at once."""
    def act(number):
        with contextlib.closing(write(site.path)) as db:
            move(db, number)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return act


def another_file(site):
    """A backup that is put back."""
    def act(number):
        copy = os.path.join(site.dir, "copy.db")
        with contextlib.closing(write(site.path)) as db:
            db.execute("VACUUM INTO ?", (copy,))
        with contextlib.closing(write(copy)) as db:
            move(db, number)
        shutil.copymode(site.path, copy)
        for companion in "-wal", "-shm":
            with contextlib.suppress(FileNotFoundError):
                os.unlink(site.path + companion)
        os.rename(copy, site.path)
    return act


def test_next_answer_is_new():
    for how, journal in ((writer_that_stays, "WAL"),
            (writer_that_goes, "WAL"), (writer_that_leaves_nothing, "WAL"),
            (another_file, "WAL"), (writer_that_goes, "DELETE")):
        with Site(journal) as site:
            act = how(site)
            for number in range(2, 6):
                # Both while the times of files tell, and while they do not.
                time.sleep(SETTLED if number in (2, 4) else 0)
                for uri in ONE, LIST:
                    for headers in {}, {"HTTP_ACCEPT_ENCODING": "gzip"}:
                        for _ in range(4):
                            before = site.told(uri, **headers)
                tag = site.server.get(LIST).headers["etag"]
                kept = site.told(etag=tag)
                act(number)
                after = [site.told(uri, **headers) for uri in (ONE, LIST)
                    for headers in ({}, {"HTTP_ACCEPT_ENCODING": "gzip"})]
                tap.equal((before, kept, after, site.told(etag=tag)),
                    ({number - 1}, 304, [{number}] * 4, {number}),
                    f"{how.__name__}, {journal}, {number}")


def leave_a_wal(site):
    """One that is there while no writer is."""
    with contextlib.closing(sqlite3.connect(f"file:{site.path}?mode=ro",
            uri=True)) as reader:
        with contextlib.closing(write(site.path)) as db:
            for number in 3, 2, 1:
                move(db, number)
            # Whoever closes it last would take the WAL away.
            reader.execute("SELECT count(*) FROM document").fetchall()


def test_a_commit_long_after_its_writing():
    """A disk may take its time between what is written and the moment from
    which it counts: then nothing about the files is new."""
    if os.geteuid() != 0:
        tap.skip("only root can start a responder that may not write")
        return
    with Site() as site:
        leave_a_wal(site)
        time.sleep(SETTLED)
        before = [site.told() for _ in range(4)][-1]
        files = [site.path, site.path + "-wal"]
        stats = [os.stat(path) for path in files]
        with contextlib.closing(write(site.path)) as db:
            # The WAL begins anew, and stays as long as it is.
            db.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            move(db, 2)
            for path, st in zip(files, stats):
                os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
            told = site.told()
        same = [(s.st_size, s.st_mtime_ns) for s in stats] == \
            [(s.st_size, s.st_mtime_ns) for s in map(os.stat, files)]
        tap.equal((before, told, same), ({1}, {2}, True),
            "what counts is told, whatever the files look like")


def pages_read(site):
    """Pages that the responder has asked its database for."""
    for _ in range(MEASURED):
        site.server.get("/health")
    lines = site.server.get("/metrics").body.decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(
        ("thv_registry_database_cache_hits", "thv_registry_database_cache_m")))


def test_memory_is_used():
    """Without a memory, the other tests would pass as well."""
    with Site() as site:
        time.sleep(SETTLED)
        pages = []
        # What is new each time has to be read.
        for uri in "{}&x={}", "{}":
            before = pages_read(site)
            for number in range(500):
                site.told(uri.format(LIST, number))
            pages.append(pages_read(site) - before)
        tap.ok(pages[1] < pages[0] / 5, "of 500 who asked again hardly one "
            f"went to the database: {pages[1]} pages, else {pages[0]}")


def test_answers_are_whole():
    """A writer and readers at full speed: an answer is of one state, and of
    none that had passed when it was asked for."""
    with Site() as site:
        done = [1]
        end = time.monotonic() + MOMENT

        def keep_writing():
            with contextlib.closing(write(site.path)) as db:
                while time.monotonic() < end:
                    move(db, done[0] + 1)
                    done[0] += 1
                    time.sleep(0.0005 * (done[0] % 7))
        writer = threading.Thread(target=keep_writing)
        writer.start()
        asked = wrong = 0
        seen = set()
        while writer.is_alive():
            least = done[0]
            told = site.told((LIST, ONE)[asked % 2])
            asked += 1
            if not isinstance(told, set) or len(told) != 1 or \
                    min(told) < least:
                wrong += 1
                print(f"# {told}, at least {least}")
            else:
                seen |= told
        writer.join()
        tap.equal(wrong, 0, f"of {asked} answers while {done[0]} states "
            f"passed, {len(seen)} of them seen")


tap.main([test_next_answer_is_new, test_a_commit_long_after_its_writing,
    test_memory_is_used, test_answers_are_whole])
