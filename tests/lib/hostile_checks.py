# SPDX-License-Identifier: Apache-2.0
"""Attacks on a web server with the registry behind it, beside a good client.
run(KIND...) is a whole test program.

During each attack all responses are 2xx, 304 or 4xx (501 and 505 where HTTP requires
them), the good client always gets 200, and the processes neither restart nor grow."""

import concurrent.futures
import json
import os
import re
import resource
import socket
import sys
import threading
import time

import registry_db as rdb
import tap
import web_servers

LIST = "/registry/r/v0.1/servers"
GOOD = f"{LIST}/a.example%2Fserver-007/versions/latest"
# A deadline that even a busy machine meets.
DEADLINE = 10.0
PROPER = {200, 202, 204, 206, 304, 501, 505, *range(400, 500)}
# The only header fields that are ever sent.
FIELDS = {b"accept-ranges", b"access-control-allow-headers",
    b"access-control-allow-methods", b"access-control-allow-origin",
    b"access-control-expose-headers", b"access-control-max-age", b"allow",
    b"cache-control", b"connection", b"content-encoding", b"content-length",
    b"content-range", b"content-security-policy", b"content-type",
    b"cross-origin-resource-policy", b"date", b"etag", b"keep-alive",
    b"link", b"location", b"referrer-policy", b"retry-after", b"server",
    b"transfer-encoding", b"upgrade", b"vary", b"x-content-type-options",
    b"x-request-id"}
EVIL = "x\r\nX-Injected: yes\r\n\r\n<b>"
# A larger process has a leak.
MEMORY_KIB = 128 * 1024
# Simultaneous connections and their time; `make flood` has more.
CROWD = int(os.environ.get("HOSTILE_CROWD", "300"))
CROWD_S = 1.5 if CROWD < 1000 else 40
# More than responders, threads of Apache and connections that lighttpd allows by
# default; long enough for a delay or a deadline.
READERS, TRICKLES = 64, 1100
SLOW_S = 3 if CROWD < 1000 else 40
SERVER = None


# ---- the data ----------------------------------------------------------------

def build(path):
    """Servers, some of which the rules would reject: line ends in names, versions
    and URLs; and texts that are expensive to search."""
    plain = [rdb.server(f"a.example/server-{i:03}", "1.0.0", f"Number {i} " +
        "a" * 400) for i in range(300)]
    # A page larger than socket buffers.
    large = [rdb.server(f"large.example/{i:03}", "1.0.0",
        extra={"_meta": {"large": "x" * 12000}}) for i in range(300)]
    evil = [rdb.server(f"evil.example/{EVIL}", f"1.0.0{EVIL}", EVIL,
        title=EVIL, extra={"websiteUrl": "https://example.com/" + EVIL,
        "remotes": [{"type": "sse", "url": "https://example.com/" + EVIL}]})]
    more = [rdb.extension(kind, "evil.example", EVIL, "1" + EVIL)
        for kind in (rdb.SKILL, rdb.PLUGIN)]
    rdb.build(path, [rdb.Source("a", plain + evil + more),
        rdb.Source("b", plain[:50]), rdb.Source("c", large)],
        [rdb.Registry("r", ["a"], True), rdb.Registry("q", ["b"]),
        rdb.Registry("large", ["c"])])


# ---- the good client ---------------------------------------------------------

class Neighbour:
    """A client that repeats a request during an attack, in turns on a kept and on
    a new connection."""

    def __init__(self):
        self.bad = []
        self.count = 0
        self.worst = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        kept = web_servers.Client(SERVER)
        while not self.over.is_set():
            client = kept if self.count % 2 else web_servers.Client(SERVER)
            began = time.monotonic()
            try:
                status = client.get(GOOD).status
            except OSError as e:
                status = repr(e)
            if status != 200:
                self.bad.append(status)
            self.worst = max(self.worst, time.monotonic() - began)
            self.count += 1
            if client is not kept:
                client.close()
            self.over.wait(0.01)
        kept.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        # A client that sent no request proves nothing.
        while self.count < 2 and self.thread.is_alive():
            time.sleep(0.01)
        self.over.set()
        self.thread.join()

    def served(self, name):
        tap.ok(not self.bad and self.worst < DEADLINE, f"{name}: beside it "
            f"{self.count} good requests were answered")
        if self.bad:
            print(f"#   {self.bad[:5]}")
        print(f"#   the longest took {self.worst * 1000:.0f} ms")


def attack(name):
    """Runs a test beside the good client; all responders survive it."""
    def around(function):
        def test():
            before = set(SERVER.responders())
            with Neighbour() as good:
                function()
            good.served(name)
            gone = before - set(SERVER.responders())
            tap.equal(gone, set(), f"{name}: no responder ended")
        test.__name__ = function.__name__
        return test
    return around


# ---- malformed requests ------------------------------------------------------

def send(data, wait=DEADLINE):
    """Sends bytes; (all received bytes, whether the server closed)."""
    with SERVER.socket() as s:
        s.settimeout(wait)
        out, closed = b"", True
        try:
            s.sendall(data)
        except OSError:
            pass
        try:
            while chunk := s.recv(65536):
                out += chunk
        except socket.timeout:
            closed = False
        except OSError:
            pass
    return out, closed


def statuses(out):
    return [int(s) for s in re.findall(rb"^HTTP/1\.[01] (\d{3})", out, re.M)]


def head_fields(out):
    """Names of all header fields of all answers."""
    names = set()
    for part in re.split(rb"(?m)^HTTP/1\.[01] ", out)[1:]:
        for line in part.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
            names.add(line.partition(b":")[0].lower())
    return names


def proper(out, name):
    """Allowed responses, or none if the server closed the connection."""
    got = statuses(out)
    odd = head_fields(out) - FIELDS
    if not set(got) <= PROPER or odd or b"root:x:0" in out or \
            b"x-injected" in out.lower().partition(b"\r\n\r\n")[0]:
        tap.equal((got, odd, out[:300]), ([], set(), b""), name)
        return False
    return True


def send_all(cases):
    """What comes back for the bytes of each, sent side by side: some servers
    wait for more, and nobody need wait for one after the other."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda case: send(case[1], 1.0)[0], cases))


def all_proper(cases):
    bad = sum(not proper(out, case[0])
        for case, out in zip(cases, send_all(cases)))
    tap.equal(bad, 0, f"{len(cases)} kinds, none answered in a way it must "
        "not be")


# A request inside a body, which must not be answered.
INNER = b"GET /registry/inner HTTP/1.1\r\nHost: localhost\r\n\r\n"


def request(*fields, body=b"", line=b"GET /health HTTP/1.1", end=b"\r\n"):
    return end.join((line, b"Host: localhost", *fields, b"", b"")) + body


def smuggling():
    """(name, bytes, maximum number of responses). An ambiguous request is refused,
    or is the last on its connection (RFC 9112 sections 6.1 to 6.3)."""
    length = b"Content-Length: %d" % len(INNER)
    chunked = b"Transfer-Encoding: chunked"
    none = b"0\r\n\r\n"
    post = b"POST /health HTTP/1.1"
    return [
        ("CL and TE", request(length, chunked, line=post,
            body=none + INNER), 1),
        ("TE and CL", request(chunked, b"Content-Length: 5", line=post,
            body=none + INNER), 1),
        ("two CL", request(b"Content-Length: 0", length, line=post,
            body=INNER), 1),
        ("CL list", request(b"Content-Length: 0, %d" % len(INNER), line=post,
            body=INNER), 1),
        ("negative CL", request(b"Content-Length: -1", body=INNER), 1),
        ("CL with a sign", request(b"Content-Length: +0", body=INNER), 1),
        ("CL in hex", request(b"Content-Length: 0x0", body=INNER), 1),
        ("CL beyond 64 bits", request(b"Content-Length: 18446744073709551616",
            body=INNER), 1),
        ("TE that is not known", request(b"Transfer-Encoding: xchunked",
            line=post, body=INNER), 1),
        ("TE twice", request(chunked, b"Transfer-Encoding: identity",
            line=post, body=none + INNER), 1),
        ("TE with a tab", request(b"Transfer-Encoding:\tchunked, identity",
            line=post, body=none + INNER), 1),
        ("space before the colon", request(b"Content-Length : %d" %
            len(INNER), line=post, body=INNER), 1),
        ("TE, space before the colon", request(b"Transfer-Encoding : chunked",
            length, line=post, body=none + INNER), 1),
        ("folded line", request(b"X: a", b" Content-Length: 0", length,
            line=post, body=INNER), 1),
        ("folded first line", request(b" X: folded", body=INNER), 1),
        ("folded TE", request(b"Transfer-Encoding:", b" chunked", length,
            line=post, body=none + INNER), 1),
        ("NUL in a field", request(b"X: a\0b", body=INNER), 1),
        ("CR in a field", request(b"X: a\rContent-Length: 9", body=INNER), 1),
        ("chunk size with a sign", request(chunked, line=post,
            body=b"+0\r\n\r\n" + INNER), 1),
        ("chunk size beyond 64 bits", request(chunked, line=post,
            body=b"1ffffffffffffffff\r\n" + INNER), 1),
        ("chunk size of no digits", request(chunked, line=post,
            body=b";\r\n\r\n" + INNER), 1),
        ("chunk longer than its size", request(chunked, line=post,
            body=b"1\r\nabc\r\n0\r\n\r\n" + INNER), 1),
        ("no Host", b"GET /health HTTP/1.1\r\n\r\n", 1),
        ("two Hosts", request(b"Host: other.example.com"), 1),
        ("body of a GET", request(length, body=INNER), 1),
    ]


@attack("smuggling")
def test_smuggling():
    """No part of a body is answered as a request."""
    cases = smuggling()
    for (name, _, most), out in zip(cases, send_all(cases)):
        got = statuses(out)
        tap.ok(proper(out, name) and len(got) <= most and
            b"registry/inner" not in out, f"{name}: {got}")
    out, _ = send(request(b"X: y", end=b"\n", body=b"") + INNER, 1.0)
    tap.ok(len(statuses(out)) <= 2 and proper(out, "bare LF"),
        f"lines that end in LF alone: {statuses(out)}")


TRICKS = [b"/..%2f..%2fetc%2fpasswd", b"/..%252f..%252fetc/passwd",
    b"/%252F", b"/%2e%2e/%2e%2e/etc/passwd", b"/../../etc/passwd",
    b"/registry/..%2f..%2f/v0.1/servers", b"/registry/r/../../etc/passwd",
    b"/registry/%2e%2e/v0.1/servers", b"/registry/r%00/v0.1/servers",
    b"/registry/r/v0.1/servers/%2e%2e%2f%2e%2e/versions/latest",
    b"/registry/r/v0.1/servers/%00/versions/latest",
    b"/registry/r/v0.1/servers/a%00b/versions/latest",
    b"/registry/r/v0.1/servers/%c0%ae%c0%ae%c0%af/versions/latest",
    b"/registry/r/v0.1/servers/%e0%80%af/versions/latest",
    b"/registry/r/v0.1/servers/%f0%80%80%af/versions/latest",
    b"/registry/r/v0.1/servers/%ed%a0%80/versions/latest",
    b"/registry/r/v0.1/servers/%f4%90%80%80/versions/latest",
    b"/registry/r/v0.1/servers/%80/versions/latest",
    b"/registry/r/v0.1/servers/%u002e/versions/latest",
    b"/registry/r/v0.1/servers/\xff\xfe/versions/latest",
    b"/\\..\\..\\etc\\passwd", b"/;/etc/passwd", b"/health;x=y/../..",
    b"/" + b"/" * 2000, b"/" + b"a/" * 2000, b"/" + b"../" * 1000,
    b"/" + b"%2e%2e%2f" * 500, b"/.git/config", b"/registry.db", b"/.htaccess",
    b"/registry/r/v0.1/servers?limit=9223372036854775808",
    b"/registry/r/v0.1/servers?limit=-1", b"/registry/r/v0.1/servers?limit=%00",
    b"/registry/r/v0.1/servers?" + b"&" * 3000,
    b"/registry/r/v0.1/servers?" + b"limit=1&" * 500,
    b"/registry/r/v0.1/servers?search=%0d%0aX-Injected:%20yes",
    b"/registry/r/v0.1/servers/%0d%0aX-Injected:%20yes/versions/latest",
    b"/registry/r/v0.1/servers?updated_since=%0d%0a",
    b"http://other.example.com/registry/r/v0.1/servers",
    b"*", b"health", b"/health#fragment", b"//etc/passwd", b"/%", b"/%2", b"/%zz"]


@attack("paths")
def test_paths():
    all_proper([(target[:60].decode("latin-1"), b"GET " + target +
        b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for target in TRICKS])


@attack("lines")
def test_lines():
    """Malformed request lines and header fields."""
    all_proper([(data[:30].decode("latin-1"), data) for data in (
        b"GET\r\n\r\n", b"GET /health\r\n\r\n", b"GET  /health  HTTP/1.1\r\n\r\n",
        b"get /health HTTP/1.1\r\nHost: localhost\r\n\r\n"[:-2] +
        b"Connection: close\r\n\r\n",
        request(b"Connection: close", line=b"FOO /health HTTP/1.1"),
        request(b"Connection: close", line=b"TRACE /health HTTP/1.1"),
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n"
        b"Connection: close\r\n\r\n",
        request(b"Connection: close", line=b"GET /health HTTP/9.9"),
        request(b"Connection: close", line=b"GET /health HTTP/1.1 x"),
        request(b"Connection: close", b": none"),
        request(b"Connection: close", b"no colon"),
        request(b"Connection: close", b"X-\x01: \x02\x7f"),
        request(b"Connection: close", b"X(y): z"),
        request(b"Connection: close", b"Range: bytes=" + b"0-," * 2000),
        request(b"Connection: close", b"Accept-Encoding: " + b"gzip," * 1500),
        request(b"Connection: close", b"If-None-Match: " + b'"a",' * 1500),
        request(b"Connection: close", b"Expect: 200-maybe"),
        request(b"Connection: Upgrade, close", b"Upgrade: h2c",
            b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
        b"\0" * 4000, b"\r\n" * 4000 + b"x\r\n\r\n", b"\xff" * 20000 + b"\r\n\r\n")])


@attack("headers and bodies")
def test_large():
    """Requests that are too large are refused and not stored."""
    line = b"X-%d: " + b"a" * 4000
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    all_proper([
        ("a field of 1 MB", request(b"X: " + b"a" * 1000000)),
        ("1,000 fields", request(*(b"X-%d: y" % i for i in range(1000)),
            b"Connection: close")),
        ("4 MB of fields", request(*(line % i for i in range(1000)))),
        ("a target of 1 MB", request(line=b"GET /" + b"a" * 1000000 +
            b" HTTP/1.1")),
        ("a body of 16 MB", request(b"Content-Length: 16000000",
            b"Connection: close", line=b"POST /registry/sync HTTP/1.1",
            body=b"a" * 16000000)),
        ("a body of 16 MB in chunks", request(b"Transfer-Encoding: chunked",
            b"Connection: close", line=b"PUT /registry/sync HTTP/1.1",
            body=chunk * 250 + b"0\r\n\r\n")),
        ("a body to what takes none", request(b"Content-Length: 500000",
            b"Connection: close", line=b"POST /v0.1/servers HTTP/1.1",
            body=b"a" * 500000)),
        ("a body of 1 byte chunks", request(b"Transfer-Encoding: chunked",
            b"Connection: close", line=b"POST /registry/sync HTTP/1.1",
            body=b"1\r\na\r\n" * 20000 + b"0\r\n\r\n"))])


def crowd(size, what):
    """Opens `size` connections that have sent `what`; a connection that is not
    accepted yet waits."""
    out = []
    for _ in range(size):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", SERVER.port))
        out.append(s)
    for i, s in enumerate(out):
        try:
            s.send(what[i % len(what)])
        except OSError:
            pass
    return out


HALF = [b"", b"G", b"GET /v0.1/servers HTTP/1.1\r\nHost: localhost\r\nX-",
    b"POST /registry/sync HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 1000\r\n\r\nabc",
    b"POST /v0.1/servers HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 1000\r\n\r\nabc",
    b"GET /v0.1/servers?limit=300 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20]


@attack("a crowd")
def test_crowd():
    """Hundreds of connections with half a request, or that do not read."""
    everyone = crowd(CROWD, HALF)
    until = time.monotonic() + CROWD_S
    while time.monotonic() < until:
        time.sleep(0.5)
        for s in everyone[::3]:     # they live, if barely
            try:
                s.send(b"x")
            except OSError:
                pass
    for s in everyone:
        s.close()


def served_meanwhile():
    """A client's request while all connections of an attack are open."""
    try:
        status = SERVER.get(GOOD).status
    except OSError as e:
        status = repr(e)
    tap.equal(status, 200, "another client is served meanwhile")


@attack("clients that do not read")
def test_slow_readers():
    """Clients request megabytes and do not read: no responder waits for them."""
    everyone = []
    for _ in range(READERS):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(("127.0.0.1", SERVER.port))
        s.sendall(b"GET /registry/large/v0.1/servers?limit=300 HTTP/1.1\r\n"
            b"Host: localhost\r\n\r\n")
        everyone.append(s)
    time.sleep(SLOW_S)
    got = everyone[0].recv(100)
    tap.ok(got.startswith(b"HTTP/1.1 200"), f"other clients are served: {got[:20]}")
    served_meanwhile()
    for s in everyone:
        s.close()


@attack("headers that trickle")
def test_slow_headers():
    """More connections than the server has threads or slots."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft,
        min(hard, 2 * TRICKLES)), hard))
    everyone = crowd(TRICKLES, [b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
        b"X: "])
    until = time.monotonic() + SLOW_S
    while time.monotonic() < until:
        time.sleep(0.5)
        for s in everyone:
            try:
                s.send(b"x")
            except OSError:
                pass
    served_meanwhile()
    for s in everyone:
        s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ---- well-formed attacks -------------------------------------------------------

def cursor_of(registry):
    body = json.loads(SERVER.get(
        f"/registry/{registry}/v0.1/servers?limit=2").body)
    return body["metadata"]["nextCursor"]


@attack("cursors")
def test_cursors():
    """A cursor of another list or a changed cursor is refused."""
    good = cursor_of("r")
    client = web_servers.Client(SERVER)

    def ask(cursor, at="r/v0.1/servers"):
        return client.get(f"/registry/{at}?cursor={cursor}").status

    tap.equal(ask(good), 200, "an unchanged cursor")
    tap.equal([ask(good, at) for at in ("q/v0.1/servers",
        "r/v0.1/x/dev.toolhive/skills", "r/v0.1/x/dev.toolhive/plugins",
        "r/v0.1/servers/a.example%2Fserver-007/versions")], [400] * 4,
        "replayed to other lists")
    tap.equal(ask(good + "&search=x"), 400, "with another search text")
    changed = [good[:i] + ("A" if good[i] != "A" else "B") + good[i + 1:]
        for i in range(len(good))]
    tap.equal({ask(c) for c in changed}, {400},
        f"each of its {len(good)} characters changed")
    tap.equal({ask(good[:i]) for i in range(1, len(good))}, {400},
        "truncated cursors")
    made_up = ("A" * 4000, good + "%01", good + "=", "%2e%2e%2f",
        good + good, "'%20OR%201=1--")
    tap.equal([ask(c) for c in made_up], [400] * len(made_up), "invented cursors")
    tap.equal([ask(c) for c in ("%00", good + "%zz")], [400] * 2,
        "a cursor that cannot be decoded")
    client.close()


PLACES = ["/registry/r/v0.1/servers?limit=1000", "/v1/registries",
    "/v1/registries/r", "/v1/sources", "/v1/sources/a", "/registry/status",
    "/v1/registry?search=injected", "/registry/r/v0.1/x/dev.toolhive/skills",
    "/registry/r/v0.1/x/dev.toolhive/plugins", "/openapi.json", "/"]


@attack("stored line ends")
def test_stored():
    """No stored or requested text is sent in a header."""
    name = "evil.example%2Fx%0D%0AX-Injected%3A%20yes%0D%0A%0D%0A%3Cb%3E"
    version = "1.0.0x%0D%0AX-Injected%3A%20yes%0D%0A%0D%0A%3Cb%3E"
    found = 0
    places = PLACES + [f"{LIST}/{name}/versions",
        f"{LIST}/{name}/versions/latest", f"{LIST}/{name}/versions/{version}"]
    for place in places:
        out, _ = send(request(b"Connection: close", b"Origin: https://x.example.com",
            line=f"GET {place} HTTP/1.1".encode()))
        head = out.partition(b"\r\n\r\n")[0].lower()
        found += b"X-Injected" in out
        if not tap.ok(statuses(out) and set(statuses(out)) <= {200, 404, 400} and
                b"injected" not in head and b"x.example" not in head and
                not head_fields(out) - FIELDS, f"{place[:60]}"):
            print(f"#   {head}")
    tap.ok(found >= 3, f"they were in {found} bodies")


SEARCHES = ["a" * 256, "aaaa", "a", "%25" * 80, "_" * 250, "%20" * 80,
    "a%00b", "%F0%9F%92%A9" * 60, "%CC%81" * 120, "(a+)+$", "*a*a*a*a*b",
    "a" * 255 + "b", "ab" * 128, "number%20" + "a" * 200]


@attack("searches")
def test_dear_questions():
    """The most expensive queries are bounded, whatever they find."""
    client = web_servers.Client(SERVER)
    got = {}
    for text in SEARCHES:
        for more in ("", "&version=latest", "&limit=1000",
                "&updated_since=2020-01-01T00:00:00Z&include_deleted=true"):
            status = client.get(f"{LIST}?search={text}{more}").status
            got[status] = got.get(status, 0) + 1
    tap.ok(set(got) <= {200, 400} and got.get(200), f"searches: {got}")
    facets = "&".join(f"{name}={i}" for i in range(40) for name in
        ("registry_type", "transport", "tag"))
    tap.ok(client.get(f"{LIST}?{facets}").status in (200, 400),
        "forty values of each filter")
    client.close()


def test_size():
    """After all attacks no process is too large."""
    sizes = [private_kib(pid) for pid in SERVER.responders()]
    tap.ok(sizes and (max(sizes) < MEMORY_KIB or "san" in
        os.environ.get("THV_BUILD", "")), f"responders of {sizes} KiB")


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
            if line.startswith("Private_"))


def attend(kind, names):
    """All attacks on one server, or some."""
    global SERVER
    why = web_servers.missing(kind)
    if why:
        tap.skip(f"{kind}: {why}")
        return
    SERVER = web_servers.Server(kind)
    build(SERVER.database)
    SERVER.share_database()
    if tap.ok(SERVER.start(), f"{kind} starts"):
        tap.run([v for k, v in globals().items() if k.startswith("test_")
            and (not names or k in names)])
        status, log = SERVER.stop()
        tap.equal(status, 0, "exits on SIGTERM")
        for line in log.splitlines()[-20:]:
            print("# log: " + line[:300])
    else:
        print("#   " + SERVER.stop()[1].replace("\n", "\n#   "))
    SERVER.clean()


def run(*kinds):
    for kind in kinds:
        attend(kind, os.environ.get("HOSTILE_ONLY", "").split())
    sys.exit(tap.done())
