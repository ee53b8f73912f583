# SPDX-License-Identifier: Apache-2.0
"""What the operations of the product cost, in instructions and allocations,
against the costs that were written down: bench/baseline.json.

Counts depend on the compiler and the libraries as much as on this tree, so
those are written down as well, and costs are only held against each other
where all of them are the same.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time

import callgrind
import datasets

BASELINE = os.path.join(datasets.ROOT, "bench", "baseline.json")
# How much dearer an operation may get before somebody has to say that it is
# meant to be.
ALLOWED = 1.20
# An allocation more or less in a whole sync is no news.
ALLOCATIONS_ALLOWED = 50

LIST = "/v0.1/servers?limit="
# Seconds until what a file looks like tells whether its bytes are the same:
# the sync reads anew what was written less than two seconds ago.
SETTLED = 2.1
# Of catalogue(): enough names that pages, blocks and posting lists are real.
CATALOGUE = ["--servers", "3000", "--versions", "9000", "--bytes", "800"]


def requests(name):
    """(What it is, what bench/requests is told, status) in order."""
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
    # A 304 needs the answer before it to have the tag: that of page 2 is not.
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
    """A source that is synced again and again."""

    def __init__(self, build, directory):
        self.build = build
        self.directory = directory
        self.source = {"file": {"path": os.path.join(directory,
            "source.json")}}
        self.write()

    def write(self, *more):
        datasets.document(self.source["file"]["path"],
            [*datasets.SHORT, *more])
        # A file written this very moment is read in full once more.
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
        # A filter that moves is applied to what is here.
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


# ---- what they depend on -----------------------------------------------------

def first(pattern, *command):
    text = subprocess.run(command, capture_output=True, text=True,
        check=False).stdout
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else "unknown"


def surroundings(build):
    """What the counts depend on besides this tree."""
    found = {
        # Compiler and flags, as they stand in the debugging information.
        "compiler": first(r"DW_AT_producer.*: (GNU .*|clang .*)$", "readelf",
            "--debug-dump=info", os.path.join(build, "lib", "buf.o")),
        "glibc": first(r"GLIBC (.*)\)|(\d.*)$", "ldd", "--version"),
        "valgrind": first(r"valgrind-(.*)", "valgrind", "--version"),
        # Which of memcpy and its kin the C library takes.
        "avx2": str(" avx2 " in open("/proc/cpuinfo",
            encoding="ascii").read()).lower(),
    }
    for package in ("sqlite3", "jansson", "libutf8proc", "yaml-0.1",
            "libcrypto", "libcurl", "libgit2"):
        found[package] = first(r"(.*)", "pkg-config", "--modversion", package)
    return found


def unmeasurable(build):
    """Why it cannot be done here; "" if it can."""
    if os.path.basename(build) != "build":
        return "only a plain build has costs of its own"
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
    """What is not as it was, a line each."""
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
