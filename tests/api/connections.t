#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A connection is closed with its answer, and never under what is still sent."""

import os
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
    tap.ok(b"a.example/x" in answer(s), "one that no length tells of, too")


def test_body_that_never_ends():
    s = ask(CONTENT_LENGTH="1000000")
    tap.ok(b"a.example/x" in answer(s), "a body that does not come: an answer")
    began = time.monotonic()
    tap.equal(SERVER.get(URI).status, 200, "and the next is answered")
    tap.ok(time.monotonic() - began < 10, "without waiting for the body")
    s.close()


try:
    tap.main([value for name, value in list(globals().items())
        if name.startswith("test_")])
finally:
    SERVER.stop()
