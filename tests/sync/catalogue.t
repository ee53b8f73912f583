#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A whole catalogue through file and git: everything comes back as it went in.

Uses the example that ships with the project and, where it lies beside the
checkout, a catalogue of 102 real servers."""
import json
import os
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import Site

EXAMPLE = os.path.join(responder.ROOT, "sync/example/catalogue/registry.json")
REAL = os.path.join(responder.ROOT, "../shared/data/registry-upstream.json")


def git_repository(site, path):
    """A bare repository with the file in it; returns its URL."""
    bare, tree = site.path("catalogue.git"), site.path("tree")
    os.mkdir(tree)
    with open(path, "rb") as f:
        data = f.read()
    with open(os.path.join(tree, "registry.json"), "wb") as f:
        f.write(data)
    environment = {**os.environ, "GIT_DIR": bare, "GIT_WORK_TREE": tree,
                   "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com",
                   "GIT_COMMITTER_NAME": "t",
                   "GIT_COMMITTER_EMAIL": "t@example.com"}
    subprocess.run(["git", "init", "-q", "--bare", bare], check=True)
    for command in ("symbolic-ref HEAD refs/heads/main", "add .",
                    "commit -q -m one"):
        subprocess.run(["git", *command.split()], env=environment, check=True)
    return f"file://{bare}"


def minified(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def check_catalogue(path, label):
    with open(path, encoding="utf-8") as f:
        servers = json.load(f)["data"]["servers"]
    with Site() as site:
        site.configure({"by-git": {"git": {"repository":
                                           git_repository(site, path)}},
                        "by-file": {"file": {"path": path}}},
                       {"git": ["by-git"], "file": ["by-file"]})
        run = site.sync()
        tap.equal([s["result"] for s in run.report["sources"]],
                  ["completed"] * 2, f"{label}: both sources")
        tap.equal(run.counts("by-git")[0], run.counts("by-file")[0],
                  f"{label}: as many each way")
        tap.equal(run.source("by-git")["hash"], run.source("by-file")["hash"],
                  f"{label}: one hash")
        commit = subprocess.run(
            ["git", "-C", site.path("catalogue.git"), "rev-parse", "HEAD"],
            capture_output=True, text=True, check=True).stdout.strip()
        tap.equal(site.value("SELECT revision FROM source_status "
                             "WHERE source = 'by-git'"), commit,
                  f"{label}: the commit is recorded")
        different, unlike = [], []
        for server in servers:
            name = urllib.parse.quote(server["name"], safe="")
            answers = [site.get(f"/registry/{r}/v0.1/servers/{name}/versions/"
                                f"{urllib.parse.quote(server['version'])}")
                       for r in ("git", "file")]
            if answers[0].json["server"] != server:
                different.append(server["name"])
            bodies = [a.body.split(b',"_meta":{"io.modelcontextprotocol.'
                                   b'registry/official"')[0] for a in answers]
            wanted = b'{"server":' + minified(server).encode()
            if bodies[0] != bodies[1] or bodies[0] != wanted:
                unlike.append(server["name"])
        tap.equal(different, [], f"{label}: {len(servers)} servers equal")
        tap.equal(unlike, [], f"{label}: byte for byte")
        latest = site.names("/registry/git/v0.1/servers"
                            "?limit=1000&version=latest")
        tap.equal(len(latest), len({s["name"] for s in servers}),
                  f"{label}: one latest for each name")


def test_example():
    check_catalogue(EXAMPLE, "example")


def test_real_catalogue():
    if os.path.exists(REAL):
        check_catalogue(REAL, "real")
    else:
        tap.skip("the catalogue of 102 real servers is not beside the checkout")


tap.main([test_example, test_real_catalogue])
