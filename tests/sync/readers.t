#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two Unix users: one syncs, the other reads and could not write."""
import os
import pwd
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site, server

READER = "nobody"


def as_reader(site, uri):
    """One request by another user."""
    user = pwd.getpwnam(READER)
    done = subprocess.run(
        [responder.for_everyone(responder.PROGRAM, site.dir)], user=user.pw_uid, group=user.pw_gid,
        extra_groups=[], check=False, capture_output=True,
        stdin=subprocess.DEVNULL,
        env=responder.environment(site.database, REQUEST_METHOD="GET",
                                  REQUEST_URI=uri))
    return responder.Answer(done.stdout)


def test_reader_without_write_permission():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        site.sync()
        modes = {f: os.stat(site.database + f).st_mode & 0o777
                 for f in ("", "-wal", "-shm")}
        tap.ok(all(m & 0o022 == 0 for m in modes.values()),
               f"nobody else may write: {modes}")
        tap.equal(as_reader(site, "/v0.1/servers").status, 200,
                  "the reader reads after the writer has closed")
        site.file_source("a", server("n/x"), server("n/y"))
        site.sync("--source", "a")
        names = [i["server"]["name"] for i in
                 as_reader(site, "/v0.1/servers").json["servers"]]
        tap.equal(names, ["n/x", "n/y"], "and sees the next commit")
        tap.equal(sorted(os.listdir(site.dir)), sorted(
            ["a.json", "cache", "thv-registry-api", "config.yaml", "registry.db",
             "registry.db-shm", "registry.db-wal", "registry.db.lock"]),
                  "nothing else lies about")


if os.getuid() != 0:
    tap.skip("two users take root to act as")
    sys.exit(tap.done())
tap.main([test_reader_without_write_permission])
