#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Filters by tag, type of package and transport, alone and with others."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import urllib.parse

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")


def tags(*names):
    return {"_meta": {rdb.PUBLISHER: {"a": {"b": {"tags": list(names)}}}}}


def package(kind, transport):
    return {"registryType": kind, "identifier": "i",
        "transport": {"type": transport}}


def remote(kind):
    return {"type": kind, "url": "https://example.com/"}


SERVERS = [
    rdb.server("n.e/1", "1", extra={**tags("db", "web"),
        "packages": [package("npm", "stdio")]}),
    rdb.server("n.e/2", "1", extra=tags("old")),
    rdb.server("n.e/2", "2", extra={**tags("DB"),
        "packages": [package("oci", "sse")], "remotes": [remote("sse")]}),
    rdb.server("n.e/3", "1", "a database", extra={**tags("db"),
        "remotes": [remote("streamable-http")]}),
    rdb.server("n.e/4", "1", extra={"_meta": {rdb.PUBLISHER:
        {"tags": ["one level"], "x": {"tags": ["none"]}}}}),
    rdb.server("n.e/5", "1", status="deleted", extra=tags("db")),
    rdb.server("n.e/6", "1", extra=tags("a b&c", "\u65e5\u672c", "x" * 100)),
]
SKILLS = [rdb.extension(rdb.SKILL, "n", "1", extra={"packages":
    [{"registryType": "oci"}]}), rdb.extension(rdb.SKILL, "n", "2", extra=
    {"packages": [{"registryType": "git"}]}, status="archived")]


def get(query, base="/v0.1/servers"):
    return responder.cgi(DATABASE, f"{base}?{query}")


def names(query):
    return [(s["server"]["name"][4:] + "@" + s["server"]["version"])
        for s in get(query).json["servers"]]


def test_filters():
    quote = urllib.parse.quote
    for query, want in (
            ("tag=db", "1@1 3@1"), ("tag=DB", "2@2"), ("tag=Db", ""),
            ("tag=d", ""), ("tag=db&tag=DB", "1@1 2@2 3@1"),
            ("tag=db&tag=none", "1@1 3@1"), ("tag=one+level", ""),
            ("tag=none", ""), ("tag=old", "2@1"),
            ("tag=old&version=latest", ""),
            ("tag=DB&version=2", "2@2"), ("tag=DB&version=1", ""),
            ("tag=db&include_deleted=true", "1@1 3@1 5@1"),
            ("tag=a+b%26c", "6@1"), ("tag=" + quote("\u65e5\u672c"), "6@1"),
            ("tag=" + "x" * 100, "6@1"), ("tag=" + "x" * 64, ""),
            ("tag=" + "x" * 101, ""),
            ("registry_type=npm", "1@1"), ("registry_type=NPM", ""),
            ("registry_type=npm&registry_type=oci", "1@1 2@2"),
            ("transport=stdio", "1@1"), ("transport=sse", "2@2"),
            ("transport=sse&transport=streamable-http", "2@2 3@1"),
            ("registry_type=npm&transport=sse", ""),
            ("tag=db&transport=streamable-http", "3@1"),
            ("tag=db&search=DATA", "3@1"), ("tag=web&search=data", ""),
            ("tag=db&search=n", "1@1 3@1"), ("tag=db&search=z", ""),
            ("tag=", "1@1 2@1 2@2 3@1 4@1 6@1"), ("tag=&tag=web", "1@1"),
            ("tags=db&limit=1", "1@1"), ("tag=npm", ""), ("transport=db", ""),
            ("tag=db&updated_since=2100-01-01T00:00:00Z", ""),
            ("tag=db&updated_since=2020-01-01T00:00:00Z", "1@1 3@1 5@1")):
        tap.equal(" ".join(names(query)), want, query)


def test_cursors():
    first = get("tag=db&tag=DB&transport=sse&transport=stdio&limit=1").json
    cursor = first["metadata"]["nextCursor"]
    for more, status in (("", 200), ("&tag=DB&tag=db", 200),
            ("&tag=db&tag=db&tag=DB", 200), ("&tag=db", 400),
            ("&tag=db&tag=DB&tag=x", 400), ("&registry_type=npm", 400),
            ("&transport=stdio&transport=sse", 200), ("&transport=sse", 400)):
        page = get(f"cursor={cursor}{more}")
        tap.equal(page.status, status, f"repeated with {more!r}")
        if status == 200:
            tap.equal([s["server"]["name"] for s in page.json["servers"]],
                ["n.e/2"], "the next one")
    tap.equal(get(f"cursor={cursor}&tag=x").error,
        "cursor belongs to another query: tag differs", "what differs")
    plain = get("limit=1").json["metadata"]["nextCursor"]
    tap.equal(get(f"cursor={plain}&tag=db").status, 400, "one without")


def test_limits():
    many = "&".join(f"tag=t{i}" for i in range(32))
    tap.equal(get(many).status, 200, "32 values")
    tap.equal(get(many + "&tag=t0&tag=t1").status, 200, "each counts once")
    answer = get(many + "&tag=db")
    tap.equal((answer.status, answer.headers["access-control-allow-origin"]),
        (400, "*"), "33 values")
    tap.contains(answer.error, "at most 32 values each, 512 bytes in all",
        "what is allowed")
    tap.equal(get("tag=" + "x" * 511).status, 200, "512 bytes")
    tap.equal(get("tag=" + "x" * 512).status, 400, "513 bytes")
    tap.equal(get("tag=%zz&tag=db").status, 400, "one that cannot be decoded")
    tap.equal(get("tag=db;tag=web").status, 400, "a semicolon between two")
    tap.equal(get("tag=%00&tag=db").json["metadata"]["count"], 2,
        "no tag has a NUL; another value may do")
    tap.equal(get("tag=%00").json["metadata"]["count"], 0, "or not")
    tap.equal(get("tag=db&transport=%00").json["metadata"]["count"], 0,
        "every filter must hold")
    longest = get("tag=db&tag=" + "x" * 500 + "&limit=1&search=" + "n." * 1)
    tap.ok(len(longest.json["metadata"]["nextCursor"]) < 4096, "a cursor fits")
    tap.equal(responder.cgi(DATABASE, "/v0.1/servers/n.e%2F1/versions?" + many +
        "&tag=x").status, 200, "where it means nothing it is ignored")


def test_entity_tags():
    answer = get("tag=db")
    again = responder.cgi(DATABASE, "/v0.1/servers?tag=db",
        etag=answer.headers["etag"])
    tap.equal((again.status, again.body), (304, b""), "304")


def test_extensions():
    base = "/v0.1/x/dev.toolhive/skills"
    for query, want in (("registry_type=oci", ["1"]), ("status=archived",
            ["2"]), ("status=ARCHIVED&registry_type=git", ["2"]),
            ("registry_type=npm", []), ("tag=x&transport=y", ["1", "2"])):
        tap.equal([s["name"] for s in get(query, base).json["skills"]], want,
            f"skills, {query}")


rdb.build(DATABASE, [rdb.Source("a", SERVERS + SKILLS)],
    [rdb.Registry("r", ["a"], True), rdb.Registry("bare", [])])
tap.main([test_filters, test_cursors, test_limits, test_entity_tags,
    test_extensions])
