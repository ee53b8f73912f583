#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Crawling registry APIs: paging, deltas, resuming, and hostile upstreams."""

import concurrent.futures
import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import certificate  # noqa: E402
import fetching  # noqa: E402
from fetching import sha256  # noqa: E402
from tap import contains, equal, main, ok  # noqa: E402
from upstream import Upstream  # noqa: E402

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_api.")
CLEAN_ENV = {key: value for key, value in os.environ.items()
             if not key.lower().endswith("_proxy")}


class Client:
    """A source and its state between fetches."""

    made = 0

    def __init__(self, upstream, **arguments):
        Client.made += 1
        self.cache = os.path.join(SCRATCH.name, f"cache-{Client.made}")
        os.mkdir(self.cache)
        self.arguments = {"kind": "api", "url": upstream.url(),
                          "cache": self.cache, "env": CLEAN_ENV, **arguments}
        self.previous = {}

    def fetch(self, **more):
        r = fetching.fetch(**{**self.arguments, **self.previous, **more})
        if r.status == 0 and not more.get("forget"):
            self.previous = {"prev_hash": r.hash, "prev_etag": r.etag,
                             "prev_last_modified": r.last_modified,
                             "prev_checkpoint": r.checkpoint}
        return r

    def files(self):
        return sorted(os.listdir(self.cache))


def state(r):
    return json.loads(r.checkpoint)


def document(page, member="servers"):
    """The document of a page: its entries, minified, a line each."""
    return "".join(member[1 if member == "skills" else 0] +
                   json.dumps(entry, separators=(",", ":")) + "\n"
                   for entry in page[member] or []).encode()


def results(r):
    return (r.error, r.unchanged, r.partial, len(r.documents))


def at_once(*tasks):
    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(lambda task: task(), tasks))


# ---- well-behaved upstreams ----

def test_full_crawl():
    with Upstream(250) as up:
        client = Client(up)
        r = client.fetch()
        equal(results(r), ("", "0", "0", 3), "three pages, three documents")
        equal(r.names, ["page 1", "page 2", "page 3"], "documents are named by number")
        page = document(up.page({"limit": "100",
                                 "include_deleted": "true"})[1])
        equal(r.documents[0], ("page 1", len(page), sha256(page)),
              "page 1 has the entries that the upstream sent, minified")
        chain = ""
        for cursor in (None, "com.example/server-00099:1.0.0",
                       "com.example/server-00199:1.0.0"):
            query = {"limit": "100", "include_deleted": "true"}
            if cursor:
                query["cursor"] = cursor
            page = document(up.page(query)[1])
            chain = sha256(chain.encode() + page)
        equal(r.hash, chain, "the hash is the chain over the documents")
        equal((r.requests, len(up.requests), up.asked_beside),
              ("5", 4, [("/v0.1/x/dev.toolhive/skills", {"limit": "100"})]),
              "three pages, the questions about skills and about deltas")
        equal([q.get("cursor") for q in up.seen(limit="100")],
              [None, "com.example/server-00099:1.0.0",
               "com.example/server-00199:1.0.0"],
              "cursors arrive as they were sent")
        ok(all(q["include_deleted"] == "true" for q in up.seen()),
           "deleted entries are requested")
        equal(up.seen(limit="1"), [{"limit": "1", "include_deleted": "true",
              "updated_since": "2200-01-01T00:00:00Z"}],
              "the probe requests changes since a far future")
        contains(r.note, "registry API v0.1: 250 servers on 3 pages", "note")
        contains(r.note, "deltas are supported", "note on deltas")
        equal(client.files(), [], "nothing is left in the cache")


def test_nothing_new():
    with Upstream(250) as up:
        client = Client(up)
        client.fetch()
        for nth in ("first", "second"):
            up.forget()
            r = client.fetch()
            equal(results(r), ("", "1", "0", 0), f"{nth}: unchanged")
            equal((r.requests, len(up.requests)), ("1", 1),
                  f"{nth}: with one request")
            ok("updated_since" in up.seen()[0], f"{nth}: for changes")
        headers = up.requests[0][2]
        ok("If-None-Match" in headers, "the next request is conditional")
        equal(r.bytes, "0", "and gets 304")
        up.etags = False
        up.forget()
        r = client.fetch()
        equal(results(r), ("", "1", "0", 0), "also without ETags")
        equal(client.files(), [], "nothing is left in the cache")


def test_delta():
    with Upstream(1000) as up:
        client = Client(up)
        first = client.fetch()
        since = state(first)["since"]
        ok(abs(time.time() - 600 - since / 1e6) < 30,
           "a delta starts ten minutes before the last crawl")
        for i in range(9):
            up.put(f"com.example/server-{i:05}", title="changed")
        up.delete("com.example/server-00500")
        up.forget()
        r = client.fetch()
        equal(results(r), ("", "0", "1", 1), "ten changes are one document")
        equal(len(up.requests), 1, "from one request")
        body = document(up.page({
            "limit": "100", "include_deleted": "true",
            "updated_since": up.seen()[0]["updated_since"]})[1])
        equal(r.documents[0][2], sha256(body), "with the entries of the upstream")
        contains(body.decode(), '"status":"deleted"', "including the deleted one")
        equal(r.hash, sha256((first.hash + sha256(body)).encode()),
              "the hash continues the previous one")
        contains(r.note, "10 servers since", "note")
        up.forget()
        r = client.fetch()
        equal((results(r), len(up.requests)), (("", "1", "0", 0), 1),
              "the overlap contains them again: unchanged")
        up.put("com.example/new")
        r = client.fetch()
        equal(results(r), ("", "0", "1", 1), "another change is detected")
        for i in range(250):
            up.put(f"com.example/more-{i:05}")
        up.forget()
        r = client.fetch()
        equal((results(r), len(up.requests)), (("", "0", "1", 3), 3),
              "a delta of three pages")


def test_upstream_clock():
    with Upstream(10, skew=-7200) as up:
        client = Client(up, overlap_ms=1000)
        since = state(client.fetch())["since"]
        ok(abs(time.time() - 7201 - since / 1e6) < 30,
           "the clock of the upstream is used, two hours behind")
        up.put("com.example/late")
        equal(results(client.fetch()), ("", "0", "1", 1), "and found out")


def test_full_again():
    with Upstream(250) as up:
        client = Client(up)
        client.fetch()
        up.forget()
        equal(client.fetch(full_interval_ms=0).requests, "5",
              "a full crawl is made when due")
        up.forget()
        r = client.fetch(force=1)
        equal((r.requests, r.unchanged), ("5", "1"),
              "and when it is forced, compared by hash")
        ok("If-None-Match" not in up.requests[0][2], "unconditionally")


def test_no_deltas():
    with Upstream(250, deltas=False) as up:
        client = Client(up)
        r = client.fetch()
        contains(r.note, "deltas are not supported", "missing deltas are detected")
        up.forget()
        r = client.fetch()
        equal((r.unchanged, len(up.requests)), ("1", 3),
              "the next crawl is complete, without a probe")
        ok(all("updated_since" not in q and "If-None-Match" not in h
               for _, q, h in up.requests),
           "several pages are not requested conditionally")
        up.put("com.example/server-00200", title="changed")
        equal(results(client.fetch()), ("", "0", "0", 3), "a change is detected")
    with Upstream(20, deltas=False) as up:
        client = Client(up)
        client.fetch()
        up.forget()
        r = client.fetch()
        equal((r.unchanged, len(up.requests), r.bytes), ("1", 1, "0"),
              "a single page is requested conditionally")
        up.put("com.example/new")
        equal(results(client.fetch()), ("", "0", "0", 1), "and read completely if changed")
        up.etags = False
        client.fetch()
        up.forget()
        r = client.fetch()
        equal((r.unchanged, len(up.requests)), ("1", 1),
              "without ETags the hash is compared")

    def refuse_probe(handler, _, query):
        return "updated_since" in query and handler.send(400, "{}")

    with Upstream(250) as up:
        up.fault = refuse_probe
        contains(Client(up).fetch().note, "deltas are not supported",
                 "a 400 to the probe means no deltas")


def test_versions_and_endpoints():
    with Upstream(5, prefix="/registry/team", versions=("v0.1", "v0")) as up:
        for end in ("", "/", "//", "/v0.1", "/v0.1/", "/v0.1/servers",
                    "/v0.1/servers/"):
            up.forget()
            r = Client(up, url=up.url(end)).fetch()
            equal((r.error, up.requests[0][0]),
                  ("", "/registry/team/v0.1/servers"), f"endpoint {end!r}")
        up.forget()
        r = Client(up, url=up.url("/v0")).fetch()
        equal((r.error, up.requests[0][0]), ("", "/registry/team/v0/servers"),
              "an endpoint that names v0")
    with Upstream(5, versions=("v0",)) as up:
        client = Client(up)
        r = client.fetch()
        equal((r.error, [path for path, _, _ in up.requests]),
              ("", ["/v0.1/servers", "/v0/servers", "/v0/servers"]),
              "v0 is used if v0.1 is missing")
        contains(r.note, "registry API v0:", "is said")
        up.forget()
        client.fetch()
        equal([path for path, _, _ in up.requests], ["/v0/servers"],
              "and remembered")
        up.versions = ("v0.1",)
        up.forget()
        r = client.fetch()
        equal((r.error, r.partial), ("", "0"), "an upstream that moves to "
              "v0.1 is crawled again")
        r = Client(up, url=up.url("/v0")).fetch()
        equal(r.error, f"HTTP 404 for URL {up.url()}/v0/servers?limit=***&"
              "include_deleted=***: Not Found",
              "a configured API version is not replaced")
    with Upstream(5, versions=()) as up:
        contains(Client(up).fetch().error, "serves neither /v0.1/servers "
                 "nor /v0/servers: HTTP 404", "an endpoint without a registry")
        equal(len(up.requests), 2, "two requests are enough")
    with Upstream(150, strict=True) as up:
        client = Client(up)
        r = client.fetch()
        equal((r.error, len(r.documents)), ("", 2),
              "an upstream that refuses include_deleted")
        equal(["include_deleted" in q for q in up.seen()],
              [True, False, False, False], "is requested without it")
        up.forget()
        equal((client.fetch().unchanged, len(up.requests)), ("1", 1),
              "which is remembered")


def test_encoding_and_page_size():
    with Upstream(250, compress=True, cap=50) as up:
        r = Client(up, page_size=200).fetch()
        equal((r.error, len(r.documents)), ("", 5),
              "gzip, and smaller pages than requested")
        equal(up.seen()[0]["limit"], "200", "pageSize is the requested limit")
    with Upstream() as up:
        for i in range(3):
            up.put(f"com.example/a b&c=d+é%2F{i}")
        r = Client(up, page_size=1).fetch()
        equal((r.error, len(r.documents)), ("", 3),
              "cursors with every kind of character")
    with Upstream(3) as up:
        def old_names(handler, _, query):
            status, page = up.page(query)
            if "nextCursor" in page["metadata"]:
                page["metadata"]["next_cursor"] = \
                    page["metadata"].pop("nextCursor")
            up.send_page(handler, status, page)
            return True
        up.fault = old_names
        equal(len(Client(up, page_size=1).fetch().documents), 3,
              "next_cursor of older registries")


def limited(most, status=422, body=None):
    """A fault: pages of more than `most` are refused."""
    if body is None:
        body = {"title": "Unprocessable Entity", "detail": "validation failed",
                "errors": [{"message": f"expected number <= {most}",
                            "location": "query.limit"}]}

    def fault(handler, _, query):
        if int(query["limit"]) <= most:
            return False
        text = body if isinstance(body, str) else json.dumps(body)
        return handler.send(status, text)
    return fault


def sizes(up):
    return [q["limit"] for q in up.seen() if q["limit"] != "1"]


def test_page_limit_of_the_upstream():
    for what, fault, asked in (
            ("names it", limited(30), ["100"] + ["30"] * 3),
            ("names one more", limited(29, 400, {"error": "limit must be less "
                                                 "than 30"}),
             ["100", "30"] + ["15"] * 5),
            ("names none", limited(30, 400, {"message": "limit too large"}),
             ["100", "50"] + ["25"] * 3),
            ("says it in plain text", limited(40, 400, "limit must be <= 40\n"),
             ["100"] + ["40"] * 2)):
        with Upstream(70, deltas=False, fault=fault) as up:
            client = Client(up)
            r = client.fetch()
            equal((r.error, len(r.documents), sizes(up)),
                  ("", len(asked) - asked.count("100") - asked.count("50") -
                   (asked.count("30") == 1), asked),
                  f"an upstream that {what} gets smaller pages")
            contains(r.note, f" pages of {asked[-1]};", "a note says so")
            up.forget()
            up.put("com.example/new")
            equal((client.fetch().error, set(sizes(up))), ("", {asked[-1]}),
                  "the next sync uses them")
            up.forget()
            client.fetch(page_size=10)
            equal(set(sizes(up)), {"10"}, "a smaller pageSize stays")
    with Upstream(70, fault=limited(30)) as up:
        client = Client(up)
        client.fetch()
        up.put("com.example/new")
        up.forget()
        r = client.fetch()
        equal((r.error, r.partial, set(sizes(up))), ("", "1", {"30"}),
              "deltas use such pages")


def test_every_page_size_is_refused():
    with Upstream(70, fault=limited(0)) as up:
        r = Client(up).fetch()
        contains(r.error, "HTTP 422", "the refusal is the error")
        contains(r.error, "validation failed: expected number <= 0: "
                 "query.limit", "with the text of the upstream")
        ok(7 <= int(r.requests) <= 20, f"after {r.requests} requests")
    with Upstream(70, fault=limited(50), beside={
            "skills": lambda h, q: h.send(422, '{"error":"limit"}')}) as up:
        r = Client(up).fetch()
        equal((r.error, len(r.documents)), ("", 2),
              "a list that refuses everything is an error")


def test_a_list_that_fails_at_first():
    late = {"skills": lambda h, q: h.send(429, Retry_After="3600")}
    with Upstream(150, beside=late) as up:
        client = Client(up)
        r = client.fetch()
        contains(r.error, "asked to wait 3600 seconds: HTTP 429",
                 "429 does not mean that there are no skills")
        late["skills"] = []
        up.forget()
        r = client.fetch()
        equal((r.error, len(r.documents), len(up.seen(limit="100"))),
              ("", 3, 0), "the crawl resumes")


def test_error_texts_of_the_upstream():
    token = os.path.join(SCRATCH.name, "echoed")
    with open(token, "w", encoding="utf-8") as f:
        f.write("s3cret-1")
    for status in 400, 401, 403, 404, 418, 422, 500:
        with Upstream(3, fault=lambda h, *_: h.send(status, json.dumps(
                {"error": f"no \x1b[31m {h.headers['Authorization']}"}))) as up:
            r = Client(up, token_file=token).fetch()
            contains(r.error, f"HTTP {status} for URL", f"{status}")
            contains(r.error, ": no [31m ***", "the error has the upstream's text")
            ok("s3cret" not in r.error, "without the token")


def test_secrets():
    token = os.path.join(SCRATCH.name, "token")
    with open(token, "w", encoding="utf-8") as f:
        f.write("  s3cret-1\n")
    with Upstream(150) as up, Upstream(5) as other:
        client = Client(up, token_file=token, header_name="X-API-Key",
                        header_value="k3y")
        equal(client.fetch().error, "", "with a token")
        ok(all(h.get("Authorization") == "Bearer s3cret-1" and
               h.get("X-API-Key") == "k3y" for _, _, h in up.requests),
           "token and header are sent with each request")
        with open(token, "w", encoding="utf-8") as f:
            f.write("s3cret-2")
        client.fetch()
        equal(up.requests[-1][2]["Authorization"], "Bearer s3cret-2",
              "and read again")
        up.fault = lambda h, *_: h.send(307, Location=other.url(h.path))
        r = client.fetch(force=1)
        equal((r.error, len(other.requests)), ("", 2), "behind a redirect")
        ok(all("Authorization" not in h and "X-API-Key" not in h
               for _, _, h in other.requests), "another origin gets neither")
        up.fault = lambda h, *_: h.send(401)
        r = client.fetch(force=1)
        contains(r.error, "HTTP 401", "401 is said")
        equal(r.requests, "1", "and the fetch fails")
        ok("s3cret" not in r.error and "k3y" not in r.error, "without secrets")
    for text, why in (("", "is empty"), ("a\nb\n", "a control character")):
        with open(token, "w", encoding="utf-8") as f:
            f.write(text)
        contains(client.fetch().error, why, f"a token of {text!r}")
    os.remove(token)
    contains(client.fetch().error, "failed to read the file of api.tokenFile: No such file",
        "no token")


def test_restrictions():
    with Upstream(5) as up:
        r = Client(up, public_only=1).fetch()
        contains(r.error, "127.0.0.1 is not a public address",
                 "private addresses can be refused")
        equal((len(up.requests), r.requests), (0, "1"), "at once")
        r = Client(up, public_only=1, url=f"http://localhost:{up.port}").fetch()
        contains(r.error, "is not a public address", "behind names too")
        r = Client(up, public_only=1, env=dict(
            CLEAN_ENV, http_proxy=up.url())).fetch(url="http://127.0.0.2:1/")
        contains(r.error, "127.0.0.2 is not a public address",
                 "and a proxy does not connect instead")
        r = Client(up, https_only=1).fetch()
        contains(r.error, "https is required here", "https can be required")
        equal(len(up.requests), 0, "no request was sent")


def test_tls():
    root, context = certificate.serve(SCRATCH.name, "IP:127.0.0.1")
    with Upstream(150, context=context) as up, Upstream(5) as plain:
        equal(Client(up, ca_file=root).fetch().error, "",
              "a configured certificate authority")
        contains(Client(up).fetch().error, "certificate",
                 "without it the upstream is not trusted")
        contains(Client(up).fetch().error, "; if a private authority "
                 "signed it, name its file in api.caFile",
                 "the message names the configuration key")
        up.fault = lambda h, *_: h.send(302, Location=plain.url(h.path))
        contains(Client(up, ca_file=root).fetch().error,
                 "refused to follow the redirect", "a redirect to http is refused")
        equal(plain.requests, [], "and gets no request")


# ---- interrupted crawls ----

def every_50th(kind):
    """Fails every request after 50 good ones in this run."""
    def fault(handler, number, _):
        fault.good += 1
        if fault.good <= 50:
            return False
        fault.failed += 1
        if kind == "reset":
            return handler.reset()
        return handler.send(503)
    fault.good = fault.failed = 0
    return fault


def resume(kind):
    """Crawls 180 pages in runs of 50; the results and requests."""
    with Upstream(1800) as up:
        client = Client(up, page_size=10)
        runs = []
        while len(runs) < 9 and (not runs or runs[-1].status):
            up.fault = every_50th(kind)
            runs.append(client.fetch(timeout_ms=20000))
        pages = [q.get("cursor") for q in up.seen(limit="10")]
        up.fault = None
        whole = Client(up, page_size=10).fetch().hash
        return kind, runs, len(pages) - len(set(pages)), whole


def test_resuming():
    for kind, runs, twice, whole in at_once(lambda: resume("reset"),
                                            lambda: resume("503")):
        ok(all("tried 3 times" in r.error for r in runs[:-1]),
           f"{kind}: a run fails after 50 pages")
        equal((len(runs), results(runs[-1])), (4, ("", "0", "0", 180)),
              f"{kind}: the fourth run completes")
        # After a reset libcurl repeats the request on a new connection.
        ok(9 <= twice <= (12 if kind == "reset" else 9),
           f"{kind}: only failed requests are repeated")
        contains(runs[-1].note, "150 of them from an interrupted crawl",
                 f"{kind}: a note says so")
        equal(runs[-1].hash, whole, f"{kind}: the result equals an uninterrupted crawl")


def test_one_failure_a_page():
    with Upstream(60) as up:
        failed = set()

        def fault(handler, _, query):
            cursor = query.get("cursor")
            if cursor in failed:
                return False
            failed.add(cursor)
            kinds = (handler.reset, lambda: handler.send(503),
                     lambda: handler.send(429, Retry_After="1"))
            return kinds[len(failed) % 3]()

        up.fault = fault
        r = Client(up, page_size=20).fetch(timeout_ms=20000)
        equal((r.error, len(r.documents)), ("", 3),
              "a page that fails once is retried")


def test_kill():
    with Upstream(600, delay=0.02) as up:
        client = Client(up, page_size=10)
        arguments = {k: v for k, v in client.arguments.items() if k != "env"}
        for nth in range(3):
            before = len(up.requests)
            with subprocess.Popen(fetching.command(**arguments),
                                  env=CLEAN_ENV,
                                  stdout=subprocess.DEVNULL) as process:
                while len(up.requests) < before + 12:
                    time.sleep(0.005)
                process.send_signal(signal.SIGKILL)
        up.delay = 0
        r = client.fetch()
        equal(results(r), ("", "0", "0", 60), "the crawl completes after three kills")
        pages = [q.get("cursor") for q in up.seen(limit="10")]
        ok(len(pages) - len(set(pages)) <= 3,
           "at most the current page is requested again")
        equal(client.files(), [], "nothing is left in the cache")


def killed_after_fetch(client):
    """A fetch that is killed when complete, before its result is used."""
    arguments = {k: v for k, v in {**client.arguments,
                                   **client.previous}.items() if k != "env"}
    with subprocess.Popen(fetching.command(**arguments, pause=1),
                          env=CLEAN_ENV, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("documents="):
                break
        process.kill()
    return fetching.Result(text, 0)


def test_killed_before_it_was_stored():
    with Upstream(250) as up:
        client = Client(up)
        done = killed_after_fetch(client)
        up.forget()
        r = client.fetch()
        equal((r.hash, len(r.documents)), (done.hash, 3),
              "the complete result is returned again")
        equal(len(up.seen(limit="100")), 0, "no page is requested again")
        done = killed_after_fetch(client)
        up.put("com.example/new")
        done = killed_after_fetch(client)
        equal((done.partial, client.files() != []), ("1", True),
              "a killed delta stays in the cache")
        client.previous.update(prev_hash=done.hash,
                               prev_checkpoint=done.checkpoint)
        up.forget()
        r = client.fetch()
        equal((r.unchanged, len(up.requests)), ("1", 1),
              "a stored result is not returned again")
        equal(client.files(), [], "but is removed")


def test_the_cache_is_checked():
    def break_off(up, client):
        up.fault = lambda h, n, q: n > 3 and h.send(404)
        client.fetch()
        up.fault = None
        up.forget()
        return [os.path.join(client.cache, name) for name in client.files()]

    def change(path, at, data):
        with open(path, "r+b") as f:
            f.seek(at, 2 if at < 0 else 0)
            f.write(data)

    def record(path, n):
        """The offset of record n; 0 is the head, and there are three pages."""
        with open(path, "rb") as f:
            data = f.read()
        at = [i for i in range(len(data))
              if data[i:i + 1] == b"#" and data[i - 1:i] in (b"", b"\n")]
        equal(len(at), 4, "a head and three pages")
        return at[n]

    damages = (
        ("a torn record", 2, lambda f: os.truncate(
            f, os.path.getsize(f) - 5)),
        ("a record without its end", 2, lambda f: os.truncate(
            f, os.path.getsize(f) - 1)),
        ("a changed record", 2, lambda f: change(f, -20, b"x")),
        ("a torn page", 2, lambda f: os.truncate(f, record(f, 3) - 9)),
        ("a changed page", 2, lambda f: change(f, record(f, 3) - 9, b"x")),
        ("a changed first page", 0, lambda f: change(
            f, record(f, 1) - 9, b"x")),
        ("a changed head", 0, lambda f: change(f, 90, b"x")),
        ("no file", 0, os.remove),
        ("an empty file", 0, lambda f: os.truncate(f, 0)),
        ("a file of zeros", 0, lambda f: change(f, 0, b"\0" * 300)),
        ("bytes that follow", 3, lambda f: change(f, os.path.getsize(f),
                                                  b"#torn")),
        ("no damage", 3, lambda f: None),
    )
    with Upstream(50) as up:
        whole = Client(up, page_size=10).fetch().hash
        for what, kept, damage in damages:
            up.forget()
            client = Client(up, page_size=10)
            file, = break_off(up, client)
            damage(file)
            r = client.fetch()
            equal((r.error, r.hash, len(up.seen(limit="10"))),
                  ("", whole, 5 - kept), f"{what}: {kept} pages are kept")
        up.forget()
        client = Client(up, page_size=10)
        break_off(up, client)
        equal(client.fetch(name="other").error, "", "another source")
        equal(len(up.seen(limit="10")), 5, "does not use the cache of the first")


def test_cursor_no_longer_accepted():
    with Upstream(50) as up:
        client = Client(up, page_size=10)
        up.fault = lambda h, n, q: n > 3 and h.send(500)
        client.fetch()
        first = len(up.requests)
        up.fault = lambda h, n, q: n == first + 1 and h.send(400, "{}")
        r = client.fetch()
        equal((r.error, len(r.documents)), ("", 5), "the crawl starts again")
        equal(len(up.seen(limit="10")), first + 1 + 5, "once")
        up.fault = lambda h, n, q: "cursor" in q and h.send(400, "{}")
        up.forget()
        r = client.fetch(force=1)
        contains(r.error, "HTTP 400", "an upstream that accepts no cursor")
        equal(len(up.requests), 2, "the fetch fails")
    with Upstream(50) as up:
        client = Client(up)
        client.fetch()
        up.forget()
        up.fault = lambda h, n, q: "updated_since" in q and h.send(400, "{}")
        r = client.fetch()
        equal((r.error, r.partial), ("", "0"),
              "a full crawl follows if deltas are refused")


# ---- hostile upstreams ----

PAGE = b'{"servers":[{"server":{}}],"metadata":{}}'
BAD_PAGES = (
    ("HTML", b" <!DOCTYPE html><p>Welcome", "expected JSON, found HTML or XML"),
    ("truncated JSON", PAGE[:-5], "invalid JSON"),
    ("nothing", b"", "data cannot be empty"),
    ("an array", b"[]", "the page is an array"),
    ("a text", b'"x"', "the page is a text"),
    ("null", b"null", "the page is null"),
    ("no servers", b"{}", '"servers" is missing'),
    ("servers twice", b'{"servers":[],"servers":[]}', "is given twice"),
    ("servers of another type", b'{"servers":{}}', '"servers" is an object'),
    ("metadata of another type", b'{"servers":[],"metadata":[]}',
     '"metadata" is an array'),
    ("a cursor that is a number",
     b'{"servers":[{}],"metadata":{"nextCursor":1}}',
     '"metadata.nextCursor" is a number'),
    ("a cursor with NUL",
     b'{"servers":[{}],"metadata":{"nextCursor":"a\\u0000"}}', "NUL"),
    ("a cursor of 5 kB", b'{"servers":[{}],"metadata":{"nextCursor":"%s"}}' %
     (b"x" * 5000), "the cursor is longer than 4096 bytes"),
    ("a NUL byte", PAGE + b"\0", "invalid JSON"),
    ("two byte order marks", b"\xef\xbb\xbf" * 2 + PAGE, "invalid JSON"),
    ("UTF-16", PAGE.decode().encode("utf-16"), "invalid JSON"),
    ("bytes that are no UTF-8", PAGE.replace(b"{}", b'{"a":"\xff"}', 1),
     "invalid JSON"),
    ("nothing but servers", b'{"servers":[]}', "offers no servers;"),
    ("null for servers", b'{"servers":null}', "offers no servers;"),
)


def test_bad_pages():
    with Upstream() as up:
        for what, body, why in BAD_PAGES:
            up.fault = lambda h, n, q, body=body: h.send(200, body)
            up.forget()
            r = Client(up).fetch()
            contains(r.error, why, f"{what} is refused")
            contains(r.error, up.url(), f"{what}: the URL is named")
            equal(len(up.requests), 1, f"{what}: is not requested again")
        deep = b"[" * 200 + b"]" * 200
        item, bare = b'{"server":{}}', b"{}"
        for what, entries, body in (
                ("1e400", [b'{"server":{"a":1e400}}'],
                 PAGE.replace(b"{}", b'{"a":1e400}', 1)),
                ("servers of any type", [b"1", b"null", b'"x"', b"[]", bare],
                 b'{"servers":[1,null,"x",[],{}]}'),
                ("white space", [b'{"a":[1,2]}'],
                 b'{ "servers" : [ {"a" :\n[ 1,\t2 ] } ] }\n'),
                ("one that is nested too deeply", [b"-", bare],
                 b'{"servers":[%s,{}]}' % deep),
                ("one that is too large", [b"", bare],
                 b'{"servers":["%s",{}]}' % (b"x" * (4 << 20))),
                ("an empty cursor", [bare],
                 b'{"servers":[{}],"metadata":{"nextCursor":""}}'),
                ("a null cursor", [bare],
                 b'{"servers":[{}],"metadata":{"nextCursor":null}}'),
                ("metadata that is null", [bare],
                 b'{"servers":[{}],"metadata":null}'),
                ("an item", [item], PAGE),
                ("members that nobody knows", [bare],
                 b'{"x":[{"servers":1}],"servers":[{}],"metadata":'
                 b'{"x":{"nextCursor":1}}}')):
            up.fault = lambda h, n, q, body=body: h.send(200, body)
            r = Client(up).fetch()
            lines = b"".join(b"s" + e + b"\n" for e in entries)
            equal((r.error, r.documents),
                  ("", [("page 1", len(lines), sha256(lines))]),
                  f"{what}: passed on to the reader")


def test_bad_page_in_the_middle():
    with Upstream(50) as up:
        client = Client(up, page_size=10)
        up.fault = lambda h, n, q: n == 3 and h.send(200, PAGE[:-3])
        contains(client.fetch().error, "page 3, ", "the page is named")
        up.fault = None
        up.forget()
        r = client.fetch()
        equal((r.error, len(up.seen(limit="10"))), ("", 3),
              "the two good ones before it are kept")


def cursors(up, *names):
    """Pages with these cursors, in a cycle."""
    step = {None: names[0]}
    step.update(zip(names, names[1:] + names[:1]))
    up.fault = lambda h, n, q: h.send(200, json.dumps(
        {"servers": [{}],
         "metadata": {"nextCursor": step.get(q.get("cursor"), names[0])}}))


def test_endless():
    with Upstream() as up:
        for names in (("a",), ("a", "b"), tuple("abcdefgh")):
            cursors(up, *names)
            up.forget()
            client = Client(up)
            contains(client.fetch().error, "the list has no end",
                     f"a cycle of {len(names)}")
            equal(len(up.requests), len(names) + 1, "is detected at once")
            equal(client.files(), [], "and not resumed")

        def endless(entry, size=0):
            return lambda h, n, q: h.send(200, json.dumps(
                {"servers": entry, "metadata": {"nextCursor": str(n)},
                 "x": "x" * size}))

        up.fault = endless([])
        up.forget()
        contains(Client(up).fetch().error,
                 "100 pages in a row without a server", "endless empty pages")
        equal(len(up.requests), 100, "after a hundred of them")
        up.fault = endless([{}], 10000)
        up.forget()
        client = Client(up)
        contains(client.fetch(max_bytes=100000).error, "too much to crawl",
                 "endless bytes")
        equal((len(up.requests), client.files()), (10, []),
              "fail at the limit")
        up.delay = 0.02
        up.fault = endless([{}])
        r = Client(up).fetch(timeout_ms=500)
        ok(r.status == 1 and ("deadline exceeded" in r.error or
                              "timed out" in r.error),
           "endless pages end with the deadline")


def test_empty():
    with Upstream() as up:
        contains(Client(up).fetch().error, "offers no servers; keeping what "
                 "is stored", "an empty catalogue is a failure")
        r = Client(up, allow_empty=1).fetch()
        equal(results(r), ("", "0", "0", 1), "unless it is allowed")
    with Upstream(5) as up:
        client = Client(up)
        client.fetch()
        up.items.clear()
        equal(client.fetch().unchanged, "1", "an empty delta is no failure")
        contains(client.fetch(full_interval_ms=0).error, "offers no servers;",
                 "a catalogue that becomes empty is a failure")


def one(fault, **arguments):
    """The result of a fetch from an upstream with this fault."""
    def task():
        with Upstream(5) as up:
            up.fault = fault
            started = time.monotonic()
            r = Client(up).fetch(**arguments)
            r.seconds = time.monotonic() - started
            r.asked = len(up.requests)
            return r
    return task


DRIPS, DRIP = 200, 0.05


def drip(head):
    """A byte every DRIP seconds, DRIPS times."""
    def fault(handler, *_):
        if head:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        else:
            handler.send(200, length=100000)
        for _ in range(DRIPS):
            handler.wfile.write(b" ")
            time.sleep(DRIP)
        return handler.raw(b"")
    return fault


def once(bad):
    return lambda h, n, q: n == 1 and bad(h)


def test_transport():
    zipped = gzip.compress(PAGE)
    bomb = gzip.compress(b" " * 80_000_000)
    (slow_head, slow_body, longer, shorter, cut_gzip, broken_gzip, big,
     no_content, not_modified, reset_inside, busy_once, busy_long, broken,
     headers, redirects, loop) = at_once(
        one(drip(True), source_timeout_ms=300),
        one(drip(False), source_timeout_ms=300),
        one(lambda h, *_: h.send(200, PAGE, length=len(PAGE) + 9) and h.raw(b"")
            ),
        one(lambda h, *_: h.send(200, PAGE, length=len(PAGE) - 9) and h.raw(b"")
            ),
        one(lambda h, *_: h.send(200, zipped[:-12], Content_Encoding="gzip")),
        one(lambda h, *_: h.send(200, zipped[:3] + b"\xff" * 40,
                                 Content_Encoding="gzip")),
        one(lambda h, *_: h.send(200, bomb, Content_Encoding="gzip")),
        one(lambda h, *_: h.send(204)),
        one(lambda h, *_: h.send(304, length="")),
        one(once(lambda h: h.send(200, PAGE[:9], length=len(PAGE)) and
                 h.reset())),
        one(once(lambda h: h.send(429, Retry_After="1"))),
        one(lambda h, *_: h.send(429, Retry_After="86400")),
        one(lambda h, *_: h.send(500)),
        one(lambda h, *_: h.send(200, PAGE, X="a" * 70000)),
        one(lambda h, n, q: h.send(302, Location=f"/{n}")),
        one(lambda h, n, q: h.send(302, Location=h.path)))
    for r, what in ((slow_head, "a slow head"), (slow_body, "a slow body")):
        contains(r.error, "timed out", f"{what} ends with the timeout")
        # On a busy machine a try can time out before it reaches the server.
        contains(r.error, "tried 3 times", f"{what} is tried three times")
        ok(1 <= r.asked <= 3, f"the server received {r.asked} of them")
        ok(r.seconds < 3 * DRIPS * DRIP, f"{what} is not waited for")
    contains(longer.error, "tried 3 times: failed to fetch",
             "a body shorter than announced")
    contains(shorter.error, "invalid JSON", "a body longer than announced")
    ok(cut_gzip.status == 1 and cut_gzip.documents == [], "truncated gzip")
    contains(broken_gzip.error, "failed to fetch", "corrupt gzip")
    contains(big.error, "is larger than 67108864 bytes", "a gzip bomb")
    equal(big.asked, 1, "is requested once")
    contains(no_content.error, "HTTP 204", "204")
    contains(not_modified.error, "HTTP 304", "304 that nobody asked for")
    equal((reset_inside.error, reset_inside.requests), ("", "4"),
          "a reset inside the body is retried")
    equal(busy_once.error, "", "429 with Retry-After: 1 is waited for")
    ok(busy_once.seconds >= 1, "a second")
    contains(busy_long.error, "asked to wait 86400 seconds: HTTP 429",
             "429 for a day is not")
    equal(busy_long.asked, 1, "and not requested again")
    contains(broken.error, "tried 3 times: HTTP 500", "500 for ever")
    contains(headers.error, "headers", "a huge header")
    contains(redirects.error, "more than 10 redirects", "endless redirects")
    equal(redirects.asked, 11, "end")
    contains(loop.error, "more than 10 redirects", "a redirect loop")


main([test_full_crawl, test_nothing_new, test_delta, test_upstream_clock,
      test_full_again, test_no_deltas, test_versions_and_endpoints,
      test_encoding_and_page_size, test_page_limit_of_the_upstream,
      test_every_page_size_is_refused, test_a_list_that_fails_at_first,
      test_error_texts_of_the_upstream,
      test_secrets, test_restrictions, test_tls,
      test_resuming, test_one_failure_a_page, test_kill,
      test_killed_before_it_was_stored, test_the_cache_is_checked,
      test_cursor_no_longer_accepted, test_bad_pages,
      test_bad_page_in_the_middle, test_endless, test_empty, test_transport])
