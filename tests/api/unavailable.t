#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A responder answers 503 while its database cannot be read, and recovers without a
restart."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import threading
import time

import registry_db as rdb
import responder
import tap

LIST = "/registry/r/v0.1/servers"


class Case:
    """A directory with a database of one server and a responder for it."""

    def __init__(self, with_database=True):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "registry.db")
        if with_database:
            self.build(self.path, "first.example/one")
        self.server = responder.FastCgi(self.path, self.directory.name)

    def build(self, path, name):
        rdb.build(path, [rdb.Source("a", [rdb.server(name)])],
            [rdb.Registry("r", ["a"], True)])

    def replace(self, name):
        """Another database under the same path, as a restored backup is."""
        new = self.path + ".new"
        self.build(new, name)
        self.remove()
        os.rename(new, self.path)

    def remove(self):
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.path + suffix):
                os.unlink(self.path + suffix)

    def names(self):
        answer = self.server.get(LIST)
        return answer.status, [s["server"]["name"]
            for s in answer.json.get("servers", [])]

    def logged(self, level):
        return self.server.log().count(f"level={level}")

    def close(self):
        tap.equal(self.server.stop(), 0, "exits with status 0")
        self.directory.cleanup()


def check_unavailable(case, why):
    answer = case.server.get(LIST)
    tap.equal((answer.status, answer.body, answer.headers.get("retry-after")),
        (503, b'{"error":"service unavailable"}\n', "5"), f"{why}: 503")
    tap.equal(case.server.get(LIST, "HEAD").body, b"", f"{why}: HEAD")
    ready = case.server.get("/readiness")
    tap.equal((ready.status, ready.body), (503,
        b'{"error":"service not ready"}\n'), f"{why}: not ready")
    tap.equal(case.server.get("/registry/status").status, 503,
        f"{why}: no status")
    tap.equal(case.server.get("/health").json, {"status": "healthy"},
        f"{why}: healthy")
    tap.equal(case.server.get(LIST + "?limit=x").status, 400,
        f"{why}: an invalid request gets 400")
    tap.equal(case.server.get(LIST, "OPTIONS").status, 204,
        f"{why}: OPTIONS gets 204")


def check_healed(case, name, why):
    tap.equal(case.names(), (200, [name]), f"{why}: recovered")
    tap.equal(case.server.get("/ready").status, 200, f"{why}: ready")
    tap.equal((case.logged("ERROR"), case.logged("INFO")), (1, 1),
        f"{why}: failure and recovery are logged once")


def test_missing_then_created():
    case = Case(with_database=False)
    check_unavailable(case, "missing")
    case.build(case.path, "made.example/later")
    check_healed(case, "made.example/later", "missing")
    case.close()


def test_removed_then_restored():
    case = Case()
    tap.equal(case.names(), (200, ["first.example/one"]), "at first")
    case.remove()
    check_unavailable(case, "removed")
    case.build(case.path, "second.example/one")
    check_healed(case, "second.example/one", "removed")
    case.close()


def test_replaced():
    case = Case()
    etag = case.server.get(LIST).headers["etag"]
    case.replace("second.example/one")
    tap.equal(case.names(), (200, ["second.example/one"]), "a replaced database is read at once")
    again = case.server.get(LIST, etag=etag)
    # The same path, so the same id in these databases, and the same counter.
    tap.equal(again.status in (200, 304), True, "and has its own entity tag")
    case.close()


def test_another_schema():
    for version in (rdb.schema_version() + 1, rdb.schema_version() - 1, 0):
        case = Case()
        case.names()
        db = sqlite3.connect(case.path)
        db.execute(f"PRAGMA user_version = {version}")
        check_unavailable(case, f"schema {version}")
        db.execute(f"PRAGMA user_version = {rdb.schema_version()}")
        db.close()
        check_healed(case, "first.example/one", f"schema {version}")
        case.close()


def test_not_a_database():
    for content in (b"not a database, but long enough to be one " * 100, b"",
            b"x", b"SQLite format 3\0" + bytes(4080)):
        case = Case()
        case.names()
        good = case.path + ".good"
        db = sqlite3.connect(case.path)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        shutil.copy(case.path, good)
        case.remove()
        with open(case.path, "wb") as f:
            f.write(content)
        check_unavailable(case, f"{content[:8]}")
        case.remove()
        os.rename(good, case.path)
        check_healed(case, "first.example/one", f"{content[:8]}")
        case.close()


def test_a_directory():
    case = Case(with_database=False)
    os.mkdir(case.path)
    check_unavailable(case, "directory")
    os.rmdir(case.path)
    case.build(case.path, "made.example/later")
    check_healed(case, "made.example/later", "directory")
    case.close()


def test_damaged_pages():
    """A database with torn pages gets 503, and recovers when repaired."""
    case = Case()
    db = sqlite3.connect(case.path, isolation_level=None)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = db.execute("SELECT rootpage FROM sqlite_schema"
        " WHERE name = 'membership'").fetchone()[0]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    torn = case.path + ".torn"
    shutil.copy(case.path, torn)
    with open(torn, "r+b") as f:
        f.seek((page - 1) * size)
        f.write(b"\xff" * size)
    good = case.path + ".good"
    os.rename(case.path, good)
    os.rename(torn, case.path)
    answer = case.server.get(LIST)
    tap.equal((answer.status, answer.error), (503, "service unavailable"),
        "a torn page")
    os.rename(good, case.path)
    tap.equal(case.names(), (200, ["first.example/one"]), "recovered")
    case.close()


def test_without_wal():
    """The last writer deletes the -wal file when it closes the database."""
    case = Case()
    for turn in range(5):
        db = sqlite3.connect(case.path)
        db.execute("UPDATE document SET body = json_set(body,"
            " '$.description', ?)", (f"turn {turn}",))
        db.execute("UPDATE registry SET generation = generation + 1")
        db.commit()
        for when in "open", "closed":
            answer = case.server.get(LIST)
            tap.equal((answer.status, answer.json["servers"][0]["server"][
                "description"]), (200, f"turn {turn}"), f"writer {when}")
            if when == "open":
                case.server.process.send_signal(signal.SIGTERM)
                case.server.process.wait(10)
                case.server = restarted(case)
                db.close()
    tap.equal(case.logged("ERROR"), 0, "no error is logged")
    case.close()


def restarted(case):
    if os.path.exists(case.server.path):
        os.unlink(case.server.path)
    return responder.FastCgi(case.path, case.directory.name)


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def test_missing_permissions():
    """A directory or file that the responder's user may not open."""
    if os.geteuid() != 0:
        tap.skip("only root can act as another user")
        return
    for name, closed in (("", 0o700), ("", 0o744), ("registry.db", 0o600)):
        case = Case()
        os.chmod(case.directory.name, 0o755)
        case.server.stop()
        data = os.path.join(case.directory.name, "data")
        os.mkdir(data)
        os.rename(case.path, os.path.join(data, "registry.db"))
        case.path = os.path.join(data, "registry.db")
        os.unlink(case.server.path)
        program = responder.for_everyone(responder.PROGRAM,
            case.directory.name)
        place = os.path.join(data, name)
        mode = os.stat(place).st_mode & 0o777
        os.chmod(place, closed)
        case.server = responder.FastCgi(case.path, case.directory.name,
            program, preexec=as_nobody)
        why = f"{name or 'directory'} {closed:o}"
        check_unavailable(case, why)
        os.chmod(place, mode)
        check_healed(case, "first.example/one", why)
        case.close()


def test_read_only_disk():
    """A full disk and a read-only mount do not stop a reader."""
    case = Case()
    case.server.stop()
    os.unlink(case.server.path)
    disk = os.path.join(case.directory.name, "disk")
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk],
            capture_output=True, check=False).returncode != 0:
        tap.skip("only root can mount a disk")
        return
    try:
        shutil.copy(case.path, disk)
        case.path = os.path.join(disk, "registry.db")
        case.server = responder.FastCgi(case.path, case.directory.name)
        try:
            with open(os.path.join(disk, "full"), "wb", 0) as f:
                while True:
                    f.write(b"x" * 65536)
        except OSError:
            tap.equal(case.names()[0], 200, "full")
        os.unlink(os.path.join(disk, "full"))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        tap.equal(case.names()[0], 200, "read-only while the responder runs")
        case.server.stop()
        case.server = restarted(case)
        tap.equal(case.names()[0], 200, "read-only from the start")
        case.server.stop()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
    case.directory.cleanup()


def installed(case):
    """Restarts the responder from a file that can be replaced."""
    case.server.stop()
    os.unlink(case.server.path)
    program = responder.for_everyone(responder.PROGRAM, case.directory.name)
    case.server = responder.FastCgi(case.path, case.directory.name, program)
    tap.equal(case.names()[0], 200, "at first")
    return program


def replace(case, program, script=None):
    """Replaces the program file, as an upgrade does."""
    new = responder.for_everyone(responder.PROGRAM, tempfile.mkdtemp(
        dir=case.directory.name))
    if script:
        with open(new, "w", encoding="utf-8") as f:
            f.write(script)
    os.rename(new, program)


def set_schema(case, add):
    db = sqlite3.connect(case.path)
    db.execute(f"PRAGMA user_version = {rdb.schema_version() + add}")
    db.close()


def test_a_new_program_answers_after_an_upgrade():
    """After an upgrade the old program meets a schema it does not know: the
    program that is now in its place answers, and takes over from it in the
    same process.  Without an upgrade it stays."""
    case = Case()
    program = installed(case)
    set_schema(case, 1000)
    check_unavailable(case, "newer schema")
    check_unavailable(case, "newer schema, still there")
    before = case.server.pid
    # Else the responder might exit before the request, because the file is new.
    case.server.settle()
    # A program that accepts any schema.
    replace(case, program, f"""#!/bin/sh
[ -n "$REQUEST_METHOD" ] || exec "{responder.PROGRAM}"
printf 'Status: 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \\
    ${{#REQUEST_URI}} "$REQUEST_URI"
""")
    answer = case.server.get(LIST)
    tap.equal((answer.status, answer.body.decode()), (200, LIST),
        "after an upgrade the new program answers")
    set_schema(case, 0)
    tap.equal(case.names()[0], 200, "the new program serves the next request")
    tap.ok(before != case.server.pid and case.server.process.poll() is None,
        "its parent is a child of the web server")
    tap.equal(case.server.stop(), 0, "it exits on SIGTERM")
    case.directory.cleanup()


def test_a_new_file_without_a_new_schema():
    case = Case()
    program = installed(case)
    before = case.server.pid
    replace(case, program)
    tap.equal((case.names()[0], case.server.get("/ready").status,
        case.server.pid), (200, 200, before), "a new file alone does not end the process")
    case.close()


SUCCESSORS = (
    ("answers 503", "printf 'Status: 503 X\\r\\n\\r\\n'"),
    ("answers nothing", "exit 1"),
    ("sends half a response", "printf 'Status: 200 OK\\r\\n'\n"
        "printf 'Content-Length: 9\\r\\n\\r\\nhalf'"),
    ("sends no HTTP", "echo hello"),
    ("hangs", "exec sleep 600"),
)


def test_a_new_program_that_fails():
    """If the new program cannot answer, the response is 503."""
    for what, script in SUCCESSORS:
        case = Case()
        program = installed(case)
        replace(case, program, "#!/bin/sh\nif [ -n \"$REQUEST_METHOD\" ]; then"
            f"\n{script}\nexit 0\nfi\nexec \"{responder.PROGRAM}\"\n")
        set_schema(case, 1)
        answer = case.server.get(LIST)
        tap.equal((answer.status, answer.headers.get("retry-after")),
            (503, "5"), f"it {what}: 503")
        set_schema(case, 0)
        tap.equal(case.names()[0], 200, f"it {what}: the next request is answered")
        case.close()


def test_program_that_cannot_start():
    case = Case()
    program = installed(case)
    replace(case, program, "#!/nonexistent\n")
    set_schema(case, 1)
    tap.equal(case.server.get(LIST).status, 503, "no program: 503")
    tap.equal(case.server.process.wait(10), 0, "exits, so that the web server starts another process")
    case.directory.cleanup()


def test_sigterm_while_a_successor_answers():
    """After SIGTERM while a successor answers, the response is still sent."""
    case = Case()
    program = installed(case)
    begun = os.path.join(case.directory.name, "begun")
    continue_file = os.path.join(case.directory.name, "go-on")
    replace(case, program, f"""#!/bin/sh
: > "{begun}"
until [ -e "{continue_file}" ]; do sleep 0.05; done
printf 'Status: 200 OK\\r\\n\\r\\n'
""")
    set_schema(case, 1)
    connection = case.server.send(LIST)
    for _ in range(400):
        if os.path.exists(begun):
            break
        time.sleep(0.05)
    # As systemd does: all processes at once.
    everyone = [case.server.process.pid]
    with open(f"/proc/{everyone[0]}/task/{everyone[0]}/children",
            encoding="ascii") as f:
        everyone += map(int, f.read().split())
    tap.equal(len(everyone), 3, "three processes are running")
    for pid in everyone:
        os.kill(pid, signal.SIGTERM)
    with open(continue_file, "wb"):
        pass
    tap.equal(case.server.receive(connection).status, 200, "the request is answered")
    tap.equal(case.server.process.wait(20), 0, "then all processes exit")
    case.directory.cleanup()


def test_the_child_dies_with_the_keeper():
    """If the keeper is killed, its child is killed too."""
    case = Case()
    case.names()
    child = case.server.pid
    case.server.process.kill()
    case.server.process.wait(10)
    for _ in range(200):
        if not os.path.exists(f"/proc/{child}"):
            break
        time.sleep(0.05)
    tap.ok(not os.path.exists(f"/proc/{child}"), "both processes are gone")
    case.server = restarted(case)
    case.names()
    os.kill(case.server.pid, signal.SIGUSR2)
    tap.equal(case.server.process.wait(10), -signal.SIGUSR2,
        "the keeper ends by the signal that killed its child")
    case.directory.cleanup()


def test_another_directory():
    """If the directory is replaced, Landlock forbids the new one, so a new process
    answers and takes over."""
    case = Case()
    case.server.stop()
    os.unlink(case.server.path)
    data = os.path.join(case.directory.name, "data")
    os.mkdir(data)
    os.rename(case.path, os.path.join(data, "registry.db"))
    case.path = os.path.join(data, "registry.db")
    case.server = responder.FastCgi(case.path, case.directory.name)
    tap.equal(case.names()[0], 200, "at first")
    landlock = case.server.get("/version").json["sandbox"]["landlock"] > 0
    before = case.server.pid
    os.rename(data, data + ".old")
    os.mkdir(data)
    case.build(case.path, "second.example/one")
    for _ in range(2):
        tap.equal(case.names(), (200, ["second.example/one"]),
            "another directory")
    tap.equal(case.server.pid != before, landlock, "a new process serves if Landlock is in force")
    case.close()


def test_directory_created_later():
    case = Case(with_database=False)
    case.server.stop()
    os.unlink(case.server.path)
    case.path = os.path.join(case.directory.name, "not", "yet", "registry.db")
    case.server = responder.FastCgi(case.path, case.directory.name)
    check_unavailable(case, "no directory")
    os.makedirs(os.path.dirname(case.path))
    check_unavailable(case, "empty directory")
    case.build(case.path, "made.example/later")
    check_healed(case, "made.example/later", "directory made")
    case.close()


def test_commits_are_seen():
    case = Case()
    tag = case.server.get(LIST).headers["etag"]
    tap.equal(case.server.get(LIST, etag=tag).status, 304, "nothing new")
    db = sqlite3.connect(case.path)
    db.execute("UPDATE document SET body = replace(body, '\"d\"', '\"new\"')")
    db.execute("UPDATE registry SET generation = generation + 1")
    tap.equal(case.server.get(LIST, etag=tag).status, 304, "not yet committed")
    db.commit()
    answer = case.server.get(LIST, etag=tag)
    tap.equal((answer.status, answer.json["servers"][0]["server"][
        "description"]), (200, "new"), "committed")
    tap.ok(answer.headers["etag"] != tag, "another tag")
    db.close()
    case.close()


def touch(path):
    db = sqlite3.connect(path, timeout=30)
    for _ in range(3):
        db.execute("UPDATE registry SET generation = generation + 1")
        db.commit()
    db.close()


def test_first_writer_during_requests():
    """A database without a writer is read without locks. A request during which
    the first writer arrives reads it again and succeeds."""
    case = Case()
    got = set()
    for turn in range(40):
        case.replace(f"a.example/{turn}")
        got.add(case.names()[0])
        writer = threading.Thread(target=touch, args=(case.path,))
        writer.start()
        while writer.is_alive():
            got.add(case.names()[0])
        writer.join()
    tap.equal((got, case.logged("ERROR")), ({200}, 0), "every request gets 200")
    case.close()


def test_while_written():
    """While a writer commits continuously, each response is from one snapshot:
    both servers have the same text."""
    case = Case()
    case.replace("a.example/one")
    rdb_path = case.path
    case.remove()
    rdb.build(rdb_path, [rdb.Source("a", [rdb.server("a.e/1"),
        rdb.server("b.e/1")])], [rdb.Registry("r", ["a"], True)])
    stop = threading.Event()

    def write():
        db = sqlite3.connect(rdb_path, timeout=30)
        turn = 0
        while not stop.is_set():
            turn += 1
            db.execute("UPDATE document SET body = json_set(body,"
                " '$.description', ?)", (f"turn {turn}",))
            db.execute("UPDATE registry SET generation = generation + 1")
            db.commit()
        db.close()

    writer = threading.Thread(target=write)
    writer.start()
    odd, turns, by_tag = [], set(), {}
    asked, deadline = 0, time.monotonic() + 30
    while asked < 500 or len(turns) < 20 and time.monotonic() < deadline:
        asked += 1
        answer = case.server.get(LIST)
        texts = {s["server"]["description"] for s in
            answer.json.get("servers", [])}
        turns |= texts
        if answer.status != 200 or len(texts) != 1 or by_tag.setdefault(
                answer.headers["etag"], answer.body) != answer.body:
            odd.append((answer.status, texts))
    stop.set()
    writer.join()
    tap.equal(odd, [], "each response has one snapshot, each tag one body")
    tap.ok(len(turns) >= 20, f"while it changed {len(turns)} times")
    case.close()


def test_read_only_user():
    """A user with read permission only can read a database in WAL mode."""
    if os.geteuid() != 0:
        tap.skip("only root can act as another user")
        return
    case = Case()
    case.names()  # else SIGTERM may come before it has started
    os.chmod(case.directory.name, 0o755)
    # The sync keeps -wal and -shm when it closes; hold them open here.
    db = sqlite3.connect(case.path)
    db.execute("UPDATE registry SET generation = generation + 1")
    db.commit()
    for suffix in ("", "-wal", "-shm"):
        os.chmod(case.path + suffix, 0o644)
    program = responder.for_everyone(responder.PROGRAM, case.directory.name)
    done = subprocess.run([program], stdin=subprocess.DEVNULL,
        capture_output=True, check=False, user=65534, group=65534,
        extra_groups=[], env=responder.environment(case.path,
            REQUEST_METHOD="GET", REQUEST_URI=LIST))
    tap.equal(responder.Answer(done.stdout).status, 200, "the user nobody can read it")
    db.close()
    case.close()


def test_signals():
    case = Case()
    case.names()
    started = time.monotonic()
    case.server.process.send_signal(signal.SIGTERM)
    tap.equal(case.server.process.wait(10), 0, "SIGTERM when idle")
    tap.ok(time.monotonic() - started < 1, "at once")
    case.close()


def test_signal_in_a_request():
    """After SIGTERM a response to a slow client is still completed."""
    case = Case()
    case.remove()
    rdb.build(case.path, [rdb.Source("a", [rdb.Version(rdb.SERVER, f"l.e/{i}",
        "1", {"name": f"l.e/{i}", "description": "d" * 100000, "version":
            "1"}) for i in range(30)])], [rdb.Registry("r", ["a"], True)])
    connection = case.server.send(LIST)
    time.sleep(0.5)  # by now it stands in write()
    case.server.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    answer = case.server.receive(connection)
    tap.equal((answer.status, answer.json["metadata"]["count"]), (200, 30),
        "the whole response is sent")
    tap.equal(case.server.process.wait(10), 0, "then the process exits")
    case.close()


def test_client_closes_early():
    """A client that closes the connection early does no harm."""
    case = Case()
    for _ in range(20):
        connection = case.server.send(LIST)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
            struct.pack("ii", 1, 0))
        connection.close()
    tap.equal(case.names()[0], 200, "the next one is served")
    case.close()


def test_options_of_the_program():
    for arguments, status, word in ((["--version"], 0, b"thv-registry-api "),
            (["--help"], 0, b"usage: "), (["--nonsense"], 2, b""),
            ([], 2, b"")):
        done = subprocess.run([responder.PROGRAM, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
            env=responder.environment("/nonexistent"))
        tap.equal((done.returncode, done.stdout.startswith(word)),
            (status, True), f"{arguments}")


tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
