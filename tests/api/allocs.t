#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A warm responder answers without allocating memory (counted by bench/allocs.c)."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import built
import registry_db as rdb
import responder
import tap

NONE_WANTED = {"get": 200, "latest": 200, "304": 304, "list": 200,
    "list-latest": 200, "page-of-1": 200, "search": 200, "404": 404}


def measure(database):
    done = subprocess.run([os.path.join(responder.BUILD, "bench", "allocs"),
        database, "a.example/server-050"], capture_output=True, check=True,
        text=True)
    return [line.split() for line in done.stdout.splitlines()]


def test_a_warm_responder_allocates_nothing():
    why = built.out_of_date(responder.BUILD, "bench/allocs")
    if why:
        tap.ok(False, why)
        return
    with tempfile.TemporaryDirectory() as directory:
        database = os.path.join(directory, "registry.db")
        rdb.build(database, [rdb.Source("a", [
            rdb.server(f"a.example/server-{i:03}", f"{v}.0.0",
                "A server that does things " * 4)
            for i in range(200) for v in (1, 2, 3)])],
            [rdb.Registry("r", ["a"], True)])
        lines = measure(database)
    if lines == [["skip"]] or "valgrind" in responder.BUILD:
        tap.skip("a sanitizer's or valgrind's malloc cannot be counted")
        return
    rows = {name: (int(status), float(count)) for name, status, count in lines}
    status, count = rows.pop("start")
    tap.ok(status == 200 and count > 100, f"the first request allocates, so calls are counted: {count}")
    tap.equal(set(rows), set(NONE_WANTED), "every case was measured")
    for name, status in NONE_WANTED.items():
        tap.equal(rows.get(name), (status, 0.0), f"{name} allocates nothing")


tap.main([test_a_warm_responder_allocates_nothing])
