#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A rejected source, entry or file keeps its last good content; changed rules read a
source again."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site, document, server
from upstream import Upstream

LONG = "x" * 101
STORED = "SELECT name, version, status FROM server ORDER BY name, version"


def many(count, **more):
    return [server(f"n/s{i:02}", **more) for i in range(count)]


def names_of(count):
    return [f"com.example/server-{i:05}" for i in range(count)]


def alive(site):
    return [f"{name}@{version}" for name, version, status in
            site.query(STORED) if status != "deleted"]


def tree(site, files, name="tree"):
    """Replaces the files of the directory by these."""
    top = site.path(name)
    for at, _, found in os.walk(top):
        for file in found:
            if os.path.relpath(os.path.join(at, file), top) not in files:
                os.remove(os.path.join(at, file))
    for file, content in files.items():
        site.write(f"{name}/{file}", content)
    return top


def rejected(site):
    return site.query("SELECT path, name, version, served_version FROM "
                      "rejected_entry ORDER BY path")


# ---- a source ----------------------------------------------------------------

def check_refused(site, run, label, *parts):
    tap.equal((run.status, run.source("a")["result"]), (1, "failed"),
              f"{label}: fails")
    for part in parts:
        tap.contains(run.source("a")["error"], part, f"{label}: reports the cause")
    tap.equal(len(alive(site)), 20, f"{label}: the stored entries stay")


def test_a_source_of_which_all_is_rejected_fails():
    rows = (
        ("registry", document(*many(20, description=LONG)),
         "all 20 entries are rejected, the first: data.servers.0.description:"),
        ("page", {"servers": [{"server": s} for s in many(3, description="")]},
         "all 3 entries are rejected, the first: servers.0.server.descr"),
        ("list", [{}, {}], "all 2 entries are rejected, the first: 0"),
        ("legacy", {"servers": {"x": {"command": "npx"}}},
         "all 1 entries are rejected, the first: servers.x.description"),
        ("another program's", {"mcpServers": {"x": {}}}, "(root)"),
        ("skills", document(skills=[{"name": "x"}]),
         "all 1 entries are rejected, the first: data.skills.0"),
        ("nothing", document(), "at least one server"),
    )
    for label, content, part in rows:
        with Site() as site:
            block = {"a": site.file_source("a", *many(20))}
            site.configure(block)
            tap.equal(site.sync().status, 0, f"{label}: set-up")
            site.write("a.json", content)
            dry = site.sync("--force", "--dry-run")
            check_refused(site, dry, f"{label}, dry", part)
            check_refused(site, site.sync("--force", "--source", "a"), label,
                          part)
            tap.equal(site.query("SELECT * FROM rejected_entry"), [],
                      f"{label}: no entry is listed as rejected")
        with Site() as site:
            site.configure({"a": {"file": {"path": site.write(
                "a.json", content)}}})
            run = site.sync()
            tap.equal(run.status, 1, f"{label}: a first sync fails too")
            tap.contains(run.source("a")["error"], part, f"{label}: with the same cause")


def test_an_api_whose_every_entry_is_rejected_fails():
    with Upstream(20) as up, Site() as site:
        site.configure({"a": {"api": {"endpoint": up.url()}}})
        tap.equal(site.sync().status, 0, "set-up")
        for name in names_of(20):
            up.put(name, description="")
        check_refused(site, site.sync("--force"), "an API",
                      "all 20 entries are rejected")


def test_allowempty_accepts_an_empty_api():
    for allow, status, left in ((False, 1, 20), (True, 0, 0)):
        with Upstream(20) as up, Site() as site:
            site.configure({"a": {"api": {"endpoint": up.url(),
                                          "allowEmpty": allow}}})
            site.sync()
            up.items.clear()
            run = site.sync("--force")
            tap.equal((run.status, len(alive(site))), (status, left),
                      f"allowEmpty: {allow}")


def test_a_large_loss_has_to_be_confirmed():
    with Site() as site:
        site.configure({"a": site.file_source("a", *many(20))})
        site.sync()
        site.file_source("a", *many(9))
        for label, args in (("due", ("--source", "a")), ("all", ("--force",)),
                            ("dry", ("--force", "--dry-run"))):
            check_refused(site, site.sync(*args), label, "only 9 of 20 entries",
                          "syncPolicy.allowShrink: true", "--force --source a")
        tap.equal(site.value("SELECT phase FROM source_status"), "failed",
                  "the source fails")
        run = site.sync("--force", "--source", "a")
        tap.equal((run.status, run.counts("a")), (0, (0, 0, 11, 9, 0)),
                  "accepted with --source")
        site.file_source("a", *many(1))
        tap.equal(site.sync("--force").counts("a"), (0, 0, 8, 1, 0),
                  "a few removals need no confirmation")
    with Site() as site:
        block = site.file_source("a", *many(20))
        site.configure({"a": block})
        site.sync()
        block = site.file_source("a", *many(10))
        tap.equal(site.sync("--force").counts("a"), (0, 0, 10, 10, 0),
                  "removing half needs no confirmation")
    with Site() as site:
        block = site.file_source("a", *many(20))
        site.configure({"a": block})
        site.sync()
        site.file_source("a", *many(2))
        site.configure({"a": {**block, "syncPolicy": {
            "interval": "1h", "allowShrink": True}}})
        tap.equal(site.sync("--force").counts("a"), (0, 0, 18, 2, 0),
                  "accepted by the configuration")


def test_what_counts_as_a_loss():
    skills = [{"namespace": "io.github.n", "name": f"k{i}", "version": "1.0.0",
               "description": "d"} for i in range(15)]
    with Site() as site:
        a = site.write("a.json", document(*many(5), skills=skills))
        block = {"file": {"path": a}}
        site.configure({"a": block})
        tap.equal(site.sync().source("a")["total"], 20, "servers and skills")
        site.write("a.json", document(*many(5)))
        tap.equal(site.sync("--force").status, 1, "skills count")
        site.write("a.json", document(*many(5), skills=skills))
        site.configure({"a": {**block, "filter": {"names": {
            "include": ["n/s0*"]}}}})
        tap.equal(site.sync().counts("a"), (0, 0, 15, 5, 0),
                  "filtered entries are no loss")
        site.write("a.json", document(*many(5), skills=skills[:6]))
        tap.equal(site.sync("--force").status, 0,
                  "filtered entries count before and after")
        site.configure({"a": {**block, "filter": {"names": {
            "include": ["n/s00"]}}}})
        tap.equal(site.sync("--force").status, 0, "also if the content changed")
    with Site() as site:
        site.configure({"a": site.file_source("a", *many(20))})
        site.sync()
        site.configure({"a": site.file_source("b", *many(2))})
        tap.equal(site.sync().source("a")["total"], 2,
                  "another location may have fewer entries")
    with Upstream(30) as up, Site() as site:
        site.configure({"a": {"api": {"endpoint": up.url()}}})
        site.sync()
        for name in names_of(29):
            up.delete(name)
        run = site.sync("--force")
        tap.contains(run.source("a")["error"], "only 1 of 30 entries",
                     "an API that removes nearly all entries fails")
        tap.equal(len(alive(site)), 30, "all entries stay")


# ---- an entry ----------------------------------------------------------------

def test_an_edit_that_breaks_a_rule_keeps_the_last_good_version():
    good, bad = server("n/x"), server("n/x", description=LONG)
    newer = server("n/x", "2.0.0", description=LONG)
    nameless = {**good, "version": 5}
    for label, edit, path in (("the same version", bad, "description"),
                              ("a newer version", newer, "description"),
                              ("no version", nameless, "version")):
        for shape in "registry", "directory":
            with Site() as site:
                def put(*entries):
                    if shape == "registry":
                        return site.write("a.json", document(*entries))
                    return tree(site, {f"{i}.json": e
                                       for i, e in enumerate(entries)})
                what = f"{label}, {shape}"
                site.configure({"a": {"file": {"path": put(
                    good, server("n/y"))}}})
                site.sync()
                before = site.get("/v0.1/servers").body
                put(edit, server("n/y"))
                run = site.sync("--force")
                tap.equal((run.status, run.counts("a")),
                          (0, (0, 0, 0, 2, 1)), f"{what}: is counted as rejected")
                tap.equal(site.get("/v0.1/servers").body, before,
                          f"{what}: nothing changes for clients")
                found = rejected(site)[0]
                tap.equal((found[1], found[3]), ("n/x", "1.0.0"),
                          f"{what}: is listed with the served version")
                tap.contains(found[0], path, f"{what}: with its position")
                tap.equal(site.sync("--force").counts("a"), (0, 0, 0, 2, 1),
                          f"{what}: stays after the next sync")
                put(server("n/y"))
                tap.equal(site.sync("--force").counts("a"), (0, 0, 1, 1, 0),
                          f"{what}: goes when its source removes it")
                tap.equal(site.sync("--verify").status, 0, f"{what}: --verify finds nothing")


def test_a_good_version_of_a_name_is_enough():
    with Site() as site:
        site.configure({"a": site.file_source(
            "a", server("n/x", "1.0.0"), server("n/x", "1.1.0"))})
        site.sync()
        site.file_source("a", server("n/x", "1.0.0"),
                         server("n/x", "2.0.0", description=LONG))
        tap.equal(site.sync("--force").counts("a"), (0, 0, 1, 1, 1),
                  "a removed version goes")
        tap.equal(alive(site), ["n/x@1.0.0"], "the good version stays")
        site.file_source("a", server("n/x", description=LONG),
                         server("n/x", title="Again"))
        tap.equal(site.sync("--force").counts("a"), (0, 1, 0, 0, 1),
                  "a rejected entry before a good one is no duplicate")
        site.file_source("a", server("n/z"), server("n/x", description=LONG))
        site.sync("--force")
        tap.equal(alive(site), ["n/x@1.0.0", "n/z@1.0.0"], "the last good version stays")
        site.file_source("a", server("n/z"), server("n/w", description=LONG))
        site.sync("--force")
        tap.equal(alive(site), ["n/z@1.0.0"], "an entry with another name keeps nothing")


def test_a_filter_applies_to_what_stays():
    bad = server("n/x", description=LONG)
    with Site() as site:
        block = site.file_source("a", server("n/x", tags=["db"]),
                                 server("n/y", tags=["db"]))
        site.configure({"a": block})
        site.sync()
        site.file_source("a", bad, server("n/y", tags=["db"]))
        hide = {"filter": {"tags": {"exclude": ["db"]}}}
        site.configure({"a": {**block, **hide}})
        tap.equal(site.sync("--force").source("a")["result"], "completed",
                  "a filter and a rejected edit in one sync")
        tap.equal(alive(site), [], "the filter leaves out the last good version")
        site.sync("--force")
        site.configure({"a": block})
        site.sync()
        tap.equal(alive(site), ["n/x@1.0.0", "n/y@1.0.0"],
                  "the last good version was stored nevertheless")
        tap.equal(len(rejected(site)), 1, "the rejected edit is still listed")
        site.configure({"a": {**block, **hide}})
        site.file_source("a", server("n/y", tags=["db"]))
        site.sync("--force")
        site.configure({"a": block})
        site.sync()
        tap.equal(alive(site), ["n/y@1.0.0"], "until the source removes it")


def test_a_strict_source_fails():
    with Site() as site:
        strict = {"syncPolicy": {"interval": "1h", "strict": True}}
        site.configure({"a": {**site.file_source(
            "a", server("n/x"), server("n/y")), **strict}})
        site.sync()
        site.file_source("a", server("n/x", description=LONG))
        run = site.sync("--force")
        tap.equal(run.status, 1, "a rejected entry fails a strict source")
        tap.contains(run.source("a")["error"], "data.servers.0.description",
                     "the message has its position")
    with Site() as site:
        top = tree(site, {"1.json": server("n/x"), "2.json": server("n/y")})
        site.configure({"a": {"file": {"path": top}, **strict}})
        site.sync()
        tree(site, {"1.json": "{", "2.json": server("n/z")})
        run = site.sync("--force")
        tap.equal(run.status, 1, "an unreadable file fails a strict source")
        tap.contains(run.source("a")["error"], "1.json: invalid JSON", "named")
        tap.equal(alive(site), ["n/x@1.0.0", "n/y@1.0.0"], "everything stays")


def test_whole_and_partial_crawls_agree():
    """A delta and a full crawl of the same edits give the same result."""
    outcome = {}
    for how in "whole", "partial":
        with Upstream(6) as up, Site() as site:
            site.configure({"a": {"api": {"endpoint": up.url()}}})
            site.sync()
            names = names_of(6)
            args = ("--force",) if how == "whole" else ("--source", "a")
            up.put(names[0], description="")
            up.put(names[1], description="Another")
            up.put(names[2], "9.0.0", description="")
            up.put(names[3], status="deleted", description=5)
            run = site.sync(*args)
            first = run.counts("a")[:3] + run.counts("a")[4:]
            up.put(names[0], description="Mended")
            run = site.sync(*args)
            outcome[how] = (
                first, run.counts("a")[:3] + run.counts("a")[4:],
                site.query("SELECT name, version, status, doc FROM server"
                           " ORDER BY name, version"),
                sorted(r[1:] for r in rejected(site)))
            tap.equal(site.sync("--verify").status, 0, f"{how}: --verify finds nothing")
    tap.equal(outcome["partial"], outcome["whole"], "both store the same")
    tap.equal(outcome["whole"][0], (0, 1, 1, 3), "counts")
    tap.equal(outcome["whole"][1], (0, 1, 0, 2), "also after a rejected entry is corrected")


# ---- a file ------------------------------------------------------------------

BAD_FILES = {
    "a trailing comma": b'{"name": "n/b",}',
    "UTF-16": json.dumps(server("n/b")).encode("utf-16"),
    "bytes that are not UTF-8": b'{"name": "\xff"}',
    "nothing": b"",
    "more than a document": json.dumps(server("n/b", "9")).encode() + b"}",
    "another program's settings": b'{"mcpServers": {}}',
    "an entry without a name": b'{"name": 5, "version": "1"}',
    "entries that break off": json.dumps(
        document(server("n/b", "9"), server("n/new"))).encode()[:-3],
    "a broken envelope": json.dumps(
        {**document(server("n/b", "9")), "version": 5}).encode(),
    "a list of nothing good": b'[{}, {"name": 5}]',
}


def check_others(site, run, label, warned=True):
    """b stays, c is removed, d is added."""
    tap.equal((run.status, run.source("a")["result"]), (0, "completed"),
              f"{label}: completed")
    tap.equal(alive(site), ["n/a@2.0.0", "n/b@1.0.0", "n/d@1.0.0"],
              f"{label}: the other files are read, and b stays")
    if warned:
        for text in (run.source("a").get("warning", ""), run.err,
                     site.value("SELECT message FROM source_status")):
            tap.contains(text, "b.json", f"{label}: the file is named")
    tap.ok([r for r in rejected(site) if r[0].startswith("b.json")],
           f"{label}: and is listed as rejected")


def three(site, put):
    """Stores a, b, c; then a changes, c goes, d comes, b is as ${put} says."""
    top = tree(site, {f"{n}.json": server(f"n/{n}") for n in "abc"})
    site.configure({"a": {"file": {"path": top}}})
    tap.equal(site.sync().counts("a"), (3, 0, 0, 0, 0), "set-up")
    tree(site, {"a.json": server("n/a", "2.0.0"), "d.json": server("n/d"),
                "b.json": site.path("tree/b.json") and "{}"})
    put(site.path("tree", "b.json"))


def test_an_unreadable_file_costs_only_its_own_changes():
    for label, content in BAD_FILES.items():
        with Site() as site:
            def put(path, content=content):
                with open(path, "wb") as f:
                    f.write(content)
            three(site, put)
            unread = not label.startswith(("another", "an entry", "a list"))
            check_others(site, site.sync("--force"), label, unread)
            run = site.sync("--source", "a")
            tap.equal((run.source("a")["result"], len(alive(site))),
                      ("unchanged", 3), f"{label}: the next sync finds no change")
            if unread:
                tap.contains(site.value("SELECT message FROM source_status"),
                             "1 of 3 documents could not be read: b.json: ",
                             f"{label}: and still reports the file")
            site.write("tree/b.json", server("n/b", title="Mended"))
            tap.equal(site.sync("--source", "a").counts("a"),
                      (0, 1, 0, 2, 0), f"{label}: the corrected file is read")
            tap.equal((site.value("SELECT message FROM source_status"),
                       rejected(site)), ("Sync completed successfully", []),
                      f"{label}: no message is left")


def dangling(path):
    os.remove(path)
    os.symlink("nowhere", path)


def to_itself(path):
    os.remove(path)
    os.symlink("b.json", path)


def fifo(path):
    os.remove(path)
    os.mkfifo(path)


def test_a_file_that_cannot_be_opened_is_tried_again():
    for put in dangling, to_itself, fifo:
        with Site() as site:
            three(site, put)
            label = put.__name__
            check_others(site, site.sync("--force"), label)
            run = site.sync("--source", "a")
            tap.equal(run.source("a")["result"], "unchanged",
                      f"{label}: the source is unchanged")
            tap.contains(run.source("a")["warning"], "b.json",
                         f"{label}: the file is reported again")
            os.remove(site.path("tree/b.json"))
            site.write("tree/b.json", server("n/b"))
            tap.equal(site.sync("--source", "a").counts("a"),
                      (0, 0, 0, 3, 0), f"{label}: a readable file is read")


def test_a_file_that_may_not_be_read_is_tried_again():
    if os.geteuid() != 0:
        tap.skip("needs root")
        return
    with Site() as site:
        three(site, lambda path: os.chmod(path, 0))
        subprocess.run(["chown", "-R", "nobody", site.dir], check=True)
        sync = responder.for_everyone(os.path.join(
            responder.BUILD, "thv-registry-sync"), site.dir)

        def run(*args):
            done = subprocess.run(
                ["setpriv", "--reuid=nobody", "--regid=nogroup",
                 "--clear-groups", sync, "-c", site.config, "--json", *args],
                env=site.environment(), capture_output=True, check=False)
            return json.loads(done.stdout)["sources"][0]
        first = run("--force")
        tap.equal((first["result"], alive(site)), (
            "completed", ["n/a@2.0.0", "n/b@1.0.0", "n/d@1.0.0"]),
            "the other files are read")
        tap.contains(first["warning"], "Permission denied", "the message has the cause")
        with open(site.path("tree", "b.json"), "w", encoding="utf-8") as f:
            json.dump(server("n/b", "2.0.0"), f)
        os.chmod(site.path("tree", "b.json"), 0o644)
        tap.equal(run("--source", "a")["added"], 1, "a readable file is read")


def test_files_that_move():
    with Site() as site:
        top = tree(site, {"a.json": [server("n/a"), server("n/m")],
                          "b.json": [server("n/b"), server("n/n")]})
        site.configure({"a": {"file": {"path": top}}})
        site.sync()
        files = "SELECT name, file FROM server WHERE status <> 'deleted' " \
            "ORDER BY name"
        tap.equal(site.query(files), [("n/a", "a.json"), ("n/b", "b.json"),
                                      ("n/m", "a.json"), ("n/n", "b.json")],
                  "each version knows its file")
        changed = site.query("SELECT name, changed_at, updated_at FROM server")
        tree(site, {"sub/a.json": [server("n/a"), server("n/m")],
                    "b.json": [server("n/b"), server("n/n")]})
        tap.equal(site.sync("--force").counts("a"), (0, 0, 0, 4, 0),
                  "a renamed file changes nothing")
        tap.equal(site.query(files)[0], ("n/a", "sub/a.json"),
                  "except its path")
        tap.equal(site.query("SELECT name, changed_at, updated_at FROM server"),
                  changed, "and no timestamp")
        tree(site, {"sub/a.json": [server("n/a"), server("n/b", title="T")],
                    "b.json": "{"})
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 1, 1, 2, 1),
                  "a name that moved out of an unreadable file")
        tap.equal(site.query(files), [("n/a", "sub/a.json"),
                                      ("n/b", "sub/a.json"),
                                      ("n/n", "b.json")], "is stored once")
        tree(site, {"sub/a.json": [server("n/a")], "other.json": "{"})
        tap.equal(site.sync("--force").counts("a"), (0, 0, 2, 1, 1),
                  "the entries of a deleted file are removed")
        tree(site, {"sub/a.json": "{", "other.json": "["})
        run = site.sync("--force")
        tap.equal(run.status, 1, "the source fails if no file can be read")
        tap.contains(run.source("a")["error"], "other.json: invalid JSON",
                     "the message has the first cause")
        tap.equal(alive(site), ["n/a@1.0.0"], "everything stays")


def test_entries_before_an_error_in_a_file_are_undone():
    with Site() as site:
        top = tree(site, {"a.json": server("n/a"), "b.json": server("n/b")})
        site.configure({"a": {"file": {"path": top}}})
        site.sync()
        tree(site, {"a.json": server("n/a"), "b.json": json.dumps(
            [server("n/x"), server("n/new")])[:-1],
                    "c.json": [server("n/new", "3.0.0"), server("n/new")]})
        run = site.sync("--force")
        tap.equal((run.status, run.counts("a")), (0, (2, 0, 0, 2, 1)),
                  "another file may offer the same name")
        tap.equal(alive(site), ["n/a@1.0.0", "n/b@1.0.0", "n/new@1.0.0",
                                "n/new@3.0.0"], "and is its only source")
        tap.equal(site.sync("--verify").status, 0, "sound")
        tree(site, {"a.json": server("n/a"),
                    "b.json": server("n/other", description=LONG),
                    "c.json": [server("n/new", "3.0.0"), server("n/new")]})
        site.sync("--force")
        tap.equal(alive(site)[:2], ["n/a@1.0.0", "n/new@1.0.0"],
                  "a rejected entry of another name keeps nothing of its file")


def test_without_stored_paths_an_unreadable_file_keeps_all_entries():
    with Site() as site:
        top = tree(site, {f"{n}.json": server(f"n/{n}") for n in "abc"})
        site.configure({"a": {"file": {"path": top}}})
        site.sync()
        import sqlite3
        db = sqlite3.connect(site.database)
        db.execute("UPDATE version SET file = NULL")
        db.commit()
        db.close()
        tree(site, {"a.json": server("n/a"), "b.json": "{"})
        site.sync("--force")
        tap.equal(alive(site), ["n/a@1.0.0", "n/b@1.0.0", "n/c@1.0.0"],
                  "all entries stay")
        site.write("tree/b.json", server("n/b"))
        tap.equal(site.sync("--force").counts("a"), (0, 0, 1, 2, 0),
                  "until the file can be read")


def git(site, *args):
    subprocess.run(["git", "-C", site.path("tree"), "-c", "user.name=n",
                    "-c", "user.email=e@example.com", "-c",
                    "commit.gpgsign=false", *args], check=True,
                   stdout=subprocess.DEVNULL)


def test_the_same_in_a_git_tree():
    for label, put in (
            ("syntax", lambda path: open(path, "w").write("{")),
            ("a link", dangling),
            ("a large-file pointer", lambda path: open(path, "w").write(
                "version https://git-lfs.github.com/spec/v1\n"))):
        with Site() as site:
            three(site, lambda path: None)
            tree(site, {f"{n}.json": server(f"n/{n}") for n in "abc"})
            git(site, "init", "-q")
            git(site, "add", "-A")
            git(site, "commit", "-qm", "one")
            site.configure({"a": {"git": {
                "repository": site.path("tree"), "path": "."}}})
            site.sync()
            tree(site, {"a.json": server("n/a", "2.0.0"), "b.json": "{}",
                        "d.json": server("n/d"),
                        **{os.path.relpath(os.path.join(at, f),
                                           site.path("tree")): open(
                               os.path.join(at, f), "rb").read()
                           for at, _, fs in os.walk(site.path("tree", ".git"))
                           for f in fs}})
            put(site.path("tree", "b.json"))
            git(site, "add", "-A")
            git(site, "commit", "-qm", "two")
            check_others(site, site.sync("--force"), f"git, {label}")


def test_the_same_in_a_mounted_configmap():
    with Site() as site:
        tree(site, {f"1/{n}.json": server(f"n/{n}") for n in "abc"}, "mount")
        os.symlink("1", site.path("mount/..data"))
        for n in "abcd":
            os.symlink(f"..data/{n}.json", site.path(f"mount/{n}.json"))
        site.configure({"a": {"configmap": {"path": site.path("mount")}}})
        site.sync()
        tap.equal(alive(site), [f"n/{n}@1.0.0" for n in "abc"], "set-up")
        for name, content in (("a", server("n/a", "2.0.0")), ("b", "{"),
                              ("d", server("n/d"))):
            site.write(f"mount/2/{name}.json", content)
        os.symlink("2", site.path("mount/..new"))
        os.replace(site.path("mount/..new"), site.path("mount/..data"))
        os.remove(site.path("mount/c.json"))
        check_others(site, site.sync("--force"), "mounted")


# ---- rules -------------------------------------------------------------------

def test_other_rules_read_a_source_again():
    big = server("n/big", _meta={
        "io.modelcontextprotocol.registry/publisher-provided":
        {"com.example": {"text": "x" * 500}}})

    def configure(site, block, size=65536):
        site.configure({"a": block})
        with open(site.config, encoding="utf-8") as f:
            conf = json.load(f)
        conf["database"]["maxMetaSize"] = size
        site.write("config.yaml", conf)

    with Site() as site:
        block = site.file_source("a", server("n/x"), big)
        configure(site, block, 100)
        tap.equal(site.sync().counts("a"), (1, 0, 0, 0, 1), "one entry is too large")
        tap.equal(site.sync().source("a")["result"], "skipped", "the source is not due")
        configure(site, block)
        tap.equal(site.sync().counts("a"), (1, 0, 0, 1, 0),
                  "a larger maximum is applied at the next run")
        configure(site, block, 100)
        run = site.sync()
        tap.equal(run.counts("a"), (0, 0, 0, 2, 1),
                  "a smaller maximum too, and the stored entry stays")
        tap.equal(site.sync().source("a")["result"], "skipped", "once")
        strict = {"syncPolicy": {"interval": "1h", "strict": True}}
        configure(site, {**block, **strict}, 100)
        run = site.sync()
        tap.equal(run.status, 1, "strict is applied at the next run")
        tap.equal(site.sync().source("a")["result"], "skipped",
                  "a failed source waits for its next attempt")
        configure(site, block, 100)
        tap.equal(site.sync("--source", "a").source("a")["result"],
                  "unchanged", "with the previous rules it succeeds")


def change(site, sql):
    import sqlite3
    db = sqlite3.connect(site.database)
    db.execute(sql)
    db.commit()
    db.close()


def test_rules_of_another_program_read_a_source_again():
    for value, rejects, result in (
            ("'rules 0, strict 0, maxMetaSize 65536'", False, "completed"),
            ("NULL", True, "completed"), ("NULL", False, "skipped")):
        label = f"{value}, {'rejected' if rejects else 'none rejected'}"
        with Site() as site:
            bad = [server("n/y", description=LONG)] if rejects else []
            site.configure({"a": site.file_source("a", server("n/x"), *bad)})
            site.sync()
            change(site, f"UPDATE source_state SET applied_rules = {value}")
            tap.equal(site.sync().source("a")["result"], result, label)
            tap.equal(site.sync().source("a")["result"], "skipped",
                      f"{label}: is read again once")
    with Upstream(5) as up, Site() as site:
        site.configure({"a": {"api": {"endpoint": up.url()}}})
        site.sync()
        change(site, "UPDATE source_state SET applied_rules = 'other'")
        up.put(names_of(1)[0], updated=1.5e9, title="Unseen by a delta")
        tap.equal(site.sync().counts("a"), (0, 1, 0, 4, 0),
                  "an API is crawled completely")


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
