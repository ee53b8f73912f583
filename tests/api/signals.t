#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGTERM at any moment: what was begun is answered, whole, then it ends."""

import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

WHERE = tempfile.TemporaryDirectory()
DATABASE = os.path.join(WHERE.name, "registry.db")
URI = rdb.ONE_URI
rdb.build_one(DATABASE)


def start():
    return responder.FastCgi(DATABASE, tempfile.mkdtemp(dir=WHERE.name))


def request(keep=False):
    """The records of a request, in two parts: cut within its variables."""
    r = responder.FastCgi.record
    pair = responder.FastCgi.pair
    begin = r(1, struct.pack(">HB5x", 1, keep))
    first = pair("REQUEST_METHOD", "GET") + pair("HTTP_X", "y" * 3000)
    return (begin + r(4, first), r(4, pair("REQUEST_URI", URI)) + r(4, b"") +
        r(5, b""))


def until_taken(server):
    """Until the process has read all that was sent."""
    for _ in range(500):
        pid = server.pid
        with open(f"/proc/{pid}/syscall", encoding="ascii") as f:
            # It reads, or waits, on something that is not the listening socket.
            words = f.read().split()
        # The one that was started reads while it is loaded.
        if pid != server.process.pid and words[0] == "0" and \
                words[1] != "0x0":
            return
        time.sleep(0.01)


def test_while_it_reads():
    server = start()
    s = server.connect()
    head, tail = request()
    s.sendall(head)
    until_taken(server)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    s.sendall(tail)
    answer = server.receive(s)
    tap.equal((answer.status, answer.json["server"]["name"]),
        (200, "a.example/x"), "a request that is half read is answered")
    tap.equal(server.process.wait(20), 0, "then it ends")


def test_while_it_waits():
    server = start()
    tap.equal(server.get(URI).status, 200, "it serves")
    for number in signal.SIGTERM, signal.SIGUSR1:
        server.process.send_signal(number)
        tap.equal(server.process.wait(20), 0, f"{number.name}: ends at once")
        server = start()
        server.get(URI)
    server.stop()


def waits(pid, number):
    """Until the process waits in this system call."""
    for _ in range(1000):
        with open(f"/proc/{pid}/syscall", encoding="ascii") as f:
            if f.read().split()[0] in number:
                return True
        time.sleep(0.01)
    return False


def plain_cgi(program, **env):
    return subprocess.Popen([program], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=responder.environment(DATABASE, **env))


def test_plain_cgi():
    """It ends at once, whatever it waits for: a body, or the database."""
    for number in signal.SIGTERM, signal.SIGUSR1:
        done = plain_cgi(responder.ADMIN, REQUEST_METHOD="POST",
            REQUEST_URI="/registry/sync?source=none", CONTENT_LENGTH="1000")
        tap.ok(waits(done.pid, ["0"]), "it reads the body")
        done.send_signal(number)
        tap.equal(done.wait(20), -number, f"{number.name} while it reads")
        done.stdin.close()
        lock = sqlite3.connect(DATABASE, isolation_level=None)
        lock.execute("PRAGMA locking_mode = EXCLUSIVE")
        lock.execute("BEGIN EXCLUSIVE")
        for program, method, uri in (
                (responder.PROGRAM, "GET", URI),
                (responder.ADMIN, "POST", "/registry/sync")):
            done = plain_cgi(program, REQUEST_METHOD=method, REQUEST_URI=uri,
                REMOTE_ADDR="127.0.0.1")
            # nanosleep, clock_nanosleep
            if tap.ok(waits(done.pid, ["35", "230"]), f"{uri}: it waits"):
                done.send_signal(number)
                tap.equal(done.wait(20), -number, f"{number.name}: ends")
            done.stdin.close()
        lock.close()
    done = plain_cgi(responder.PROGRAM, REQUEST_METHOD="GET", REQUEST_URI=URI)
    out, _ = done.communicate(timeout=20)
    tap.ok(done.returncode == 0 and out.startswith(b"Status: 200"),
        "left alone it answers")


def start_and_end(program, call):
    """A responder to which SIGTERM comes within its first system call of that
    name; None, and a skipped test, without strace."""
    if not shutil.which("strace"):
        tap.skip(f"SIGTERM within {call}(): strace is not installed")
        return None
    where = tempfile.mkdtemp(dir=WHERE.name)
    return responder.FastCgi(DATABASE, where, program=["strace", "-qq", "-f",
        "-o", os.path.join(where, "strace"), "-e", f"trace={call}", "-e",
        f"inject={call}:signal=TERM:when=1", program],
        # Looking for leaks takes a process that nobody traces.
        ASAN_OPTIONS="detect_leaks=0")


def test_while_it_starts():
    """Within libfcgi's beginning, which has handlers of its own."""
    for program in responder.PROGRAM, responder.ADMIN:
        server = start_and_end(program, "getpeername")
        if server:
            tap.equal(server.process.wait(20), 0,
                f"{os.path.basename(program)}: SIGTERM as it starts")


def test_as_it_takes_the_first():
    """The signal comes with the connection, before any database is open."""
    server = start_and_end(responder.PROGRAM, "accept")
    if not server:
        return
    answer = server.get(URI)
    tap.equal((answer.status, server.process.wait(20)), (200, 0),
        "SIGTERM within accept(): the connection it took is served")


def test_kept_connections():
    server = start()
    s = server.connect()
    for _ in range(3):
        s.sendall(b"".join(request(keep=True)))
        kind = None
        while kind != 3:
            _, kind, _, size, padding, _ = struct.unpack(">BBHHBB",
                s.recv(8, socket.MSG_WAITALL))
            data = s.recv(size + padding, socket.MSG_WAITALL) if \
                size + padding else b""
            if kind == 6 and size:
                tap.ok(data.startswith(b"Status: 200"), "one more on it")
    server.process.send_signal(signal.SIGTERM)
    tap.equal(server.process.wait(20), 0, "ends while one is kept idle")
    s.close()


def test_connections_that_bring_nothing():
    server = start()
    server.connect().close()
    s = server.connect()
    s.sendall(b"GET / HTTP/1.1\r\n\r\n")
    s.close()
    idle = server.connect()
    tap.equal(server.get(URI).status, 200, "it serves the next")
    idle.close()
    tap.equal(server.stop(), 0, "and exits on SIGTERM")


tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
