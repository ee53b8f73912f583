#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tries fault points of programs that read and write a small catalogue: a sample, or every
point with FAULTS=all (make faults). The lines with columns are a table of the
outcomes.

FAULT_ONLY="fresh-alloc git-eio" tries only these; FAULT_ALLOCATIONS=N tries up
to N allocations of each scenario but the first instead of 5,000."""

import os
import platform
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import faults
import tap

ALL = os.environ.get("FAULTS") == "all"
ONLY = os.environ.get("FAULT_ONLY", "").split()
# Allocations differ little between scenarios: all of the first scenario fail in
# turn, of each other one this many, evenly spread.
ALLOCATIONS = int(os.environ.get("FAULT_ALLOCATIONS", "5000"))
SANITIZED = "san" in os.environ.get("THV_BUILD", "")
# (scenario, kind, points in a sample)
SWEEPS = [
    (faults.Scenario, "alloc", 27), (faults.Fresh, "alloc", 9),
    (faults.Scenario, "eio", 9), (faults.Fresh, "eio", 9),
    (faults.Scenario, "full", 5), (faults.Fresh, "full", 5),
    (faults.Scenario, "short", 5), (faults.Fresh, "short", 4),
    (faults.Scenario, "open", 4), (faults.Fresh, "open", 4),
    # Every third point: starting a WAL takes three.
    (faults.Scenario, "kill", 45), (faults.Fresh, "kill", 7),
    (faults.Met, "kill", 9), (faults.Met, "store", 29),
    (faults.Scenario, "store", 5), (faults.Rebuild, "store", 4),
    (faults.Scenario, "power", 10), (faults.Fresh, "power", 7),
    (faults.Scenario, "clock-back", 4), (faults.Scenario, "clock-ahead", 4),
    (faults.Rebuild, "alloc", 4), (faults.Rebuild, "eio", 4),
    (faults.Rebuild, "full", 4), (faults.Rebuild, "kill", 4),
    (faults.Rebuild, "power", 4),
    (faults.Responder, "alloc", 18), (faults.Responder, "eio", 5),
    (faults.Responder, "short", 4), (faults.Responder, "open", 5),
    (faults.Admin, "alloc", 5), (faults.Admin, "open", 4),
    (faults.Admin, "eio", 4), (faults.Admin, "full", 4),
    (faults.Admin, "kill", 4),
    (faults.Http, "curl", 7), (faults.Http, "alloc", 4),
    (faults.Git, "git", 7), (faults.Git, "alloc", 4),
    (faults.Git, "open", 4), (faults.Git, "eio", 4),
]


def test_the_simulated_disk():
    tap.equal(faults.power_losses("NORMAL", 12), 0,
              "a database that syncs its files survives a loss of power")
    tap.ok(faults.power_losses("OFF", 12) > 0, "a database that does not sync is damaged by one")


def main():
    if not os.path.exists(faults.LIBRARY):
        sys.exit(f"sweep.t: {faults.LIBRARY} is not built: "
                 "run `make test-programs`")
    points = 0
    for line in faults.TABLE:
        print(f"# {line}", flush=True)
    if not ONLY and not SANITIZED:
        test_the_simulated_disk()
    for scenario, kind, sample in SWEEPS:
        name = f"{scenario.__name__}-{kind}".lower()
        if ONLY and name not in ONLY:
            continue
        if kind == "alloc" and SANITIZED:
            tap.skip(f"{name}: the sanitizer replaces the allocator")
            continue
        if kind == "store" and platform.machine() != "x86_64":
            tap.skip(f"{name}: single steps are implemented for x86-64 only")
            continue
        most = sample
        if ALL:
            most = ALLOCATIONS if kind == "alloc" and \
                scenario is not faults.Scenario else None
        sweep = faults.Sweep(scenario, kind, most=most)
        sweep.run()
        points += sweep.done
        print(f"# {sweep.row()}", flush=True)
        tap.ok(sweep.done > 0 and not sweep.wrong,
               f"{name}: {sweep.done} of {sweep.total} points, "
               f"{len(sweep.wrong)} wrong")
        distinct = {faults.gist(wrong): wrong for wrong in sweep.wrong}
        for wrong in list(distinct.values())[:20]:
            for line in wrong.splitlines():
                print(f"#   {line}", flush=True)
    print(f"# {points:,} points")
    sys.exit(tap.done())


main()
