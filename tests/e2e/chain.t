#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Registries that read each other: a file, and three of ours in a row over
real HTTP.  What the first serves, the last serves, byte for byte."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import tap
import web_servers
from test_site import LISTING, Site, document, server

BESIDE = "/registry/main/v0.1/x/dev.toolhive"
LIST = "/registry/main/v0.1/servers?limit=1000"
ALL = LIST + "&include_deleted=true"
SEVERAL_PAGES = 230
ODD = [
    server("a.example/plus", "1.0.0+b.1"),
    server("a.example/plus", "1.0.0-rc.1"),
    server("a.example/dots..and_more-", "2024.01.01"),
    server("a.example/text", description="\u00e9\u4e2d\U0001f980 <&> \\ \" /"),
    server("a.example/numbers", _meta={LISTING: {"com.example": {
        "big": 12345678901234567890, "exact": 1.10, "none": None,
        "nested": [[], {}, [{"": ""}]]}}}),
    server("a.example/tagged", tags=("db", "web")),
]


class Link:
    """One registry of the chain: a sync, and lighttpd before its database."""

    def __init__(self, upstream=None):
        self.web = web_servers.Server("lighttpd")
        self.site = Site()
        self.site.database = self.web.database
        if upstream is not None:
            self.site.configure({"up": {"api": {"endpoint":
                f"http://127.0.0.1:{upstream.web.port}/registry/main"}}})

    def offer(self, *servers, **beside):
        self.site.configure({"up": {"file": {"path": self.site.write(
            "up.json", document(*servers, **beside))}}})

    def sync(self, *args):
        run = self.site.sync("--source", "up", *args,
            THV_REGISTRY_INSECURE_URL="true")
        if run.status != 0:
            print("# " + run.err.replace("\n", "\n# "))
        return run.status

    def body(self, uri):
        return self.web.get(uri).body

    def close(self):
        self.web.stop()
        self.web.clean()
        self.site.__exit__()


def many():
    return [server(f"m.example/s{i:03}", f"1.{i}.0", description="x" * i or "y")
        for i in range(SEVERAL_PAGES)]


def check_same(links, uri, what):
    bodies = [link.body(uri) for link in links]
    tap.ok(bodies[0].startswith(b'{"servers":[{'), f"{what}: there is some")
    for i, body in enumerate(bodies[1:], 2):
        tap.ok(body == bodies[0], f"{what}: registry {i} has the same bytes")


def statuses(link):
    return {item["server"]["name"]:
        item["_meta"]["io.modelcontextprotocol.registry/official"]["status"]
        for item in json.loads(link.body(ALL))["servers"]}


def test_everything(links):
    links[0].offer(*many(), *ODD)
    tap.equal([link.sync() for link in links], [0, 0, 0], "each syncs")
    for uri, what in ((LIST, "all"), (ALL, "all and deleted"),
            (LIST + "&version=latest", "the newest"),
            (LIST + "&search=TEXT", "a search"),
            (LIST + "&tag=web", "a tag")):
        check_same(links, uri, what)
    for entry in ODD:
        name = entry["name"].replace("/", "%2F")
        version = entry["version"].replace("+", "%2B")
        uri = f"/registry/main/v0.1/servers/{name}/versions/{version}"
        tap.equal(links[2].body(uri), links[0].body(uri), uri)


def test_changes(links, *how):
    """A version that is new, one that is changed, one that is gone."""
    what = how[0] if how else "by what is new"
    links[0].offer(*many()[1:], server("m.example/s001", "1.1.0",
        description=f"changed {what}"), *ODD[1:] if how else ODD,
        server(f"n.example/{len(how)}"))
    tap.equal([link.sync(*how) for link in links], [0, 0, 0],
        f"each syncs, {what}")
    check_same(links, LIST, f"all, {what}")
    gone = [{n for n, s in statuses(link).items() if s == "deleted"}
        for link in links]
    tap.ok("m.example/s000" in gone[0], "the first remembers what is gone")
    tap.equal(gone[1:], [gone[0], gone[0]], "and so do the others")
    check_same(links, ALL, f"all and deleted, {what}")


def extension(name, version="1.0.0", **more):
    return {"namespace": "io.acme", "name": name, "version": version,
        "description": f"What {name} does", "allowedTools": ["\u4e2d"],
        **more}


def test_skills_and_plugins(links):
    skills = [extension(f"s{i:03}") for i in range(130)]
    plugins = [extension("pack", f"1.{i}.0", status="archived") for i in range(3)]
    links[0].offer(*ODD, skills=skills, plugins=plugins)
    tap.equal([link.sync() for link in links], [0, 0, 0],
        "each syncs, with skills")
    # The others had none, so they look with the next crawl of everything.
    tap.equal([link.sync("--force") for link in links], [0, 0, 0],
        "and everything")
    for uri in ("/skills?limit=100", "/plugins?limit=100",
            "/skills/io.acme/s007"):
        bodies = [link.body(BESIDE + uri) for link in links]
        tap.ok(b'"io.acme"' in bodies[0], f"{uri}: there is some")
        tap.equal(bodies[1:], [bodies[0]] * 2, f"{uri}: the same bytes")
    links[0].offer(*ODD, skills=[*skills[1:], extension("s001", "2.0.0")],
        plugins=plugins)
    tap.equal([link.sync() for link in links], [0, 0, 0], "each syncs again")
    uri = BESIDE + "/skills/io.acme/s001"
    tap.ok(b"2.0.0" in links[2].body(uri), "what is new has come along")
    tap.equal([link.sync("--force") for link in links], [0, 0, 0],
        "and everything again")
    tap.equal([link.web.get(BESIDE + "/skills/io.acme/s000").status
        for link in links], [404] * 3, "what is gone is gone")


WHY = web_servers.missing("lighttpd")
if WHY:
    print(f"1..0 # SKIP {WHY}")
    sys.exit(0)
FIRST = Link()
SECOND = Link(FIRST)
LINKS = [FIRST, SECOND, Link(SECOND)]
if tap.equal([link.web.start() for link in LINKS], [True] * 3, "lighttpd"):
    for test in (test_everything, test_changes,
            lambda links: test_changes(links, "--force"),
            test_skills_and_plugins):
        test(LINKS)
for one in LINKS:
    one.close()
sys.exit(tap.done())
