#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two minutes of bench/soak: load, syncs, reloads, kills, a full disk."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap
import web_servers

SECONDS = os.environ.get("SOAK_SECONDS", "120")
BUILD = os.path.relpath(responder.BUILD, responder.ROOT)
# A sanitizer keeps what is freed for a while.
OWN_ALLOCATOR = "san" in BUILD


def test_soak():
    done = subprocess.run([os.path.join(responder.ROOT, "bench", "soak"),
        BUILD, SECONDS, "100" if OWN_ALLOCATOR else "400"],
        cwd=responder.ROOT, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False)
    found = re.findall(r"^\| (.*) \| (holds|FAILS) \|$", done.stdout, re.M)
    causes = re.findall(r"^The last sync: (?:.*\n)*?(?=\n)", done.stdout, re.M)
    for what, verdict in found:
        if not tap.ok(verdict == "holds" or OWN_ALLOCATOR and
                "private memory" in what, what):
            print("\n".join(f"#   {line}" for cause in causes
                for line in cause.splitlines()))
    tap.ok(len(found) == 12 and "Verdict: " in done.stdout,
        "it came to a verdict on everything")
    for line in (done.stdout + done.stderr).splitlines():
        print("#   " + line)


why = web_servers.missing("lighttpd")
if why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)
tap.main([test_soak])
