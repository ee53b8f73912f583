#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Skills and plugins: bare documents, a namespace that is part of the name."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
COUNT = 60


def sources(kind):
    many = [rdb.extension(kind, "many", f"s{i:03}") for i in range(COUNT)]
    return [
        rdb.extension(kind, "ns1", "pdf", "1.0.0", "First PDF"),
        rdb.extension(kind, "ns1", "pdf", "1.10.0", "First PDF"),
        rdb.extension(kind, "ns1", "pdf", "1.9.0", "First PDF",
            status="deprecated"),
        rdb.extension(kind, "ns2", "pdf", "3.0.0", "Second PDF",
            status="archived"),
    ] + many


def get(uri):
    return responder.cgi(DATABASE, uri)


def shown(answer, noun):
    return [(s["namespace"], s["name"], s["version"])
        for s in answer.json[noun]]


def each(noun):
    base = f"/registry/r/v0.1/x/dev.toolhive/{noun}"
    one = get(f"{base}/ns1/pdf")
    tap.equal(one.body, b'{"namespace":"ns1","name":"pdf","description":'
        b'"First PDF","version":"1.10.0"}\n', "latest, and bare")
    tap.equal(get(f"{base}/ns1/pdf/versions/latest").body, one.body, "by word")
    tap.equal(get(f"{base}//ns1/pdf/").body, one.body, "slashes too many")
    tap.equal(get(f"{base}/ns1/pdf/versions/1.9.0").json["version"], "1.9.0",
        "by version")
    tap.equal(get(f"{base}/ns2/pdf").json["version"], "3.0.0",
        "a namespace of its own")
    versions = get(f"{base}/ns1/pdf/versions")
    tap.equal([v for _, _, v in shown(versions, noun)],
        ["1.10.0", "1.9.0", "1.0.0"], "versions, newest first")
    for path in ("ns1/nope", "ns3/pdf", "ns1/pdf/versions/2", "ns3/pdf/versions",
            "ns1%2Fpdf", "ns1", "%20/pdf", "ns1/%00", "ns1/pdf/versions/%20"):
        answer = get(f"{base}/{path}")
        tap.equal((answer.status, answer.error), (404, "not found"), path)
    listing = get(base)
    tap.equal(len(listing.json[noun]), 50, "50 by default")
    tap.equal(list(listing.json["metadata"]), ["count", "nextCursor"],
        "metadata, in its own order")
    rest = get(base + "?cursor=" + listing.json["metadata"]["nextCursor"])
    tap.equal(shown(rest, noun)[-4:], [("ns1", "pdf", "1.0.0"),
        ("ns1", "pdf", "1.10.0"), ("ns1", "pdf", "1.9.0"),
        ("ns2", "pdf", "3.0.0")], "all versions, by namespace and name")
    tap.equal(len(rest.json[noun]), COUNT + 4 - 50, "and that is all")
    tap.equal(get(base + "/").body, listing.body, "a slash at the end")
    tap.equal(get(f"/v0.1/x/dev.toolhive/{noun}").body, listing.body,
        "the default registry")
    for query, want in (("search=FIRST%20pdf", 1), ("search=%20%20pdf+", 2),
            ("search=%00", 0), ("status=%00", 0), ("version=latest%00", 0),
            ("status=archived", 1), ("status=ARCHIVED", 1),
            ("status=deprecated", 1), ("status=nonsense", 0),
            ("version=latest&search=pdf", 2), ("search=pd", 2)):
        tap.equal(get(f"{base}?{query}").json["metadata"]["count"], want,
            query)
    tap.equal(shown(get(f"{base}?search=pdf"), noun), [("ns1", "pdf", "1.10.0"),
        ("ns2", "pdf", "3.0.0")], "a search finds a name once, the newest")
    first = get(f"{base}?search=pdf&limit=1").json["metadata"]["nextCursor"]
    for more in "", "&search=pdf":
        tap.equal(shown(get(f"{base}?cursor={first}&limit=1{more}"), noun),
            [("ns2", "pdf", "3.0.0")], f"the next page{more}")
    tap.equal(shown(get(f"{base}?search=pdf&version=1.9.0"), noun),
        [("ns1", "pdf", "1.9.0")], "or the version that is asked for")
    for limit, text in (("0", "invalid limit parameter: must be between 1 "
            "and 100"), ("101", "invalid limit parameter: must be between 1 "
            "and 100"), ("x", "invalid limit parameter: must be an integer")):
        answer = get(f"{base}?limit={limit}")
        tap.equal((answer.status, answer.error), (400, text), limit)


def test_skills():
    each("skills")


def test_plugins():
    each("plugins")


def test_kinds_apart():
    base = "/registry/r/v0.1/x/dev.toolhive"
    page = get(f"{base}/skills?limit=1").json["metadata"]["nextCursor"]
    tap.equal(get(f"{base}/plugins?cursor={page}").status, 400,
        "a cursor of the other kind")
    tap.equal(get("/v0.1/servers").json["servers"], [], "no servers")


rdb.build(DATABASE, [rdb.Source("a", sources(rdb.SKILL) +
    sources(rdb.PLUGIN))], [rdb.Registry("r", ["a"], True)])
tap.main([test_skills, test_plugins, test_kinds_apart])
