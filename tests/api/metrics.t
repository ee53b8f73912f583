#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/metrics: what all responders counted and what the sync left behind, in both
text formats, as promtool likes it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import json
import re
import shutil
import sqlite3
import subprocess
import tempfile

import exposition
import responder
import tap
from test_site import Site, server

OPEN = {"HTTP_ACCEPT": "application/openmetrics-text;version=1.0.0;q=0.5,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"}
REQUESTS = "stacklok_registry_http_requests_total"
SECONDS = "http_server_request_duration_seconds"
MONITORING = os.path.join(responder.ROOT, "httpd-conf", "monitoring")


def counting(site):
    return {"THV_REGISTRY_METRICS_PATH": site.path("counters")}


def start(site, **env):
    return responder.FastCgi(site.database, tempfile.mkdtemp(dir=site.dir),
        **{**counting(site), **env})


def site_with_two(site):
    site.configure({
        "one": site.file_source("one", server("n/x"), server("n/y"),
            server("bad name", "1")),
        "bad": {"file": {"path": site.path("missing.json")}}})
    return site.sync()


def test_requests_of_all_processes():
    with Site() as site:
        site_with_two(site)
        env = counting(site)
        first, second = start(site), start(site)
        for s in first, second, first:
            s.get("/v0.1/servers?search=x")
        tag = first.get("/v0.1/servers").headers["etag"]
        second.get("/v0.1/servers", etag=tag)
        second.get("/registry/main/v0.1/servers/n%2Fx/versions/1.0.0", "HEAD")
        second.get("/v0.1/servers", "BREW")
        second.get("/nowhere/at/all")
        second.get("/health", HTTPS="on")
        second.get("/health", REQUEST_SCHEME="https")
        second.get("/health", HTTP_X_FORWARDED_PROTO="https, http")
        second.get("/health", HTTPS="on", HTTP_X_FORWARDED_PROTO="http")
        second.get("/health", HTTPS="on", HTTP_X_FORWARDED_PROTO="gopher")
        got = exposition.read(first.get("/metrics").body)

        def count(method, route, status, scheme="http"):
            return got.value(REQUESTS, http_request_method=method,
                http_route=route, http_response_status_code=status,
                url_scheme=scheme, stacklok_component="registry",
                stacklok_product="stacklok-platform")

        tap.equal(count("GET", "/v0.1/servers", "200"), 4, "both processes")
        tap.equal(count("GET", "/v0.1/servers", "304"), 1, "304 apart")
        tap.equal(count("HEAD", "/registry/{registryName}/v0.1/servers/"
            "{serverName}/versions/{version}", "200"), 1, "by the pattern")
        tap.equal(count("_OTHER", "unknown_route", "405"), 1, "odd method")
        tap.equal(count("GET", "unknown_route", "404"), 1, "no such path")
        tap.equal((count("GET", "/health", "200", "https"),
            count("GET", "/health", "200")), (4, 1), "scheme")
        tap.equal(got.total(REQUESTS), 13, "and nothing else")
        tap.equal(got.total(SECONDS + "_count"), 13, "all are timed")
        tap.equal(got.value(SECONDS + "_count", http_request_method="GET",
            http_route="/v0.1/servers", http_response_status_code="304",
            url_scheme="http"), 1, "by route and status")
        tap.equal(got.value("http_request_duration_seconds_count",
            endpoint="/v0.1/servers", method="GET"), 5, "short names")
        tap.equal(got.value("thv_registry_responder_processes",
            program="thv-registry-api"), 2, "two processes")
        tap.equal(got.value("thv_registry_responder_starts_total",
            program="thv-registry-api"), 2, "were started")
        with open(f"/proc/{first.pid}/statm", encoding="ascii") as f:
            size = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
        tap.ok(size < got.value("process_resident_memory_bytes") < 4 * size,
            "memory of both")
        tap.equal(got.value("thv_registry_metrics_shared"), 1, "shared")
        tap.equal(got.value("thv_registry_http_not_modified_ratio"),
            round(1 / 11, 6), "share of 304")
        tap.equal((got.value("stacklok_registry_errors_total",
            error_type="client_error", area="http"),
            got.value("stacklok_registry_errors_total",
                error_type="server_error", area="http")), (2, 0), "errors")
        tap.ok(got.value("thv_registry_database_cache_hits_total") +
            got.value("thv_registry_database_cache_misses_total") > 0,
            "pages")
        for s in first, second:
            s.stop()
        got = exposition.read(responder.cgi(site.database, "/metrics",
            **env).body)
        tap.equal(got.total(REQUESTS), 14, "kept without processes")
        tap.equal(got.value("thv_registry_responder_processes",
            program="thv-registry-api"), 1, "only this one")


def test_active_requests():
    with Site() as site:
        site_with_two(site)
        servers = [start(site) for _ in range(3)]
        for s in servers:
            s.get("/health", HTTPS="on")

        def active(**labels):
            return exposition.read(servers[0].get("/metrics", **labels).body) \
                .samples["http_server_active_requests"]

        # A client may have its answer a moment before this is noted.
        for _ in range(200):
            if len(active()) == 1:
                break
        tap.equal([(labels["http_request_method"], labels["url_scheme"], value)
            for labels, value in active()], [("GET", "http", 1)],
            "one is busy: the one that answers")
        for s in servers:
            s.stop()


def test_distribution():
    with Site() as site:
        site_with_two(site)
        for _ in range(3):
            site.get("/health", **counting(site))
        got = exposition.read(site.get("/metrics", **counting(site)).body)
        for name, bounds in ((SECONDS, ["0.005", "0.01", "0.025", "0.05",
                "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"]),
                ("http_request_duration_seconds", ["0.1", "1.0", "+Inf"])):
            parts = [(labels["le"], value) for labels, value in
                got.samples[name + "_bucket"]]
            tap.equal([le for le, _ in parts], bounds, f"bounds of {name}")
            values = [v for _, v in parts]
            tap.equal((values, values[-1]), (sorted(values), 3), "cumulated")


def test_size():
    """A server that has started and answered a request of each kind that a
    client sends first."""
    with Site() as site:
        site_with_two(site)
        s = start(site)
        for uri in ("/health", "/metrics", "/v0.1/servers",
                "/v0.1/servers/n%2Fx/versions/latest"):
            s.get(uri)
        s.get("/v0.1/servers", etag=s.get("/v0.1/servers").headers["etag"])
        body = s.get("/metrics").body
        s.stop()
        tap.equal(len(exposition.read(body).samples[REQUESTS]), 5,
            "5 kinds of request")
        tap.ok(len(body) < 40_000, f"/metrics has {len(body)} bytes")


def test_syncs():
    with Site() as site:
        site_with_two(site)
        site.sync("--force")
        got = exposition.read(site.get("/metrics").body)
        tap.equal(got.value("sync_duration_seconds_count",
            source_type="file"), 4, "attempts by kind")
        tap.equal(got.value("sync_duration_seconds_bucket",
            source_type="file", le="+Inf"), 4, "in its last part")
        tap.equal(got.value("sync_server_count", source_type="file"), 2,
            "servers by kind")
        name = "stacklok_registry_sync_duration_seconds_count"
        tap.equal((got.value(name, source="one", outcome="success"),
            got.value(name, source="bad", outcome="error")), (2, 2),
            "by source and outcome")
        tap.equal([labels["le"] for labels, _ in
            got.samples[name.replace("_count", "_bucket")]
            if labels["source"] == "one"], ["0.1", "0.5", "1.0", "2.5", "5.0",
                "10.0", "30.0", "60.0", "120.0", "180.0", "300.0", "+Inf"],
            "in the buckets of the ToolHive registry server")
        tap.equal(got.value("stacklok_registry_errors_total",
            error_type="FetchFailed", area="sync"), 2, "what failed")
        for kind, count in ("servers", 2), ("skills", 0), ("plugins", 0):
            tap.equal(got.value(f"stacklok_registry_{kind}", source="one"),
                count, kind)
        tap.equal(got.value("thv_registry_source_rejected_entries",
            source="one"), 1, "rejected")
        tap.equal(got.value("thv_registry_source_failed_attempts",
            source="bad"), 2, "failures in a row")
        tap.equal((got.value("thv_registry_source_up", source="one"),
            got.value("thv_registry_source_up", source="bad")), (1, 0), "up")
        tap.equal(got.value("thv_registry_source_interval_seconds",
            source="one"), 3600, "interval")
        age = "thv_registry_source_last_success_age_seconds"
        tap.ok(0 < got.value(age, source="one") < 300, "age of a source")
        tap.equal(got.value(age, source="bad"), None, "none before the first")
        tap.equal(got.value("thv_registry_data_age_seconds", registry="main"),
            None, "nor of a registry that lacks one")
        tap.ok(0 < got.value("thv_registry_last_change_age_seconds",
            registry="main") < 300, "its last change")
        tap.equal(got.value("thv_registry_database_size_bytes"),
            os.path.getsize(site.database), "size of the database")
        tap.equal(got.value("thv_registry_database_wal_size_bytes"),
            os.path.getsize(site.database + "-wal"), "and of its log")
        tap.equal((got.value("thv_registry_database_up"),
            got.value("thv_registry_metrics_shared")), (1, 0), "up, alone")

        # Records of runs go, and so does a source; totals stay.
        site.configure({"two": site.file_source("two", server("n/z"))})
        site.sync()
        db = sqlite3.connect(site.database)
        with db:
            db.execute("DELETE FROM run")
        db.close()
        got = exposition.read(site.get("/metrics").body)
        tap.equal(got.value("sync_duration_seconds_count",
            source_type="file"), 5, "counted on by kind")
        tap.equal([labels["source"] for labels, _ in got.samples[name]],
            ["two"], "no series of removed sources")
        tap.ok(0 < got.value("thv_registry_data_age_seconds",
            registry="main") < 300, "age of what is served")


def test_without_a_database():
    with Site() as site:
        answer = site.get("/metrics", **counting(site))
        got = exposition.read(answer.body)
        tap.equal((answer.status, got.value("thv_registry_database_up"),
            got.value("thv_registry_database_size_bytes")), (200, 0, 0),
            "answered all the same")
        tap.equal(site.get("/v0.1/servers", **counting(site)).status, 503,
            "unlike the rest")
        got = exposition.read(site.get("/metrics", **counting(site)).body)
        tap.equal(got.value("stacklok_registry_errors_total",
            error_type="server_error"), 1, "which is counted")


def test_header():
    with Site() as site:
        site_with_two(site)
        answer = site.get("/metrics")
        tap.equal(answer.headers["content-type"],
            "text/plain; version=0.0.4; charset=utf-8", "Prometheus' own")
        tap.ok("access-control-allow-origin" not in answer.headers,
            "not for pages of others")
        for method, uri in (("OPTIONS", "/metrics"), ("POST", "/metrics"),
                ("GET", "/debug/pprof/x"), ("PUT", "/debug/pprof/heap"),
                ("GET", "/debug/pprof/profile?seconds=x"),
                ("OPTIONS", "/debug/pprof/heap"), ("POST", "/registry/sync"),
                ("GET", "/registry/sync"), ("OPTIONS", "/registry/sync")):
            tap.ok("access-control-allow-origin" not in
                site.get(uri, method=method).headers, f"nor is {method} {uri}")
        tap.equal(answer.headers["cache-control"], "no-store", "not kept")
        tap.ok(answer.body.endswith(b"\n") and b"# EOF" not in answer.body,
            "its end")
        answer = site.get("/metrics", **OPEN)
        tap.equal(answer.headers["content-type"], "application/"
            "openmetrics-text; version=1.0.0; charset=utf-8", "OpenMetrics")
        tap.ok(answer.body.endswith(b"\n# EOF\n"), "its end")
        tap.contains(answer.body, b"\n# TYPE stacklok_registry_http_requests "
            b"counter\n", "families without _total")
        tap.contains(answer.body, b"\n# TYPE target info\n", "and _info")
        tap.equal(exposition.read(answer.body).problems(), [], "is sound")
        tap.equal(exposition.read(site.get("/metrics").body).problems(), [],
            "so is the other")
        tap.equal(site.get("/metrics", method="HEAD").body, b"", "HEAD")
        tap.equal(site.get("/metrics", method="POST").status, 405, "POST")


def test_places_that_cannot_be():
    with Site() as site:
        site_with_two(site)
        for path in (site.path("no/such/directory/counters"), "/proc/x"):
            answer = site.get("/metrics", THV_REGISTRY_METRICS_PATH=path)
            tap.equal(exposition.read(answer.body).value(
                "thv_registry_metrics_shared"), 0, "one process's own")
            tap.contains(answer.log, path, "is logged")


def test_another_version_counts_beside():
    with Site() as site:
        site_with_two(site)
        site.get("/health", **counting(site))
        [name] = [n for n in os.listdir(site.dir) if n.startswith("counters")]
        shutil.copy(site.path(name), site.path("counters.0badcafe"))
        got = exposition.read(site.get("/metrics", **counting(site)).body)
        tap.equal(got.total(REQUESTS), 1, "one's own layout is read")
        with open(site.path(name), "r+b") as f:
            f.write(b"no such thing")
        got = exposition.read(site.get("/metrics", **counting(site)).body)
        tap.equal(got.total(REQUESTS), 0, "a damaged file is replaced")


def test_tools():
    with open(os.path.join(MONITORING, "grafana-dashboard.json"),
            encoding="utf-8") as f:
        dashboard = json.load(f)
    with open(os.path.join(MONITORING, "alerts.yml"), encoding="utf-8") as f:
        rules = f.read()
    with Site() as site:
        site.configure({"one": site.file_source("one", server("n/x"))})
        site.sync()
        site.get("/v0.1/servers", **counting(site))
        body = site.get("/metrics", **counting(site)).body
    names = set(exposition.read(body).names())
    # The base names of these, as they are in expressions.
    expressions = [t["expr"] for p in dashboard["panels"]
        for t in p.get("targets", ())]
    used = set()
    for text in expressions + re.findall(r"expr: (.*(?:\n {10,}.*)*)", rules):
        used |= set(re.findall(r"\b((?:thv|stacklok|http|sync|process|config)_"
            r"[a-z_0-9]+?)(?=[\s{\[)]|$)", text))
    used -= {"http_response_status_code"}
    tap.ok(len(expressions) > 20 and len(used) > 20, "there are many")
    tap.equal(sorted(u for u in used if u not in names and
        not u.startswith("config_reload")), [],
        "dashboard and rules ask for nothing that is not there")
    tap.equal(len({p["id"] for p in dashboard["panels"]}),
        len(dashboard["panels"]), "panels have ids of their own")
    if not shutil.which("promtool"):
        tap.skip("promtool (Debian: prometheus) is not installed: neither "
            "/metrics nor the alert rules were checked with it")
        return
    done = subprocess.run(["promtool", "check", "metrics"], input=body,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    tap.equal((done.returncode, done.stdout), (0, b""), "promtool is silent")
    done = subprocess.run(["promtool", "check", "rules",
        os.path.join(MONITORING, "alerts.yml")], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    tap.ok(done.returncode == 0 and b"SUCCESS" in done.stdout, "rules load")


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
