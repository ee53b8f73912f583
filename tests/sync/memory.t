#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The memory of a sync does not grow with the catalogue: 1,000 and 20,000
entries of 12 kB through a file and a directory, 1,000 and 4,000 through git."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site

FEW, MANY = 1000, 20000
KIB_MAX = 32 * 1024
GROWTH_MAX = 1.2
FILLER = ",".join(
    '{"name":"OPTION_%d","description":"%s","default":"%d"}'
    % (i, "what this option of the server is good for " * 3, i)
    for i in range(65))
ENTRY = ('{"name":"n/s%%06d","description":"Server %%d","version":"1.0.0",'
         '"packages":[{"registryType":"npm","identifier":"p","version":"1",'
         '"transport":{"type":"stdio"},"environmentVariables":[%s]}]}' % FILLER)


def write_document(path, first, count):
    with open(path, "w", encoding="ascii") as f:
        f.write('{"version":"1.0.0","meta":{"last_updated":"2026-01-01"},'
                '"data":{"servers":[\n')
        for i in range(first, first + count):
            f.write((",\n" if i > first else "") + ENTRY % (i, i))
        f.write("]}}\n")


def high_water(pid):
    """Peak resident KiB of a process so far; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def peak(site, expected):
    """Peak resident KiB of a first sync, without the processes that fetch."""
    process = subprocess.Popen(
        site.command("-q"), env=site.environment(), stdin=subprocess.DEVNULL)
    own = 0
    while process.poll() is None:
        own = max(own, high_water(process.pid))
        time.sleep(0.005)
    stored = site.value("SELECT count(*) FROM version")
    tap.equal((process.returncode, stored), (0, expected),
              f"{expected} entries are in")
    return own


def peak_of_file(count):
    with Site() as site:
        path = site.path("catalogue.json")
        write_document(path, 0, count)
        site.configure({"a": {"file": {"path": path}}})
        return peak(site, count)


def peak_of_directory(count):
    with Site() as site:
        os.mkdir(site.path("catalogue"))
        for part in range(10):
            write_document(site.path("catalogue", f"{part}.json"),
                           part * count // 10, count // 10)
        site.configure({"a": {"file": {"path": site.path("catalogue")}}})
        return peak(site, count)


def peak_of_git(count):
    with Site() as site:
        tree, bare = site.path("tree"), site.path("catalogue.git")
        os.mkdir(tree)
        path = os.path.join(tree, "registry.json")
        write_document(path, 0, count)
        environment = {**os.environ, "GIT_DIR": bare, "GIT_WORK_TREE": tree}
        subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
        for command in ("add .", "-c user.name=t -c user.email=t@example.com "
                        "commit -q -m one"):
            subprocess.run(["git", *command.split()], env=environment,
                           check=True)
        site.configure({"a": {"git": {"repository": f"file://{bare}"}}})
        return peak(site, count)


def test_peak():
    for label, measure in ("file", peak_of_file), \
            ("directory", peak_of_directory):
        few, many = measure(FEW), measure(MANY)
        print(f"# {label}: {few} KiB at {FEW}, {many} KiB at {MANY}")
        tap.ok(few < KIB_MAX, f"{label}: below 32 MiB at {FEW}")
        tap.ok(many <= GROWTH_MAX * few,
               f"{label}: within {GROWTH_MAX} times that at {MANY}")
    few, many = peak_of_git(FEW), peak_of_git(MANY // 5)
    print(f"# git: {few} KiB at {FEW}, {many} KiB at {MANY // 5}")
    tap.ok(few < KIB_MAX, f"git: below 32 MiB at {FEW}")
    tap.ok(many <= GROWTH_MAX * few,
           f"git: within {GROWTH_MAX} times that at {MANY // 5}")


if "san" in responder.BUILD or "valgrind" in responder.BUILD:
    tap.skip("the memory of a sanitizer or of valgrind hides the program's own")
    sys.exit(tap.done())
tap.main([test_peak])
