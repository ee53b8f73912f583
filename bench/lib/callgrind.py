# SPDX-License-Identifier: Apache-2.0
"""Counts instructions, and calls of malloc and its kin, with callgrind: the
same program on the same data gives the same numbers on a busy machine."""

import collections
import glob
import os
import re
import subprocess
import tempfile

Count = collections.namedtuple("Count", "instructions allocations output")
ALLOCATORS = {"malloc", "calloc", "realloc", "memalign", "aligned_alloc",
    "posix_memalign", "reallocarray"}


def read(path):
    """(instructions, calls of the allocator) of one dump."""
    total = calls = 0
    called = ""
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith("cfn="):
                called = line[4:].strip().split("'")[0]
            elif line.startswith("calls=") and called in ALLOCATORS:
                calls += int(line[6:].split()[0])
            elif re.match(r"(summary|totals): ", line):
                total = int(line.split()[1])
    return total, calls


def call(command, more=(), text=None):
    """(Dumps in order, what is left at each process's end, what it printed)
    of `command` and what it starts."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(["valgrind", "-q", "--tool=callgrind",
            "--compress-strings=no", *more,
            f"--callgrind-out-file={directory}/out.%p", *command],
            input=text, stdin=None if text else subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
            env=dict(os.environ, LC_ALL="C", TZ="UTC"))
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.returncode} {done.stderr}")
        ends, dumps = [], []
        for path in glob.glob(f"{directory}/out.*"):
            number = path.rpartition("/out.")[2].partition(".")[2]
            (dumps if number else ends).append((int(number or 0), path))
        return [read(p) for _, p in sorted(dumps)], \
            [read(p) for _, p in ends], done.stdout


def process(command):
    """Everything that a program and the processes it starts do."""
    _, ends, output = call(command, ["--trace-children=yes"])
    return Count(sum(d[0] for d in ends), sum(d[1] for d in ends), output)


def marked(command, lines):
    """Each call of measured() in a program that prints a line for each line
    of its input."""
    dumps, _, output = call(command, ["--toggle-collect=measured",
        "--dump-after=measured"], "".join(line + "\n" for line in lines))
    printed = output.splitlines()
    assert len(dumps) == len(printed) == len(lines), output
    return [Count(*d, p) for d, p in zip(dumps, printed)]
