#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each source has a cache directory of its own, which goes with it."""

import json
import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
from git_server import Repository  # noqa: E402
from tap import contains, equal, main, ok  # noqa: E402
from test_site import Site, document, server  # noqa: E402


def repository(site, name):
    repo = Repository(site.path("repositories", name + ".git"))
    repo.commit({"registry.json": json.dumps(
        document(server(f"n/{name}"))).encode()})
    return {"git": {"repository": f"file://{repo.path}"}}


def test_one_each():
    with Site() as site:
        both = {name: repository(site, name) for name in ("a", "git")}
        both["url"] = {"file": {"url": "http://127.0.0.1:9/x"}}
        site.configure(both)
        equal(site.sync().status, 1, "one of three fails")
        equal(sorted(os.listdir(site.path("cache"))), ["a.d", "git.d", "url.d"],
              "a directory each")
        equal({stat.S_IMODE(os.stat(site.path("cache", d)).st_mode)
               for d in ("a.d", "git.d", "url.d")}, {0o700}, "closed to others")
        ok(os.path.isdir(site.path("cache", "a.d", "repository")),
           "with what it fetched")
        site.configure({"a": both["a"]})
        site.sync()
        equal(os.listdir(site.path("cache")), ["a.d"],
              "those of removed sources go")


def test_earlier_layout():
    with Site() as site:
        outside = site.path("outside")
        os.makedirs(outside)
        site.write("outside/kept", "x")
        os.makedirs(site.path("cache", "git", "a.git", "objects"))
        os.chmod(site.path("cache", "git"), 0o700)
        os.symlink(outside, site.path("cache", "git", "link"))
        os.symlink(outside, site.path("cache", "b.d"))
        for name in ("api-1.pages", "api-1.journal", ".spool-x"):
            site.write("cache/" + name, "x")
        site.configure({"a": repository(site, "a")})
        run = site.sync("--dry-run")
        ok(os.path.isdir(site.path("cache", "git")), "a dry run removes nothing")
        run = site.sync()
        equal((run.status, os.listdir(site.path("cache"))), (0, ["a.d"]),
              "former caches are removed")
        equal(os.listdir(outside), ["kept"], "and no link is followed")


def test_files_of_others():
    """/var/registry.db has its cache in /var/cache."""
    with Site() as site:
        for name in ("apt/archives", "git/repo", "conf.d"):
            os.makedirs(site.path("cache", name))
        site.write("cache/notes", "x")
        site.configure({"a": repository(site, "a")})
        equal(site.sync().status, 0, "a directory that was there before")
        equal(sorted(os.listdir(site.path("cache"))),
              ["a.d", "apt", "conf.d", "git", "notes"],
              "what the sync did not make stays")
        ok(os.path.isdir(site.path("cache", "apt", "archives")), "all of it")


def test_link_in_its_place():
    with Site() as site:
        outside = site.path("outside")
        os.makedirs(outside)
        os.makedirs(site.path("cache"))
        os.symlink(outside, site.path("cache", "a.d"))
        site.configure({"a": repository(site, "a")})
        run = site.sync()
        equal(run.source("a")["result"], "failed", "the source fails")
        contains(run.source("a")["error"], "failed to open cache directory",
                 "and says why")
        equal(os.listdir(outside), [], "nothing is written there")


def test_other_owner():
    with Site() as site:
        if os.geteuid() != 0:
            return
        os.makedirs(site.path("cache", "a.d"))
        os.chown(site.path("cache", "a.d"), 12345, 12345)
        site.configure({"a": repository(site, "a")})
        contains(site.sync().source("a")["error"],
                 "belongs to user id 12345, not to 0", "another user's cache")


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
