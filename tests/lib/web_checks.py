# SPDX-License-Identifier: Apache-2.0
"""Checks of each web server with the registry behind it, over real HTTP. run(KIND) is
a whole test program."""

import gzip
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.parse
import zlib

import odd_paths
import registry_db as rdb
import tap
import web_servers

LIST = "/registry/r/v0.1/servers"
FIELDS = b"access-control-allow-origin: *\r\n"
SERVER = None
# Statuses of requests that a server refuses itself; else the responder answers.
REFUSED = {
    "apache": {b"/v0.1/servers/%zz/versions/1": 400, b"/%": 400,
        b"/v0.1/servers/%00/versions/1": 404},
    "nginx": {b"/v0.1/servers/%zz/versions/1": 400, b"/%": 400,
        b"/v0.1/servers/%00/versions/1": 400},
    "lighttpd": {},
}


def family():
    return SERVER.kind.partition("-")[0]


def fast():
    """Whether its programs stay."""
    return not SERVER.kind.endswith("-cgi")


def build(server):
    rdb.build(server.database, [rdb.Source("a", [
        rdb.server(f"a.example/server-{i:03}", "1.0.0",
            f"Number {i} " + "with a description " * 40) for i in range(300)] +
        [rdb.server("a.example/x%2Fy"), rdb.server("a.example/plus", "1+b"),
        rdb.server("a/b"), rdb.server("a%2Fb")]),
        odd_paths.SOURCE], [rdb.Registry("r", ["a"], True)] +
        odd_paths.REGISTRIES)
    server.share_database()


def json_answer(status, head, body, want, name):
    """A response in JSON that a browser may read."""
    tap.equal((status, body[:1], b"content-type: application/json" in head,
        head.count(FIELDS)), (want, b"{", True, 1), name)


def test_unavailable_at_first():
    answer = SERVER.get(LIST)
    tap.equal((answer.status, answer.body,
        answer.headers.get_all("Retry-After")),
        (503, b'{"error":"service unavailable"}\n', ["5"]), "no database: 503")
    build(SERVER)
    tap.equal(SERVER.get("/readiness").status, 200, "and 200 as soon as it exists")


def test_odd_paths():
    """Escapes are passed on unchanged and decoded once."""
    for path, status, error in odd_paths.TABLE:
        got, head, body = SERVER.target(path.encode())
        json_answer(got, head, body, status, path)
        tap.equal(json.loads(body).get("error"), error, "and the texts")
    for name in odd_paths.NAMES:
        answer = SERVER.get(f"{odd_paths.BASE}/servers/"
            f"{urllib.parse.quote(name, safe='')}/versions/latest")
        tap.equal(json.loads(answer.body).get("server", {}).get("name"), name,
            f"{name} is returned")


def test_hostile_targets():
    """Any target gets a response in JSON with all required headers."""
    for target, status in ((b"/v0.1/servers/%zz/versions/1", 404),
            (b"/v0.1/servers/%00/versions/1", 404),
            (b"/v0.1/servers/%ff/versions/1", 404),
            (b"/v0.1/servers/%c0%af/versions/1", 404),
            (b"/v0.1/servers/%01/versions/1", 404),
            (b"/v0.1/servers//versions", 404),
            (b"/registry//v0.1/servers", 404),
            (b"//v0.1/servers", 200), (b"/v0.1/../v0.1/servers", 404),
            (b"/v0.1/%2e%2e/servers", 404), (b"/v0.1/servers?%zz", 200),
            (b"/v0.1/servers?search=%00%ff", 200),
            (b"/v0.1/servers?search=%zz", 400), (b"/%", 404)):
        got, head, body = SERVER.target(target)
        json_answer(got, head, body, REFUSED[family()].get(target, status),
            target.decode())


def unpacked(answer):
    how = answer.headers.get("Content-Encoding", "identity")
    return {"identity": bytes, "gzip": gzip.decompress,
        "deflate": zlib.decompress}[how](answer.body)


# What a client accepts, and the possible encodings, the best one first.
ENCODINGS = [("", "identity"), ("identity", "identity"), ("gzip", "gzip"),
    ("gzip, deflate, br, zstd", "gzip deflate"), ("br", "identity"),
    ("deflate, gzip;q=1.0", "gzip deflate"), ("*;q=0", "identity"),
    ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"), ("nonsense", "identity"),
    ("identity;q=1, gzip;q=0", "identity")]
# This server ignores weights except that of "*".
UNWEIGHED = {"lighttpd": {"identity;q=1, gzip;q=0"}}


def test_compression():
    plain = SERVER.get(LIST)
    packed = SERVER.get(LIST, Accept_Encoding="gzip")
    tap.equal(packed.headers["Content-Encoding"], "gzip", "packed")
    tap.ok(len(packed.body) < len(plain.body) / 3, "to a third or less")
    tap.ok(packed.headers["ETag"] != plain.headers["ETag"],
        f"two bodies, two tags: {packed.headers['ETag']}")
    for takes, sent in ENCODINGS:
        answer = SERVER.get(LIST, Accept_Encoding=takes)
        how = answer.headers.get("Content-Encoding", "identity")
        tap.ok(how in sent.split() or takes in UNWEIGHED.get(family(), ()),
            f"{takes}: {how}")
        tap.ok(unpacked(answer) == plain.body, "the same bytes")
        tap.equal({v.strip().lower() for v in
            ",".join(answer.headers.get_all("Vary")).split(",")},
            {"accept-encoding"}, "Vary")
        again = SERVER.get(LIST, Accept_Encoding=takes,
            If_None_Match=answer.headers["ETag"])
        tap.equal((again.status, again.body), (304, b""), "another tag")
    for uri, status in (("/nothing", 404), (f"{LIST}?limit=x", 400)):
        answer = SERVER.get(uri, Accept_Encoding="gzip")
        tap.equal((answer.status, answer.headers["Content-Type"],
            unpacked(answer)[:9]), (status, "application/json", b'{"error":'),
            f"an error: {status}")
    head = SERVER.get(LIST, "HEAD", Accept_Encoding="gzip")
    tap.equal((head.status, head.body), (200, b""), "HEAD")


def forms_of(tag):
    """If-None-Match of clients with this tag, and with another one; `%s` is the
    text between the quotes."""
    bare = tag.removeprefix("W/").strip('"')
    for suffix in "-gzip", "-deflate":
        bare = bare.removesuffix(suffix)
    for status, forms in (
            (304, ('"%s"', 'W/"%s"', '"%s-gzip"', 'W/"%s-gzip"', '"%s-br"',
                '"%s-deflate"', '"%s-zstd"', '"%s;gzip"', '"y", "%s"',
                '"y" ,W/"z",W/"%s-gzip"', '"a,b", "%s"', '"%s", "y"', "*")),
            (200, ('"y"', 'W/"y"', '"%sy"', '"y%s"', '"%s-gz"', '""',
                '"y", "z"'))):
        for form in forms:
            yield form.replace("%s", bare), status


def check_kept(uri, value, status, method="GET", **headers):
    answer = SERVER.get(uri, method, If_None_Match=value, **headers)
    good = answer.status == status and (status == 200 or (
        answer.body == b"" and answer.headers["ETag"] and
        "Accept-Encoding" in answer.headers["Vary"] and
        answer.headers["Cache-Control"] and
        answer.headers["X-Content-Type-Options"] == "nosniff" and
        answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]))
    what = f"{status} for {value}, {method} {uri} {headers or ''}"
    if not tap.ok(good, what):
        print(f"# {answer.status} {len(answer.body)} {answer.headers}")
    return answer


def test_entity_tags():
    """Every form of a tag gives 304, with every method and encoding."""
    packed = {"Accept_Encoding": "gzip"}
    for headers in {}, packed:
        tag = SERVER.get(LIST, **headers).headers["ETag"]
        for value, status in forms_of(tag):
            for more in {}, packed:
                check_kept(LIST, value, status, **more)
        last = check_kept(LIST, tag, 304, **headers)
        tap.equal(last.headers["ETag"], tag, "a 304 has the tag of the response")
        check_kept(LIST, last.headers["ETag"], 304, **headers)
        check_kept(LIST, tag, 304, "HEAD", **headers)
        check_kept(LIST, '"y"', 200, "HEAD", **headers)
        for uri in (f"{LIST}?search=number&limit=3",
                f"{LIST}/a.example%2Fserver-007/versions/latest",
                f"{LIST}/a.example%2Fserver-007/versions", "/openapi.yaml",
                "/v1/sources", "/v1/registries/r"):
            tag = SERVER.get(uri, **headers).headers["ETag"]
            for value in tag, f"W/{tag.removeprefix('W/')}", f'"y", {tag}':
                check_kept(uri, value, 304, **headers)
            check_kept(uri, '"y"', 200, **headers)
    other = SERVER.get(f"{odd_paths.BASE}/servers").headers["ETag"]
    check_kept(LIST, other, 200)
    for uri, method, status in (("/nothing", "GET", 404),
            (f"{LIST}/no.such%2Fname/versions/latest", "GET", 404),
            (f"{LIST}?limit=x", "GET", 400), (LIST, "DELETE", 405),
            (LIST, "OPTIONS", 204), ("/health", "GET", 200)):
        got = SERVER.get(uri, method, If_None_Match="*")
        tap.equal(got.status, status, f"{method} {uri} has no tag to match")


def test_page_for_people():
    plain = SERVER.get("/")
    tap.equal((plain.status, plain.headers["Content-Type"]),
        (200, "text/html; charset=utf-8"), "/ is a page")
    tap.equal(len(plain.headers.get_all("Content-Security-Policy")), 1,
        "with its policy")
    packed = SERVER.get("/", Accept_Encoding="gzip")
    tap.equal(gzip.decompress(packed.body), plain.body, "the same bytes when compressed")
    again = SERVER.get("/", If_None_Match=packed.headers["ETag"])
    tap.equal((again.status, again.body), (304, b""), "kept")


def test_methods():
    full = SERVER.get(LIST)
    head = SERVER.get(LIST, "HEAD")
    tap.equal((head.status, head.body, head.headers["ETag"]),
        (200, b"", full.headers["ETag"]), "HEAD")
    options = SERVER.get(LIST, "OPTIONS", Origin="vscode-file://vscode-app",
        Access_Control_Request_Method="GET")
    tap.equal((options.status, options.body), (204, b""), "OPTIONS")
    tap.equal(options.headers["Access-Control-Allow-Headers"],
        "Authorization, Content-Type, If-None-Match, X-Request-Id, "
        "traceparent", "Allow")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = SERVER.get(LIST, method, body=b"")
        tap.equal((answer.status, answer.body, answer.headers["Allow"]),
            (405, b'{"error":"method not allowed"}\n', "GET, HEAD, OPTIONS"),
            method)
    answer = SERVER.get("/nothing/here")
    tap.equal((answer.status, answer.body, answer.headers["Content-Type"]),
        (404, b'{"error":"not found"}\n', "application/json"), "404")


def test_trigger():
    """Requests for changes go to the admin program."""
    want = dict(web_servers.VARIABLES,
        THV_REGISTRY_DATABASE_PATH=SERVER.database)
    for method in ("POST", "PUT"):
        answer = SERVER.get("/registry/sync?source=a%2Fb", method,
            body=b"{}", Authorization="Bearer abc", Content_Type="text/plain",
            Proxy="http://x.example.com")
        seen = json.loads(answer.body)
        request, own = seen["request"], seen["environment"]
        tap.equal((answer.status, request["REQUEST_METHOD"],
            request["REQUEST_URI"], request.get("HTTP_AUTHORIZATION"),
            request["REMOTE_ADDR"]), (202, method,
            "/registry/sync?source=a%2Fb", "Bearer abc", "127.0.0.1"), method)
        tap.ok(not request.get("HTTP_PROXY"), "HTTP_PROXY is not passed on")
        tap.equal({k: own.get(k) for k in want}, want,
            "it has the database and its own variables")
        # PHP_FCGI_CHILDREN is lighttpd's own, FCGI_ROLE mod_fcgid's.
        left = own.keys() - want.keys() - {"PATH", "FCGI_ROLE", "LC_CTYPE",
            "PHP_FCGI_CHILDREN", "ASAN_OPTIONS", "UBSAN_OPTIONS",
            "THV_REGISTRY_METRICS_PATH"}
        if fast():
            tap.equal(left, set(), "and no other variables")
    for uri in "/registry/syncs", "/registry/sync/":
        tap.ok(SERVER.get(uri, "POST", body=b"").status in (404, 405),
            f"POST {uri}: not found")
    # Either program may answer, depending on the server.
    for method in "GET", "HEAD", "DELETE":
        answer = SERVER.get("/registry/sync", method)
        tap.equal((answer.status, answer.headers["Allow"],
            answer.headers["Content-Type"]), (405, "OPTIONS, POST, PUT",
            "application/json"), f"{method} /registry/sync: 405")


def test_walk_on_one_connection():
    """One client reads the whole registry, one entry a request, over one connection."""
    c = web_servers.Client(SERVER)
    names, sockets, count = [], set(), 0
    rounds, limit = (4, 1) if fast() else (1, 20)
    for _ in range(rounds):
        names, cursor = [], ""
        while cursor is not None:
            page = c.get("/v0.1/servers?limit=1&version=latest&cursor="
                f"{cursor}")
            count += 1
            sockets.add(id(c.connection.sock))
            data = json.loads(page.body)
            names += [s["server"]["name"] for s in data["servers"]]
            cursor = data["metadata"].get("nextCursor")
    c.close()
    tap.equal((len(names), names), (304, sorted(names)), "304 servers")
    tap.equal((len(sockets), c.again), (1, 0),
        f"{count} requests on one connection")


def test_protocol():
    """HTTP/1.0 and pipelined requests."""
    out = SERVER.raw(b"GET /health HTTP/1.0\r\n\r\n")
    tap.ok(out.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200")), "HTTP/1.0")
    tap.ok(b"chunked" not in out.lower(), "a response to HTTP/1.0 is not chunked")
    out = SERVER.raw(b"".join(
        b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (target, more)
        for target, more in ((b"/health", b""), (b"/nothing", b""),
            (b"/version", b"Connection: close\r\n"))))
    tap.equal([int(part.split()[0]) for part in out.split(b"HTTP/1.1 ")[1:]],
        [200, 404, 200], "three in one packet, answered in order")


def test_refused_by_the_server():
    """Requests that the server refuses itself, with its own status."""
    host = b"Host: localhost\r\nConnection: close\r\n"
    post = b"POST /v0.1/servers HTTP/1.1\r\n" + host
    for name, request in (("no request", b"GARBAGE\r\n\r\n"),
            ("no host", b"GET / HTTP/1.1\r\n\r\n"),
            ("a bad host", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
            ("two lengths", post + b"Content-Length: 3\r\nContent-Length: 4"
                b"\r\n\r\nabc"),
            ("no length", post + b"\r\n"),
            ("too long a body", post + b"Content-Length: 3000000\r\n\r\n" +
                bytes(2 << 20)),
            ("an unknown expectation", post + b"Expect: x\r\n"
                b"Content-Length: 1\r\n\r\na"),
            ("an unknown method", b"FOO / HTTP/1.1\r\n" + host + b"\r\n"),
            ("TRACE", b"TRACE / HTTP/1.1\r\n" + host + b"\r\n"),
            ("CONNECT", b"CONNECT a:1 HTTP/1.1\r\n" + host + b"\r\n"),
            ("an unknown coding", post + b"Transfer-Encoding: gzip\r\n\r\n")):
        status, head, body = web_servers.split(SERVER.raw(request))
        tap.equal((status >= 400, body[:10],
            b"content-type: application/json" in head),
            (True, b'{"error":"', True), f"{name}: {status}, in JSON")
        # lighttpd adds no header fields if it has not read the whole request.
        if family() != "lighttpd":
            tap.equal(head.count(FIELDS), 1, "and readable by a browser")


def test_not_for_pages():
    """The servers add no CORS headers: web pages cannot read responses that are
    for this machine only."""
    for method, path in (("GET", "/metrics"), ("HEAD", "/metrics"),
            ("GET", "//metrics"), ("GET", "/%6detrics"),
            ("GET", "/debug/pprof/heap"), ("GET", "/debug/pprof/nothing"),
            ("POST", "/registry/sync"), ("PUT", "/registry/sync?source=a")):
        answer = SERVER.get(path, method, body=b"" if method[0] == "P" else
            None, Origin="https://page.example.com")
        want = ["*"] if answer.status == 404 and path == "//metrics" else None
        tap.equal(answer.headers.get_all("Access-Control-Allow-Origin"), want,
            f"{method} {path}: {answer.status}, not for pages")
    tap.equal(SERVER.get("/health").headers.get_all(
        "Access-Control-Allow-Origin"), ["*"], "other responses have the header once")


def test_parts():
    """A Range request gets the whole response."""
    whole = SERVER.get(LIST + "?limit=2")
    for wanted in ("bytes=0-9", "bytes=5-", "bytes=-5", "bytes=99999999-",
            "bytes=0-1,3-4", "bytes=x", "lines=1-2"):
        answer = SERVER.get(LIST + "?limit=2", Range=wanted,
            If_Range=whole.headers["ETag"])
        tap.equal((answer.status, answer.body, "Content-Range" in
            answer.headers), (200, whole.body, False), f"Range: {wanted}")


def test_post_without_a_body():
    """POST without a body, as sent by `curl -X POST` and `curl -d ''`."""
    line = b"POST /registry/sync HTTP/1.1\r\nHost: localhost\r\n" + \
        b"Connection: close\r\n"
    for name, more, want in (("no length", b"", 411 if family() == "lighttpd"
            else 202), ("length 0", b"Content-Length: 0\r\n", 202)):
        status, head, body = web_servers.split(SERVER.raw(line + more +
            b"\r\n"))
        tap.equal((status, body[:1], b"content-type: application/json" in head),
            (want, b"{", True), f"{name}: {status}, in JSON")


def own_address():
    """An address of this machine that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = s.getsockname()[0]
    return None if address.startswith(("127.", "0.")) else address


def from_elsewhere(server):
    """Routes for this machine only are refused to another address."""
    address = own_address()
    if address is None:
        tap.skip("this machine has no address but loopback")
        return
    for path in ("/metrics", "//metrics", "/%6detrics", "/metrics/", "/./metrics",
            "/x/../metrics", "/%2e/metrics", "/debug/pprof/heap",
            "/debug/pprof/profile?seconds=0", "/metrics?x"):
        with socket.create_connection((address, server.port), 30) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
                "Connection: close\r\n\r\n".encode())
            out = b""
            while chunk := s.recv(65536):
                out += chunk
        status, head, body = web_servers.split(out)
        tap.ok(status in (400, 403, 404) and body[:1] == b"{" and
            b"application/json" in head, f"{path} from elsewhere: {status}")


def nobody_answers(server):
    """The programs cannot start, or their socket is gone."""
    path = os.path.join(server.directory.name, "run", "sockets", "api.sock")
    if server.kind in ("nginx", "apache-proxy"):
        os.unlink(path)
    else:
        running = server.responders()
        os.unlink(server.program)
        os.symlink("/bin/false", server.program)
        for pid in running:
            os.kill(pid, signal.SIGKILL)
    head = body = b""
    for _ in range(100):
        status, head, body = server.target(b"/health")
        if status != 200:
            break
        time.sleep(0.1)
    json_answer(status, head, body, status, f"without a program: {status}")
    tap.ok(status >= 500, "which is no response of a registry")
    if status == 503 and family() != "lighttpd":
        tap.ok(b"retry-after: 5\r\n" in head, "and exits")
    status, head, body = server.target(b"/metrics")
    tap.equal((status >= 500, body[:1], head.count(FIELDS)), (True, b"{", 0),
        f"/metrics: {status}, not for pages even now")


def test_too_long():
    """Requests above a limit get a response; limits exceed what clients need."""
    search = b"/v0.1/servers?search=" + b"a" * 5000
    tap.ok(SERVER.target(search)[0] in (200, 400), "5,000 bytes arrive")
    for name, got in (("URI", SERVER.target(b"/" + b"a" * 20000)),
            ("header", SERVER.target(b"/health", b"X: " + b"a" * 20000))):
        status, head, body = got
        want = {"URI": (414, 431), "header": (400, 431)}[name]
        tap.ok(status in want, f"{name} of 20,000 bytes: {status}")
        tap.equal((body[:10], b"content-type: application/json" in head),
            (b'{"error":"', True), f"{name}: in JSON")
    tap.equal(SERVER.get("/health").status, 200, "the next request is served")


def test_slow_clients():
    """Slow clients do not delay others."""
    slow = [SERVER.socket() for _ in range(80)]
    for i, s in enumerate(slow):
        s.sendall(b"GET /v0.1/servers?limit=300 HTTP/1.1\r\nHost: localhost\r\n"
            + (b"Connection: close\r\n\r\n" if i % 2 else b"X-Slow: "))
    # Forty responses stay unread while other clients send requests.
    client = web_servers.Client(SERVER)
    got = [client.get(f"{LIST}/a.example%2Fserver-{i:03}/versions/latest"
        ).status for i in range(20)]
    client.close()
    tap.equal(got, [200] * 20, "a fast client is served beside 80 slow ones")
    size = len(SERVER.get("/v0.1/servers?limit=300").body)
    whole = 0
    for s in slow[1::2]:
        out = b""
        while chunk := s.recv(65536):
            out += chunk
        whole += len(out) > size
    for s in slow:
        s.close()
    tap.equal(whole, 40, "a client that reads late gets the whole response")


def uris():
    return [f"{LIST}/a.example%2Fserver-{i:03}/versions/latest"
        for i in range(300)]


def test_many_at_once():
    """More clients than processes: all are served."""
    tap.equal(web_servers.Load(SERVER, uris(), 16, 1600 if fast() else 160)
        .wait(), [], "16 clients, 100 lookups each")


def test_killed():
    """If a responder is killed, its current request may fail, and with a socket
    per process (lighttpd) the requests in its queue: one for each client."""
    if not fast():
        return
    clients = 8
    load = web_servers.Load(SERVER, uris(), clients, 2000)
    load.halfway.wait(60)
    victim = SERVER.responders()[0]
    os.kill(victim, signal.SIGKILL)
    bad = load.wait()
    tap.ok(len(bad) <= clients, f"kill -9 in 2,000 requests: {len(bad)} failed")
    for _ in range(100):
        alive = SERVER.responders()
        if victim not in alive and len(alive) >= web_servers.POOL:
            break
        SERVER.get("/health")
        time.sleep(0.1)
    tap.ok(victim not in alive and alive, "another process replaces it")


def test_upgrade():
    """A new program and a reload under load: no request fails."""
    load = web_servers.Load(SERVER, uris(), 8, 2000 if fast() else 200)
    load.halfway.wait(60)
    SERVER.replace_program()
    # Plain CGI starts the new program without a reload.
    if fast():
        SERVER.reload()
    tap.equal(load.wait(), [], f"no request failed ({load.again} were "
        "sent again on a new connection)")
    for _ in range(200):
        old = SERVER.responders(replaced=True)
        if not old:
            break
        time.sleep(0.1)
    tap.equal(old, [], "the old program no longer runs")
    tap.equal(SERVER.get("/health").status, 200, "the new program answers")


def test_pool_sees_a_new_program():
    """A pool needs no reload."""
    if SERVER.kind not in ("nginx", "apache-proxy"):
        return
    load = web_servers.Load(SERVER, uris(), 8, 2000)
    load.halfway.wait(60)
    SERVER.replace_program()
    for _ in range(200):
        old = SERVER.responders(replaced=True)
        if not old:
            break
        time.sleep(0.1)
    tap.equal(old, [], "the old program no longer runs")
    tap.equal((load.wait(), load.again), ([], 0), "no request failed")


def test_loopback_only():
    """From this machine these are allowed."""
    for path in ("/metrics", "/debug/pprof/heap"):
        tap.ok(SERVER.get(path).status != 403, path)


def test_stop():
    before = SERVER.responders()
    status, log = SERVER.stop()
    tap.equal(status, 0, "exits on SIGTERM")
    for _ in range(100):
        left = SERVER.responders()
        if not left:
            break
        time.sleep(0.1)
    tap.equal(left, [], f"and so do its {len(before)} responders")
    for line in log.splitlines():
        print("# log: " + line)


def run(kind):
    """Runs every test on one server, and some through https."""
    global SERVER
    why = web_servers.missing(kind)
    if why:
        print(f"1..0 # SKIP {kind}: {why}")
        sys.exit(0)
    SERVER = web_servers.Server(kind, **web_servers.VARIABLES)
    if SERVER.start():
        tap.run([v for k, v in list(globals().items())
            if k.startswith("test_")])
    else:
        tap.ok(False, f"{kind} starts")
        print("#   " + SERVER.stop()[1].replace("\n", "\n#   "))
    secure()
    SERVER.clean()
    sys.exit(tap.done())


def plain_failure():
    """The response of a server without a program."""
    other = web_servers.Server(SERVER.kind, THV_REGISTRY_ADDRESS="0.0.0.0")
    build(other)
    if tap.ok(other.start(), "starts once more"):
        from_elsewhere(other)
        nobody_answers(other)
    other.stop()
    other.clean()


def secure():
    """A short test of the same server over https."""
    other = web_servers.Server(SERVER.kind, tls=True, admin_elsewhere=True)
    build(other)
    if tap.ok(other.start(), "starts with https"):
        client = web_servers.Client(other)
        first = client.get(LIST + "?limit=1")
        tap.equal((first.status, first.headers["Access-Control-Allow-Origin"]),
            (200, "*"), "https")
        tap.equal(client.get(LIST + "?limit=1", If_None_Match=
            first.headers["ETag"]).status, 304, "and 304")
        for method in "POST", "PUT":
            answer = client.get("/registry/sync?source=a", method, body=b"{}")
            tap.equal((answer.status, json.loads(answer.body).get(
                "environment", {}).get("STARTED")), (202, "elsewhere"),
                f"{method}: the trigger at its own socket")
        tap.equal(client.get("/registry/sync").status, 405,
            "other requests do not go there")
        client.close()
    plain_failure()
    status, log = other.stop()
    if not tap.equal(status, 0, "stops with https"):
        print("#   " + log.replace("\n", "\n#   "))
    other.clean()
