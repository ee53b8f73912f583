# SPDX-License-Identifier: Apache-2.0
"""What operations cost in instructions and allocations, compared with
bench/baseline.json.

Counts depend on the compiler and the libraries as much as on this tree. The
baseline names them too, and costs are compared only if all of them are equal.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import callgrind
import datasets

sys.path.insert(0, os.path.join(datasets.ROOT, "tests", "lib"))

import built

BASELINE = os.path.join(datasets.ROOT, "bench", "baseline.json")
# An operation may cost this much more before the gate fails.
ALLOWED = 1.20
# A few allocations more in a whole sync are ignored.
ALLOCATIONS_ALLOWED = 50

LIST = "/v0.1/servers?limit="
# Seconds until size and times of a file prove that it did not change: the sync
# reads a file again if it was written less than two seconds ago.
SETTLED = 2.1
# Of catalogue(): enough names that pages, blocks and posting lists are real.
CATALOGUE = ["--servers", "3000", "--versions", "9000", "--bytes", "800"]


def requests(name):
    """(Operation, line for bench/requests, status) in order."""
    single = f"/v0.1/servers/{name.replace('/', '%2F')}/versions"
    return [
        ("get", f"{single}/1.0.0", 200),
        ("get, asked again", f"!{single}/1.0.0", 200),
        ("304", f"={single}/1.0.0", 304),
        ("get latest", f"{single}/latest", 200),
        ("versions of a name", single, 200),
        ("a name that is not there",
            "/v0.1/servers/no%2Fone/versions/latest", 404),
        ("list of 30", f"{LIST}30", 200),
        ("list of 30, asked again", f"!{LIST}30", 200),
        ("list of 30, page 2", "*/v0.1/servers?cursor=@&limit=30", 200),
        ("list of 30, 304", f"={LIST}30", 304),
        ("list of 30, newest", f"{LIST}30&version=latest", 200),
        ("list of 50", f"{LIST}50", 200),
        ("list of 50, gzip", f"~{LIST}50", 200),
        ("search, one word", f"{LIST}30&search=weather", 200),
        ("search, two words", f"{LIST}30&search=deploy%20audio", 200),
        ("search, a letter", f"{LIST}30&search=q", 200),
        ("search, nothing found", f"{LIST}30&search=xyzzy", 200),
        ("filter by tag", f"{LIST}30&tag=kubernetes", 200),
        ("updated since", f"{LIST}30&updated_since=2100-01-01T00:00:00Z", 200),
    ]


def request_costs(build, directory):
    database = datasets.database(build, directory, CATALOGUE)
    with open(os.path.join(directory, "registry.json"), encoding="utf-8") as f:
        f.readline()
        name = json.loads(f.readline().rstrip(",\n"))["name"]
    rows = requests(name)
    # A 304 needs the response before it for its entity tag; add the request if
    # the row before is another one.
    lines, at = [], {}
    for what, line, _ in rows:
        if line.startswith("=") and (not lines or lines[-1] != line[1:]):
            lines.append(line[1:])
        at[what] = len(lines)
        lines.append(line)
    counts = callgrind.marked([os.path.join(build, "bench", "requests"),
        database], lines)
    for what, _, status in rows:
        count = counts[at[what]]
        assert count.output.split()[0] == str(status), (what, count.output)
        yield what, count


class Syncs:
    """A source that is synced several times."""

    def __init__(self, build, directory):
        self.build = build
        self.directory = directory
        self.source = {"file": {"path": os.path.join(directory,
            "source.json")}}
        self.write()

    def write(self, *more):
        datasets.document(self.source["file"]["path"],
            [*datasets.SHORT, *more])
        # Else the next sync would read the file in full once more.
        time.sleep(SETTLED)

    def count(self, result, *arguments, **more):
        path, _ = datasets.config(self.directory, self.source, **more)
        count = callgrind.process([os.path.join(self.build,
            "thv-registry-sync"), "-c", path, "--json", "--source", "s",
            *arguments])
        source = json.loads(count.output)["sources"][0]
        got = {key: source[key] for key in result}
        assert got == result, (got, result)
        return count

    def costs(self):
        yield "sync of 1,000, first", self.count({"added": 1000})
        yield "sync, nothing new", self.count({"result": "unchanged"})
        yield "sync of 1,000, compared, none differs", self.count(
            {"result": "completed", "unchanged": 1000}, "--force")
        self.write("--change", "10")
        yield "sync of 1,000, 10 differ", self.count({"updated": 10})
        # A changed filter is applied to the stored documents.
        yield "filter of 1,000", self.count({"result": "completed"},
            filter={"tags": {"include": ["database", "search"]}})


def measure(build):
    """{operation: {"instructions": n, "allocations": n}}."""
    costs = {}
    for what in request_costs, lambda b, d: Syncs(b, d).costs():
        with tempfile.TemporaryDirectory(prefix="gate-") as directory:
            for name, count in what(build, directory):
                costs[name] = {"instructions": count.instructions,
                    "allocations": count.allocations}
    return costs


# ---- what costs depend on -----------------------------------------------------

def first(pattern, *command):
    text = subprocess.run(command, capture_output=True, text=True,
        check=False).stdout
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else "unknown"


def surroundings(build):
    """What the counts depend on besides this tree."""
    found = {
        # Compiler and flags, from the debugging information.
        "compiler": first(r"DW_AT_producer.*: (GNU .*|clang .*)$", "readelf",
            "--debug-dump=info", os.path.join(build, "lib", "buf.o")),
        "glibc": first(r"GLIBC (.*)\)|(\d.*)$", "ldd", "--version"),
        "valgrind": first(r"valgrind-(.*)", "valgrind", "--version"),
        # Decides which memcpy() and the like the C library uses.
        "avx2": str(" avx2 " in open("/proc/cpuinfo",
            encoding="ascii").read()).lower(),
    }
    for package in ("sqlite3", "jansson", "libutf8proc", "yaml-0.1",
            "libcrypto", "libcurl", "libgit2"):
        found[package] = first(r"(.*)", "pkg-config", "--modversion", package)
    return found


def unmeasurable(build):
    """Why costs cannot be measured here; "" if they can."""
    if os.path.basename(build) != "build":
        return "only a plain build is compared"
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    return ""


# ---- comparing ---------------------------------------------------------------

def load():
    with open(BASELINE, encoding="utf-8") as f:
        return json.load(f)


def save(costs, around):
    with open(BASELINE, "w", encoding="utf-8") as f:
        json.dump({"surroundings": around, "operations": costs}, f, indent=1)
        f.write("\n")


def differences(wanted, got):
    """The keys that differ, a line each."""
    return [f"{key}: {wanted.get(key)} then, {got.get(key)} now"
        for key in sorted({*wanted, *got}) if wanted.get(key) != got.get(key)]


def verdict(before, now):
    """"worse", "better" or "" for two costs of an operation."""
    more = now["instructions"] / before["instructions"]
    slack = ALLOCATIONS_ALLOWED if before["allocations"] else 0
    if more > ALLOWED or now["allocations"] > \
            before["allocations"] * ALLOWED + slack:
        return "worse"
    return "better" if more < 1 / ALLOWED else ""


def compare(before, now):
    """(Table in Markdown, the operations that are worse or missing)."""
    lines = ["| operation | instructions before | now | ratio | "
        "allocations before | now | |", "|---|---|---|---|---|---|---|"]
    bad = [name for name in before if name not in now]
    for name, cost in now.items():
        old = before.get(name)
        if old is None:
            lines.append(f"| {name} | | {cost['instructions']:,} | | | "
                f"{cost['allocations']:,} | new |")
            bad.append(name)
            continue
        word = verdict(old, cost)
        bad += [name] if word == "worse" else []
        lines.append(f"| {name} | {old['instructions']:,} | "
            f"{cost['instructions']:,} | "
            f"{cost['instructions'] / old['instructions']:.3f} | "
            f"{old['allocations']:,} | {cost['allocations']:,} | {word} |")
    lines += [f"| {name} | | | | | | not measured |" for name in before
        if name not in now]
    return "\n".join(lines), bad
