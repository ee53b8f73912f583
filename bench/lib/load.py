# SPDX-License-Identifier: Apache-2.0
"""Putting load on a web server with wrk (as fast as it goes) and hey (at a
rate), and reading what they found."""

import collections
import os
import re
import statistics
import subprocess
import tempfile

# Requests a second; milliseconds; answers that were none, or no 2xx or 3xx.
Load = collections.namedtuple("Load", "rate p50 p95 p99 worst bad")

# wrk's own table has no 95th percentile.
REPORT = """done = function(summary, latency, requests)
    local e = summary.errors
    print(string.format("RESULT %f %f %f %f %f %d",
        summary.requests / summary.duration * 1000000,
        latency:percentile(50) / 1000, latency:percentile(95) / 1000,
        latency:percentile(99) / 1000, latency.max / 1000,
        e.connect + e.read + e.write + e.status + e.timeout))
end
"""


# One of many URIs each time, in the same order for everyone.
ANY_OF = """math.randomseed(1)
local uris = {%s}
request = function()
    return wrk.format(nil, uris[math.random(#uris)])
end
"""
# Never the same one twice.
EACH_ONCE = """math.randomseed(os.time())
local number = math.random(1000000000)
request = function()
    number = number + 1
    return wrk.format(nil, "%s&_=" .. number)
end
"""


def wrk(url, clients, seconds, headers=(), script=""):
    """`script` says in Lua what is asked for, if not the URL."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as f:
        f.write(script + REPORT)
        f.flush()
        text = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}",
            "-s", f.name, *(word for h in headers for word in ("-H", h)),
            url], capture_output=True, text=True, check=True).stdout
    numbers = re.search(r"^RESULT (.*)", text, re.M)[1].split()
    return Load(*map(float, numbers[:5]), int(numbers[5]))


def any_of(uris):
    return ANY_OF % ",".join(f'"{uri}"' for uri in uris)


def each_once(uris):
    uri, = uris
    return EACH_ONCE % uri


def hey(url, rate, seconds, clients=10, while_it_runs=None):
    """`rate` requests a second in all, for answers that are not compressed:
    what hello sends a web server would compress itself."""
    # Into a file: a full pipe would keep it from ending.
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(["hey", "-disable-compression", "-c",
            str(clients), "-z", f"{seconds}s", "-q", str(rate / clients), "-o",
            "csv", url],
            stdout=out)
        try:
            if while_it_runs:
                while_it_runs(process)
            process.wait()
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        text = out.read()
    rows = [line.split(",") for line in text.splitlines()[1:]]
    times = sorted(float(r[0]) * 1000 for r in rows)
    if not times:
        return Load(0, 0, 0, 0, 0, 1)
    return Load(len(rows) / seconds, *(times[min(len(times) - 1,
        int(len(times) * share))] for share in (0.5, 0.95, 0.99)), times[-1],
        sum(r[6] not in ("200", "304") for r in rows))


def mean(loads, name):
    return statistics.mean(getattr(load, name) for load in loads)


def deviation(numbers):
    return statistics.stdev(numbers) if len(numbers) > 1 else 0.0


def cpu_seconds(pids):
    """User and system time of processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            fields = f.read().rpartition(") ")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def private_kib(pid):
    """Memory that the process shares with none."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as f:
        return sum(int(line.split()[1]) for line in f
            if line.startswith("Private_"))
