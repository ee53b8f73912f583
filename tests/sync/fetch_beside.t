#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Skills and plugins of an upstream registry: lists beside that of servers."""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import fetching  # noqa: E402
from tap import contains, equal, main, ok  # noqa: E402
from test_site import Site  # noqa: E402
from upstream import Upstream  # noqa: E402

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_beside.")
BASE = "/v0.1/x/dev.toolhive"


def documents(word, count):
    return [{"namespace": "com.example", "name": f"{word}-{i:04}",
             "description": f"What {i} does", "version": "1.0.0"}
            for i in range(count)]


def with_both(skills=250, plugins=3):
    return {"skills": documents("skill", skills),
            "plugins": documents("plugin", plugins)}


class Client:
    made = 0

    def __init__(self, upstream):
        Client.made += 1
        cache = os.path.join(SCRATCH.name, f"cache-{Client.made}")
        os.mkdir(cache)
        self.arguments = {"kind": "api", "url": upstream.url(),
                          "cache": cache}
        self.previous = {}

    def fetch(self, **more):
        r = fetching.fetch(**{**self.arguments, **self.previous, **more})
        if r.status == 0:
            self.previous = {"prev_hash": r.hash, "prev_etag": r.etag,
                             "prev_last_modified": r.last_modified,
                             "prev_checkpoint": r.checkpoint}
        return r


def results(r):
    return (r.error, r.unchanged, r.partial, len(r.documents))


def lists(r):
    found = json.loads(r.checkpoint)
    return found.get("skills", False), found.get("plugins", False)


def html(handler, _):
    handler.send(200, b"<html>welcome</html>")


def status(number):
    return lambda handler, _: handler.send(number, b"{}")


def test_all_of_them():
    with Upstream(150, beside=with_both()) as up:
        r = Client(up).fetch()
        equal(results(r), ("", "0", "0", 2 + 3 + 1), "a document a page")
        equal(up.asked_beside,
              [(f"{BASE}/skills", {"limit": "100"}),
               (f"{BASE}/skills", {"limit": "100", "cursor": "100"}),
               (f"{BASE}/skills", {"limit": "100", "cursor": "200"}),
               (f"{BASE}/plugins", {"limit": "100"})], "one after the other")
        contains(r.note, "150 servers, 250 skills, 3 plugins on 6 pages",
                 "note")
        equal(lists(r), (True, True), "are remembered")


def test_none():
    with Upstream(1) as up:
        r = Client(up).fetch()
        equal(results(r), ("", "0", "0", 1), "nothing of them")
        equal([path for path, _ in up.asked_beside], [f"{BASE}/skills"],
              "one request is enough")
        equal(lists(r), (False, False), "which is remembered")
    for what, answer in (("HTML", html), ("403", status(403)),
                         ("an object", status(200)), ("400", status(400))):
        with Upstream(1, beside={"skills": answer}) as up:
            r = Client(up).fetch()
            equal(results(r), ("", "0", "0", 1), f"{what} is none, too")
    with Upstream(1, beside={"skills": documents("s", 2)}) as up:
        r = Client(up).fetch()
        equal(results(r), ("", "0", "0", 2), "skills without plugins")
        equal(lists(r), (True, False), "are remembered")


def test_servers_decide_whether_it_is_empty():
    with Upstream(0, beside=with_both()) as up:
        r = Client(up).fetch()
        contains(r.error, "offers no servers;", "skills alone")


def test_deltas():
    with Upstream(150, beside=with_both(2, 0)) as up:
        client = Client(up)
        client.fetch()
        # The lists take no notice of updated_since, as the reference's do.
        client.fetch()
        up.forget()
        r = client.fetch()
        equal(results(r), ("", "1", "0", 0), "nothing new")
        equal(r.requests, "3", "a request a list")
        ok(all("updated_since" in q for _, q in up.asked_beside),
           "for what changed")
        up.beside["skills"].append({**documents("skill", 1)[0],
                                    "version": "2.0.0"})
        r = client.fetch()
        equal(results(r), ("", "0", "1", 3), "a new one comes")
        contains(r.note, "0 servers, 3 skills since", "note")
    with Upstream(2) as up:
        client = Client(up)
        client.fetch()
        up.beside = with_both(1, 1)
        up.forget()
        r = client.fetch()
        equal((r.requests, up.asked_beside), ("1", []),
              "where there were none a delta does not ask")
        r = client.fetch(full_interval_ms=0)
        equal(len(r.documents), 3, "and a full crawl does")


def test_broken_off():
    fail = []

    def skills(handler, query):
        if query.get("cursor") == "100" and fail:
            handler.reset()
            return
        at = int(query.get("cursor") or 0)
        page = {"skills": documents("skill", 150)[at:at + 100],
                "metadata": {"nextCursor": "100"} if at == 0 else {}}
        handler.send(200, json.dumps(page))

    with Upstream(150, beside={"skills": skills,
                               "plugins": documents("plugin", 1)}) as up:
        whole = Client(up).fetch()
        client = Client(up)
        fail.append(1)
        r = client.fetch()
        contains(r.error, "page 4", "breaks off in the list of skills")
        fail.clear()
        up.forget()
        r = client.fetch()
        equal(results(r), ("", "0", "0", 5), "and goes on")
        equal([q for q in up.seen() if q["limit"] != "1"], [],
              "the servers are not asked for again")
        equal([q.get("cursor") for _, q in up.asked_beside], ["100", None],
              "nor the first page of skills")
        equal(r.hash, whole.hash, "the same as in one go")


def test_what_was_there_before():
    for what, answer in (("HTML", html), ("403", status(403))):
        with Upstream(1, beside=with_both(1, 1)) as up:
            client = Client(up)
            client.fetch()
            up.beside["plugins"] = answer
            r = client.fetch(full_interval_ms=0)
            contains(r.error, "plugins?limit=***", f"{what} is a failure")
    with Upstream(1, beside=with_both(1, 1)) as up:
        client = Client(up)
        client.fetch()
        del up.beside["plugins"]
        r = client.fetch(full_interval_ms=0)
        equal((results(r), lists(r)), (("", "0", "0", 2), (True, False)),
              "404 says that there are none any more")


def test_endless():
    def skills(handler, _):
        handler.send(200, json.dumps({
            "skills": documents("skill", 1), "metadata":
            {"nextCursor": "again"}}))

    with Upstream(1, beside={"skills": skills}) as up:
        r = Client(up).fetch()
        contains(r.error, "the list has no end", "a cursor that comes back")


def test_stored_and_served():
    with Upstream(2, beside=with_both(120, 1)) as up, Site() as site:
        up.beside["plugins"][0]["status"] = "DEPRECATED"
        site.configure({"a": {"api": {"endpoint": up.url()}}})
        run = site.sync()
        equal(run.counts("a"), (123, 0, 0, 0, 0), "all of them are stored")
        base = f"/registry/main{BASE}"
        found, cursor = [], ""
        while cursor is not None:
            page = site.get(f"{base}/skills?limit=100{cursor}").json
            found += page["skills"]
            more = page["metadata"].get("nextCursor")
            cursor = f"&cursor={more}" if more else None
        equal(found, up.beside["skills"], "and come back as they were")
        equal(site.get(f"{base}/plugins").json["plugins"],
              up.beside["plugins"], "a status in capitals, too")
        equal(site.query("SELECT status FROM plugin"), [("deprecated",)],
              "and is known for what it is")
        del up.beside["skills"][7:]
        run = site.sync("--force", "--source", "a")
        equal(run.counts("a")[:4], (0, 0, 113, 10), "and go when they are gone")


main([v for k, v in list(globals().items()) if k.startswith("test_")])
