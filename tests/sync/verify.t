#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--verify finds what is wrong with a database, --rebuild makes it right, and
no fact is lost that cannot be fetched again."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import fcntl
import json
import sqlite3
import subprocess
import tempfile
import threading

import responder
import tap
from test_site import LISTING, Site, server

ENTRIES = 300
PADDING = "x" * 700  # documents fill pages of their own


def entries(count=ENTRIES, title="One"):
    out = [server(f"n/s{i:04}", title=f"{title} {i}",
                  description=f"marker-{i:04}", tags=["t", f"t{i % 7}"])
           for i in range(count)]
    for entry in out:
        entry["_meta"][LISTING]["com.example"]["padding"] = PADDING
    return out


class Case(Site):
    """Two sources, one of them filtered, a tombstone, two registries."""

    def __init__(self):
        super().__init__()
        more = [server(f"m/t{i}", f"1.{i}.0", tags=["keep"] if i % 2 else [])
                for i in range(20)]
        self.blocks = {
            "a": self.file_source("a", *entries()),
            "b": self.file_source("b", *more, filter={
                "tags": {"include": ["keep"]}})}
        self.configure(self.blocks, {"main": ["a", "b"], "other": ["b"]})
        assert self.sync().status == 0
        self.file_source("a", *entries(ENTRIES - 1))
        assert self.sync("--force").status == 0

    def verify(self, *args):
        """(exit status, report)."""
        done = subprocess.run(
            self.command("--json", *(args or ("--verify",))), check=False,
            env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.said = done.stderr.decode()
        return done.returncode, json.loads(done.stdout or b"null")

    def wrong(self, *args):
        """The names of the checks that are not ok."""
        status, report = self.verify(*args)
        names = [c["name"] for c in report["checks"] if not c["ok"]]
        tap.equal(status, 1 if names else 0, f"exit status with {names}")
        return names

    def change(self, *statements):
        """Changes facts without the tables that are derived from them."""
        db = sqlite3.connect(self.database)
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()

    def damage(self, find, put):
        """Changes bytes of the file behind SQLite's back."""
        self.change()
        with open(self.database, "r+b") as f:
            data = f.read()
            at = data.index(find)
            f.seek(at)
            f.write(put)
        return at // self.value("PRAGMA page_size")

    def destroy_page(self, table, which=0):
        """Fills a leaf page of a table with rubbish."""
        self.change()
        # dbstat is not everywhere: a leaf of the table is found by its root.
        root = self.value("SELECT rootpage FROM sqlite_schema WHERE name = ?",
                          table)
        size = self.value("PRAGMA page_size")
        with open(self.database, "r+b") as f:
            f.seek((root - 1) * size)
            page = f.read(size)
            at = root
            if page[0] in (2, 5):  # an interior page: go to a child
                pointer = int.from_bytes(page[12 + 2 * which:14 + 2 * which],
                                         "big")
                at = int.from_bytes(page[pointer:pointer + 4], "big")
            f.seek((at - 1) * size)
            f.write(b"\xa5" * size)

    def facts(self):
        """What no source could bring back."""
        return self.query(
            "SELECT e.source_id, e.kind, e.name, v.version, v.status,"
            " v.published_us, v.first_seen_us, v.removed_us"
            " FROM entry e JOIN version v ON v.entry_id = e.id"
            " ORDER BY 1, 2, 3, 4"), self.query(
            "SELECT run_id, result FROM run ORDER BY id"), self.value(
            "SELECT value FROM setting WHERE key = 'database_id'")


def test_clean():
    with Case() as case:
        tap.equal(case.wrong(), [], "nothing is wrong after syncs")
        status, report = case.verify()
        tap.equal(report["documents"], ENTRIES + 10, "documents looked at")
        before = case.facts()
        shown = case.names()
        generation = case.value("SELECT generation FROM registry WHERE id = 1")
        tap.equal(case.wrong("--rebuild"), [], "nor after a rebuild")
        tap.equal(case.facts(), before, "the facts are the same")
        tap.equal(case.names(), shown, "the same is served")
        tap.ok(case.value("SELECT generation FROM registry WHERE id = 1") >
               generation, "under another entity tag")
        tap.equal(case.value("PRAGMA journal_mode"), "wal", "still WAL")
        run = case.sync("--force")
        tap.equal((run.status, run.counts("a")), (0, (0, 0, 0,
                  ENTRIES - 1, 0)), "the next sync finds nothing new")
        done = subprocess.run(case.command("--verify", "-q"), check=False,
                              capture_output=True)
        tap.equal((done.returncode, done.stdout), (0, b""), "-q is silent")


DERIVED = [
    ("search-texts", "UPDATE version_text SET search_text = 'lost'"
     " WHERE document_id = 5"),
    ("search-texts", "DELETE FROM version_text WHERE document_id = 5"),
    ("entries", "UPDATE entry_head SET latest_version = '9' WHERE entry_id = 3"),
    ("entries", "UPDATE entry_head SET texts = texts + 1"
     " WHERE entry_id = 3"),
    ("order", "UPDATE entry_head SET sort_key = sort_key + (1 << 50)"
     " WHERE entry_id = 3"),
    ("registries", "DELETE FROM membership WHERE name = 'n/s0007'"),
    ("registries", "INSERT INTO membership SELECT 2, sort_key, kind, name,"
     " entry_id FROM membership WHERE name = 'n/s0007'"),
    ("registry-counts", "UPDATE registry_count SET servers = 7"
     " WHERE registry_id = 1"),
    ("source-counts", "UPDATE source_state SET servers = 7"
     " WHERE source_id = 1"),
    ("index", "DELETE FROM posting WHERE rowid_of = 1"),
    ("documents", "UPDATE document SET body = replace(body, 'One 9', 'Two 9')"
     " WHERE body LIKE '%One 9%'"),
    ("references", "INSERT INTO rejection VALUES (99, 1, 1, '', '', '', '',"
     " '', 0)"),
]


def test_each_check():
    with Case() as case:
        case.change()
        good = case.path("good.db")
        subprocess.run(["cp", case.database, good], check=True)
        for name, statement in DERIVED:
            for end in "-wal", "-shm":
                if os.path.exists(case.database + end):
                    os.unlink(case.database + end)
            subprocess.run(["cp", good, case.database], check=True)
            if "rowid_of" in statement:
                statement = ("DELETE FROM posting WHERE term = (SELECT"
                             " max(term) FROM posting)")
            case.change(statement)
            wrong = case.wrong()
            tap.ok(name in wrong, f"{name} found after {statement[:50]}")
            if name in ("documents", "references", "source-counts"):
                continue
            case.wrong("--rebuild")
            tap.equal(case.wrong(), [], f"{name} is rebuilt")


def test_flipped_byte():
    """The digest of a document detects a flipped byte."""
    with Case() as case:
        before = case.facts()
        case.damage(b'"description":"marker-0123', b'"description":"marker-9')
        status, report = case.verify()
        found = next(c for c in report["checks"] if c["name"] == "documents")
        tap.equal((status, found["problems"], found["example"]),
                  (1, 1, "n/s0123 1.0.0 of source a"), "found and named")
        tap.ok(report["checks"][0]["ok"], "the pages are fine")
        status, report = case.verify("--rebuild")
        tap.equal((status, report["ok"]), (0, True), "a rebuild mends")
        tap.equal([c["name"] for c in report["before"] if c["problems"]],
                  ["documents", "search-texts", "entries"],
                  "and says what it found")
        item = case.get("/v0.1/servers/n%2Fs0123/versions/latest")
        tap.contains(item.json["server"]["description"], "Damaged",
                     "a stand-in is served meanwhile")
        run = case.sync()
        tap.equal(run.source("a")["result"], "completed",
                  "its source is due at once")
        tap.equal(run.counts("a"), (0, 1, 0, ENTRIES - 2, 0),
                  "and brings back the one that was damaged")
        item = case.get("/v0.1/servers/n%2Fs0123/versions/latest")
        tap.contains(item.json["server"]["description"], "marker-0123",
                     "the document is there again")
        tap.equal(case.facts()[0], before[0], "no date or tombstone was lost")
        tap.equal(case.wrong(), [], "all is well")


def test_bad_page_of_documents():
    with Case() as case:
        before = case.facts()
        case.destroy_page("document", 3)
        wrong = case.wrong()
        tap.equal(wrong[:2], ["pages", "facts"], "found")
        tap.equal(case.wrong("--rebuild"), [], "mended")
        tap.ok(case.value("SELECT count(*) FROM document"
                          " WHERE body LIKE '%Damaged%'") > 0,
               "there are stand-ins")
        tap.equal(case.sync().status, 0, "the sources bring back the rest")
        tap.equal(case.value("SELECT count(*) FROM document d JOIN version v"
                             " ON v.document_id = d.id WHERE removed_us IS NULL"
                             " AND body LIKE '%Damaged%'"), 0, "all of it")
        tap.equal(case.facts()[0], before[0], "no date or tombstone was lost")
        tap.equal(case.wrong(), [], "all is well")


def test_bad_pages_of_what_is_derived():
    for table in "posting", "block", "entry_head", "membership", \
            "version_text":
        with Case() as case:
            before, shown = case.facts(), case.names()
            case.destroy_page(table)
            tap.ok("pages" in case.wrong(), f"a bad page of {table} is found")
            tap.equal(case.wrong("--rebuild"), [], "the rebuild finds nothing wrong")
            tap.equal((case.facts(), case.names()), (before, shown),
                      "nothing is lost")


def test_pages_of_another_size():
    """A database from before ours had theirs keeps its own."""
    with Case() as case:
        before, shown = case.facts(), case.names()
        db = sqlite3.connect(case.database, isolation_level=None)
        for text in ("journal_mode = DELETE", "page_size = 4096"):
            db.execute(f"PRAGMA {text}").fetchall()
        db.execute("VACUUM")
        db.execute("PRAGMA journal_mode = WAL").fetchall()
        db.close()
        case.change("DELETE FROM posting")
        tap.equal(case.wrong(), ["index"], "its index is gone")
        tap.equal(case.wrong("--rebuild"), [], "the rebuild finds nothing wrong")
        tap.equal(case.value("PRAGMA page_size"), 4096, "pages stay")
        tap.equal((case.facts(), case.names()), (before, shown),
                  "nothing is lost")
        tap.equal(case.sync("--force").status, 0, "and it can be synced")


def test_bad_page_of_facts():
    with Case() as case:
        case.destroy_page("version")
        tap.equal(case.wrong()[:2], ["pages", "facts"], "found")
        with open(case.database, "rb") as f:
            before = f.read()
        status, report = case.verify("--rebuild")
        tap.equal((status, report), (1, None), "refused")
        tap.contains(case.said, "not rebuilt: table: version: ",
                     "the table is named")
        with open(case.database, "rb") as f:
            tap.ok(f.read() == before, "nothing was changed")


def test_not_possible():
    with Case() as case:
        with open(case.database + ".lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            status, _ = case.verify("--rebuild")
            tap.equal(status, 1, "no rebuild beside a sync")
            tap.contains(case.said, "another sync is running", "says why")
            tap.equal(case.wrong(), [], "looking is possible")
        case.change("PRAGMA user_version = 1")
        status, _ = case.verify()
        tap.equal(status, 1, "another schema")
        tap.contains(case.said, "has schema 1, this program needs", "says so")
        case.write("registry.db", "no database at all, " * 500)
        tap.equal(case.verify()[0], 1, "not a database")
        tap.contains(case.said, "not a database", "says so")
        os.unlink(case.database)
        tap.equal(case.verify()[0], 1, "none there")
        tap.contains(case.said, "No such file", "says so")
        tap.ok(not os.path.exists(case.database), "and makes none")


def test_readers_meanwhile():
    """A responder that stays answers through rebuilds."""
    with Case() as case, tempfile.TemporaryDirectory() as directory:
        fcgi = responder.FastCgi(case.database, directory)
        stop, wrong, answers = threading.Event(), [], [0]

        def ask():
            while not stop.is_set():
                answer = fcgi.get("/v0.1/servers?limit=1000&search=marker")
                answers[0] += 1
                if answer.status != 200 or \
                        len(answer.json["servers"]) != ENTRIES - 1:
                    wrong.append((answer.status, answer.body[:200]))

        thread = threading.Thread(target=ask)
        thread.start()
        statuses = [case.verify("--rebuild")[0] for _ in range(5)]
        stop.set()
        thread.join()
        tap.equal(statuses, [0] * 5, "five rebuilds")
        tap.ok(answers[0] >= 5, f"{answers[0]} answers meanwhile")
        tap.equal(wrong, [], "each of them whole")
        fcgi.stop()


tap.main([test_clean, test_each_check, test_flipped_byte,
          test_bad_page_of_documents, test_bad_pages_of_what_is_derived,
          test_pages_of_another_size, test_bad_page_of_facts, test_not_possible,
          test_readers_meanwhile])
