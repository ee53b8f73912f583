# SPDX-License-Identifier: Apache-2.0
"""Tries the fault points of a program: lets the n-th call of a kind fail
(tests/faults/inject.h), for every n, each time on a fresh copy of a site.

After each point the exit status must be allowed, the message must name the cause, the
database must be whole with the old or the new content, and the next run must succeed."""

import collections
import concurrent.futures
import fcntl
import http.server
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import threading
import time

import responder
from git_server import Repository
from test_site import SYNC, Site, document, server

LIBRARY = os.path.join(responder.BUILD.replace("build/valgrind", "build"),
                       "tests/faults/inject.so")
STATE = struct.Struct("=qq48s")
WORKERS = max(2, os.cpu_count() or 2)
KILLED = -9
ABORTED = -6
FORBIDDEN = -31  # abort() in the sandbox, which has no signals to send
FCGI_NO_MEMORY = 244  # libfcgi's own exit when it cannot start
INTERVAL = 3600  # of Site's sources, seconds
LIST = "/v0.1/servers?limit=100"
READER = 65534  # nobody, a user and a group
# Accepted outcomes of a fault: the program completed its task; it reported the error
# and exited; it was killed or aborted; it made fewer calls, so the fault did not
# occur.
OUTCOMES = ("went on", "gave up", "died", "not met")
# Messages that name the cause of each kind.
CAUSES = {
    "alloc": r"memory",
    "eio": r"I/O error|Input/output error|disk cannot be read|"
           r"error code=",
    "full": r"No space|is full|I/O error|unable to open|write",
    "short": r"",
    "open": r"Too many open|could not be opened|unable to open|Cannot allocate|I/O error|"
            r"temporarily unavailable|memory",
    "clock-back": r"", "clock-ahead": r"",
    "curl": r"memory|connect|option|network|URL|curl",
    "git": r"git|repository|object|reference|remote|fetch",
}


def contents(generation):
    """A small catalogue; each generation adds an entry and removes one."""
    return [server(f"n/s{i}", title=f"Generation {generation}")
            for i in range(generation, generation + 4)]


def become_reader():
    os.setgroups([])
    os.setgid(READER)
    os.setuid(READER)


def as_reader(site, uri):
    """One request by a user that may only read the database."""
    done = subprocess.run(
        [site.path(os.path.basename(responder.PROGRAM))], check=False,
        preexec_fn=become_reader, capture_output=True,
        stdin=subprocess.DEVNULL, env=responder.environment(
            site.database, REQUEST_METHOD="GET", REQUEST_URI=uri))
    return responder.Answer(done.stdout)


class Scenario:
    """A site whose database has generation 0 and whose source has generation 1;
    can be reset to that state."""
    args = ("--force",)
    fresh = False
    also_said = ""
    more_environment = {}

    def __init__(self):
        self.outcome = None
        self.site = Site()
        if os.getuid() == 0:
            # As installed: files get the group of the directory, which may read.
            os.chown(self.site.dir, 0, READER)
            os.chmod(self.site.dir, 0o2755)
        os.makedirs(self.site.path("base"))
        self.state = self.site.path("state")
        self.set_up()
        if not self.fresh:
            self.offer(0)
            run = self.site.sync("--force")
            assert run.status == 0, run.err
        self.old = None if self.fresh else self.served()
        self.offer(1)
        self.save()
        run = self.site.sync("--force")
        assert run.status == 0, run.err
        self.new = self.served()
        self.reset()
        # The database has readers since before the fault.
        self.has_readers = type(self) in (Scenario, Met, Rebuild) and \
            os.getuid() == 0
        self.readers = []
        if self.has_readers:
            self.program = responder.for_everyone(responder.PROGRAM,
                                                  self.site.dir)

    def set_up(self):
        block = self.site.file_source("a", *contents(0))
        self.site.configure({"a": block})

    def offer(self, generation):
        self.site.file_source("a", *contents(generation))

    def start_readers(self):
        """Two readers that have opened the database before the fault."""
        self.stop_readers()
        for name in "first", "second":
            reader = responder.FastCgi(
                self.site.database, self.site.dir, self.program, name,
                preexec=become_reader)
            self.readers.append(reader)
            got = self.items(reader.get(LIST))
            assert got == self.old, got

    def stop_readers(self):
        for reader in self.readers:
            reader.stop()
            os.unlink(reader.path)
        self.readers = []

    def close(self):
        self.stop_readers()
        self.site.__exit__()

    # ---- reset ----

    def live(self):
        return [name for name in os.listdir(self.site.dir)
                if name.startswith("registry.db") or name == "cache"]

    def save(self):
        for name in self.live():
            copy(self.site.path(name), self.site.path("base", name))

    def reset(self):
        for name in self.live():
            path = self.site.path(name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        for name in os.listdir(self.site.path("base")):
            copy(self.site.path("base", name), self.site.path(name))
        with open(self.state, "wb") as f:
            f.write(b"\0" * STATE.size)

    def untouched(self):
        """Whether the database is unchanged, byte by byte."""
        for name in "registry.db", "registry.db-wal":
            if read(self.site.path(name)) != read(
                    self.site.path("base", name)):
                return False
        return True

    # ---- checks ----

    def served(self):
        """What a client gets; None if there is no content yet."""
        answer = self.site.get(LIST)
        if not self.fresh or answer.status not in (404, 503):
            assert answer.status == 200, (answer.status, answer.body,
                                          answer.log)
        return self.items(answer)

    def items(self, answer):
        if answer.status != 200:
            return None
        return [(i["server"]["name"], i["server"]["title"])
                for i in answer.json["servers"]] or None

    def whole(self):
        """The error in the database, or None."""
        if not os.path.exists(self.site.database):
            return None
        db = sqlite3.connect(self.site.database)
        try:
            verdict = db.execute("PRAGMA integrity_check").fetchall()
            if verdict != [("ok",)]:
                return f"integrity_check: {verdict[:3]}"
            if db.execute("PRAGMA foreign_key_check").fetchall():
                return "a reference hangs"
        except sqlite3.DatabaseError as e:
            return f"SQLite: {e}"
        finally:
            db.close()
        return None

    # ---- one point ----

    def command(self):
        return self.site.command("--json", *self.args)

    def run(self, kind, at):
        """(exit status, output, calls counted, calls failed, name)."""
        self.reset()
        if self.has_readers:
            self.start_readers()
        env = self.site.environment(
            LD_PRELOAD=LIBRARY, FAULT_KIND=kind, FAULT_AT=str(at),
            FAULT_STATE=self.state, FAULT_DIRECTORY=self.site.dir,
            FAULT_SEED=str(at), **self.more_environment)
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + \
            ":verify_asan_link_order=0"
        # The leak detector opens files, too.
        if kind == "open":
            env["ASAN_OPTIONS"] += ":detect_leaks=0"
        done = subprocess.run(self.command(), env=env, check=False,
                              stdin=subprocess.DEVNULL, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        calls, fired, name = STATE.unpack(read(self.state))
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        self.outcome = self.outcome_of(done.returncode, text) if fired \
            else "not met"
        return (done.returncode, text, calls, fired,
                name.rstrip(b"\0").decode())

    def outcome_of(self, status, text):
        """The outcome, one of OUTCOMES."""
        if status == 0 and not re.match(r"Status: [45]", text):
            return "went on"
        if status in (0, 1, 2):
            return "gave up"
        return "died"

    def ended_well(self, kind, status, text):
        """The error in its exit status or output, or None."""
        if kind in ("kill", "store", "power"):
            # Only the child that tests the sandbox was killed.
            return None if status == KILLED or status == 0 and \
                "sandbox is not in force" in text else f"exit status {status}"
        if status == 0:
            return None
        if status not in (1, 2) and (status, kind) != (ABORTED, "alloc"):
            return f"exit status {status}"
        if not re.search(CAUSES[kind] + self.also_said, text):
            return "the cause is not named"
        return None

    def clock_heals(self):
        """With the right clock, no source waits longer than its interval."""
        run = self.site.sync()
        latest = self.site.value("SELECT max(due_us) FROM source_state")
        if latest > (time.time() + INTERVAL) * 1e6:
            return f"due only at {latest}: {run.out}"
        return None

    def heals(self):
        run = self.site.sync("--force")
        if run.status != 0:
            return f"the next run: exit status {run.status}: {run.err}"
        served = self.served()
        if served != self.new:
            return f"the next run serves {served}"
        return self.verified()

    def verified(self):
        done = subprocess.run(
            self.site.command("--verify", "-q"), check=False,
            env=self.site.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            return "--verify: " + done.stdout.decode()[-800:]
        return None

    def point(self, kind, at):
        """The error at a point, or None."""
        status, text, _, fired, name = self.run(kind, at)
        if not fired:
            return self.ended_well("short", status, text)
        wrong = self.ended_well(kind, status, text)
        if not wrong and (status == 0 or not self.untouched()):
            wrong = self.readers_get(status) or self.whole() or \
                self.shows(status) or (kind.startswith("clock") and self.clock_heals()) or \
                self.heals()
        return wrong and f"{kind} {at} ({name}): {wrong}\n{text[-1500:]}"

    def shows(self, status):
        served = self.served()
        if served != self.new and (status == 0 or served != self.old):
            return f"status {status}, and {served} is served"
        return None

    def readers_get(self, status):
        """Errors in the responses to other users, before a process with write
        permission has opened the database."""
        if not self.has_readers:
            return None
        # The new reader starts while the others have the database open.
        answers = [("comes", as_reader(self.site, LIST))]
        answers += [("stays", reader.get(LIST)) for reader in self.readers]
        for what, answer in answers:
            got = self.items(answer)
            if got != self.new and (status == 0 or got != self.old):
                return f"a reader that {what} gets {answer.status}, {got}"
        return None


class Met(Scenario):
    """The readers have met a writer.  From then on they hold the index of the
    WAL, so a later writer does not create it again.  (Not after a loss of
    power, which ends readers too.)"""

    def start_readers(self):
        writer = sqlite3.connect(self.site.database)
        writer.execute("SELECT count(*) FROM sqlite_master").fetchone()
        super().start_readers()
        writer.close()


class Fresh(Scenario):
    """A first sync: there is no database yet."""
    fresh = True


class Rebuild(Scenario):
    """--rebuild of a database with an incomplete index."""
    args = ("--rebuild",)

    def offer(self, generation):
        super().offer(generation)
        if generation == 0:
            return
        db = sqlite3.connect(self.site.database)
        db.execute("DELETE FROM posting WHERE term > x'6800'")
        db.commit()
        db.close()

    def shows(self, status):
        served = self.served()
        return None if served == self.old else f"{served} is served"

    def heals(self):
        done = subprocess.run(self.site.command("--rebuild"), check=False,
                              env=self.site.environment(),
                              capture_output=True)
        if done.returncode != 0:
            return f"the next run: {done.stdout}{done.stderr}"
        return self.shows(0)


class Responder(Scenario):
    """One request to the responder, which answers completely or with an error and
    changes nothing."""
    program = responder.PROGRAM

    def command(self):
        return [self.program]

    def set_up(self):
        super().set_up()
        self.more_environment = {
            "REQUEST_METHOD": "GET",
            "REQUEST_URI": "/v0.1/servers?search=generation",
            "THV_REGISTRY_DATABASE_PATH": self.site.database}

    def point(self, kind, at):
        status, text, _, fired, name = self.run(kind, at)
        wrong = self.answered(kind, status, text)
        if not wrong and not self.untouched():
            wrong = "the database was changed"
        return wrong and f"{kind} {at} ({name}): {wrong}\n{text[-1500:]}"

    def answered(self, kind, status, text):
        if status == FCGI_NO_MEMORY and kind == "alloc":
            return None
        if status in (ABORTED, FORBIDDEN) and kind == "alloc":
            return None if "out of memory" in text else "no reason is given"
        if status != 0:
            return f"exit status {status}"
        head, _, rest = text.partition("\r\n\r\n")
        if not head.startswith("Status: 200"):
            return None if re.match(r"Status: 50[03] ", head) and \
                '{"error":' in rest else "no answer"
        length = int(re.search(r"Content-Length: (\d+)", head)[1])
        items = json.loads(rest.encode()[:length])["servers"]
        got = [(i["server"]["name"], i["server"]["title"]) for i in items]
        return None if got == self.old else f"{got} is served"


class Admin(Scenario):
    """A triggered sync; the fault is in the admin program or in the sync."""

    def set_up(self):
        super().set_up()
        self.more_environment = {
            "REQUEST_METHOD": "POST", "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_URI": "/registry/sync",
            "THV_REGISTRY_CONFIG": self.site.config,
            "THV_REGISTRY_DATABASE_PATH": self.site.database,
            "THV_REGISTRY_SYNC": SYNC}

    def command(self):
        return [responder.ADMIN]

    def run(self, kind, at):
        done = super().run(kind, at)
        with open(self.site.database + ".lock", "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
        calls, fired, name = STATE.unpack(read(self.state))
        return done[0], done[1], calls, fired, name.rstrip(b"\0").decode()

    def ended_well(self, kind, status, text):
        if status in (ABORTED, KILLED, FCGI_NO_MEMORY) and \
                kind in ("alloc", "kill"):
            return None
        if status != 0:
            return f"exit status {status}"
        if not re.match(r"Status: (202|50\d) ", text):
            return "no answer"
        return None

    def point(self, kind, at):
        status, text, _, _, name = self.run(kind, at)
        wrong = self.ended_well(kind, status, text)
        if not wrong and not self.untouched():
            wrong = self.whole() or self.shows(1) or self.heals()
        return wrong and f"{kind} {at} ({name}): {wrong}\n{text[-1500:]}"


class Http(Scenario):
    """The source is a file behind HTTP."""

    def set_up(self):
        directory = self.site.path("www")
        os.makedirs(directory)

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=directory)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Handler)
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()
        port = self.server.server_address[1]
        self.site.configure({"a": {"file": {
            "url": f"http://127.0.0.1:{port}/a.json"}}})

    def offer(self, generation):
        self.site.write("www/a.json", document(*contents(generation)))

    def close(self):
        self.server.shutdown()
        super().close()


class Git(Scenario):
    """The source is a git repository."""
    # libgit2 does not report the errno of a failed read; its own text is in the
    # message after the operation.
    also_said = "|Fetch failed: "

    def set_up(self):
        self.repository = Repository(self.site.path("a.git"))
        self.site.configure({"a": {"git": {
            "repository": "file://" + self.repository.path,
            "branch": "main", "path": "registry.json"}}})

    def offer(self, generation):
        text = self.site.write("offer.json", document(*contents(generation)))
        self.repository.commit({"registry.json": read(text)})


CARELESS = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = " + sys.argv[2])
db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, b)")
for n in range(40):
    db.execute("INSERT INTO t VALUES (?, randomblob(3000))", (n,))
    if n % 10 == 9:
        db.execute("PRAGMA wal_checkpoint")
"""


def power_losses(synchronous, points):
    """The number of power losses, out of `losses`, that damage a database with
    this PRAGMA synchronous; OFF proves that the simulated disk loses data."""
    broken = 0
    with Site() as site:
        for at in range(20, 20 + points):
            directory = site.path(f"{synchronous}-{at}")
            os.makedirs(directory)
            path, state = directory + "/t.db", directory + "/state"
            with open(state, "wb") as f:
                f.write(b"\0" * STATE.size)
            done = subprocess.run(
                [sys.executable, "-c", CARELESS, path, synchronous],
                check=False, env=site.environment(
                    LD_PRELOAD=LIBRARY, FAULT_KIND="power",
                    FAULT_AT=str(at * 3), FAULT_STATE=state,
                    FAULT_DIRECTORY=directory, FAULT_SEED=str(at)))
            assert done.returncode == KILLED, done.returncode
            db = sqlite3.connect(path)
            try:
                whole = db.execute("PRAGMA integrity_check").fetchall() == \
                    [("ok",)]
            except sqlite3.DatabaseError:
                whole = False
            db.close()
            broken += not whole
    return broken


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def copy(source, target):
    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


def gist(wrong):
    """The part that findings with the same cause have in common."""
    return re.sub(r"[0-9a-f]*\d[0-9a-f]*|/tmp/\S+", "", wrong.splitlines()[0]
                  + "".join(re.findall(r'(?:"error":|error=|msg=)"[^"]+"',
                                       wrong)[-1:]))


class Sweep:
    """All points of one kind in one scenario, or every `step`-th."""

    def __init__(self, scenario, kind, step=1, most=None):
        self.kind = kind
        self.scenario = scenario
        self.step = step
        self.most = most
        self.total = 0
        self.done = 0
        self.wrong = []
        self.outcomes = collections.Counter()

    def work(self, first):
        scenario = self.scenario()
        try:
            status, text, calls, _, _ = scenario.run(self.kind, 0)
            assert status == 0, text
            step = self.step
            if self.most:
                step = max(step, -(-calls // self.most))
            done, wrong, outcomes = 0, [], collections.Counter()
            for at in range(1 + first * step, calls + 1, step * WORKERS):
                done += 1
                try:
                    bad = scenario.point(self.kind, at)
                except (AssertionError, OSError, ValueError,
                        subprocess.TimeoutExpired) as e:
                    bad = f"{self.kind} {at}: {e!r}"
                outcomes[scenario.outcome] += 1
                if bad:
                    wrong.append(bad)
            return calls, done, wrong, outcomes
        finally:
            scenario.close()

    def run(self):
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for calls, done, wrong, outcomes in pool.map(self.work,
                                                         range(WORKERS)):
                self.total = max(self.total, calls)
                self.done += done
                self.wrong += wrong
                self.outcomes += outcomes
        return self

    def row(self):
        """A row below TABLE."""
        cells = [self.scenario.__name__, self.kind, self.total, self.done,
                 self.done - len(self.wrong)]
        cells += [self.outcomes[outcome] for outcome in OUTCOMES]
        return "| " + " | ".join(
            f"{c:,}" if isinstance(c, int) else c for c in cells) + " |"


HEADS = ("scenario", "kind", "points", "tried", "survived") + OUTCOMES
# The header of the table of outcomes.
TABLE = ("| " + " | ".join(HEADS) + " |",
         "|---|---" + "|--:" * (len(HEADS) - 2) + "|")
