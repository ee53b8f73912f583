#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A line for each request: its fields, its id and its trace, in both formats
and for both targets, and how many of them are wanted."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import json
import re
import socket
import subprocess
import tempfile

import registry_db as rdb
import responder
import tap

WHERE = tempfile.TemporaryDirectory()
DATABASE = os.path.join(WHERE.name, "registry.db")
rdb.build_one(DATABASE)
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
URI = rdb.ONE_URI
ROUTE = "/v0.1/servers/{serverName}/versions/{version}"


def start(**env):
    env.setdefault("THV_REGISTRY_LOG_REQUESTS", "all")
    env.setdefault("THV_REGISTRY_LOG_FORMAT", "json")
    return responder.FastCgi(DATABASE, tempfile.mkdtemp(dir=WHERE.name), **env)


def lines(server):
    """What it logged, after it has ended."""
    assert server.stop() == 0
    return [json.loads(line) for line in server.log().splitlines()]


def test_fields():
    s = start()
    answer = s.get(URI + "?token=hidden&search=also")
    missing = s.get("/v0.1/servers/a%2Fno/versions/1", "HEAD")
    bad = s.get("/v0.1/servers?limit=none")
    got = lines(s)
    tap.equal(len(got), 3, "a line for each")
    for line in got:
        tap.ok(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z",
            line.pop("time")), "the time")
        tap.ok(0 <= line.pop("duration_us") < 20_000_000, "how long it took")
    tap.equal(got[0], {"level": "INFO", "msg": "request", "method": "GET",
        "status": 200, "route": ROUTE, "path": URI, "registry": "r",
        "bytes": len(answer.body), "request_id": answer.request_id},
        "of a success, without its query")
    tap.equal((got[1]["level"], got[1]["method"], got[1]["status"],
        got[1]["bytes"], got[1]["request_id"]), ("WARN", "HEAD", 404, 0,
        missing.request_id), "of what is not there")
    tap.equal((got[2]["level"], got[2]["status"], got[2].get("registry")),
        ("WARN", 400, None), "of a mistake")
    ids = {a.request_id for a in (answer, missing, bad)}
    tap.ok(len(ids) == 3 and all(re.fullmatch(r"[0-9a-f]{16}-\d+", i)
        for i in ids), "ids differ")


def test_kinds_are_not_mixed_up():
    """Parts of lines are kept for the next of their kind."""
    s = start()
    for _ in range(3):
        for uri in (URI, "/health", "/v0.1/health", "/nothing", "/version",
                "/v0.1/servers", "/registry/r/v0.1/servers", "/v0/servers"):
            for method in "GET", "HEAD", "OPTIONS", "BREW", "SIP":
                s.get(uri, method)
    got = lines(s)
    tap.equal(len(got), 3 * 8 * 5, "all are there")
    wrong = [line for line in got if
        (line["route"] != "unknown_route" and
            line["route"] != line["path"].replace("/registry/r/",
            "/registry/{registryName}/") and line["route"] != ROUTE) or
        (line["status"] == 405) != (line["method"] in ("BREW", "SIP") and
            line["path"] != "/nothing")]
    tap.equal(wrong, [], "each with its own route, method and status")


def test_registries_are_not_mixed_up():
    """More of them than lines are kept, and one whose name is not kept."""
    names = [f"registry-{n}" for n in range(7)] + ["long-" * 14 + "x"]
    database = os.path.join(WHERE.name, "many.db")
    rdb.build(database, [rdb.Source("a", [rdb.server("a.example/x")])],
        [rdb.Registry(name, ["a"], False) for name in names])
    s = responder.FastCgi(database, tempfile.mkdtemp(dir=WHERE.name),
        THV_REGISTRY_LOG_REQUESTS="all", THV_REGISTRY_LOG_FORMAT="json")
    asked = (names + names[::-1] + names[:1] * 3) * 2
    for name in asked:
        s.get(f"/registry/{name}/v0.1/servers")
    tap.equal([line.get("registry") for line in lines(s)], asked,
        "each line has its own")


def test_ids():
    s = start()
    for given in "abc", "A-b_1.2:3/4", "x" * 128:
        tap.equal(s.get("/health", HTTP_X_REQUEST_ID=given).request_id, given,
            "one that is harmless comes back")
    for given in ("", "two words", "x" * 129, 'q"', "back\\slash", "é",
            "a\tb", "a\r\nSet-Cookie: x=1", "a\x7f"):
        answer = s.get("/health", HTTP_X_REQUEST_ID=given)
        tap.ok(re.fullmatch(r"[0-9a-f]{16}-\d+", answer.request_id),
            f"another instead of {given[:20]!r}")
        tap.ok("set-cookie" not in answer.headers, "and no more headers")
    got = lines(s)
    tap.equal([line["request_id"] for line in got[:3]],
        ["abc", "A-b_1.2:3/4", "x" * 128], "logged as given")


def test_traces():
    s = start()
    s.get("/health", HTTP_TRACEPARENT=f"00-{TRACE}-{SPAN}-01")
    s.get("/health", HTTP_TRACEPARENT=f"00-{TRACE}-{SPAN}")
    s.get("/health")
    got = lines(s)
    tap.equal((got[0]["trace_id"], got[0]["parent_id"]), (TRACE, SPAN),
        "taken over")
    tap.ok("trace_id" not in got[1] and "trace_id" not in got[2],
        "not if it is none, nor from the request before")
    s = responder.FastCgi(os.path.join(WHERE.name, "none.db"), tempfile.mkdtemp(
        dir=WHERE.name), THV_REGISTRY_LOG_FORMAT="json")
    s.get("/v0.1/servers", HTTP_X_REQUEST_ID="mine",
        HTTP_TRACEPARENT=f"00-{TRACE}-{SPAN}-01")
    got = lines(s)
    tap.equal([(line["msg"], line["request_id"], line["trace_id"])
        for line in got], [("database unavailable", "mine", TRACE)],
        "an error has the id and trace of its request")


def test_queries():
    s = start(THV_REGISTRY_LOG_LEVEL="debug")
    s.get("/v0.1/servers?search=a%20b&token=SECRET&limit=2&x")
    s.get("/v0.1/servers?" + "y" * 70 + "=SECRET")
    got = [line for line in lines(s) if line["msg"] == "request"]
    tap.equal(got[0]["query"], "search=a%20b&token=&limit=2&",
        "what means nothing here has no value")
    tap.ok("SECRET" not in json.dumps(got), "and is not logged")


def test_strange_paths():
    s = start()
    for uri in ('/"quoted"/\\', "/\x01\x1b[31m", "/é", "/" + "x" * 5000):
        s.get(uri)
    s.get(URI, "G" * 9000)
    got = lines(s)
    tap.equal([line["path"] for line in got[:3]],
        ['/"quoted"/\\', "/\x01\x1b[31m", "/é"], "come whole")
    tap.equal((len(got[3]["path"]), got[3]["request_id"] != ""), (1024, True),
        "or cut, and the line goes on")
    tap.equal(len(got), 5, "each in a line of its own")


def test_how_many():
    def count(wanted):
        s = start(THV_REGISTRY_LOG_REQUESTS=wanted)
        for _ in range(30):
            s.get("/health")
        for _ in range(4):
            s.get("/nothing")
        got = [line["status"] for line in lines(s) if line["msg"] == "request"]
        return got.count(200), got.count(404)

    for wanted, want in (("all", (30, 4)), ("errors", (0, 4)), ("none", (0, 0)),
            ("1", (30, 4)), ("10", (3, 4)), ("ERRORS", (0, 4)), ("", (30, 4))):
        tap.equal(count(wanted), want, wanted or "nothing said")
    for wrong in "0", "-1", "some", "10x":
        s = start(THV_REGISTRY_LOG_REQUESTS=wrong)
        s.get("/health")
        got = lines(s)
        tap.equal([line["level"] for line in got], ["WARN", "INFO"],
            f"{wrong}: all, and said so")


def test_logfmt_and_levels():
    s = start(THV_REGISTRY_LOG_FORMAT="logfmt")
    s.get("/health")
    s.stop()
    tap.ok(re.fullmatch(r"time=\S+Z level=INFO msg=request method=GET "
        r"status=200 route=/health path=/health bytes=21 duration_us=\d+ "
        r"request_id=[0-9a-f]{16}-1\n", s.log()), "logfmt")
    s = start(THV_REGISTRY_LOG_LEVEL="warn")
    s.get("/health")
    s.get("/nothing")
    tap.equal([line["status"] for line in lines(s)], [404], "by level")


def test_journal():
    """systemd says which stream is the journal's."""
    with tempfile.TemporaryFile() as log:
        st = os.fstat(log.fileno())
        for stream in f"{st.st_dev}:{st.st_ino}", "1:2":
            subprocess.run([responder.PROGRAM], stderr=log, check=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env=responder.environment(DATABASE, JOURNAL_STREAM=stream,
                    THV_REGISTRY_LOG_REQUESTS="all", REQUEST_METHOD="GET",
                    REQUEST_URI="/nothing"))
        log.seek(0)
        first, second = log.read().decode().splitlines()
    tap.ok(first.startswith("<4>time="), "the level for the journal")
    tap.ok(second.startswith("time="), "and for nobody else")


def test_syslog():
    if os.geteuid() != 0 or os.path.exists("/dev/log"):
        tap.skip("/dev/log cannot be ours: no line was sent to syslog")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind("/dev/log")
        log.settimeout(20)
        try:
            s = start(THV_REGISTRY_LOG_TARGET="syslog",
                THV_REGISTRY_LOG_FORMAT="")
            s.get("/nothing")
            got = log.recv(8192).decode()
        finally:
            os.unlink("/dev/log")
        tap.ok(re.fullmatch(r"<28>thv-registry-api\[\d+\]: time=\S+ level=WARN "
            r"msg=request .*", got), "one datagram")
        tap.equal(lines(s), [], "and nothing on standard error")
    answer = responder.cgi(DATABASE, "/health",
        THV_REGISTRY_LOG_TARGET="syslog", THV_REGISTRY_LOG_REQUESTS="all")
    tap.contains(answer.log, "no syslog at /dev/log", "without one it is said")
    tap.contains(answer.log, "msg=request", "and standard error serves")


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
