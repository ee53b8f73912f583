#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A secret in every place of a configuration that can hold one: none is
logged, stored or served, whether the fetch fails or not."""

import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap
from test_site import Site, server

MARK = "hush"   # part of every secret, and of nothing else
ROUTES = ("/", "/v1/sources", "/v1/sources/api", "/v1/sources/git",
    "/v1/sources/url", "/v1/sources/map", "/v1/registries",
    "/v1/registries/main", "/registry/status", "/registry/status/history",
    "/openapi.json", "/version")


def sources(site):
    """Nobody listens on the port, so each fails with a message."""
    def secret(name):
        return site.write(name, f"{MARK}-{name}\n")

    return {
        "api": {"api": {"endpoint": f"http://{MARK}1:{MARK}2@127.0.0.1:9/x",
            "tokenFile": secret("token"), "headers": [
                {"name": "X-A", "value": f"{MARK}3"},
                {"name": "X-B", "valueFile": secret("header")}]}},
        "git": {"git": {"repository": f"https://{MARK}4:{MARK}5@127.0.0.1:9/x",
            "auth": {"username": f"{MARK}6",
                "passwordFile": secret("password")}}},
        "url": {"file": {"url": f"https://{MARK}7@127.0.0.1:9/x?token={MARK}8"
            f"&a=1&sig={MARK}9#access_token={MARK}0"}},
        "map": {"configmap": {"name": "x", "namespace": "y",
            "server": "https://127.0.0.1:9",
            "tokenFile": secret("bearer")}},
    }


def check_nowhere(site, what):
    for uri in ROUTES:
        answer = site.get(uri)
        tap.equal((answer.status, MARK.encode() in answer.body), (200, False),
            f"{what}: {uri}")
    for path in glob.glob(site.database + "*"):
        with open(path, "rb") as f:
            tap.ok(MARK.encode() not in f.read(),
                f"{what}: {os.path.basename(path)}")


def test_failed():
    with Site() as site:
        site.configure(sources(site))
        run = site.sync("-v", THV_REGISTRY_INSECURE_URL="true")
        tap.equal([s["result"] for s in run.report["sources"]],
            ["failed"] * 4, "nobody answers")
        tap.ok(MARK not in run.out, "no secret in the report")
        tap.ok("127.0.0.1:9" in run.err and MARK not in run.err,
            "none in the log")
        check_nowhere(site, "failed")


def test_fetched():
    with Site() as site:
        site.configure({**sources(site),
            "api": site.file_source("api", server("n/x"))})
        run = site.sync("-v", "--source", "api")
        tap.equal(run.status, 0, "another source is well")
        check_nowhere(site, "fetched")


def test_malformed():
    """A file that holds no secret: which one is told, not where it is."""
    with Site() as site:
        kept = sources(site)["api"]
        with open(kept["api"]["tokenFile"], "w", encoding="ascii") as f:
            f.write(f"{MARK} and more")
        site.configure({"api": kept})
        run = site.sync()
        tap.equal(run.report["sources"][0]["error"],
            "Fetch failed: the file of api.tokenFile holds a space, a "
            "control character or other than "
            f"ASCII at byte {len(MARK)}", "the key and the place are named")
        answer = responder.cgi(site.database, "/registry/status")
        tap.ok(b"api.tokenFile" in answer.body and
            kept["api"]["tokenFile"].encode() not in answer.body,
            "the path is not shown")


def test_checked():
    """What is wrong beside a secret does not bring it into the message."""
    with Site() as site:
        wrong = sources(site)
        wrong["api"]["api"]["endpoint"] += f"?token={MARK}"
        wrong["url"]["file"]["url"] = f"ftp://user:{MARK}@127.0.0.1/x"
        site.configure(wrong)
        run = site.sync("--check")
        tap.ok(run.status != 0 and "sources[0].api.endpoint" in run.err,
            "the place is named")
        tap.ok(MARK not in run.err, "and no secret")


tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
