# SPDX-License-Identifier: Apache-2.0
"""The load of bench/soak: processes that ask at a rate for what is always
there, what comes and goes, and what never was, and know what may be answered.

Of a document of generation g every steady server has the title "Generation g".
A list is one state of the database, so all its steady titles are the same; and
a client that has seen a generation is never shown an older one.
"""

import http.client
import json
import multiprocessing
import random
import re
import signal
import time

import web_servers

STEADY = 150        # servers that are in every generation
COMING = 60         # names of which each generation has a third
MAIN = "/registry/main/v0.1/servers"
TITLE = re.compile(rb'"title":\s*"Generation (\d+)"')


def steady(i):
    return f"n/steady-{i:03}"


def coming(i):
    return f"n/coming-{i:03}"


class Wrong(Exception):
    """An answer that must not be."""


class Asking:
    """What one client asks, and what it thinks of the answers."""

    def __init__(self, server, seed):
        self.random = random.Random(seed)
        self.client = web_servers.Client(server)
        self.seen = 0
        self.cursor = None
        self.kinds = ((self.get_steady, 60), (self.get_coming, 8),
            (self.get_nothing, 6), (self.get_versions, 4),
            (self.list_all, 4), (self.list_page, 8), (self.search, 6),
            (self.other_registry, 2), (self.status, 2))

    def ask(self, uri, *allowed):
        answer = self.client.get(uri)
        if answer.status not in allowed:
            raise Wrong(f"{answer.status} {uri} {answer.body[:200]!r}")
        return answer

    def look(self, body, everyone=False):
        """Checks generations in an answer."""
        found = [int(g) for g in TITLE.findall(body)]
        if everyone and (len(found) != STEADY or len(set(found)) != 1):
            raise Wrong(f"{len(found)} of generations {sorted(set(found))}")
        if found and min(found) < self.seen:
            raise Wrong(f"generation {min(found)} after {self.seen}")
        self.seen = max([self.seen, *found])

    def one(self, name, *allowed):
        answer = self.ask(f"{MAIN}/{name.replace('/', '%2F')}/versions/latest",
            *allowed)
        if answer.status == 200:
            self.look(answer.body)

    def get_steady(self):
        self.one(steady(self.random.randrange(STEADY)), 200)

    def get_coming(self):
        self.one(coming(self.random.randrange(COMING)), 200, 404)

    def get_nothing(self):
        self.one(f"n/nothing-{self.random.randrange(1000)}", 404)

    def get_versions(self):
        name = steady(self.random.randrange(STEADY)).replace("/", "%2F")
        self.look(self.ask(f"{MAIN}/{name}/versions", 200).body)

    def list_all(self):
        self.look(self.ask(f"{MAIN}?limit=1000&search=steady", 200).body, True)

    def list_page(self):
        """A walk that goes on from request to request, whatever syncs do."""
        more = f"&cursor={self.cursor}" if self.cursor else ""
        answer = self.ask(f"/v0.1/servers?limit=30{more}", 200)
        self.cursor = json.loads(answer.body)["metadata"].get("nextCursor")

    def search(self):
        text = f"teady-0{self.random.randrange(10)}"
        answer = self.ask(f"{MAIN}?search={text}", 200)
        if len(TITLE.findall(answer.body)) != 10:
            raise Wrong(f"not all of {text} found")
        self.look(answer.body)

    def other_registry(self):
        """It is configured at times."""
        self.ask("/registry/extra/v0.1/servers?limit=5", 200, 404)

    def status(self):
        self.ask("/registry/status", 200)
        self.ask("/health", 200)

    def once(self):
        kinds, weights = zip(*self.kinds)
        self.random.choices(kinds, weights)[0]()


def work(server, seed, rate, counters, stop, wrong):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asking = Asking(server, seed)
    done = 0
    begun = time.monotonic()
    while not stop.is_set():
        ahead = begun + done / rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        began = time.monotonic()
        try:
            asking.once()
        except (Wrong, OSError, ValueError, http.client.HTTPException) as e:
            asking.client.close()
            wrong.put((began, time.monotonic(),
                str(e) if isinstance(e, Wrong) else repr(e)))
        done += 1
        counters[seed] = done
        if ahead < -5:  # not to be caught up with
            begun = time.monotonic() - done / rate
    asking.client.close()


class Clients:
    """So many processes with so many requests a second together."""

    def __init__(self, server, count, rate):
        self.counters = multiprocessing.Array("q", count)
        self.stop = multiprocessing.Event()
        self.queue = multiprocessing.Queue()
        self.wrong = []
        self.processes = [multiprocessing.Process(target=work, daemon=True,
            args=(server, i, rate / count, self.counters, self.stop,
            self.queue)) for i in range(count)]
        for p in self.processes:
            p.start()

    def collect(self):
        while not self.queue.empty():
            self.wrong.append(self.queue.get())

    def end(self):
        self.stop.set()
        for p in self.processes:
            while p.is_alive():
                self.collect()
                p.join(0.1)
        self.collect()
        return all(p.exitcode == 0 for p in self.processes)

    def asked(self):
        return sum(self.counters[:])
