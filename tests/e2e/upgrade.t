#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make install` of a version with another schema under load loses no request. The
first version knows only the old schema, the second only the new one.  A process that finds the new schema lets the new
program answer the current request, and then executes it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap
import web_servers
from test_site import Site, document, server

CLIENTS = 8
REQUESTS = 4000
# "sockets" is nginx and responders on a socket that nobody looks after, as
# instances of a unit of systemd have it.
KINDS = os.environ.get("UPGRADE",
    "lighttpd apache-proxy nginx sockets apache-fcgid").split()
ROUNDS = int(os.environ.get("UPGRADE_ROUNDS", "1"))
SCRATCH = tempfile.TemporaryDirectory(prefix="upgrade-")


def plain_environment():
    return {k: v for k, v in os.environ.items()
            if not k.startswith(("MAKE", "MFLAGS"))}


def make(root, *arguments):
    subprocess.run(["make", "-s", "-C", root, *arguments], check=True,
        capture_output=True, env=plain_environment())


def newer():
    """This tree, one schema and one version on, built: with the objects of
    the plain build, of which few have to be made again."""
    root = os.path.join(SCRATCH.name, "newer")
    shutil.copytree(responder.ROOT, root, symlinks=True,
        ignore=shutil.ignore_patterns(".git", "build"))
    plain = os.path.join(responder.ROOT, "build")
    if responder.BUILD == plain:
        for name in ("lib", "sync", "fcgi", "gen", "lib.a", "sync.a",
                     "fcgi.a"):
            subprocess.run(["cp", "-a", "--parents", f"build/{name}", root],
                cwd=responder.ROOT, check=True)
        # Which version it is is no file that make could look at.
        for name in subprocess.run(["grep", "-rl", "PROGRAM_VERSION", "lib",
                "sync", "fcgi"], cwd=root, check=True, capture_output=True,
                text=True).stdout.split():
            os.utime(os.path.join(root, name))
    # Facts move, and so does what is derived.
    with open(os.path.join(root, "schema", "durable", "9999_upgrade.sql"), "w",
            encoding="utf-8") as f:
        f.write("ALTER TABLE entry ADD COLUMN upgraded INTEGER;\n")
    for name, pattern, by in (
            ("lib/db/schema.h", r"(define SCHEMA_DURABLE) (\d+)", None),
            ("lib/db/schema.h", r"(define SCHEMA_DERIVED) (\d+)", None),
            ("Makefile", r"(PROGRAM_VERSION :=) (\S+)", "99.0.0")):
        path = os.path.join(root, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        text, count = re.subn(pattern, lambda m, by=by:
            f"{m[1]} {by or int(m[2]) + 1}", text, count=1)
        assert count == 1, name
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    make(root, "-j2", "all", "BUILD=build")
    return root


def install(root, prefix):
    """Without building: what is there is what was tested."""
    make(root, "-o", "all", "install", f"PREFIX={prefix}",
        f"BUILD={os.path.relpath(responder.BUILD, responder.ROOT)}" if
        root == responder.ROOT else "BUILD=build")


class Upgraded:
    def __init__(self, kind):
        self.instances = []
        self.web = web_servers.Server("nginx" if kind == "sockets" else kind)
        self.prefix = os.path.join(self.web.directory.name, "usr")
        self.web.program = os.path.join(self.prefix, "bin",
            "thv-registry-api")
        self.web.environment["THV_REGISTRY_API"] = self.web.program
        self.site = Site()
        self.site.database = self.web.database
        self.site.configure({"s": {"file": {"path": self.site.write("s.json",
            document(*(server(f"a.example/{i}") for i in range(50))))}}})

    def start_instances(self):
        """What one socket unit and its services are."""
        path = os.path.join(self.web.directory.name, "api.sock")
        self.web.environment["THV_REGISTRY_SOCKET"] = path
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1024)
            os.chmod(path, 0o666)
            self.instances = [subprocess.Popen([self.web.program],
                stdin=listener, stdout=subprocess.DEVNULL, stderr=self.web.log,
                env=self.web.environment, **({"user": "www-data", "group":
                "www-data", "extra_groups": []} if os.geteuid() == 0 else {}))
                for _ in range(web_servers.POOL)]

    def sync(self):
        done = subprocess.run([os.path.join(self.prefix, "bin",
            "thv-registry-sync"), "-c", self.site.config, "--force", "-q"],
            env=self.site.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        # Written by us, read and locked by the web server's user.
        self.web.share_database()
        return done.returncode, done.stderr

    def version(self):
        return json.loads(self.web.get("/version").body)["version"]

    def close(self):
        for p in self.instances:
            p.terminate()
            p.wait(30)
        for line in self.web.stop()[1].splitlines():
            print(f"# log: {line}")
        self.web.clean()
        self.site.__exit__()


def upgraded(kind, root):
    print(f"# {kind}", flush=True)
    it = Upgraded(kind)
    try:
        install(responder.ROOT, it.prefix)
        tap.equal(it.sync()[0], 0, "the old sync")
        if kind == "sockets":
            it.start_instances()
        tap.ok(it.web.start(), "the old responders")
        before = it.version()
        if kind == "apache-fcgid":
            # What it starts between `make install` and the sync is the new
            # program, which cannot serve yet: so all are there before.
            web_servers.Load(it.web, ["/health"], 3 * CLIENTS, 3000).wait()
        load = web_servers.Load(it.web, [
            f"/registry/main/v0.1/servers/a.example%2F{i}/versions/latest"
            for i in range(50)], CLIENTS, REQUESTS, lasting=True)
        load.halfway.wait()
        install(root, it.prefix)
        tap.equal(it.sync(), (0, ""), "the new sync takes the database over")
        # Every responder gets some.
        load.go_on(REQUESTS // 2)
        load.finish()
        tap.equal((load.wait(), load.again), ([], 0),
            f"of {load.done} requests, which came all the while, none was lost")
        tap.equal((before != "99.0.0", it.version()), (True, "99.0.0"),
            "the new program serves")
        tap.equal([p.poll() for p in it.instances], [None] * len(it.instances),
            "and all that were started are there")
    finally:
        it.close()


def test_upgrade():
    root = newer()
    for kind in KINDS * ROUNDS:
        why = web_servers.missing("nginx" if kind == "sockets" else kind)
        if why:
            tap.skip(f"{kind}: {why}")
        else:
            upgraded(kind, root)


if "/valgrind" in responder.BUILD:
    tap.skip("builds under valgrind are not installed")
    sys.exit(tap.done())
tap.main([test_upgrade])
