#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A run of the sync is one trace: its log lines say so, and so do the requests
it sends, over HTTP, to registry APIs and to git."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import http.server
import json
import re
import subprocess
import threading

import responder
import tap
from test_site import SYNC, Site, document, server

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])")


class Upstream(http.server.ThreadingHTTPServer):
    """Answers with a document, and keeps each request's traceparent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.seen.append((self.path, self.headers["traceparent"]))
            body = json.dumps(document(server("n/x"))).encode() \
                if self.path == "/file.json" else \
                json.dumps({"servers": [], "metadata": {"count": 0}}).encode()
            missing = self.path.startswith("/git")
            self.send_response(404 if missing else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.seen = []
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


def configure(site, upstream):
    site.configure({
        "file": {"file": {"url": upstream.url + "/file.json"}},
        "api": {"api": {"endpoint": upstream.url}},
        "git": {"git": {"repository": upstream.url + "/git/x.git",
            "path": "registry.json"}}})


def sync(site, **env):
    """Lines of the log of one run."""
    done = subprocess.run([SYNC, "-c", site.config, "--force"],
        env=site.environment(THV_REGISTRY_INSECURE_URL="true",
            THV_REGISTRY_LOG_FORMAT="json", **env), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return [json.loads(line) for line in responder.without_valgrind(
        done.stderr.decode()).splitlines()]


def test_own_trace():
    with Site() as site, Upstream() as upstream:
        configure(site, upstream)
        lines = sync(site)
        synced = [line for line in lines if line["msg"] == "source synced"]
        traces = {line["trace_id"] for line in synced}
        tap.equal((len(synced), len(traces)), (3, 1), "one trace for the run")
        got = [(path, PARENT.fullmatch(text or ""))
            for path, text in upstream.seen]
        tap.ok(all(m for _, m in got), "sent with every request")
        tap.equal({m[1] for _, m in got}, traces, "the same one")
        tap.equal({m[3] for _, m in got}, {"00"}, "which nobody records")
        paths = {path.split("?")[0] for path, _ in got}
        tap.ok({"/file.json", "/git/x.git/info/refs"} < paths and
            any("servers" in p for p in paths), "to all kinds of upstream")
        tap.ok(len({m[2] for _, m in got}) > 2, "spans of their own")
        again = {line["trace_id"] for line in sync(site)
            if line["msg"] == "source synced"}
        tap.ok(len(again) == 1 and not again & traces, "another run, another")


def test_given_trace():
    with Site() as site, Upstream() as upstream:
        configure(site, upstream)
        lines = sync(site, TRACEPARENT=f"00-{TRACE}-{SPAN}-01")
        tap.equal({(line["trace_id"], line["parent_id"]) for line in lines if
            line["msg"] == "source synced"}, {(TRACE, SPAN)}, "taken over")
        got = {PARENT.fullmatch(text)[1] for _, text in upstream.seen}
        tap.equal(got, {TRACE}, "and passed on")
        tap.equal({text[-2:] for _, text in upstream.seen}, {"01"},
            "with its flag")
        upstream.seen.clear()
        lines = sync(site, TRACEPARENT="00-none-none-01")
        got = {PARENT.fullmatch(text)[1] for _, text in upstream.seen}
        tap.ok(len(got) == 1 and TRACE not in got, "not if it is none")


def test_from_a_request():
    """From the client of POST /registry/sync to the upstream."""
    with Site() as site, Upstream() as upstream:
        site.configure({"file": {"file": {"url": upstream.url +
            "/file.json"}}})
        admin = responder.FastCgi(site.database, site.dir, responder.ADMIN,
            "admin", THV_REGISTRY_CONFIG=site.config, THV_REGISTRY_SYNC=SYNC,
            THV_REGISTRY_INSECURE_URL="true",
            THV_REGISTRY_LOG_REQUESTS="all", THV_REGISTRY_LOG_FORMAT="json",
            THV_REGISTRY_METRICS_PATH=site.path("counters"))
        answer = admin.get("/registry/sync", "POST", REMOTE_ADDR="127.0.0.1",
            HTTP_TRACEPARENT=f"00-{TRACE}-{SPAN}-01")
        tap.equal(answer.status, 202, "started")
        for _ in range(500):
            if '"source synced"' in admin.log():
                break
            threading.Event().wait(0.02)
        tap.equal([PARENT.fullmatch(text)[1] for _, text in upstream.seen],
            [TRACE], "the upstream sees the client's trace")
        lines = [json.loads(line) for line in admin.log().splitlines()]
        tap.equal({(line["msg"], line["trace_id"]) for line in lines},
            {("request", TRACE), ("source synced", TRACE)},
            "and so do the logs of both programs")
        [request] = [line for line in lines if line["msg"] == "request"]
        tap.equal((request["route"], request["method"], request["status"],
            request["request_id"]), ("/registry/sync", "POST", 202,
            answer.request_id), "the line of the request")
        metrics = site.get("/metrics",
            THV_REGISTRY_METRICS_PATH=site.path("counters")).body.decode()
        tap.ok(re.search(r"http_requests_total\{[^}]*method=\"POST\",[^}]*"
            r"http_route=\"/registry/sync\",[^}]*\"202\"\} 1\n", metrics),
            "counted beside those of the other program")
        tap.contains(metrics, 'thv_registry_responder_processes{program="'
            'thv-registry-admin"} 1\n', "which is there, too")
        admin.stop()


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
