#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that fetch are in the sandbox while they do, and can be let out;
what exactly it keeps from them is in tests/unit/test_fetch_sandbox.c."""

import os
import secrets
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import slow_upstream  # noqa: E402
from git_server import RawServer  # noqa: E402
from tap import contains, equal, main, ok, skip  # noqa: E402
from test_site import SYNC, Site, document, server  # noqa: E402


def privileges(pid):
    """NoNewPrivs of a process, which Landlock requires."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(line.split()[1] for line in f
                    if line.startswith("NoNewPrivs"))


def said(site, **env):
    """What a sync logs of the sandbox in which it fetched."""
    return site.sync("-v", "--force", THV_REGISTRY_LOG_LEVEL="debug",
                     **env).err


def look(site, up, **env):
    """Flags of the sync and of its children while they fetch."""
    up.asked.clear()
    sync = subprocess.Popen(site.command("--force"),
                            env=site.environment(**env),
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        slow_upstream.wait_for(lambda: len(up.asked) == 2)
        seen = [privileges(p) for p in slow_upstream.children(sync.pid)]
        own = privileges(sync.pid)
    finally:
        sync.kill()
        sync.communicate()
    return own, seen


def test_each_fetch():
    with Site() as site, slow_upstream.Upstream() as up:
        page = document(server("n/x"))
        site.configure({"quick": up.source("quick", page)})
        if "fetched in a sandbox" not in said(site):
            skip("this kernel has no Landlock")
            return
        contains(said(site, THV_REGISTRY_SANDBOX="off"),
                 "fetched without a sandbox", "off: the log says so")
        site.configure({name: up.source(name, page, slow_upstream.NEVER)
                        for name in ("a", "b")})
        outside = privileges(os.getpid())
        equal(look(site, up), (outside, ["1", "1"]),
              "two processes that fetch, each in a sandbox")
        if outside == "1":
            skip("the tests are in a sandbox themselves")
            return
        equal(look(site, up, THV_REGISTRY_SANDBOX="off"),
              (outside, ["0", "0"]), "off: they are not")


def filters(pid):
    """How many filters of system calls a process has."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next((int(line.split()[1]) for line in f
                     if line.startswith("Seccomp_filters")), 0)


def test_filters():
    """The process that speaks to a git server has one more than the sync."""
    with Site() as site, RawServer(lambda s: time.sleep(60)) as server_:
        site.configure({"git": {"git": {
            "repository": f"http://127.0.0.1:{server_.port}/x.git"}}})
        sync = subprocess.Popen(site.command("--force"),
                                env=site.environment(),
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            outside = filters(sync.pid)
            seen = []
            slow_upstream.wait_for(lambda: seen.append(
                [filters(p) for p in slow_upstream.children(sync.pid)]) or
                len(seen[-1]) == 1 and seen[-1][0] > outside, 10)
        finally:
            sync.kill()
            sync.communicate()
        if seen[-1] == [0]:
            skip("this kernel or build has no filters")
            return
        equal(seen[-1], [outside + 1], "one process, and its filter")


WINDOW = 12  # bytes of a secret that are too many


def memory(pid):
    """Heap, stack and the like of a process; nothing when it has ended."""
    try:
        return read_memory(pid)
    except (FileNotFoundError, ProcessLookupError):
        return b""


def read_memory(pid):
    parts = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            place, mode = line.split()[:2]
            low, high = (int(n, 16) for n in place.split("-"))
            if "r" not in mode or line.rstrip().endswith("]") and \
                    "[heap]" not in line and "[stack]" not in line:
                continue
            try:
                mem.seek(low)
                parts.append(mem.read(high - low))
            except OSError:
                continue
    return b"".join(parts)


def pieces(secret, where):
    """How much of `secret` is in there, by the windows that are."""
    return sum(secret[i:i + WINDOW].encode() in where
               for i in range(len(secret) - WINDOW))


def test_secrets_of_others():
    """Inline secrets of the configuration and of the environment are in the
    process of their own source only."""
    if "/build/san" in SYNC:
        skip("a sanitizer keeps what was freed, and maps terabytes")
        return
    kinds = ("endpoint", "header", "repository", "query", "variable")
    planted = {kind: secrets.token_hex(32) for kind in kinds}
    with Site() as site, slow_upstream.Upstream() as up:
        own = up.source("own", document(server("n/x")), slow_upstream.NEVER)
        token = secrets.token_hex(32)
        own["file"]["url"] = own["file"]["url"].replace("//", f"//{token}@")
        site.configure({
            "own": own,
            "api": {"api": {
                "endpoint": f"http://u:{planted['endpoint']}@127.0.0.1:9/x",
                "headers": [{"name": "X-A", "value": planted["header"]}]}},
            "git": {"git": {"repository":
                f"https://{planted['repository']}@127.0.0.1:9/x"}},
            "url": {"file": {"url":
                f"https://127.0.0.1:9/x?{planted['query']}"}}})
        sync = subprocess.Popen(
            site.command("--force"), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=site.environment(
                THV_REGISTRY_DATABASE_PASSWORD=planted["variable"]))
        try:
            slow_upstream.wait_for(lambda: up.asked)
            fetches = {pid: memory(pid)
                       for pid in slow_upstream.children(sync.pid)}
            parent = memory(sync.pid)
        except PermissionError:
            skip("this user may not read the memory of its processes")
            return
        finally:
            sync.kill()
            sync.communicate()
        hers = [m for m in fetches.values() if pieces(token, m)]
        equal(len(hers), 1, "one process knows its own secret")
        for kind in kinds:
            ok(pieces(planted[kind], parent) > 0, f"{kind}: it is looked for")
            equal(pieces(planted[kind], hers[0]), 0,
                  f"{kind}: another source's is not in its memory")



def test_secrets_of_an_earlier_configuration():
    """A fetch knows no secret of a configuration that was replaced, even if a
    fetch of that one is still running."""
    if "/build/san" in SYNC:
        skip("a sanitizer keeps what was freed, and maps terabytes")
        return
    earlier, token = secrets.token_hex(32), secrets.token_hex(32)
    with Site() as site, slow_upstream.Upstream() as up:
        hanging = up.source("hanging", document(server("n/h")),
                            slow_upstream.NEVER)
        site.configure({"hanging": hanging, "old": {"file": {
            "url": f"https://127.0.0.1:9/x?{earlier}"}}})
        sync = subprocess.Popen(
            site.command("--watch"), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=site.environment())
        try:
            slow_upstream.wait_for(lambda: "hanging" in up.asked)
            own = up.source("own", document(server("n/x")),
                            slow_upstream.NEVER)
            own["file"]["url"] = own["file"]["url"].replace("//", f"//{token}@")
            site.configure({"hanging": hanging, "own": own})
            slow_upstream.wait_for(lambda: "own" in up.asked)
            fetches = [memory(p) for p in slow_upstream.children(sync.pid)]
            parent = memory(sync.pid)
        except PermissionError:
            skip("this user may not read the memory of its processes")
            return
        finally:
            sync.kill()
            sync.communicate()
        own_fetch = [m for m in fetches if pieces(token, m)]
        equal(len(own_fetch), 1, "one process knows the new secret")
        ok(pieces(token, parent) > 0, "so does the sync")
        equal([pieces(earlier, m) for m in own_fetch], [0],
              "and not the one of the earlier configuration")


main([test_each_fetch, test_filters, test_secrets_of_others,
      test_secrets_of_an_earlier_configuration])
