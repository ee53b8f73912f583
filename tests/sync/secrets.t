#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A secret in every place of a configuration that can hold one: none is
logged, stored or served, whether the fetch fails or not."""

import glob
import http.server
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap
from test_site import Site, server

MARK = "hush"   # part of every secret, and of nothing else
SOURCES = ("api", "git", "url", "part", "query", "ssh", "bad", "map")
ROUTES = ("/", "/v1/sources", *(f"/v1/sources/{s}" for s in SOURCES),
    "/v1/registries", "/v1/registries/main", "/registry/status",
    "/registry/status/history", "/openapi.json", "/version", "/metrics")


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
            f"&a=1&code={MARK}9&jwt={MARK}-a;x={MARK}-b&{MARK}-c"
            f"#access_token={MARK}0"}},
        "part": {"file": {"url": f"https://127.0.0.1:9/x#{MARK}-d"}},
        "query": {"git": {"repository":
            f"https://127.0.0.1:9/x.git?code={MARK}-e&jwt={MARK}-f"}},
        "ssh": {"git": {"repository": f"ssh://{MARK}-g@127.0.0.1:9/x?a={MARK}-h",
            "auth": {"knownHostsFile": "/dev/null"}}},
        "bad": {"git": {"repository": f"https://{MARK}-i:{MARK}-j@host.invalid/"
            f"x?{MARK}-k"}},
        "map": {"configmap": {"name": "x", "namespace": "y",
            "server": "https://127.0.0.1:9",
            "tokenFile": secret("bearer")}},
    }


def check_nowhere(site, what, routes=ROUTES):
    for uri in routes:
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
            ["failed"] * len(SOURCES), "nobody answers")
        tap.ok(MARK not in run.out, "no secret in the report")
        tap.ok("127.0.0.1:9" in run.err and MARK not in run.err,
            "none in the log")
        check_nowhere(site, "failed")
        for place in ("source", "source_state", "sync_run"):
            tap.ok(MARK not in str(site.query(f"SELECT * FROM {place}")),
                f"none in {place}")
        run = site.sync("--dry-run", "--force",
            THV_REGISTRY_INSECURE_URL="true")
        tap.equal((run.status, MARK in run.out + run.err), (1, False),
            "none in what a dry run says")


def test_fetched():
    with Site() as site:
        site.configure({**sources(site),
            "api": site.file_source("api", server("n/x"))})
        run = site.sync("-v", "--source", "api")
        tap.equal(run.status, 0, "another source is well")
        check_nowhere(site, "fetched")


def test_malformed():
    """For a file without a secret the message names the source, not the path."""
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


class Redirect(http.server.BaseHTTPRequestHandler):
    """Redirects every request to a URL with secrets."""

    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", self.server.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_redirected():
    """Where an upstream leads to has secrets of its own."""
    with Site() as site, http.server.ThreadingHTTPServer(("127.0.0.1", 0),
            Redirect) as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{upstream.server_port}"
        site.configure({
            "url": {"file": {"url": f"{place}/x"}},
            "git": {"git": {"repository": f"{place}/x.git"}},
            "api": {"api": {"endpoint": place}}})
        for target in (f"http://{MARK}:{MARK}@127.0.0.1:9/?code={MARK}#{MARK}",
                f"ftp://{MARK}@127.0.0.1:9/?jwt={MARK}",
                f"https://host.invalid:99999/?{MARK}"):
            upstream.target = target
            run = site.sync("-v", "--force")
            tap.equal([s["result"] for s in run.report["sources"]],
                ["failed"] * 3, f"redirected to {target[:5]}")
            tap.ok(MARK not in run.out + run.err, "no secret in the messages")
            check_nowhere(site, "redirected", ("/v1/sources", "/registry/status",
                "/registry/status/history"))
        upstream.shutdown()


def test_in_the_clear():
    """A secret over plain http to another machine is refused at once."""
    with Site() as site:
        kept = site.write("password", MARK)
        auth = {"username": "u", "passwordFile": kept}
        for source in (
                {"git": {"repository": "http://git.example.com/x",
                    "auth": auth}},
                {"git": {"repository": f"http://{MARK}@git.example.com/x"}},
                {"api": {"endpoint": f"http://u:{MARK}@api.example.com/x"}},
                {"file": {"url": f"http://{MARK}@files.example.com/x"}}):
            site.configure({"x": source})
            run = site.sync("--check")
            tap.equal((run.status, "must not be sent over plain http" in run.err,
                MARK in run.err), (2, True, False), f"refused: {list(source)}")
            run = site.sync("--check", THV_REGISTRY_INSECURE_URL="true")
            tap.equal((run.status, MARK in run.err), (0, False), "unless allowed")
        site.configure({"x": {"git": {"repository": "http://127.0.0.1:9/x",
            "auth": auth}}})
        tap.equal(site.sync("--check").status, 0, "this machine may be asked")


tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
