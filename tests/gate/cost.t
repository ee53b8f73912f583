#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No operation costs over 20 % more instructions or allocations than in
bench/baseline.json (bench/lib/gate.py)."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench", "lib"))

import built
import gate
import responder
import tap


def cost(instructions, allocations):
    return {"instructions": instructions, "allocations": allocations}


def test_more_than_20_percent_is_worse():
    before = cost(1000, 1000)
    none = cost(1000, 0)
    for old, now, want in (
            (before, cost(1200, 1000), ""),
            (before, cost(1201, 1000), "worse"),
            (before, cost(900, 1000), ""),
            (before, cost(800, 1000), "better"),
            (before, cost(1000, 1250), ""),
            (before, cost(1000, 1251), "worse"),
            (before, cost(800, 1251), "worse"),
            (none, none, ""),
            (none, cost(1000, 1), "worse")):
        tap.equal(gate.verdict(old, now), want, f"{old} followed by {now} is {want or 'equal'}")


def test_the_table_names_each_operation_and_its_verdict():
    table, bad = gate.compare(
        {"a": cost(100, 0), "b": cost(100, 0), "gone": cost(1, 0)},
        {"a": cost(130, 0), "b": cost(101, 0), "new": cost(7, 0)})
    tap.equal(sorted(bad), ["a", "gone", "new"], "worse, new and missing operations are listed")
    for line in ("| a | 100 | 130 | 1.300 | 0 | 0 | worse |",
            "| b | 100 | 101 | 1.010 | 0 | 0 |  |",
            "| new | | 7 | | | 0 | new |", "| gone | | | | | | not measured |"):
        tap.contains(table, line, f"the table has the line {line}")


def show(lines):
    for line in lines:
        print(f"#   {line}", flush=True)


def test_costs():
    why = gate.unmeasurable(responder.BUILD)
    if why:
        tap.skip(f"costs of operations: {why}")
        return
    why = built.out_of_date(responder.BUILD, "bench/requests")
    if why:
        tap.ok(False, why)
        return
    baseline = gate.load()
    other = gate.differences(baseline["surroundings"],
        gate.surroundings(responder.BUILD))
    table, bad = gate.compare(baseline["operations"],
        gate.measure(responder.BUILD))
    if other:
        tap.skip("COSTS NOT COMPARED: bench/baseline.json was made with other "
            "programs")
        show([*other, *table.splitlines()])
        return
    if not tap.equal(bad, [], "no operation costs over 20 % more than the baseline"):
        show([*table.splitlines(),
            "if this is intended: make bench-baseline, and say why"])


tap.main([test_more_than_20_percent_is_worse,
    test_the_table_names_each_operation_and_its_verdict, test_costs])
