#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Options, exit statuses and output of thv-registry-sync."""
import fcntl
import json
import os
import re
import pty
import sqlite3
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from git_server import Repository
from test_site import SYNC, Site, document, server
from slow_upstream import Upstream


def call(*args, **env):
    done = subprocess.run([SYNC, *args], env={**os.environ, **env},
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    done.stderr = responder.without_valgrind(done.stderr)
    return done


def site_with_one(site):
    site.configure({"a": site.file_source("a", server("n/x"))})


def test_help_and_version():
    done = call("--help")
    tap.equal((done.returncode, done.stderr), (0, ""), "--help")
    for option in ("--config", "--source", "--force", "--dry-run", "--check",
                   "--json", "--quiet", "--verbose", "--version", "--watch"):
        tap.contains(done.stdout, option, f"--help names {option}")
    done = call("--version")
    tap.equal(done.returncode, 0, "--version")
    tap.ok(done.stdout.startswith("thv-registry-sync "), "names itself")


def test_usage_errors():
    for args in ("--no-such",), ("-c",), ("extra",), ("--source",):
        done = call(*args)
        tap.equal((done.returncode, done.stdout), (2, ""), f"{args}")
        tap.contains(done.stderr, args[0], "the message names the error")


def test_configuration_errors_touch_nothing():
    with Site() as site:
        site.write("config.yaml", "sources: []\nregistries: []\n")
        run = site.sync(THV_REGISTRY_DATABASE_PATH=site.database)
        tap.equal(run.status, 2, "exit status")
        tap.contains(run.err, "config.yaml:1", "file and line")
        tap.equal([line for line in run.err.splitlines()
                   if "msg=configuration " not in line], [],
                  "each error is reported once")
        tap.ok(not os.path.exists(site.database), "no database")
        done = call("-c", site.path("missing.yaml"))
        tap.equal(done.returncode, 2, "missing file")
        tap.contains(done.stderr, "missing.yaml", "is named")


CLAIMED = """\
sources:
- name: s
  file: {path: FILE}
  syncPolicy: {interval: 1h}
  claims: {org: acme}
registries: [{name: r, sources: [s]}]
database: {path: DATABASE}
"""
OAUTH = CLAIMED.replace("  claims: {org: acme}\n", "") + """\
auth:
  mode: oauth
  oauth: {providers: {name: p, audience: a, issuerUrl: 'https://e.example'}}
"""


def test_claims_without_protection_are_refused():
    """Configured claims must not suggest a protection that does not exist."""
    with Site() as site:
        site.write("s.json", json.dumps(document(server("n/x"))))

        def run(text, *arguments):
            site.write("c.yaml", text.replace("FILE", site.path("s.json"))
                .replace("DATABASE", site.database))
            return call("-c", site.path("c.yaml"), *arguments)

        for text, place in ((CLAIMED, ":5: sources[0].claims: "),
                (CLAIMED + "auth: {mode: anonymous}\n",
                    ":5: sources[0].claims: "),
                (CLAIMED + "auth: {mode: anonymous, claims: yes}\n",
                    ":8: auth.claims: "), (OAUTH, ":8: auth.mode: ")):
            for arguments in [], ["--check"], ["--dry-run"], ["--force"], \
                    ["--watch"]:
                done = run(text, *arguments)
                tap.equal((done.returncode, os.path.exists(site.database)),
                    (2, False), f"{arguments}: refused without a sync")
                tap.contains(done.stderr, place, "file, line and key")
                tap.contains(done.stderr, "ignored'", "the message says what to write")
        for text in (CLAIMED + "auth: {mode: anonymous, claims: ignored}\n",
                OAUTH + "  claims: ignored\n"):
            done = run(text)
            tap.equal(done.returncode, 0, "claims: ignored accepts them")
            tap.contains(done.stderr, "by this version" if text.startswith(
                OAUTH) else "claims are ignored", "with a warning")


def test_unknown_source_name():
    with Site() as site:
        site_with_one(site)
        run = site.sync("--source", "nobody")
        tap.equal(run.status, 2, "exit status")
        tap.contains(run.err, "nobody", "is named")
        tap.ok(not os.path.exists(site.database), "no database")


def test_check():
    with Site() as site:
        site_with_one(site)
        done = call("--check", "-c", site.config)
        tap.equal(done.returncode, 0, "exit status")
        tap.contains(done.stdout, "1 sources, 1 registries", "counts sources and registries")
        tap.ok(not os.path.exists(site.database), "no database")


def test_json_report():
    with Site() as site:
        site_with_one(site)
        report = site.sync().report
        tap.equal(sorted(report), ["durationSeconds", "sources", "startedAt"],
                  "members")
        tap.equal(list(report["sources"][0]), [
            "name", "type", "result", "added", "updated", "removed",
            "unchanged", "rejected", "total", "durationSeconds", "hash",
            "requests", "bytes", "error"], "members of a source")
        tap.equal(site.sync().source("a")["result"], "skipped", "not due")
        tap.equal(site.sync("--force").source("a")["result"], "completed",
                  "forced")


def files(site):
    """{path: (inode, mtime, content)} of all files of a site."""
    found = {}
    for directory, names, plain in os.walk(site.dir):
        for name in names + plain:
            path = os.path.join(directory, name)
            st = os.stat(path)
            content = open(path, "rb").read() if name in plain else None
            found[path] = (st.st_ino, st.st_mtime_ns, content)
    return found


def dry_run(site, want, what, *args):
    """Reports the counts ${want} of a and b, and changes no file."""
    site.write("tmp/keep", "")
    before = files(site)
    run = site.sync("--dry-run", *args, TMPDIR=site.path("tmp"))
    tap.equal((run.status, [run.counts(s) for s in "ab"]), (0, want), what)
    after = files(site)
    tap.equal(sorted(set(before) ^ set(after)), [], f"no file: {what}")
    # Readers write to the index of the WAL.
    tap.equal([p for p in before if before[p] != after.get(p) and not
               p.endswith(("-shm", "/tmp"))], [], f"none changed: {what}")
    return run


def test_dry_run_writes_nothing():
    with Site() as site:
        repo = Repository(site.path("repo.git"))

        def commit(name):
            repo.commit({"registry.json":
                         json.dumps(document(server(name))).encode()})
        commit("n/z")
        b = {"git": {"repository": "file://" + repo.path}}
        site.configure({"a": site.file_source("a", server("n/x")), "b": b})
        new = [(1, 0, 0, 0, 0)] * 2
        run = dry_run(site, new, "without a database")
        tap.contains(run.err, "dry run without a database", "a message says so")
        site.sync()
        site.file_source("a", server("n/x"), server("n/y"))
        commit("n/other")
        more = [(1, 0, 0, 1, 0), (1, 0, 1, 0, 0)]
        run = dry_run(site, more, "with a database", "--force")
        tap.ok("without a database" not in run.err, "without that message")
        with open(site.database + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            dry_run(site, more, "during a sync", "--force")
        db = sqlite3.connect(site.database)
        db.execute("BEGIN IMMEDIATE")
        dry_run(site, more, "while a sync writes", "--force")
        db.rollback()
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version // 1000 * 1000}")
        db.close()
        dry_run(site, more, "another schema", "--force")
        restored = site.path("restored.db")
        db = sqlite3.connect(site.database)
        db.execute("VACUUM INTO ?", (restored,))
        db.close()
        for end in "", "-wal", "-shm", ".lock":
            if os.path.exists(site.database + end):
                os.unlink(site.database + end)
        os.rename(restored, site.database)
        dry_run(site, more, "a restored database", "--force")
        db = sqlite3.connect(site.database)
        db.execute("PRAGMA journal_mode = WAL")
        db.close()
        dry_run(site, more, "a restored database in WAL mode", "--force")
        tap.equal([site.sync("--force").counts(s) for s in "a"], more[:1],
                  "a run then makes the reported changes")


def test_one_at_a_time():
    with Site() as site:
        site_with_one(site)
        with open(site.database + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run = site.sync()
            tap.equal(run.status, 0, "exit status when another one runs")
            tap.contains(run.err, "another sync is running", "is said")
            tap.ok(not os.path.exists(site.database), "nothing is written")
        tap.equal(site.sync().status, 0, "the next sync works")


def test_foreign_database_is_left_alone():
    with Site() as site:
        site_with_one(site)
        db = sqlite3.connect(site.database)
        db.execute("CREATE TABLE other (x)")
        db.commit()
        db.close()
        run = site.sync()
        tap.equal(run.status, 1, "exit status")
        tap.contains(run.err, "is not a registry database", "is said")
        tap.equal(site.query("SELECT name FROM sqlite_schema"), [("other",)],
                  "and is not changed")


def test_newer_database_is_left_alone():
    with Site() as site:
        site_with_one(site)
        site.sync()
        db = sqlite3.connect(site.database)
        db.execute("PRAGMA user_version = 99000")
        db.close()
        run = site.sync()
        tap.equal(run.status, 1, "exit status")
        tap.contains(run.err, "newer program", "is said")


def test_derived_tables_are_rebuilt():
    with Site() as site:
        site.configure({"a": site.file_source(
            "a", server("n/x"), server("n/y", title="Übung"))})
        site.sync()
        before = {uri: site.get(uri).body for uri in
                  ("/v0.1/servers", "/v0.1/servers?search=%C3%BCbung")}
        db = sqlite3.connect(site.database)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute("DROP TABLE posting")
        db.execute("DELETE FROM entry_head")
        db.execute("DELETE FROM membership")
        db.execute(f"PRAGMA user_version = {version - version % 1000}")
        db.commit()
        db.close()
        os.remove(site.path("a.json"))
        tap.equal(site.get("/v0.1/servers").status, 503,
                  "a responder refuses another schema")
        tap.equal(site.sync().status, 0, "a sync rebuilds them without the source")
        tap.equal(site.value("PRAGMA user_version"), version, "version")
        for uri, body in before.items():
            tap.equal(site.get(uri).body, body, uri)


def test_output_of_a_pipe_and_of_a_terminal():
    with Site() as site:
        site_with_one(site)
        done = call("-c", site.config)
        tap.equal(done.stdout, "", "a pipe gets no summary")
        tap.contains(done.stderr, 'msg="source synced" source=a', "but log lines")
        tap.ok("\r" not in done.stderr, "and no progress")
        done = call("-q", "-c", site.config, "--force")
        tap.equal(done.stdout + done.stderr, "", "-q prints nothing")
        master, slave = pty.openpty()
        subprocess.run([SYNC, "-c", site.config, "--force"], stdout=slave,
                       stderr=slave, stdin=subprocess.DEVNULL, check=False)
        os.close(slave)
        text = os.read(master, 65536).decode()
        os.close(master)
        tap.contains(text, "a: completed, 0 added", "a terminal gets a summary")
        tap.ok("level=" not in text, "and no log")


def read_terminal(master, process):
    """The output until the process exits."""
    text = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    process.wait()
    return text.decode()


def test_progress_on_a_terminal():
    with Site() as site, Upstream() as up:
        site.configure({name: up.source(name, document(server(f"n/{name}")), 3)
                        for name in ("one", "two")})
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 40, 0, 0))
        process = subprocess.Popen([SYNC, "-c", site.config], stdout=slave,
                                   stderr=slave, stdin=subprocess.DEVNULL)
        os.close(slave)
        text = read_terminal(master, process)
        os.close(master)
        lines = [l for l in text.split("\r\033[K") if l and "\n" not in l]
        for name in "one", "two":
            tap.ok(any(l.startswith(f"{name}: connecting") for l in lines),
                   f"{name} shows its progress")
            # The first line has no line to clear.
            tap.ok(re.search(f"(\r\033\\[K|\n){name}: completed", text),
                   f"summary of {name}")
        tap.ok(max(map(len, lines)) == 39, "a line never fills the terminal")
        up.source("one", document(server("n/one")))
        done = call("-v", "-c", site.config, "--force", "--source", "one")
        for step in "msg=fetching source=one", 'msg="fetched ':
            tap.contains(done.stderr, step, "-v logs steps")


def test_run_history():
    with Site() as site:
        site_with_one(site)
        site.sync()
        site.sync()
        tap.equal(site.query("SELECT source, result, added FROM sync_run"),
                  [("a", "completed", 1)], "runs without a change are not recorded as attempts")
        site.sync("--force", THV_REGISTRY_RUN_ID="my-run")
        tap.equal(site.query("SELECT trigger FROM sync_run "
                             "WHERE run_id = 'my-run'"), [("manual",)],
                  "a triggered run is recorded as manual")
        last = site.get("/registry/status").json["lastSync"]
        tap.equal((last["type"], last["result"], last["serverCount"],
                   last["attemptCount"], last["errorMessage"]),
                  ("manual", "completed", 1, 0, None), "status")


ONE_WRITABLE = """set -e
mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp
mount -t tmpfs -o ro none /var/tmp
mount --bind "$0" "$0" && mount -o remount,bind,rw "$0"
cd /proc && exec "$@"
"""


def test_without_a_directory_for_temporary_files():
    """Temporary files go to the directory of the database."""
    with Site() as site:
        if os.geteuid() != 0 or not site.dir.startswith("/tmp/") or \
                subprocess.run(["unshare", "-m", "true"], check=False,
                               stderr=subprocess.DEVNULL).returncode != 0:
            tap.skip("mounting needs root")
            return
        site_with_one(site)
        env = site.environment()
        for name in "TMPDIR", "SQLITE_TMPDIR":
            env.pop(name, None)
        before = set(os.listdir(site.dir))
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", ONE_WRITABLE, site.dir,
             *site.command()], env=env, capture_output=True, text=True,
            check=False)
        tap.equal((done.returncode, site.value("SELECT count(*) FROM server")),
                  (0, 1), "a sync without /tmp and /var/tmp")
        tap.equal(sorted(set(os.listdir(site.dir)) - before),
                  ["cache", "registry.db", "registry.db-shm", "registry.db-wal",
                   "registry.db.lock"], "it leaves no temporary file")


def test_orphaned_run_is_closed():
    with Site() as site:
        site_with_one(site)
        site.sync()
        db = sqlite3.connect(site.database)
        db.execute("UPDATE run SET ended_us = NULL, result = NULL")
        db.execute("UPDATE source_state SET phase = 'syncing'")
        db.commit()
        db.close()
        site.sync()
        tap.equal(site.query("SELECT result FROM run ORDER BY id"),
                  [("interrupted",), ("completed",)], "run")
        tap.equal(site.query("SELECT phase FROM source_state"),
                  [("complete",)], "the source is synced at once")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
