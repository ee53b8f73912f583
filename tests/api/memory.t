#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a long answer takes is given back when it has been sent, and the
longest is bounded however many entries are asked for."""

import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

MIB = 1 << 20
ALL = "/v0.1/servers?limit=1000"


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return 1024 * sum(map(int, re.findall(r"^Private_\w+: +(\d+) kB",
            f.read(), re.M)))


def build(directory, size):
    database = os.path.join(directory, f"{size}.db")
    rdb.build(database, [rdb.Source("a", [rdb.server(
        f"a.example/server-{i:04}", "1.0.0", "x" * size)
        for i in range(1000)])], [rdb.Registry("r", ["a"], True)])
    return database


def test_given_back():
    if responder.BUILD != os.path.join(responder.ROOT, "build"):
        tap.skip("memory of a build that is watched is no measure")
        return
    with tempfile.TemporaryDirectory() as directory:
        server = responder.FastCgi(build(directory, 12000), directory)
        one = server.get("/v0.1/servers?limit=1")
        before = private_bytes(server.pid)
        for _ in range(5):
            answer = server.get(ALL)
        after = private_bytes(server.pid)
        server.stop()
    tap.equal((one.status, answer.status, answer.json["metadata"]["count"]),
        (200, 200, 1000), "a page of a thousand")
    tap.ok(len(answer.body) > 11 * MIB, f"{len(answer.body)} bytes")
    print(f"# private bytes: {before} before, {after} after")
    # SQLite keeps 1 MiB of pages, and a small buffer stays.
    tap.ok(after < before + 5 * MIB // 2, "and next to nothing is kept")


def test_bounded():
    with tempfile.TemporaryDirectory() as directory:
        database = build(directory, 30000)
        pages, uri = [], ALL
        while uri:
            answer = responder.cgi(database, uri)
            pages.append(answer)
            cursor = answer.json["metadata"].get("nextCursor")
            uri = cursor and f"{ALL}&cursor={cursor}"
    tap.equal(sum(p.json["metadata"]["count"] for p in pages), 1000,
        "all of them")
    tap.ok(len(pages) == 2 and max(len(p.body) for p in pages) < 17 * MIB,
        "a page ends where it becomes too long, and its cursor goes on")


tap.main([test_given_back, test_bounded])
