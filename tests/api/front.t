#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/, the page for people, as a document: what it may do, and that it is kept."""

import base64
import hashlib
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
MISSING = os.path.join(DIRECTORY.name, "registry.db")
SIZE_MAX = 60 * 1000


def get(*args, **more):
    return responder.cgi(MISSING, *args, **more)


def policy():
    fields = get("/").headers["content-security-policy"].split("; ")
    return dict(f.partition(" ")[::2] for f in fields)


def test_without_a_database():
    page = get("/")
    tap.equal((page.status, page.headers["content-type"]),
        (200, "text/html; charset=utf-8"), "the page is there")
    tap.equal(get("/?x=1").body, page.body, "with a query, too")
    tap.ok(len(page.body) < SIZE_MAX, f"small: {len(page.body)} bytes")
    tap.ok(page.body.startswith(b"<!doctype html>\n") and
        page.body.endswith(b"</html>\n"), "whole")
    tap.equal(get("/", method="POST").status, 405, "it cannot be posted to")
    head = get("/", method="HEAD")
    tap.equal((head.body, head.headers["content-length"]),
        (b"", str(len(page.body))), "HEAD")


def test_entity_tag():
    etag = get("/").headers["etag"]
    tap.ok(re.fullmatch(r'"[0-9a-f]{32}"', etag), "a strong tag")
    for condition in etag, "W/" + etag, etag[:-1] + '-gzip"', "*":
        again = get("/", etag=condition)
        tap.equal((again.status, again.body), (304, b""), f"304: {condition}")
    tap.equal(get("/", etag='"other"').status, 200, "another tag")


def test_policy():
    body = get("/").body
    have = policy()
    for kind, tag in ("script-src", b"script"), ("style-src", b"style"):
        parts = re.findall(b"<%s>(.*?)</%s>" % (tag, tag), body, re.S)
        tap.equal(len(parts), 1, f"one {tag.decode()}, without attributes")
        digest = base64.b64encode(hashlib.sha256(parts[0]).digest()).decode()
        tap.equal(have[kind], f"'sha256-{digest}'", f"{kind} is its digest")
        tap.ok(b"<!--" not in parts[0] and len(parts[0]) > 1000, "and it is")
    tap.equal({k: v for k, v in have.items() if "sha256" not in v},
        {"default-src": "'none'", "connect-src": "'self'", "img-src": "data:",
            "base-uri": "'none'", "form-action": "'none'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "'none'"}, "and nothing else is allowed")
    headers = get("/").headers
    tap.equal((headers["x-content-type-options"], headers["referrer-policy"]),
        ("nosniff", "no-referrer"), "the other headers")


def test_nothing_foreign():
    text = get("/").body.decode()
    hosts = set(re.findall(r"https?://[^\s'\"/]+", text))
    tap.equal(hosts, {"http://www.w3.org"}, "no host but the name of SVG")
    urls = re.findall(r'(?:href|src)="([^"]*)"', text)
    tap.equal([u for u in urls if u.startswith("/") or "://" in
        u.partition("data:")[0]], [], "every URL is relative")
    tap.ok(not re.search(r' style="| on[a-z]+="', text),
        "no style or handler in attributes")
    tap.ok("innerHTML" not in text and "insertAdjacent" not in text,
        "no text is read as HTML")


def test_links_without_script():
    text = get("/").body.decode()
    inner = re.search("<noscript>(.*)</noscript>", text, re.S)[1]
    for url in re.findall('href="([^"]*)"', inner):
        tap.ok(get("/" + url).status in (200, 503), f"{url} is a path")


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
