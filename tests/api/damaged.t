#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A database whose values are not what the schema says: NULL, another type, a
number out of bounds. The responder answers, if with an error, and lives on."""

import itertools
import json
import os
import shutil
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
GOOD = os.path.join(DIRECTORY.name, "good.db")
WITHOUT_RULES = os.path.join(DIRECTORY.name, "without-rules.db")
GENERATION = itertools.count(1000)
VALUES = [None, "x", b"\xff", 2**63 - 1, -2**63, 0]
# All of them take a minute, a sanitizer's build more than two.
ALL = os.environ.get("DAMAGED") == "all"
URIS = ["/v0.1/servers?limit=1", "/v0.1/servers?version=latest&limit=1",
    "/v0.1/servers?search=number&limit=1", "/v0.1/servers?tag=t&limit=1",
    "/v0.1/servers?updated_since=2020-01-01T00:00:00Z",
    "/registry/r/v0.1/servers/a.example%2F1/versions",
    "/registry/r/v0.1/servers/a.example%2F1/versions?limit=1",
    "/v0.1/servers/a.example%2F1/versions/latest",
    "/v0.1/x/dev.toolhive/skills?status=active", "/v1/sources",
    "/v1/sources/a", "/v1/sources/a/entries?limit=1", "/v1/registries",
    "/v1/registries/r", "/v1/registries/r/entries?limit=1",
    "/registry/status", "/registry/status/history", "/metrics", "/readiness",
    "/registry/r/openapi.yaml"]


def without_rules(path):
    """Takes from the tables what the schema demands of their values."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA writable_schema = ON")
    for name, sql in db.execute("SELECT name, sql FROM sqlite_schema"
            " WHERE type = 'table' AND sql LIKE 'CREATE TABLE%'").fetchall():
        rowid = "WITHOUT ROWID" not in sql
        for rule in " NOT NULL", "STRICT":
            sql = sql.replace(rule, "")
        while "CHECK (" in sql:
            at = end = sql.index("CHECK (")
            depth = 0
            while depth or end <= at + 6:
                depth += {"(": 1, ")": -1}.get(sql[end], 0)
                end += 1
            sql = sql[:at] + sql[end:]
        if not rowid:
            sql = sql.replace(", WITHOUT ROWID", " WITHOUT ROWID")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?",
            (sql.replace(") , ", ") "), name))
    # Only their names are needed.
    db.execute("DELETE FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL")
    db.execute("PRAGMA writable_schema = RESET")
    db.close()


def build():
    extra = {"packages": [{"registryType": "npm", "identifier": "i",
        "transport": {"type": "stdio"}}], "_meta": {rdb.PUBLISHER: {"p": {"q":
            {"tags": ["t"]}}}}}
    rdb.build(GOOD, [rdb.Source("a", [rdb.server(f"a.example/{n}", v,
        f"number {n}", extra=extra) for n in (1, 2) for v in ("1.0", "2.0")] +
        [rdb.extension(rdb.SKILL, "n", "s")])],
        [rdb.Registry("r", ["a"], True)])
    db = sqlite3.connect(GOOD, isolation_level=None)
    run = {"run_id": "r1", "trigger": "manual", "started_us": 1,
        "ended_us": 2, "attempts": 1, "pid": 1, "heartbeat_us": 2,
        "result": "completed"}
    columns = {c[1] for c in db.execute("PRAGMA table_info(run)")}
    run = {k: v for k, v in run.items() if k in columns}
    db.execute(f"INSERT INTO run ({','.join(run)}) VALUES"
        f" ({','.join('?' * len(run))})", list(run.values()))
    of_source = {c[1]: 1 for c in db.execute("PRAGMA table_info(run_source)")
        if c[3]}
    of_source.update(source="a", kind="file", result="failed")
    db.execute(f"INSERT INTO run_source ({','.join(of_source)}) VALUES"
        f" ({','.join('?' * len(of_source))})", list(of_source.values()))
    db.execute("INSERT INTO duration_total VALUES"
        " ('sync', 'file', 'a', 'completed', 1, 1, 1)")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    shutil.copy(GOOD, WITHOUT_RULES)
    without_rules(WITHOUT_RULES)


def columns():
    db = sqlite3.connect(GOOD)
    found = [(table, column[1]) for table, in db.execute("SELECT name FROM"
        " sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        for column in db.execute(f"PRAGMA table_info({table})")]
    db.close()
    return found


def damage(table, column, value):
    """Puts a damaged copy where the database is; whether that can be."""
    copy = os.path.join(DIRECTORY.name, "copy.db")
    shutil.copy(WITHOUT_RULES, copy)
    db = sqlite3.connect(copy, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA foreign_keys = OFF")
    try:
        # Else an answer from the copy before would do.
        db.execute("UPDATE registry SET generation = ?", (next(GENERATION),))
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
        possible = db.execute("SELECT changes()").fetchone()[0] > 0
    except sqlite3.Error:
        possible = False
    db.close()
    for end in "-wal", "-shm":
        if os.path.exists(copy + end):
            os.remove(copy + end)
    if possible:
        os.rename(copy, DATABASE)
    return possible


def ask(server, where, seen):
    for uri in URIS:
        try:
            answer = server.get(uri)
        except (OSError, EOFError):
            tap.ok(False, f"{where}: {uri} is answered")
            return False
        seen[answer.status] = seen.get(answer.status, 0) + 1
        if answer.status not in (200, 304, 404, 500, 503):
            tap.equal(answer.status, 500, f"{where}: {uri}")
        if answer.status >= 400:
            json.loads(answer.body)
    return True


def test_every_column():
    os.environ["UBSAN_OPTIONS"] = "halt_on_error=1"
    server = responder.FastCgi(DATABASE, DIRECTORY.name)
    seen, tried = {}, 0
    for i, (table, column) in enumerate(columns()):
        for value in VALUES if ALL else (None, VALUES[1 + i % 5]):
            if not damage(table, column, value):
                continue
            tried += 1
            where = f"{table}.{column} = {value!r}"
            if not ask(server, where, seen):
                server.process.wait(10)
                server = responder.FastCgi(DATABASE, DIRECTORY.name,
                    name=f"fcgi{tried}")
    tap.ok(tried > 150, f"{tried} values were tried: {seen}")
    tap.ok(seen.get(500, 0) + seen.get(503, 0) > 10 and seen[200] > 1000,
        "with errors and without")
    tap.equal(server.stop(), 0, "the responder lives")
    tap.equal([line for line in server.log().splitlines()
        if "runtime error" in line or "AddressSanitizer" in line], [],
        "and nothing was undefined")


def test_unreadable_page():
    """An answer that breaks off in the database is an error, never a part of a
    list."""
    path = os.path.join(DIRECTORY.name, "page.db")
    rdb.build(path, [rdb.Source("a", [rdb.server("a.example/x", f"1.0.{i}",
        f"marker-{i} " + "long " * 500) for i in range(9)])],
        [rdb.Registry("r", ["a"], True)])
    uris = ["/v0.1/servers", "/v0.1/servers/a.example%2Fx/versions",
        "/v0.1/servers/a.example%2Fx/versions/1.0.3"]
    server = responder.FastCgi(path, DIRECTORY.name, name="page")
    tap.equal([server.get(uri).status for uri in uris], [200] * 3, "set-up")
    server.stop()
    with open(path, "r+b") as f:
        data = f.read()
        size = int.from_bytes(data[16:18], "big")
        page = data.index(b"marker-3") // size * size
        f.seek(page)
        f.write(bytes(size))
    server = responder.FastCgi(path, DIRECTORY.name, name="page2")
    for uri in uris:
        answer = server.get(uri)
        tap.ok(answer.status >= 500, f"{uri}: {answer.status}")
        tap.ok("error" in json.loads(answer.body), f"{uri}: an error in JSON")
    tap.equal(server.stop(), 0, "the responder lives")


build()
tap.main([test_unreadable_page, test_every_column])
