# SPDX-License-Identifier: Apache-2.0
"""A site for one test: documents, configuration, database, and the real
thv-registry-sync."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile

import responder

SYNC = os.path.join(responder.BUILD, "thv-registry-sync")
LISTING = "io.modelcontextprotocol.registry/publisher-provided"
OFFICIAL = "io.modelcontextprotocol.registry/official"


def server(name, version="1.0.0", tags=(), **more):
    """A small valid server."""
    entry = {"name": name, "description": f"What {name} does",
             "version": version}
    if tags:
        entry["_meta"] = {LISTING: {"com.example": {"listing":
                                                    {"tags": list(tags)}}}}
    entry.update(more)
    return entry


def document(*servers, **more):
    return {"version": "1.0.0", "meta": {"last_updated": "2026-01-01"},
            "data": {"servers": list(servers), **more}}


class Run:
    """The result of one run of the sync."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    @property
    def report(self):
        return json.loads(self.out)

    def source(self, name):
        return next(s for s in self.report["sources"] if s["name"] == name)

    def counts(self, name):
        s = self.source(name)
        return tuple(s[key] for key in
                     ("added", "updated", "removed", "unchanged", "rejected"))


class Site:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="registry-site-")
        os.chmod(self.dir, 0o755)
        self.database = self.path("registry.db")
        self.config = self.path("config.yaml")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, content):
        """Writes text, bytes, or a value as JSON; returns the path."""
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content, indent=1)
        if isinstance(content, str):
            content = content.encode()
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".new", "wb") as f:
            f.write(content)
        os.replace(path + ".new", path)
        return path

    def configure(self, sources, registries=None):
        """Sources as {name: {...}}; registries as {name: [source, ...]}."""
        sources = [{"name": name, "syncPolicy": {"interval": "1h"}, **block}
                   for name, block in sources.items()]
        if registries is None:
            registries = {"main": [s["name"] for s in sources]}
        registries = [{"name": name, "sources": list(names)}
                      for name, names in registries.items()]
        # JSON is YAML.
        self.write("config.yaml", {
            "sources": sources, "registries": registries,
            "auth": {"mode": "anonymous"}, "database": {"path": self.database}})

    def file_source(self, name, *servers, **more):
        """Writes NAME.json and returns the source's block."""
        return {"file": {"path": self.write(f"{name}.json",
                                            document(*servers))}, **more}

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not
               k.startswith("THV_REGISTRY")}
        if "/build/cover" in SYNC:      # coverage is written at the end
            env["THV_REGISTRY_SANDBOX"] = "off"
        env.update(more)
        return env

    def command(self, *args):
        return [SYNC, "-c", self.config, *args]

    def sync(self, *args, **env):
        """Runs with --json."""
        return Run(subprocess.run(
            self.command("--json", *args), env=self.environment(**env),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False, timeout=300))

    def query(self, sql, *args):
        """All rows of a statement, on a connection that cannot write."""
        db = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            return db.execute(sql, args).fetchall()
        finally:
            db.close()

    def value(self, sql, *args):
        return self.query(sql, *args)[0][0]

    def get(self, uri, **how):
        return responder.cgi(self.database, uri, **how)

    def names(self, uri="/v0.1/servers?limit=1000"):
        """(name, version) of every item of a list."""
        return [(i["server"]["name"], i["server"]["version"])
                for i in self.get(uri).json["servers"]]
