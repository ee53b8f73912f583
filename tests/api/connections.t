#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A connection is closed with its answer, and never under what is still sent."""

import os
import select
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
SERVER = responder.FastCgi(DATABASE, WHERE.name)
END_OF_INPUT = SERVER.record(SERVER.STDIN, b"")


def ask(*rest, **more):
    """Sends a request, and of its input only what is given."""
    s = SERVER.connect()
    s.sendall(SERVER.opening(REQUEST_METHOD="GET", REQUEST_URI=URI, **more) +
        b"".join(rest))
    return s


def answer(s):
    """All that comes until the other side has said its last."""
    got = b""
    while piece := s.recv(65536):
        got += piece
    return got


def is_closed(s):
    """Whether the other side takes nothing any more."""
    try:
        s.send(END_OF_INPUT)
    except BrokenPipeError:
        return True
    return False


def descriptors():
    return len(os.listdir(f"/proc/{SERVER.pid}/fd"))


def test_nothing_to_wait_for():
    answer(ask(END_OF_INPUT))
    before = descriptors()
    held = []
    for more in ({}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}) * 10:
        held.append(ask(END_OF_INPUT, **more))
        got = answer(held[-1])
        tap.ok(b"a.example/x" in got, f"{more}: an answer")
        time.sleep(0.01)
        tap.ok(is_closed(held[-1]), f"{more}: it is closed with its answer")
    tap.equal(descriptors(), before, "and none is left open")


def test_end_of_input_comes_late():
    s = ask()
    time.sleep(0.2)
    tap.ok(not is_closed(s), "the end of the input may come after the answer")
    tap.ok(b"a.example/x" in answer(s), "which is whole")


def test_body_comes_late():
    body = SERVER.record(SERVER.STDIN, b"x" * 60000)
    for more in {"CONTENT_LENGTH": "60000"}, \
            {"HTTP_TRANSFER_ENCODING": "chunked"}:
        s = ask(**more)
        time.sleep(0.2)
        s.sendall(body)
        time.sleep(0.2)
        s.sendall(END_OF_INPUT)
        tap.ok(b"a.example/x" in answer(s),
            f"{more}: a body may come after the answer")


def test_body_that_was_not_announced():
    s = ask(SERVER.record(SERVER.STDIN, b"x" * 60000))
    time.sleep(0.2)
    s.sendall(END_OF_INPUT)
    tap.ok(b"a.example/x" in answer(s), "a body without a length, too")


def test_body_that_never_ends():
    """However it was announced: nobody waits for it."""
    for more in {"CONTENT_LENGTH": "1000000"}, \
            {"HTTP_TRANSFER_ENCODING": "chunked"}, \
            {"HTTP_TRANSFER_ENCODING": "gzip, chunked", "CONTENT_LENGTH": ""}, \
            {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "0"}:
        s = ask(**more)
        s.settimeout(10)
        try:
            got = answer(s)
        except TimeoutError:
            got = b"the end of the answer did not come"
        tap.ok(b"a.example/x" in got,
            f"{more}: a body that does not come: an answer")
        tap.equal(SERVER.get(URI).status, 200, "and the next is answered")
        s.close()


def test_body_is_not_awaited():
    """The next client is served while a body is still to come, and before a
    responder that waits for the rest of a request, from earlier on, gives up."""
    waiting = responder.FastCgi(DATABASE, WHERE.name, name="waiting")
    half = waiting.connect()
    half.sendall(SERVER.opening()[:5])
    later = waiting.send("/health")
    time.sleep(1)
    held = [ask(**more) for more in ({"CONTENT_LENGTH": "1000000"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "0"})]
    first = select.select([later, SERVER.send("/health")], [], [], 60)[0]
    tap.ok(first and later not in first, "nobody waits for a body")
    for s in held + [half, later]:
        s.close()
    tap.equal(waiting.stop(), 0, "the one that waited is well")


def test_roles():
    """An authorizer's 200 would let everything pass, a filter's would replace
    what it was to filter."""
    for role, name in (2, "authorizer"), (3, "filter"):
        s = SERVER.connect()
        opening = bytearray(SERVER.opening(REQUEST_METHOD="GET",
            REQUEST_URI=URI))
        opening[9] = role
        s.sendall(bytes(opening) + END_OF_INPUT +
            (SERVER.record(8, b"") if role == 3 else b""))
        got = answer(s)
        s.close()
        tap.ok(b"a.example/x" not in got, f"{name}: not served")
        tap.ok(b"Status: 500" in got, f"{name}: no success either")
        tap.equal((got[-15], got[-4]), (SERVER.END, 3),
            f"{name}: the role is unknown")
        tap.equal(SERVER.get(URI).status, 200, "the next is answered")


def large(path):
    rdb.build(path, [rdb.Source("a", [rdb.server(f"a.e/{i}", "1.0.0",
        "large " * 500) for i in range(400)])],
        [rdb.Registry("r", ["a"], True)])


def test_peers_that_stop():
    """A web server that stops half-way holds a responder for seconds only."""
    path = os.path.join(WHERE.name, "large.db")
    large(path)
    whole = SERVER.opening(REQUEST_METHOD="GET",
        REQUEST_URI="/v0.1/servers?limit=400")
    kept = SERVER.opening(keep=True, REQUEST_METHOD="GET",
        REQUEST_URI="/v0.1/servers?limit=400")
    cases = {"in the first record": whole[:5], "in the variables": whole[:40],
        "before their end": whole[:-8], "reading an answer": whole,
        "reading an answer on a connection to keep": kept + END_OF_INPUT}
    held = {}
    for number, (name, data) in enumerate(cases.items()):
        server = responder.FastCgi(path, WHERE.name, name=f"stop{number}")
        bad = server.connect()
        bad.sendall(data)
        held[name] = server, bad, server.send("/health")
    for name, (server, bad, good) in held.items():
        try:
            status = server.receive(good).status
        except OSError as e:
            status = repr(e)
        tap.equal(status, 200, f"it stops {name}: the next is answered")
        bad.close()
        tap.equal(server.stop(), 0, "by a process that is well")


try:
    tap.main([value for name, value in list(globals().items())
        if name.startswith("test_")])
finally:
    SERVER.stop()
