#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each fault point of a sync of a small catalogue: a sample of them, or with
FAULTS=all (make faults) every one."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import faults
import tap

ALL = os.environ.get("FAULTS") == "all"
ONLY = os.environ.get("FAULT_ONLY", "").split()
SANITIZED = "san" in os.environ.get("THV_BUILD", "")
# (scenario, kind, points in a sample)
SWEEPS = [
    (faults.Scenario, "alloc", 60), (faults.Fresh, "alloc", 20),
    (faults.Scenario, "eio", 20), (faults.Fresh, "eio", 20),
    (faults.Scenario, "full", 12), (faults.Fresh, "full", 12),
    (faults.Scenario, "short", 12), (faults.Fresh, "short", 6),
    (faults.Scenario, "open", 10), (faults.Fresh, "open", 10),
    (faults.Scenario, "kill", 16), (faults.Fresh, "kill", 16),
    (faults.Scenario, "power", 24), (faults.Fresh, "power", 16),
    (faults.Scenario, "clock-back", 6), (faults.Scenario, "clock-ahead", 6),
    (faults.Http, "curl", 16), (faults.Http, "alloc", 10),
    (faults.Git, "git", 16), (faults.Git, "alloc", 10),
    (faults.Git, "open", 10), (faults.Git, "eio", 10),
]


def main():
    points = 0
    for scenario, kind, sample in SWEEPS:
        name = f"{scenario.__name__}-{kind}".lower()
        if ONLY and name not in ONLY:
            continue
        if kind == "alloc" and SANITIZED:
            tap.skip(f"{name}: the sanitizer has an allocator of its own")
            continue
        sweep = faults.Sweep(scenario, kind, most=None if ALL else sample)
        sweep.run()
        points += sweep.done
        tap.ok(sweep.done > 0 and not sweep.wrong,
               f"{name}: {sweep.done} of {sweep.total} points, "
               f"{len(sweep.wrong)} wrong")
        distinct = {faults.gist(wrong): wrong for wrong in sweep.wrong}
        for wrong in list(distinct.values())[:20]:
            for line in wrong.splitlines():
                print(f"#   {line}", flush=True)
    print(f"# {points} points")
    sys.exit(tap.done())


main()
