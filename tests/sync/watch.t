#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""--watch: every kind of change of the configuration and of local sources,
seen through a responder that keeps running; due sources; other syncs."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import exposition
import responder
import tap
from test_site import Site, document, server
from slow_upstream import NEVER, Upstream, alive, children, wait_for

RENEWAL = 0.5  # seconds
SOON = 30  # seconds until a test gives up; how long it took is printed


class Watching:
    """A sync that watches, and a responder on its database."""

    def __init__(self, site, *args, command=None, **env):
        self.site = site
        self.log_path = site.path("watch.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command or site.command("--watch", *args),
                env=site.environment(**env), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, cwd=site.dir)
        if not wait_for(lambda: site.value("SELECT count(*) FROM setting "
                                           "WHERE key = 'config_reload'")):
            raise RuntimeError(self.log())
        self.web = responder.FastCgi(site.database, site.dir)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.web.process.kill()
        self.web.process.wait()

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    def names(self, registry=None):
        uri = "/v0.1/servers?limit=1000" if registry is None else \
            f"/registry/{registry}/v0.1/servers?limit=1000"
        answer = self.web.get(uri)
        if answer.status != 200:
            return answer.status
        return sorted(i["server"]["name"] for i in answer.json["servers"])

    def shows(self, names, what, registry=None):
        """A check that the responder comes to show just these."""
        started = time.monotonic()
        if wait_for(lambda: self.names(registry) == names, SOON):
            print(f"# after {time.monotonic() - started:.2f} s", flush=True)
            return tap.ok(True, what)
        return tap.equal(self.names(registry), names, what)

    def logs(self, text, what):
        return tap.ok(wait_for(lambda: text in self.log(), SOON), what)

    def reload(self):
        return json.loads(self.site.value(
            "SELECT value FROM setting WHERE key = 'config_reload'"))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)


def attempts(site):
    return site.value("SELECT count(*) FROM run_source")


def quiet(site):
    """Waits until no attempt is added any more; how many there are."""
    before = -1
    while before != attempts(site):
        before = attempts(site)
        time.sleep(0.7)
    return before


def test_changes_of_the_configuration():
    with Site() as site:
        a = site.file_source("a", server("n/a1"), server("n/a2"))
        b = site.file_source("b", server("n/b"))
        site.configure({"a": a})
        with Watching(site) as w:
            w.shows(["n/a1", "n/a2"], "at first")
            site.configure({"a": a, "b": b})
            w.shows(["n/a1", "n/a2", "n/b"], "a source is added (rename)")
            quiet(site)
            before = attempts(site)
            only = {"filter": {"names": {"include": ["n/*1"]}}}
            site.configure({"a": {**a, **only}, "b": b})
            w.shows(["n/a1", "n/b"], "a filter")
            tap.equal(attempts(site), before + 1, "the filter of one source is applied again")
            before = attempts(site)
            site.configure({"renamed": {**a, **only}, "b": b})
            tap.ok(wait_for(lambda: site.query(
                "SELECT name FROM source ORDER BY ordinal") ==
                [("renamed",), ("b",)]), "a source is renamed")
            tap.equal(w.names(), ["n/a1", "n/b"], "and keeps its content")
            site.configure({"renamed": {**a, **only}, "b": b},
                           {"main": ["renamed"], "other": ["b"]})
            w.shows(["n/b"], "a registry is added", "other")
            w.shows(["n/a1"], "and the other one changed", "main")
            site.configure({"b": b, "renamed": {**a, **only}},
                           {"new": ["renamed", "b"]})
            w.shows(["n/a1", "n/b"], "registries renamed, all reordered",
                    "new")
            tap.equal((w.names("main"), w.names("other")), (404, 404),
                      "the old ones are removed")
            tap.equal(attempts(site), before, "no fetch for any of it")
            site.configure({"b": b})
            w.shows(["n/b"], "a source is removed")
            with open(site.config, encoding="utf-8") as f:
                text = f.read()
            with open(site.config, "w", encoding="utf-8") as f:
                f.write(text.replace('"name": "main"', '"name": "edited"'))
            w.shows(["n/b"], "an edit in place", "edited")
            tap.equal(w.reload()["result"], "success", "recorded")
            tap.ok(0 < w.reload()["durationSeconds"] < 5, "with its time")
            tap.equal(w.stop(), 0, "exit status")


def test_changes_while_the_watch_is_renewed():
    """Each renewal takes RENEWAL seconds; each second change falls into one."""
    if shutil.which("strace") is None:
        tap.skip("strace is not installed")
        return
    with Site() as site:
        a = site.file_source("a", server("n/a"))
        # Beside the configuration its files would cause events, too.
        os.mkdir(site.path("db"))
        site.database = site.path("db/registry.db")
        site.configure({"a": a})
        slow = ["strace", "-f", "-qq", "-o", "/dev/null",
                "-e", "trace=inotify_init1", "-e", "inject=inotify_init1:"
                f"delay_enter={int(RENEWAL * 1e6)}"]
        missed = []
        with Watching(site, command=slow + site.command("--watch")) as w:
            for i in range(4):
                site.configure({"a": a}, {f"first-{i}": ["a"]})
                # Until the change counts as settled, and the first renewal.
                time.sleep(0.2 + RENEWAL * (1.2 + 0.2 * i))
                site.configure({"a": a}, {f"then-{i}": ["a"]})
                if not wait_for(lambda n=i: w.names(f"then-{n}") == ["n/a"],
                                SOON):
                    missed.append(i)
        tap.equal(missed, [], "none of the second changes is missed")


def test_an_invalid_configuration():
    with Site() as site:
        a = site.file_source("a", server("n/a"))
        site.configure({"a": a})
        with open(site.config, encoding="utf-8") as f:
            good = f.read()
        with Watching(site) as w:
            w.shows(["n/a"], "at first")
            site.write("config.yaml", "sources:\n- name: a\n  nonsense: [\n")
            w.logs("keeping the previous one", "an invalid one is reported")
            tap.contains(w.log(), "config.yaml:", "with file and line")
            tap.ok(wait_for(lambda: w.reload()["result"] == "failure" and
                            w.reload()["failures"] == 1), "counted")
            tap.equal(w.names(), ["n/a"], "the previous one stays in force")
            os.remove(site.config)
            tap.ok(wait_for(lambda: w.reload()["failures"] == 2),
                   "a missing one")
            site.file_source("a", server("n/more"))
            w.shows(["n/more"], "work goes on")
            site.write("config.yaml", good.replace("main", "mended"))
            w.shows(["n/more"], "a repaired one is loaded", "mended")
            tap.equal((w.reload()["result"], w.reload()["failures"]),
                      ("success", 2), "recorded")
            before = w.log().count("configuration loaded")
            w.process.send_signal(signal.SIGHUP)
            tap.ok(wait_for(lambda: w.log().count("configuration loaded") >
                            before), "SIGHUP reads it again")
            site.write("config.yaml", json.dumps({
                **json.loads(good), "database": {"path": site.path("x.db")}}))
            w.logs("takes effect at a restart", "the database cannot be changed")
            text = exposition.read(site.get("/metrics").body)
            name = "config_reload_duration_seconds_count"
            tap.ok(text.value(name, outcome="success") >= 3 and
                   text.value(name, outcome="error") == 2,
                   "/metrics counts all of them")
            tap.equal(w.stop(), 0, "exit status")


def swap(link, target):
    os.symlink(target, link + ".new")
    os.replace(link + ".new", link)


def test_links():
    with Site() as site:
        a = site.file_source("a", server("n/a"))
        site.configure({"a": a})
        with open(site.config, encoding="utf-8") as f:
            good = f.read()
        for name in "one", "two":
            site.write(f"releases/{name}/config.yaml",
                       good.replace("main", name))
        for name in "1", "2":
            site.write(f"mount/..{name}/config.yaml",
                       good.replace("main", f"m{name}"))
        swap(site.path("current"), "releases/one")
        swap(site.path("link.yaml"), site.path("current/config.yaml"))
        site.config = site.path("link.yaml")
        with Watching(site) as w:
            w.shows(["n/a"], "through two links", "one")
            swap(site.path("current"), "releases/two")
            w.shows(["n/a"], "a link of a directory is changed", "two")
            site.write("releases/two/config.yaml", good.replace("main", "t"))
            w.shows(["n/a"], "the file behind the links is replaced", "t")
            swap(site.config, site.path("releases/one/config.yaml"))
            w.shows(["n/a"], "the link itself is changed", "one")
            swap(site.path("mount/..data"), "..1")
            swap(site.path("mount/config.yaml"), "..data/config.yaml")
            swap(site.config, site.path("mount/config.yaml"))
            w.shows(["n/a"], "into a mounted ConfigMap", "m1")
            swap(site.path("mount/..data"), "..2")
            shutil.rmtree(site.path("mount/..1"))
            w.shows(["n/a"], "..data is swapped", "m2")


def test_links_on_the_way():
    """Each link is in a directory where nothing else changes."""
    with Site() as site:
        for name in "1", "2":
            site.write(f"stock/{name}/b.json", document(server(f"n/b{name}")))
        os.makedirs(site.path("data"))
        swap(site.path("data/now"), "../stock/1")
        site.configure({"b": {"file": {"path": site.path("data/now/b.json")}}})
        with open(site.config, encoding="utf-8") as f:
            good = f.read()
        for name in "one", "two":
            site.write(f"releases/{name}/config.yaml",
                       good.replace("main", name))
        for name in "way", "conf":
            os.makedirs(site.path(name))
        swap(site.path("way/current"), "../releases/one")
        swap(site.path("conf/link.yaml"), "../way/current/config.yaml")
        site.config = site.path("conf/link.yaml")
        with Watching(site) as w:
            w.shows(["n/b1"], "at first", "one")
            quiet(site)
            time.sleep(1.5)
            swap(site.path("way/current"), "../releases/two")
            w.shows(["n/b1"], "a link on the way to the configuration", "two")
            quiet(site)
            time.sleep(1.5)
            swap(site.path("data/now"), "../stock/2")
            w.shows(["n/b2"], "a link on the way to a source", "two")


def test_local_sources():
    with Site() as site:
        site.write("dir/a.json", document(server("n/d1")))
        for name in "1", "2":
            site.write(f"map/..{name}/m.json", document(server(f"n/m{name}")))
        swap(site.path("map/..data"), "..1")
        swap(site.path("map/m.json"), "..data/m.json")
        site.configure({
            "file": site.file_source("file", server("n/f1")),
            "dir": {"file": {"path": site.path("dir")}},
            "map": {"configmap": {"path": site.path("map")}},
            "glob": {"file": {"path": site.path("glob/*/x.json")}},
            "dots": {"file": {"path": site.path("dots/**/.m/s.json")}},
            "late": {"file": {"path": site.path("not/yet/there.json")}}})
        with Watching(site) as w:
            w.shows(["n/d1", "n/f1", "n/m1"], "at first")
            site.file_source("file", server("n/f2"))
            w.shows(["n/d1", "n/f2", "n/m1"], "a file is replaced")
            with open(site.path("file.json"), "w", encoding="utf-8") as f:
                json.dump(document(server("n/f3")), f)
            w.shows(["n/d1", "n/f3", "n/m1"], "a file is written in place")
            site.write("dir/below/deep/b.json", document(server("n/d2")))
            w.shows(["n/d1", "n/d2", "n/f3", "n/m1"],
                    "a file comes in a new directory of a directory")
            site.write("dir/below/deep/b.json", document(server("n/d3")))
            w.shows(["n/d1", "n/d3", "n/f3", "n/m1"], "and is replaced")
            swap(site.path("map/..data"), "..2")
            w.shows(["n/d1", "n/d3", "n/f3", "n/m2"], "..data is swapped")
            site.write("not/yet/there.json", document(server("n/late")))
            w.shows(["n/d1", "n/d3", "n/f3", "n/late", "n/m2"],
                    "a file comes where there was not even a directory")
            site.write("glob/new/x.json", document(server("n/glob")))
            w.shows(["n/d1", "n/d3", "n/f3", "n/glob", "n/late", "n/m2"],
                    "a file comes that matches a pattern")
            site.write("dots/a/.m/s.json", document(server("n/dot")))
            w.shows(["n/d1", "n/d3", "n/dot", "n/f3", "n/glob", "n/late",
                     "n/m2"], "one in a directory with a dot")
            site.write("dots/a/.m/s.json", document(server("n/dots")))
            w.shows(["n/d1", "n/d3", "n/dots", "n/f3", "n/glob", "n/late",
                     "n/m2"], "which is replaced")
            before = quiet(site)
            for i in range(20):
                site.file_source("file", server(f"n/f{i}"))
            w.shows(["n/d1", "n/d3", "n/dots", "n/f19", "n/glob", "n/late",
                     "n/m2"],
                    "the last of twenty quick changes")
            tap.ok(1 <= quiet(site) - before <= 5,
                   f"{attempts(site) - before} syncs for them")
            taken = w.log().count("configuration loaded")
            with open(site.config, encoding="utf-8") as f:
                good = f.read()
            for i in range(20):
                site.write("config.yaml", good.replace("main", f"r{i}"))
            w.shows(w.names(), "twenty of the configuration", "r19")
            tap.ok(1 <= w.log().count("configuration loaded") - taken <= 5,
                   "are few reloads")
            tap.equal(w.stop(signal.SIGINT), 0, "exit status")


def test_due_ones_and_hanging_ones():
    with Site() as site, Upstream() as up:
        sources = {
            "dead": up.source("dead", document(), NEVER),
            "quick": up.source("quick", document(server("n/one")),
                               syncPolicy={"interval": "1s"})}
        site.configure(sources)
        with Watching(site) as w:
            w.shows(["n/one"], "a quick one beside a hanging one")
            up.source("quick", document(server("n/two")))
            w.shows(["n/two"], "again when it is due")
            below = children(w.process.pid)
            site.configure(sources, {"other": ["quick"]})
            w.shows(["n/two"], "a configuration meanwhile", "other")
            tap.ok(set(below) & set(children(w.process.pid)),
                   "which does not disturb the fetch")
            del sources["dead"]
            site.configure(sources)
            w.shows(["n/two"], "the hanging one is removed", "main")
            tap.ok(wait_for(lambda: not any(alive(p) for p in below)),
                   "and its process is gone")
            tap.ok(wait_for(lambda: site.sync("--source", "quick").source(
                "quick")["result"] == "unchanged"), "another sync slips in")
            up.source("quick", document(server("n/three")))
            w.shows(["n/three"], "and the watch goes on")
            sources["dead"] = up.source("dead", document(), NEVER)
            up.asked.clear()
            site.configure(sources)
            wait_for(lambda: "dead" in up.asked)
            with open(site.config, encoding="utf-8") as f:
                good = f.read()
            site.write("config.yaml", good[:-1])
            tap.ok(wait_for(lambda: w.reload()["result"] == "failure"),
                   "an invalid configuration is noticed meanwhile")
            site.write("config.yaml", {**json.loads(good),
                                       "sync": {"deadline": "1s"}})
            tap.ok(wait_for(lambda: w.reload()["result"] == "success"),
                   "and a repaired one")
            below = children(w.process.pid)
            tap.equal(w.stop(), 0, "stopped while one hangs")
            tap.ok(below and wait_for(
                lambda: not any(alive(p) for p in below)), "nothing is left")
            tap.equal(site.query(
                "SELECT phase, message FROM source_status "
                "WHERE source = 'dead'"),
                [("failed", "The last sync was interrupted")], "recorded")


def test_runs_follow_each_other_while_one_hangs():
    with Site() as site, Upstream() as up:
        site.configure({
            "dead": up.source("dead", document(), NEVER),
            "quick": up.source("quick", document(server("n/x")),
                               syncPolicy={"interval": "1s"})})
        site.write("config.yaml", {**json.load(open(site.config, "rb")),
                                   "sync": {"deadline": "1s"}})
        with Watching(site) as w:
            tap.ok(wait_for(lambda: site.value(
                "SELECT count(*) FROM run WHERE result = 'completed'") >= 2),
                "the record is closed and another begun")
            tap.equal(up.asked.count("dead"), 1, "the slow one goes on")
            tap.equal(site.value("SELECT count(*) FROM run "
                                 "WHERE ended_us IS NULL"), 1,
                      "one run is open")
            tap.equal(w.stop(), 0, "exit status")


BLIND = r"""
#include <errno.h>
int inotify_init1(int flags) { (void)flags; errno = ENOSYS; return -1; }
"""


def test_without_inotify():
    if "san" in responder.BUILD or "valgrind" in responder.BUILD:
        tap.skip("a preloaded library and a sanitizer do not go together")
        return
    with Site() as site:
        library = site.path("blind.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, "-x", "c",
                        "-"], input=BLIND.encode(), check=True)
        site.configure({"a": site.file_source("a", server("n/a"))})
        with Watching(site, LD_PRELOAD=library) as w:
            w.shows(["n/a"], "at first")
            w.logs("polling for changes every 2 s", "the log says so")
            site.configure({"a": site.file_source("a", server("n/b"))},
                           {"new": ["a"]})
            w.shows(["n/b"], "and they are", "new")


def test_priority_below_that_of_requests():
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    for more in 0, 3:
        given = min(mine + more, 19)
        with Site() as site:
            site.configure({"a": site.file_source("a", server("n/a"))})
            with Watching(site, command=["nice", "-n", str(more),
                    *site.command("--watch")]) as w:
                tap.equal(os.getpriority(os.PRIO_PROCESS, w.process.pid),
                    given or 10, f"started at niceness {given}")


def test_usage():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/a"))})
        for option in "--force", "--json", "--dry-run", "--check", \
                "--source=a":
            tap.equal(subprocess.run(
                site.command("--watch", option), stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, check=False).returncode, 2,
                f"not with {option}")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
