#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Filters: what they keep, and that another one needs no fetching."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import Site, document, server

SKILL = {"namespace": "io.acme", "name": "pdf", "version": "1.0.0",
         "description": "PDF"}
PLUGIN = {"namespace": "org.other", "name": "x1", "version": "1.0.0",
          "description": "X"}


def write(site):
    site.write("a.json", document(
        server("io.acme/db", tags=["prod", "sql"]),
        server("io.acme/db-dev", tags=["prod"]), server("io.acme/web"),
        server("b.org/cache", tags=["sql"]), skills=[SKILL], plugins=[PLUGIN]))


def configure(site, filter_block=None):
    more = {} if filter_block is None else {"filter": filter_block}
    site.configure({"a": {"file": {"path": site.path("a.json")}, **more}})


def kept(site):
    return sorted(n for n, in site.query(
        "SELECT name FROM registry_entry WHERE status = 'active'"))


def test_names_and_tags():
    with Site() as site:
        write(site)
        configure(site, {"names": {"include": ["io.acme/*"],
                                   "exclude": ["*-dev"]},
                         "tags": {"include": ["prod"]}})
        tap.equal(site.sync().counts("a"), (2, 0, 0, 0, 0), "counts")
        tap.equal(kept(site), ["io.acme/db", "io.acme/pdf"],
                  "tags do not concern skills")


def test_other_filter_without_fetching():
    with Site() as site:
        write(site)
        configure(site, {"names": {"include": ["b.org/*"]}})
        site.sync()
        tap.equal(kept(site), ["b.org/cache"], "narrow")
        os.remove(site.path("a.json"))
        configure(site, {"tags": {"include": ["sql"]}})
        run = site.sync()
        tap.equal((run.status, run.source("a")["bytes"]), (0, 0),
                  "nothing is read")
        tap.equal(run.source("a")["result"], "completed", "but applied")
        tap.equal(kept(site), ["b.org/cache", "io.acme/db", "io.acme/pdf",
                               "org.other/x1"], "wider")
        configure(site)
        run = site.sync()
        tap.equal(run.counts("a")[:3], (2, 0, 0), "the rest is added")
        tap.equal(len(kept(site)), 6, "no filter keeps all")
        tap.equal(site.value("SELECT count(*) FROM withheld"), 0,
                  "nothing is withheld any more")
        configure(site, {"names": {"exclude": ["*"]}})
        tap.equal(site.sync().counts("a")[2], 6, "everything removed")
        tap.equal(kept(site), [], "an empty result is a result")
        tap.equal(site.sync().source("a")["result"], "skipped",
                  "and is not done twice")


def test_withheld_entries_follow_their_source():
    with Site() as site:
        write(site)
        configure(site, {"names": {"include": ["b.org/*"]}})
        site.sync()
        site.write("a.json", document(
            server("io.acme/db", description="Another"), server("b.org/cache")))
        site.sync("--source", "a")
        tap.equal(site.value("SELECT count(*) FROM withheld"), 1,
                  "what left the source is no longer withheld")
        os.remove(site.path("a.json"))
        configure(site)
        site.sync()
        tap.equal(site.get("/v0.1/servers/io.acme%2Fdb/versions/latest")
                  .json["server"]["description"], "Another",
                  "the withheld text is the new one")


def test_bad_pattern_is_refused():
    with Site() as site:
        write(site)
        configure(site)
        site.sync()
        configure(site, {"names": {"include": ["io.acme/*", "["]}})
        run = site.sync()
        tap.equal(run.status, 2, "exit status")
        tap.contains(run.err, "names.include", "the key is named")
        tap.equal(len(kept(site)), 6, "nothing was touched")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
