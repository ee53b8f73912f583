#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped lighttpd.conf and the responder together, over real HTTP."""

import gzip
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap

LIGHTTPD = shutil.which("lighttpd", path=os.environ.get("PATH", "") +
    ":/usr/sbin:/usr/local/sbin")
CONFIGURATION = os.path.join(responder.ROOT, "httpd-conf", "lighttpd.conf")
LIST = "/registry/r/v0.1/servers"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """lighttpd in the foreground, until stop()."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.database = os.path.join(self.directory.name, "registry.db")
        self.port = free_port()
        run = os.path.join(self.directory.name, "run")
        os.mkdir(run)
        self.log = open(os.path.join(self.directory.name, "log"), "wb+")
        self.process = subprocess.Popen(
            [LIGHTTPD, "-D", "-f", CONFIGURATION], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log,
            env=responder.environment(self.database,
                THV_REGISTRY_API=responder.PROGRAM,
                THV_REGISTRY_PORT=str(self.port), THV_REGISTRY_RUN_DIR=run))

    def wait(self):
        """Until it answers."""
        for _ in range(100):
            try:
                return self.get("/health").status == 200
            except OSError:
                time.sleep(0.1)
        return False

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def get(self, uri, method="GET", connection=None, **headers):
        c = connection or self.connection()
        c.request(method, uri, headers={k.replace("_", "-"): v
            for k, v in headers.items()})
        answer = c.getresponse()
        answer.body = answer.read()
        if connection is None:
            c.close()
        return answer

    def raw(self, target):
        """A request target that no client library would send."""
        with socket.create_connection(("127.0.0.1", self.port), 20) as s:
            s.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n"
                b"Connection: close\r\n\r\n")
            data = b""
            while chunk := s.recv(65536):
                data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.lower(), body

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        self.log.seek(0)
        text = self.log.read().decode()
        self.log.close()
        self.directory.cleanup()
        return status, text


def test_unavailable_at_first():
    answer = SERVER.get(LIST)
    tap.equal((answer.status, answer.body), (503,
        b'{"error":"service unavailable"}\n'), "no database yet: 503")
    tap.equal(answer.headers["Retry-After"], "5", "Retry-After")
    rdb.build(SERVER.database, [rdb.Source("a", [
        rdb.server(f"a.example/server-{i:03}", "1.0.0",
            f"Number {i} " + "with a description " * 4) for i in range(300)] +
        [rdb.server("a.example/x%2Fy"), rdb.server("a.example/plus", "1+b")])],
        [rdb.Registry("r", ["a"], True)])
    tap.equal(SERVER.get("/readiness").status, 200, "and well at once")


def test_names_in_paths():
    for path, status in (("a.example%2Fserver-007/versions/latest", 200),
            ("a.example%2fserver-007/versions/1.0.0", 200),
            ("a.example%2Fx%252Fy/versions/latest", 200),
            ("a.example%2Fx%2Fy/versions/latest", 404),
            ("a.example%252Fserver-007/versions/latest", 404),
            ("a.example/server-007/versions/latest", 404),
            ("a.example%2Fplus/versions/1+b", 200),
            ("a.example%2Fplus/versions/1%2Bb", 200),
            ("a.example%2Fplus/versions/1%20b", 400)):
        answer = SERVER.get(f"{LIST}/{path}")
        tap.equal(answer.status, status, path)


def test_hostile_targets():
    """Whatever the target, an answer in JSON with the headers of all."""
    for target, status in ((b"/v0.1/servers/%zz/versions/1", 400),
            (b"/v0.1/servers/%00/versions/1", 400),
            (b"/v0.1/servers/%ff/versions/1", 400),
            (b"/v0.1/servers/%c0%af/versions/1", 400),
            (b"/v0.1/servers/%01/versions/1", 404),
            (b"/v0.1/servers//versions", 400),
            (b"//v0.1/servers", 404), (b"/v0.1/../v0.1/servers", 404),
            (b"/v0.1/%2e%2e/servers", 404), (b"/v0.1/servers?%zz", 200),
            (b"/v0.1/servers?search=%00%ff", 200), (b"/%", 400)):
        got, head, body = SERVER.raw(target)
        tap.equal((got, body[:1], b"access-control-allow-origin: *" in head),
            (status, b"{", True), target.decode())


def test_compression():
    plain = SERVER.get(LIST)
    packed = SERVER.get(LIST, Accept_Encoding="gzip")
    tap.equal(packed.headers["Content-Encoding"], "gzip", "packed")
    tap.equal(gzip.decompress(packed.body), plain.body, "the same bytes")
    tap.ok(len(packed.body) < len(plain.body) / 3, "and fewer of them")
    tap.contains(packed.headers["Vary"], "Accept-Encoding", "Vary")
    tag = packed.headers["ETag"]
    tap.ok(tag.endswith('-gzip"') and tag != plain.headers["ETag"],
        f"the web server changed the tag: {tag}")
    for headers in ({"Accept_Encoding": "gzip"}, {}):
        for value in (tag, f"W/{tag}", f'"x", {tag}', plain.headers["ETag"]):
            again = SERVER.get(LIST, If_None_Match=value, **headers)
            tap.equal((again.status, again.body), (304, b""),
                f"304 for {value} {headers}")
            tap.equal(again.headers["Access-Control-Allow-Origin"], "*",
                "readable from a browser")


def test_methods():
    full = SERVER.get(LIST)
    head = SERVER.get(LIST, "HEAD")
    tap.equal((head.status, head.body, head.headers["Content-Length"]),
        (200, b"", str(len(full.body))), "HEAD")
    options = SERVER.get(LIST, "OPTIONS", Origin="vscode-file://vscode-app",
        Access_Control_Request_Method="GET")
    tap.equal((options.status, options.body), (204, b""), "OPTIONS")
    tap.equal(options.headers["Access-Control-Allow-Headers"],
        "Authorization, Content-Type, If-None-Match", "what may be sent")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = SERVER.get(LIST, method)
        tap.equal((answer.status, answer.body, answer.headers["Allow"]),
            (405, b'{"error":"method not allowed"}\n', "GET, HEAD, OPTIONS"),
            method)
    answer = SERVER.get("/nothing/here")
    tap.equal((answer.status, answer.body, answer.headers["Content-Type"]),
        (404, b'{"error":"not found"}\n', "application/json"), "404")


def test_walk_on_one_connection():
    """The whole registry, one entry per request, as one client does it."""
    c = SERVER.connection()
    names, cursor = [], ""
    sockets = set()
    while cursor is not None:
        page = SERVER.get(f"/v0.1/servers?limit=1&version=latest&cursor="
            f"{cursor}", connection=c)
        sockets.add(id(c.sock))
        data = responder.json.loads(page.body)
        names += [s["server"]["name"] for s in data["servers"]]
        cursor = data["metadata"].get("nextCursor")
    c.close()
    tap.equal((len(names), names), (302, sorted(names)), "302 servers")
    tap.equal(len(sockets), 1, "on one connection")


def test_many_at_once():
    """More clients than processes: everyone is served."""
    bad = []

    def client(number):
        c = SERVER.connection()
        for i in range(100):
            name = f"a.example%2Fserver-{(number * 7 + i) % 300:03}"
            answer = SERVER.get(f"/v0.1/servers/{name}/versions/latest",
                connection=c)
            if answer.status != 200:
                bad.append(answer.status)
        c.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    tap.equal(bad, [], "16 clients, 100 lookups each")


def test_loopback_only():
    """From here these are not forbidden (there is nothing yet, though)."""
    for path in ("/metrics", "/debug/pprof/heap"):
        tap.ok(SERVER.get(path).status != 403, path)


def running(pid):
    """Whether a process is there and more than a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_stop():
    pid = SERVER.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        responders = f.read().split()
    tap.equal(len(responders), 4, "four responders")
    # lighttpd's exit status says nothing: it is 0 or 1, as the moment has it.
    _, log = SERVER.stop()
    tap.contains(log, "server stopped by", "stops when told")
    for _ in range(50):
        if not any(running(r) for r in responders):
            break
        time.sleep(0.1)
    tap.equal([r for r in responders if running(r)], [], "and so do they")
    tap.equal([line for line in log.splitlines() if "ERROR" in line and
        "database unavailable" not in line], [], "no other error was logged")


if LIGHTTPD is None:
    print("1..0 # SKIP lighttpd is not installed")
    sys.exit(0)
SERVER = Server()
if not SERVER.wait():
    tap.ok(False, "lighttpd starts")
    print("#   " + SERVER.stop()[1].replace("\n", "\n#   "))
    sys.exit(tap.done())
tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
