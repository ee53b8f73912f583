#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The responder shuts itself in before its first request, says so, and does
all its work from there.  What it cannot do any more is tried from the inside
by tests/unit/test_sandbox."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

SANITIZED = "/build/san" in responder.BUILD
URIS = ("/v0.1/servers", "/v0.1/servers?search=serv&limit=1",
    "/v0.1/servers/a.e%2F1/versions", "/v0.1/servers/a.e%2F1/versions/latest",
    "/v0.1/x/dev.toolhive/skills", "/registry/status", "/v1/sources",
    "/v1/sources/a/entries", "/v1/registries/r/entries", "/openapi.json",
    "/openapi.yaml", "/health", "/readiness")


def build(path):
    rdb.build(path, [rdb.Source("a", [rdb.server(f"a.e/{i}") for i in
        range(9)])], [rdb.Registry("r", ["a"], True)])


def facts(pid):
    """The restrictions of a process, from /proc."""
    out = {}
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            key, _, value = line.partition(":")
            if key in ("NoNewPrivs", "Seccomp"):
                out[key] = int(value)
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        for line in f:
            if line.startswith(("Max core", "Max open", "Max processes")):
                out[line[:25].strip()] = line[26:].split()[1]
    return out


def test_in_force():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "registry.db")
        build(path)
        server = responder.FastCgi(path, directory,
            THV_REGISTRY_LOG_LEVEL="debug")
        sandbox = server.get("/version").json["sandbox"]
        tap.equal(sandbox["seccomp"], not SANITIZED, "the filter is in force")
        got = facts(server.pid)
        tap.equal(got.get("Seccomp", 0), 0 if SANITIZED else 2,
            "and the kernel agrees")
        tap.equal(got["NoNewPrivs"], 1, "no new privileges")
        tap.equal((got["Max core file size"], got["Max open files"]),
            ("0", "64"), "limits")
        if sandbox["landlock"]:
            tap.ok(1 <= sandbox["landlock"] <= 99, "Landlock's version")
        else:
            tap.skip("this kernel has no Landlock")
        tap.equal(server.log().count("msg=sandbox"), 1, "logged once")
        for uri in URIS:
            tap.equal(server.get(uri).status, 200, uri)
        for uri in URIS:
            tap.equal(responder.cgi(path, uri).status, 200, f"CGI {uri}")
        tap.equal(server.stop(), 0, "and ends as it should")


def test_turned_off():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "registry.db")
        build(path)
        server = responder.FastCgi(path, directory, THV_REGISTRY_SANDBOX="off")
        tap.equal(server.get("/version").json["sandbox"],
            {"landlock": 0, "seccomp": False}, "off, and said to be")
        tap.equal(facts(server.pid)["NoNewPrivs"], 0, "really off")
        server.stop()


def test_files_stay_as_they_are():
    """Even where the user may write, nothing is made beside the database."""
    with tempfile.TemporaryDirectory() as directory:
        data = os.path.join(directory, "data")
        os.mkdir(data)
        path = os.path.join(data, "registry.db")
        build(path)
        before = os.listdir(data), os.stat(path).st_mtime_ns
        server = responder.FastCgi(path, directory)
        tap.equal(server.get("/v0.1/servers").status, 200,
            "a database without its -wal is read")
        tap.equal((os.listdir(data), os.stat(path).st_mtime_ns), before,
            "and left alone")
        server.stop()


if "/build/valgrind" in responder.BUILD:
    print("1..0 # SKIP valgrind makes system calls of its own")
    sys.exit(0)
tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
