#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that fetch are in the sandbox while they do, and can be let out;
what exactly it keeps from them is in tests/unit/test_fetch_sandbox.c."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import slow_upstream  # noqa: E402
from tap import contains, equal, main, skip  # noqa: E402
from test_site import Site, document, server  # noqa: E402


def privileges(pid):
    """Whether a process may gain some; who enters Landlock may not."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(line.split()[1] for line in f
                    if line.startswith("NoNewPrivs"))


def look(site, up, **env):
    """(Flags of the sync's children while they fetch, what it logged)."""
    up.asked.clear()
    sync = subprocess.Popen(site.command("-v", "--force"),
                            env=site.environment(**env),
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE)
    try:
        slow_upstream.wait_for(lambda: len(up.asked) == 2)
        seen = [privileges(p) for p in slow_upstream.children(sync.pid)]
        own = privileges(sync.pid)
    finally:
        sync.kill()
    return own, seen, sync.communicate()[1].decode()


def test_each_fetch():
    with Site() as site, slow_upstream.Upstream() as up:
        page = document(server("n/x"))
        site.configure({name: up.source(name, page, slow_upstream.NEVER)
                        for name in ("a", "b")})
        own, seen, log = look(site, up, THV_REGISTRY_LOG_LEVEL="debug")
        if "fetching in a sandbox" not in log:
            skip("this kernel has no Landlock")
            return
        outside = privileges(os.getpid())
        equal((own, seen), (outside, ["1", "1"]),
              "two processes that fetch, each in a sandbox")
        if outside == "1":
            skip("the tests are in a sandbox themselves")
            return
        own, seen, log = look(site, up, THV_REGISTRY_SANDBOX="off")
        equal(seen, ["0", "0"], "off: they are not")
        contains(log, "fetching without a sandbox", "which the log says")


main([test_each_fetch])
