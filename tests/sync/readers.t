#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two Unix users: one syncs, the other reads and could not write."""
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site, server

READER = "nobody"


def open_to_readers(site):
    """As installed: files of this directory get its group, which reads."""
    os.chown(site.dir, 0, pwd.getpwnam(READER).pw_gid)
    os.chmod(site.dir, 0o2755)


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


def modes(site):
    return {end: oct(os.stat(site.database + end).st_mode & 0o7777)
            for end in ("", "-wal", "-shm")}


def test_modes():
    """Only readers' groups can open -shm: its locks can stop every sync."""
    for umask in 0, 0o022, 0o027, 0o077, 0o777:
        with Site() as site:
            block = site.file_source("a", server("n/x"))
            site.configure({"a": block})
            os.makedirs(site.path("cache"), 0o700)
            before = os.umask(umask)
            try:
                run = site.sync()
            finally:
                os.umask(before)
            tap.equal((run.status, modes(site)),
                      (0, {end: "0o640" for end in ("", "-wal", "-shm")}),
                      f"umask {umask:03o}: the owner and a group read")
            held = subprocess.run(
                ["flock", "-s", "-n", site.database + "-shm", "true"],
                preexec_fn=as_nobody, capture_output=True)
            tap.ok(b"Permission denied" in held.stderr,
                   f"umask {umask:03o}: no other user can hold a lock")
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        for end in "", "-wal", "-shm":
            os.chmod(site.database + end, 0o644)
        site.file_source("a", server("n/y"))
        site.sync("--force")
        tap.equal(modes(site), {end: "0o644" for end in ("", "-wal", "-shm")},
                  "a mode that was set later stays")


def test_reader_without_write_permission():
    with Site() as site:
        open_to_readers(site)
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
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
        open_to_readers(site)
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
    """A sync that opens the database first rebuilds the index of the WAL; a
    reader waits for it."""
    with Site() as site:
        open_to_readers(site)
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


class Left:
    """What a writer that was killed may leave: the first of two contents in
    the database file, the second in frames of the WAL, and no writer."""

    def __init__(self):
        self.site = Site()
        self.site.configure({"a": self.site.file_source("a", server("n/x"))})
        self.site.sync()
        # An open read transaction prevents a checkpoint of the WAL.
        db = sqlite3.connect(self.site.database, isolation_level=None)
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM source").fetchone()
        self.site.file_source("a", server("n/y"))
        self.site.sync("--force")
        self.kept = {end: read(self.site.database + end)
                     for end in ("", "-wal", "-shm")}
        db.close()
        self.directory = self.site.path("left")
        self.database = os.path.join(self.directory, "registry.db")

    def put(self, **files):
        """The files as they were left, except those given (None: no file)."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.mkdir(self.directory, 0o755)
        for end, content in {**self.kept, **{
                "-" + name: content for name, content in files.items()}}.items():
            if content is not None:
                self.write(end, content)

    def write(self, end, content):
        with open(self.database + end, "wb") as f:
            f.write(content)

    def wal(self, **at):
        """The WAL with other bytes at some places of its header."""
        wal = bytearray(self.kept["-wal"])
        for place, content in at.items():
            place = int(place.removeprefix("at_"))
            wal[place:place + len(content)] = content
        return bytes(wal)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def names_of(answer):
    if answer.status != 200:
        return answer.status
    return [i["server"]["name"] for i in answer.json["servers"]]


def test_what_killed_writers_leave():
    """Whatever is left of -wal and -shm, another user and the same one read
    what was committed, at once, before any sync."""
    left = Left()
    header = left.kept["-wal"][:32]
    old, new = ["n/x"], ["n/y"]
    cases = [
        ("all files", {}, new),
        ("a -shm of no length", {"shm": b""}, new),
        ("a -shm cut short", {"shm": left.kept["-shm"][:3]}, new),
        ("a -shm of other content", {"shm": bytes(32768)}, new),
        ("a -shm of garbage", {"shm": b"\xa5" * 32768}, new),
        ("no -shm", {"shm": None}, new),
        ("a WAL of a header", {"wal": header}, old),
        ("a WAL of a header, no -shm", {"wal": header, "shm": None}, old),
        ("a WAL of a header, a -shm of no length",
         {"wal": header, "shm": b""}, old),
        ("a WAL of half a header", {"wal": header[:16]}, old),
        ("an empty WAL", {"wal": b""}, old),
        ("an empty WAL, no -shm", {"wal": b"", "shm": None}, old),
        ("no WAL", {"wal": None}, old),
        ("no WAL, no -shm", {"wal": None, "shm": None}, old),
        ("a WAL without its magic number",
         {"wal": left.wal(at_0=b"\0\0\0\0")}, old),
        ("a WAL of no page size", {"wal": left.wal(at_8=b"\0\0\0\3")}, old),
        ("a header with a wrong sum",
         {"wal": left.wal(at_24=b"\xff\xff\xff\xff")}, old),
        ("a header with other salts", {"wal": left.wal(at_16=b"12345678")},
         old),
        ("a torn header, no -shm",
         {"wal": left.wal(at_0=b"\0\0\0\0"), "shm": None}, old),
    ]
    with left.site as site:
        program = responder.for_everyone(responder.PROGRAM, site.dir)
        for what, files, want in cases:
            left.put(**files)
            before = sorted(os.listdir(left.directory))
            got = []
            for become in (as_nobody, None):
                done = subprocess.run(
                    [program], preexec_fn=become, check=False,
                    capture_output=True, stdin=subprocess.DEVNULL,
                    timeout=60, env=responder.environment(
                        left.database, REQUEST_METHOD="GET",
                        REQUEST_URI="/v0.1/servers"))
                got.append(names_of(responder.Answer(done.stdout)))
            tap.equal(got, [want, want], f"{what}: another user, and the same")
            # Under valgrind no sandbox keeps the same user from making some.
            if "/build/valgrind" not in responder.BUILD:
                tap.equal(sorted(os.listdir(left.directory)), before,
                          f"{what}: no file comes or goes")


def test_a_writer_killed_under_a_reader():
    """One process that stays, of another user, which had the database open
    before a writer came that was killed while it began a WAL."""
    left = Left()
    with left.site as site:
        left.put(wal=b"")
        reader = responder.FastCgi(left.database, site.dir,
            responder.for_everyone(responder.PROGRAM, site.dir),
            preexec=as_nobody)
        steps = [
            ("an empty WAL", b"", ["n/x"]),
            ("a header", left.kept["-wal"][:32], ["n/x"]),
            ("frames", left.kept["-wal"], ["n/y"]),
            ("a torn header", left.wal(at_0=b"\0\0\0\0"), ["n/x"]),
            ("an empty WAL again", b"", ["n/x"]),
        ]
        for what, wal, want in steps:
            left.write("-wal", wal)
            tap.equal(names_of(reader.get("/v0.1/servers")), want,
                      f"{what}: it reads")
            tap.equal(reader.get("/registry/status").status, 200,
                      f"{what}: what is read each time, too")
        env = site.environment(THV_REGISTRY_DATABASE_PATH=left.database)
        site.file_source("a", server("n/z"))
        left.write("-wal", left.kept["-wal"][:32])
        tap.equal(names_of(reader.get("/v0.1/servers")), ["n/x"],
                  "a header once more")
        subprocess.run(site.command("--force", "-q"), check=True, env=env)
        tap.equal(names_of(reader.get("/v0.1/servers")), ["n/z"],
                  "and the next sync is seen")
        tap.equal(reader.stop(), 0, "it ends with status 0")
        tap.ok("level=ERROR" not in reader.log(), "with no error in its log")


def test_a_torn_index():
    """The writer was killed while it wrote the header of the index, of which
    there are two copies.  Readers that have met a writer hold the index, so
    that none of them may read as if nobody had the database open."""
    left = Left()
    with left.site as site:
        left.put()
        program = responder.for_everyone(responder.PROGRAM, site.dir)
        writer = sqlite3.connect(left.database)
        writer.execute("SELECT count(*) FROM source").fetchone()
        readers = [responder.FastCgi(left.database, site.dir, program, name,
                                     preexec=as_nobody)
                   for name in ("first", "second")]
        tap.equal([names_of(r.get("/v0.1/servers")) for r in readers],
                  [["n/y"]] * 2, "two readers meet a writer")
        writer.close()
        with open(left.database + "-shm", "r+b") as shm:
            shm.seek(8)
            shm.write(b"\xff")
        done = subprocess.run(
            [program], preexec_fn=as_nobody, check=False, timeout=60,
            capture_output=True, stdin=subprocess.DEVNULL,
            env=responder.environment(left.database, REQUEST_METHOD="GET",
                                      REQUEST_URI="/v0.1/servers"))
        tap.equal(names_of(responder.Answer(done.stdout)), ["n/y"],
                  "a torn index: a reader that comes reads")
        tap.equal([names_of(r.get("/v0.1/servers")) for r in readers],
                  [["n/y"]] * 2, "and so do those that hold it")
        tap.equal([r.get("/registry/status").status for r in readers],
                  [200] * 2, "each time")
        site.file_source("a", server("n/z"))
        subprocess.run(
            site.command("--force", "-q"), check=True,
            env=site.environment(THV_REGISTRY_DATABASE_PATH=left.database))
        tap.equal([names_of(r.get("/v0.1/servers")) for r in readers],
                  [["n/z"]] * 2, "the next sync is seen")
        tap.equal([r.stop() for r in readers], [0, 0],
                  "they exit with status 0")


if os.getuid() != 0:
    tap.skip("two users take root to act as")
    sys.exit(tap.done())
tap.main([test_modes, test_reader_without_write_permission, test_reader_that_stays,
    test_while_syncs_begin, test_what_killed_writers_leave,
    test_a_writer_killed_under_a_reader, test_a_torn_index])
