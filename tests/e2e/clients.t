#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions of known clients, with the requests and headers they send, through
the shipped lighttpd.conf: what each looks at in the answers is looked at."""

import http.client
import json
import os
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap
import web_servers

OFFICIAL = "io.modelcontextprotocol.registry/official"
BASE = "/registry/team"
# Other builds are slow.
PLAIN = os.path.basename(responder.BUILD) == "build"
MANY = 5000 if PLAIN else 100


def quote(name):
    return urllib.parse.quote(name, safe="")


class Client:
    """Keeps its connection, sends its headers with every request."""

    def __init__(self, **headers):
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}
        self.connection = http.client.HTTPConnection("127.0.0.1", SERVER.port,
            timeout=60)

    def get(self, uri, method="GET", **more):
        self.connection.request(method, uri, headers={**self.headers,
            **{k.replace("_", "-"): v for k, v in more.items()}})
        answer = self.connection.getresponse()
        answer.body = answer.read()
        answer.json = json.loads(answer.body) if answer.body else None
        return answer


def check_cors(answer, what):
    """What a page of another origin needs to be given the answer."""
    h = answer.headers
    allowed = {w.strip().lower() for w in
        h["Access-Control-Allow-Headers"].split(",")}
    tap.ok(h["Access-Control-Allow-Origin"] == "*" and
        {"authorization", "content-type"} <= allowed and
        {"GET", "OPTIONS"} <= {m.strip() for m in
            h["Access-Control-Allow-Methods"].split(",")} and
        h["Cross-Origin-Resource-Policy"] != "same-origin",
        f"{what} may be read by another origin")


def check_vscode_page(answer, what):
    """The parser refuses a whole page for its first item."""
    page = answer.json
    tap.ok(answer.status == 200 and isinstance(page["metadata"], dict) and
        all(isinstance(i["_meta"], dict) and all(isinstance(
            i["server"][k], str) and i["server"][k] for k in
            ("name", "description", "version")) for i in page["servers"]),
        f"{what} can be parsed")
    check_cors(answer, what)
    return page


def test_vscode():
    client = Client(Origin="vscode-file://vscode-app", User_Agent="VSCode",
        Accept="*/*")
    check_vscode_page(client.get(f"{BASE}/v0.1/servers?limit=1"), "the probe")
    page = check_vscode_page(client.get(
        f"{BASE}/v0.1/servers?limit=50&version=latest"), "the list")
    tap.equal(len(page["servers"]), 50, "50 of them")
    tap.ok(all(i["_meta"][OFFICIAL]["isLatest"] and i["_meta"][OFFICIAL][
        "status"] == "active" for i in page["servers"]), "newest, active")
    seen, cursor = [], ""
    while cursor is not None:
        # The cursor goes out as it came in, the search text not at all.
        uri = f"{BASE}/v0.1/servers?limit=50&version=latest"
        uri += f"&cursor={cursor}" if cursor else "&search=" + quote("Needle")
        page = check_vscode_page(client.get(uri), "a page of a search")
        seen += [i["server"]["name"] for i in page["servers"]]
        cursor = page["metadata"].get("nextCursor")
    tap.equal(seen, [f"t.example/s{i:04}" for i in range(0, MANY, 7)],
        "every page honours the search of the first")
    check_cors(client.get(f"{BASE}/v0.1/servers", "OPTIONS",
        Access_Control_Request_Method="GET"), "a preflight")
    results = []

    def look_up(name):
        one = Client(Origin="vscode-file://vscode-app")
        answer = one.get(f"{BASE}/v0.1/servers/{quote(name)}/versions/latest")
        results.append((name, answer.status, answer.json))
    installed = [f"t.example/s{i:04}" for i in range(0, 60, 2)] + ["no.such/x"]
    burst = [threading.Thread(target=look_up, args=(n,)) for n in installed]
    for t in burst:
        t.start()
    for t in burst:
        t.join(60)
    tap.equal(sorted((n, s) for n, s, _ in results), sorted(
        (n, 404 if n == "no.such/x" else 200) for n in installed),
        "a burst at start-up: 200 or 404, nothing else")
    tap.equal([j for _, s, j in results if s == 404], [{"error": "not found"}],
        "404 has JSON")
    tap.equal({j["server"]["remotes"][0]["url"] for n, s, j in results if
        n == "t.example/s0004"}, {"https://example.com/4/mcp?x=%2F"},
        "the URL of a remote is what was published, byte by byte")


def test_toolhive():
    client = Client(User_Agent="ToolHive/0.9.0 (linux/amd64) go/1.26",
        Accept="application/json")
    uri = f"{BASE}/v0.1/servers?limit=1&version=latest"
    started, names, cursor = time.monotonic(), [], ""
    while cursor is not None:
        answer = client.get(uri + (f"&cursor={quote(cursor)}" if cursor else
            ""))
        page = answer.json
        if answer.status != 200 or not isinstance(page["metadata"], dict) or \
                "application/json" not in answer.headers["Content-Type"]:
            break
        names += [i["server"]["name"] for i in page["servers"]]
        cursor = page["metadata"].get("nextCursor")
    print(f"# walked in {time.monotonic() - started:.1f} s")
    tap.equal((len(names), cursor), (MANY + 1, None),
        "the walk at start-up, one entry a request")
    tap.equal(names, sorted(set(names)), "in order, each once")
    cached, cursor = [], ""
    while cursor is not None:
        page = client.get(f"{BASE}/v0.1/servers?limit=100&version=latest" + (
            f"&cursor={quote(cursor)}" if cursor else "")).json
        cached += [i["server"]["name"] for i in page["servers"]]
        cursor = page["metadata"].get("nextCursor")
    tap.equal(cached, names, "the list of a hundred a page")
    for name, status in (("io.github.t.s0004", 404), ("t.example/s0004", 200)):
        tap.equal(client.get(f"{BASE}/v0.1/servers/{quote(name)}"
            "/versions/latest").status, status, f"lookup of {name}")
    found = client.get(f"{BASE}/v0.1/servers?search=s0004&version=latest").json
    tap.equal([i["server"]["name"] for i in found["servers"]],
        ["t.example/s0004"], "and by search")
    skills = f"{BASE}/v0.1/x/dev.toolhive/skills"
    tap.equal([client.get(u).status for u in (skills, f"{skills}/n/pdf",
        f"{skills}/n/pdf/versions", f"{skills}/n/pdf/versions/1.0.0",
        skills.replace("skills", "plugins"))], [200] * 5, "skills, plugins")


def test_copilot_cli():
    client = Client(Accept="application/json", User_Agent="copilot/1.0.50")
    for name, status in (("t.example/s0000", 200), ("com.github.mcp", 404),
            ("not a name", 404), (" ", 404), ("x/y/z", 404)):
        answer = client.get(f"{BASE}/v0.1/servers/{quote(name)}"
            "/versions/latest")
        tap.ok(answer.status == status, f"{name}: {status}")
    for base in f"{BASE}/v0.1", BASE, "", "/v0.1", "/v0":
        page = client.get(f"{base}/servers?limit=30").json
        tap.equal(page["metadata"]["count"], 30, f"{base}/servers")
        tap.equal(client.get(f"{base}/servers/t.example%2Fs0000/versions/"
            "latest").status, 200, "and a lookup there")
    tap.equal(client.get(f"{BASE}/v0.1/servers/t.example/s0000/versions/latest"
        ).status, 200, "a name whose slash was decoded on the way")


def test_jetbrains():
    client = Client(Accept="application/json", User_Agent="IntelliJ-GitHub-"
        "Copilot/1.5", Content_Type="application/json")
    page = client.get(f"{BASE}/v0.1/servers?limit=100&version=latest").json
    tap.equal(page["metadata"]["count"], 100, "a list")
    packages = next(i["server"]["packages"] for i in page["servers"] if
        "packages" in i["server"])
    tap.equal(packages, [{"registryType": "npm", "identifier": "@t/s0",
        "version": "1.0.0", "runtimeHint": "npx", "transport":
        {"type": "stdio"}}], "packages with all their members")
    for version in "1.0.0", "1.1.0+b":
        one = client.get(f"{BASE}/v0.1/servers/t.example%2Fs0001/versions/" +
            quote(version)).json
        tap.equal(one["server"]["version"], version, f"version {version}")


def test_crawler():
    client = Client(User_Agent="crawler/1")
    base, held, cursor, tag = f"{BASE}/v0.1/servers", {}, "", None
    while cursor is not None:
        answer = client.get(f"{base}?limit=100" + (f"&cursor={cursor}" if
            cursor else ""))
        tag = tag or answer.headers["ETag"]
        for i in answer.json["servers"]:
            held[i["server"]["name"], i["server"]["version"]] = i
        cursor = answer.json["metadata"].get("nextCursor")
    tap.equal(len(held), MANY + 2, "every version once")
    since = max(i["_meta"][OFFICIAL]["updatedAt"] for i in held.values())
    delta = client.get(f"{base}?limit=100&updated_since={quote(since)}")
    tap.equal(delta.json["servers"], [], "nothing after the newest")
    again = client.get(f"{base}?limit=100", If_None_Match=tag)
    tap.equal((again.status, again.body), (304, b""), "nor at all")
    check_cors(again, "a 304")
    delta = client.get(f"{base}?updated_since=2026-01-02T00:00:00Z").json
    tap.equal([(i["server"]["name"], i["_meta"][OFFICIAL]["status"]) for i in
        delta["servers"]], [("t.example/gone", "deleted"),
        ("t.example/new", "active")], "what changed, tombstones too")
    tap.equal(client.get(f"{base}?limit=30&search=gone").json["servers"], [],
        "a tombstone is in no plain list")
    tap.equal(client.get(f"{base}/t.example%2Fgone/versions/latest").status,
        404, "nor found by name")


def test_reference_as_a_client():
    client = Client(User_Agent="thv-registry-api")
    for base in "", BASE:
        got = client.get(f"{base}/openapi.yaml")
        info = got.json["info"]
        tap.ok(got.status == 200 and info["version"] == "1.0.0" and
            "https://github.com/modelcontextprotocol/registry" in
            info["description"], f"{base}/openapi.yaml is what it looks for")
        count, cursor = 0, ""
        while cursor is not None:
            page = client.get(f"{base}/v0.1/servers?limit=100" + (
                f"&cursor={quote(cursor)}" if cursor else "")).json
            count += len(page["servers"])
            cursor = page["metadata"].get("nextCursor")
        tap.equal(count, MANY + 2, "and all pages of a hundred")


def catalogue():
    for i in range(MANY):
        extra = {"remotes": [{"type": "streamable-http",
            "url": f"https://example.com/{i}/mcp?x=%2F"}]}
        if i == 0:
            extra["packages"] = [{"registryType": "npm", "identifier":
                "@t/s0", "version": "1.0.0", "runtimeHint": "npx",
                "transport": {"type": "stdio"}}]
        yield rdb.server(f"t.example/s{i:04}", "1.0.0", "a needle" if
            i % 7 == 0 else "some hay", extra=extra)
    yield rdb.server("t.example/s0001", "1.1.0+b", "newer")
    yield rdb.server("t.example/new", updated=rdb.EPOCH + 2 * rdb.DAY)
    yield rdb.server("t.example/gone", status="deleted",
        updated=rdb.EPOCH + 2 * rdb.DAY)
    for kind in rdb.SKILL, rdb.PLUGIN:
        yield rdb.extension(kind, "n", "pdf")


WHY = web_servers.missing("lighttpd")
if WHY:
    print(f"1..0 # SKIP {WHY}")
    sys.exit(0)
SERVER = web_servers.Server("lighttpd")
rdb.build(SERVER.database, [rdb.Source("a", list(catalogue()))],
    [rdb.Registry("team", ["a"], True)])
SERVER.share_database()
if tap.ok(SERVER.start(), "lighttpd starts"):
    tap.run([test_vscode, test_toolhive, test_copilot_cli, test_jetbrains,
        test_crawler, test_reference_as_a_client])
SERVER.stop()
SERVER.clean()
sys.exit(tap.done())
