#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetching over HTTP, also from servers that misbehave."""

import base64
import concurrent.futures
import gzip
import http.server
import json
import os
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import certificate  # noqa: E402
from fetching import fetch, sha256  # noqa: E402
from tap import contains, equal, main, ok  # noqa: E402

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_http.")
CACHE = os.path.join(SCRATCH.name, "cache")
BODY = b'{"servers":[]}' * 5000
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
CLEAN_ENV = {key: value for key, value in os.environ.items()
             if not key.lower().endswith("_proxy")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        with self.server.lock:
            seen = self.server.seen.setdefault(self.path, [])
            seen.append((time.monotonic(), dict(self.headers)))
            count = len(seen)
        name = self.path.partition("?")[0].strip("/").replace("-", "_")
        if self.path.startswith("http://"):  # asked as a proxy
            name = "proxied"
        getattr(self, "get_" + name.split("/")[0])(count)

    def send(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if length != "":
            self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    def reset(self):
        """Ends the connection with an RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.close_connection = True

    def get_plain(self, _):
        self.send(200, BODY)

    get_proxied = get_token = get_plain

    def get_etag(self, _):
        if self.headers.get("If-None-Match") == '"v1"':
            self.send(304, ETag='"v1"')
        else:
            self.send(200, BODY, ETag='"v1"')

    def get_date(self, _):
        if self.headers.get("If-Modified-Since") == DATE:
            self.send_response(304)
            self.end_headers()
        else:
            self.send(200, BODY, Last_Modified=DATE)

    def get_new_etag(self, _):
        self.send(200, BODY, ETag='"v2"')

    def get_always_304(self, _):
        self.send_response(304)
        self.end_headers()

    def get_gzip(self, _):
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            self.send(200, gzip.compress(BODY), Content_Encoding="gzip")
        else:
            self.send(406)

    def get_bomb(self, _):
        self.send(200, gzip.compress(b" " * 8000000), Content_Encoding="gzip")

    def get_bad_gzip(self, _):
        self.send(200, b"\x1f\x8b\x08this is no gzip", Content_Encoding="gzip")

    def get_chunked(self, _):
        self.chunks(BODY, end=True)

    def get_chunks_cut(self, _):
        self.chunks(BODY, end=False)

    def chunks(self, body, end):
        self.send(200, length="", Transfer_Encoding="chunked")
        for i in range(0, len(body), 1000):
            part = body[i:i + 1000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if end:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def get_until_close(self, _):
        self.send(200, BODY, length="", Connection="close")

    def get_endless(self, _):
        self.send(200, length="", Connection="close")
        try:
            while True:
                self.wfile.write(BODY)
        except ConnectionError:
            self.close_connection = True

    def get_short(self, _):
        self.send(200, BODY, length=len(BODY) + 10)
        self.close_connection = True

    def get_short_once(self, count):
        if count == 1:
            self.send(200, b"x" * 1000, length=len(BODY))
            self.close_connection = True
        else:
            self.send(200, BODY)

    def get_long(self, _):
        self.send(200, BODY + b"surplus", length=len(BODY))
        self.close_connection = True

    def get_slow(self, _):
        try:
            self.send(200, length=100000)
            for _ in range(100):
                self.wfile.write(b" ")
                time.sleep(0.1)
        except ConnectionError:
            pass
        self.close_connection = True

    def get_mute(self, _):
        time.sleep(3)
        self.close_connection = True

    def get_reset_once(self, count):
        if count == 1:
            self.reset()
        else:
            self.send(200, BODY)

    def get_reset(self, _):
        self.reset()

    def get_busy_once(self, count):
        if count == 1:
            self.send(429, b"later", Retry_After="1")
        else:
            self.send(200, BODY)

    def get_busy_long(self, _):
        self.send(429, Retry_After="3600")

    def get_busy_some(self, _):
        self.send(503, Retry_After="20")

    def get_broken(self, _):
        self.send(500, b"x" * 100000)

    def get_broken_once(self, count):
        self.send(*((502, b"") if count == 1 else (200, BODY)))

    def get_missing(self, _):
        self.send(404, b"{}")

    def get_status(self, _):
        self.send(int(self.path.rsplit("/", 1)[1]))

    def get_hop(self, _):
        """/hop/N leads over N redirects to /etag."""
        left = int(self.path.rsplit("/", 1)[1])
        status = (301, 302, 303, 307, 308)[left % 5]
        self.send(status, b"go on", Location=f"/hop/{left - 1}" if left > 1
                  else f"http://{self.headers['Host']}/etag", ETag='"hop"')

    def get_round(self, _):
        self.send(302, Location="/round")

    def get_to(self, _):
        self.send(302, Location=self.path.partition("?")[2])

    def get_no_location(self, _):
        self.send(302)

    def get_long_location(self, _):
        self.send(302, Location="/" + "a" * 9000)

    def get_headers(self, _):
        self.send(200, BODY, **{f"X_{i}": "a" * 1000 for i in range(80)})

    def get_many_headers(self, _):
        self.send(200, BODY, **{f"X_{i}": "a" * 1000 for i in range(40)})

    def get_evil(self, _):
        self.wfile.write(b"HTTP/1.1 418 \x1b[31mred\r\nContent-Length: 0\r\n"
                         b"\r\n")

    def get_garbage(self, _):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def get_refuse(self, _):
        self.send(403, json.dumps({"detail": f"not with {self.path} "
                                   "p4ssword"}).encode())

    def get_auth(self, _):
        want = "Basic " + base64.b64encode(b"me:secret").decode()
        self.send(200 if self.headers.get("Authorization") == want else 401,
                  BODY)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.seen = {}
        self.scheme = "http" if context is None else "https"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.05,),
                         daemon=True).start()

    def handle_error(self, *_):
        pass

    def url(self, path, auth="", host="127.0.0.1"):
        return f"{self.scheme}://{auth}{host}:{self.server_port}{path}"


os.mkdir(CACHE)
ROOT, CONTEXT = certificate.serve(SCRATCH.name, "IP:127.0.0.1")
PLAIN = Server()
SECURE = Server(CONTEXT)
TLS_ENV = dict(CLEAN_ENV, SSL_CERT_FILE=ROOT)


def get_url(url, env=None, **more):
    return fetch(kind="file", url=url, cache=CACHE, env=env or CLEAN_ENV,
                 **more)


def get(path, **more):
    return get_url(PLAIN.url(path), **more)


def seen(path, server=PLAIN):
    return server.seen.get(path, [])


def at_once(*calls):
    """Concurrent fetches that mostly wait: (path, {arguments})."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: get(call[0], **call[1]), calls))


def is_body(r, what):
    equal((r.error, r.hash, [d[1:] for d in r.documents]),
          ("", sha256(BODY), [(len(BODY), sha256(BODY))]), what)


def test_plain():
    r = get("/plain")
    is_body(r, "a body is unchanged")
    equal(r.names, [PLAIN.url("/plain")], "the name of the document is its URL")
    equal((r.requests, r.bytes, r.unchanged), ("1", str(len(BODY)), "0"),
          "one request, all bytes counted")
    headers = seen("/plain")[0][1]
    contains(headers["User-Agent"], "thv-registry-sync/", "User-Agent")
    equal(headers["Accept"], "application/json", "Accept")
    ok("If-None-Match" not in headers and "If-Modified-Since" not in headers,
       "not conditional without validators")
    equal(get("/plain", prev_hash=r.hash).unchanged, "1",
          "200 with the same hash is unchanged")
    is_body(get("/chunked"), "a chunked body")
    is_body(get("/until-close"), "a body that ends with the connection")
    is_body(get("/long"), "bytes after the Content-Length are ignored")
    is_body(get("/many-headers"), "40 kB of headers")


def test_conditional():
    r = get("/etag")
    equal(r.etag, '"v1"', "the ETag is kept")
    again = get("/etag", prev_hash=r.hash, prev_etag=r.etag)
    equal((again.unchanged, again.hash, again.etag, again.bytes),
          ("1", r.hash, '"v1"', "0"), "304 by ETag is unchanged")
    equal(len(seen("/etag")), 2, "with one request each")
    r = get("/date")
    equal(r.last_modified, DATE, "Last-Modified is kept")
    again = get("/date", prev_hash=r.hash, prev_last_modified=DATE)
    equal((again.unchanged, again.last_modified, again.bytes),
          ("1", DATE, "0"), "304 by date is unchanged, the date still known")
    again = get("/date", prev_hash=r.hash, prev_last_modified=DATE, force=1)
    equal((again.unchanged, again.bytes, "If-Modified-Since" in
           seen("/date")[-1][1]), ("1", str(len(BODY)), False),
          "forced: without conditions")
    is_body(get("/etag", prev_etag='"v1"'), "no condition without a hash")
    r = get("/new-etag", prev_hash=sha256(BODY), prev_etag='"v1"')
    equal((r.unchanged, r.etag), ("1", '"v2"'),
          "the same hash under a new ETag is unchanged with the new ETag")
    r = get("/new-etag", prev_hash=sha256(b"old"), prev_etag='"v1"')
    is_body(r, "another hash is another document")
    r = get("/always-304")
    equal(r.error, f"HTTP 304 for URL {PLAIN.url('/always-304')}: "
          "Not Modified", "304 that nobody asked for is an error")


def test_encoding():
    r = get("/gzip")
    is_body(r, "gzip is decompressed")
    ok(0 < int(r.bytes) < len(BODY) // 10, "compressed bytes are counted")
    started = time.monotonic()
    r = get("/bomb", max_bytes=100000)
    equal(r.error, f"{PLAIN.url('/bomb')} is larger than 100000 bytes",
          "a gzip bomb fails at the limit")
    equal((r.status, len(seen("/bomb"))), (1, 1), "and is requested once")
    ok(time.monotonic() - started < 5, "soon")
    equal(get("/bomb", max_bytes=8000000).documents[0][1], 8000000,
          "within the limit it is a document")
    contains(get("/bad-gzip").error, "failed to fetch", "invalid gzip")


def test_size():
    size = len(BODY)
    is_body(get("/plain", max_bytes=size), "the largest allowed body")
    for path in "/plain", "/chunked", "/endless":
        r = get(path, max_bytes=size - 1)
        equal(r.error, f"{PLAIN.url(path)} is larger than {size - 1} bytes",
              f"{path} too large")
    equal(get("/plain", max_bytes=size - 1).bytes, "0",
          "a body with a Content-Length above the limit is not read")
    r = get("/headers")
    equal(r.error, f"the headers from {PLAIN.url('/headers')} "
          "are larger than 65536 bytes", "80 kB of headers")


def test_redirects():
    r = get("/hop/5")
    is_body(r, "redirects of every kind are followed")
    equal((r.requests, r.etag, r.names),
          ("6", '"v1"', [PLAIN.url("/hop/5")]),
          "counted; the last answer's ETag, the first URL's name")
    again = get("/hop/1", prev_hash=r.hash, prev_etag=r.etag)
    equal(again.unchanged, "1", "304 at the end of a redirect")
    equal(get("/hop/10").requests, "11", "ten redirects are followed")
    contains(get("/hop/11").error, "more than 10 redirects", "eleven are refused")
    r = get("/round")
    equal((r.error, len(seen("/round"))),
          (f"more than 10 redirects, the last to {PLAIN.url('/round')}", 11),
          "a loop fails without a retry")
    for target in ("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://a/",
                   "dict://127.0.0.1:1/"):
        r = get("/to?" + target)
        contains(r.error, f"refused to follow the redirect from "
                 f"{PLAIN.url('/to?***')} to {target}",
                 f"no redirect to {target}")
    equal(get("/no-location").error,
          f"HTTP 302 for URL {PLAIN.url('/no-location')}: Found",
          "a redirect to nowhere")
    contains(get("/long-location").error, "more than 8192 bytes",
             "a redirect to a URL too long")
    contains(get_url(PLAIN.url("/" + "a" * 9000)).error, "longer than 8192",
             "a URL too long")


def test_restrictions():
    r = get("/plain?private", public_only=1)
    contains(r.error, "127.0.0.1 is not a public address",
             "private addresses can be refused")
    r = get("/plain?private", https_only=1)
    contains(r.error, "https is required here", "https can be required")
    equal(seen("/plain?private"), [], "no request is sent")
    r = get_url(SECURE.url("/to?/plain"), env=TLS_ENV, https_only=1)
    is_body(r, "https is fetched")


def test_tls():
    is_body(get_url(SECURE.url("/plain"), env=TLS_ENV), "https")
    r = get_url(SECURE.url("/plain"))
    contains(r.error, "certificate", "an unknown root is refused")
    equal(r.requests, "1", "and not tried again")
    contains(r.error, "; if a private authority signed it, name its "
             "file in file.caFile", "the message names the configuration key")
    is_body(get_url(SECURE.url("/plain"), ca_file=ROOT),
            "file.caFile adds it")
    os.mkdir(os.path.join(SCRATCH.name, "other"))
    other = certificate.make(os.path.join(SCRATCH.name, "other"),
                             "IP:127.0.0.1")[0]
    contains(get_url(SECURE.url("/plain"), env=TLS_ENV, ca_file=other).error,
             "; no authority in file.caFile signed it",
             "file.caFile replaces SSL_CERT_FILE")
    r = get_url(SECURE.url("/plain", host="localhost"), ca_file=ROOT)
    ok("caFile" not in r.error, "the message for a wrong host names no key")
    contains(get_url(SECURE.url("/plain", host="localhost"),
                     env=TLS_ENV).error, "localhost",
             "a certificate for another name is refused")
    target = PLAIN.url("/tls-target")
    r = get_url(SECURE.url("/to?" + target), env=TLS_ENV)
    equal(r.error, "refused to follow the redirect from "
          f"{SECURE.url('/to?***')} to {target}",
          "no redirect from https to http")
    equal(seen("/tls-target"), [], "the target gets no request")
    back = PLAIN.url("/to?" + SECURE.url("/plain"))
    is_body(get_url(back, env=TLS_ENV), "a redirect from http to https is followed")
    forth = PLAIN.url("/to?" + SECURE.url("/to?" + target))
    contains(get_url(forth, env=TLS_ENV).error, "refused to follow",
             "http, https, http is refused")
    is_body(get_url(SECURE.url("/to?/plain"), env=TLS_ENV),
            "from https to https is followed")


def test_errors():
    for status, text in ((204, "No Content"), (206, "Partial Content"),
                         (400, "Bad Request"), (401, "Unauthorized"),
                         (403, "Forbidden"), (418, "unexpected status")):
        path = f"/status/{status}"
        equal(get(path).error,
              f"HTTP {status} for URL {PLAIN.url(path)}: {text}",
              f"status {status}")
    r = get("/missing")
    equal((r.error, r.requests, len(seen("/missing"))),
          (f"HTTP 404 for URL {PLAIN.url('/missing')}: Not Found", "1", 1),
          "404 is not tried again")
    equal(get("/evil").error,
          f"HTTP 418 for URL {PLAIN.url('/evil')}: unexpected status",
          "the status text of the server is not shown")
    contains(get("/garbage").error, "failed to fetch", "a response that is not HTTP")
    contains(get_url("ftp://127.0.0.1/x").error, "failed to fetch",
             "only http and https")
    r = fetch(kind="file", url=PLAIN.url("/plain"), env=CLEAN_ENV,
              cache="/nonexistent/cache")
    contains(r.error, "failed to create a temporary file in /nonexistent",
             "no cache directory")


def test_words():
    r = get("/refuse?code=C0de-Secret")
    contains(r.error, ": Forbidden: not with /refuse?code=***",
             "a refusal is quoted without values of the query")
    r = get_url(PLAIN.url("/to?/refuse?x=C0de-Secret", auth="me:p4ssword@"))
    ok("C0de" not in r.error.rpartition("Forbidden: ")[2] and
       "p4ssword" not in r.error, "nor values of a redirect")


def test_userinfo():
    url = PLAIN.url("/auth", auth="me:secret@")
    r = get_url(url)
    is_body(r, "user name and password of the URL are sent")
    equal(r.names, [PLAIN.url("/auth")], "they are not shown")
    r = get_url(PLAIN.url("/missing", auth="me:secret@"))
    equal(r.error, f"HTTP 404 for URL {PLAIN.url('/missing')}: Not Found",
          "nor in an error message")
    r = get_url(PLAIN.url("/round", auth="me:secret@"))
    ok("secret" not in r.error, "nor after redirects")
    other = Server()
    r = get_url(PLAIN.url("/to?" + other.url("/auth"), auth="me:secret@"))
    contains(r.error, "HTTP 401", "nor sent to another server")
    ok("Authorization" not in seen("/auth", other)[0][1], "the other server got none")
    other.shutdown()


def test_token():
    token = os.path.join(SCRATCH.name, "token")
    for text in "s3cret-1\n", " s3cret-2 ":
        with open(token, "w", encoding="ascii") as f:
            f.write(text)
        is_body(get("/token", token_file=token), "with a token")
        equal(seen("/token")[-1][1].get("Authorization"),
              "Bearer " + text.strip(), "the token is read for each fetch")
    other = Server()
    is_body(get("/to?" + other.url("/token"), token_file=token),
            "behind a redirect")
    ok("Authorization" not in seen("/token", other)[0][1],
       "another origin does not get it")
    is_body(get_url(PLAIN.url("/to?" + SECURE.url("/token")), ca_file=ROOT,
                    token_file=token), "behind one to https")
    ok("Authorization" not in seen("/token", SECURE)[0][1],
       "nor another scheme")
    other.shutdown()
    r = get_url("http://host.invalid/token", token_file=token)
    contains(r.error, "refused to send secrets to http://host.invalid/token",
             "nor is it sent over http after https")
    r = get("/status/401", token_file=token)
    ok("HTTP 401" in r.error and "s3cret" not in r.error, "the token is not shown")
    with open(token, "w", encoding="ascii") as f:
        f.write("a\r\nX-Injected: yes")
    contains(get("/token", token_file=token).error,
             "the file of file.tokenFile holds a space, a control character",
             "a token with a line end")
    os.remove(token)
    contains(get("/token", token_file=token).error,
             "failed to read the file of file.tokenFile: No such file",
             "a missing token file")


def test_proxy():
    url = "http://registry.example.com/list"
    proxy = PLAIN.url("/")
    for variable in "http_proxy", "HTTP_PROXY", "all_proxy":
        r = get_url(url, env=dict(CLEAN_ENV, **{variable: proxy}))
        is_body(r, f"{variable} is used")
    before = len(seen(url))
    r = get_url(PLAIN.url("/plain"), env=dict(
        CLEAN_ENV, http_proxy="http://127.0.0.1:1", no_proxy="127.0.0.1"))
    is_body(r, "no_proxy is respected")
    r = get_url(PLAIN.url("/missing"), env=dict(
        CLEAN_ENV, HTTP_PROXY=proxy, REQUEST_METHOD="POST"))
    contains(r.error, "HTTP 404", "HTTP_PROXY may be a header of a client")
    equal(len(seen(url)), before, "so a CGI program ignores it")


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_retries():
    refused = f"http://127.0.0.1:{closed_port()}/"
    results = at_once(
        ("/reset-once", {}), ("/broken-once", {}), ("/short-once", {}),
        ("/busy-once", {}), ("/broken", {}), ("/reset", {}), ("/short", {}),
        ("/chunks-cut", {}), ("/busy-long", {}),
        ("/busy-some", {"timeout_ms": 2000}))
    for r, what in zip(results, ("a reset", "a 502", "a body cut short")):
        is_body(r, f"{what}, then an answer")
        equal(r.requests, "2", f"{what} is retried once")
    is_body(results[3], "429, then an answer")
    first, second = (t for t, _ in seen("/busy-once"))
    ok(1.0 <= second - first < 5, "Retry-After delays the retry")
    r = results[4]
    equal((r.error, r.requests, len(seen("/broken"))),
          (f"tried 3 times: HTTP 500 for URL {PLAIN.url('/broken')}: "
           "Internal Server Error: " + "x" * 300, "3", 3),
          "500 is tried three times, and no more than 300 bytes are quoted")
    times = [t for t, _ in seen("/broken")]
    ok(times[1] - times[0] >= 0.25 and times[2] - times[1] >= 0.5,
       "with growing delays")
    equal((results[5].status, len(seen("/reset"))), (1, 3),
          "resets are tried three times")
    for r, path in ((results[6], "/short"), (results[7], "/chunks-cut")):
        contains(r.error, f"tried 3 times: failed to fetch {PLAIN.url(path)}",
                 f"{path} fails in the end")
        equal((r.documents, r.hash), ([], ""), f"{path} is no document")
    equal((results[8].requests, results[8].error),
          ("1", "asked to wait 3600 seconds: HTTP 429 for URL "
           f"{PLAIN.url('/busy-long')}: Too Many Requests"),
          "a Retry-After of an hour fails")
    equal((results[9].requests, results[9].error),
          ("1", f"HTTP 503 for URL {PLAIN.url('/busy-some')}: "
           "Service Unavailable"), "and so does one past the deadline")
    r = get_url(refused)
    contains(r.error, f"tried 3 times: failed to fetch {refused}",
             "connection refused")


def test_timeouts():
    started = time.monotonic()
    slow, mute, deadline, gone = at_once(
        ("/slow", {"source_timeout_ms": 400}),
        ("/mute", {"source_timeout_ms": 300}),
        ("/slow?2", {"timeout_ms": 700}),
        ("/plain?late", {"timeout_ms": 0}))
    contains(slow.error, "tried 3 times: failed to fetch "
             f"{PLAIN.url('/slow')}: Operation timed out", "a slow body")
    equal(len(seen("/slow")), 3, "is tried three times")
    contains(mute.error, "timed out", "no answer")
    contains(deadline.error, "timed out", "the deadline ends a transfer")
    equal(len(seen("/slow?2")), 1, "without a retry")
    equal(gone.error, f"failed to fetch {PLAIN.url('/plain?***')}: deadline exceeded",
          "a deadline in the past")
    equal(seen("/plain?late"), [], "sends nothing")
    ok(time.monotonic() - started < 8, "no fetch exceeds its deadline")


def test_nothing_left():
    """A name in the cache directory would be one for each broken run."""
    equal(os.listdir(CACHE), [], "no temporary file is left")
    inside = []
    get("/plain", between=lambda: inside.extend(os.listdir(CACHE)))
    equal(inside, [], "nor has one a name while it is read")


main([test_plain, test_conditional, test_encoding, test_size, test_redirects,
      test_restrictions, test_tls, test_errors, test_words, test_userinfo, test_token,
      test_proxy,
      test_retries, test_timeouts, test_nothing_left])
