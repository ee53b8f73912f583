#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page for people in a real browser: what it shows, by mouse, keyboard and
screen reader, and what hostile entries cannot make it do.

Needs Chromium, which is too large (350 MB) to be installed for this alone."""

import http.server
import os
import sqlite3
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import chromium
import registry_db as rdb
import responder
import tap

LONG = "w" * 3000
SCRIPT = "<script>hit=1</script><img/src=x/onerror=hit=1>"
TURN = "\u202egnp.live"
CATALOGUE = "document.querySelectorAll('#results a').length"
NAMES = "[...document.querySelectorAll('#results a')].map(" \
    "a => decodeURIComponent(a.hash.split('/').pop()))"


class Gateway:
    """The responder behind HTTP, below a prefix; it notes what was asked."""

    def __init__(self, database, prefix=""):
        self.directory = tempfile.TemporaryDirectory()
        self.responder = responder.FastCgi(database, self.directory.name)
        self.asked = []
        lock = threading.Lock()
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_GET(self):
                gateway.asked.append(self.path)
                with lock:
                    answer = gateway.responder.get(
                        self.path.removeprefix(prefix),
                        etag=self.headers.get("If-None-Match"))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status == 304:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                self.wfile.write(answer.body)

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a browser that closes early is no news

        self.server = Server(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.url = self.origin + prefix + "/"
        threading.Thread(target=self.server.serve_forever,
            daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.responder.stop()
        self.directory.cleanup()


def package(kind, identifier, version="", **more):
    return {"registryType": kind, "identifier": identifier,
        "version": version, "transport": {"type": "stdio"}, **more}


def servers():
    plain = [rdb.server(f"bulk.example/server-{i:02}", "1.0.0",
        f"Number {i} of many") for i in range(35)]
    files = [rdb.server("a.example/files", v, "Reads and writes files",
        title="Files", extra={"packages": [
            package("npm", "@example/files", v, packageArguments=[
                {"type": "positional", "valueHint": "folder"},
                {"type": "named", "name": "--mode", "value": "it's on"}]),
            package("pypi", "files", v),
            package("oci", "registry.example.com/files", v,
                environmentVariables=[{"name": "TOKEN", "isSecret": True,
                    "isRequired": True, "description": "To get in"}]),
            package("oci", "registry.example.com:5000/files:tag"),
            package("npm", "--eval=bad", v), package("npm", "x\ny", v),
            package("npm", "a;touch /tmp/x", v)],
            "remotes": [{"type": "sse", "url": "https://files.example.com/s"}],
            "repository": {"url": "https://git.example.com/files",
                "source": "git"},
            "websiteUrl": "javascript:hit=1"}) for v in ("1.0.0", "1.10.0",
                "1.9.0")]
    odd = [rdb.server("b.example/old", description="An old one",
            status="deprecated", message="Use files"),
        rdb.server("c.example/" + TURN, description="Turned " + TURN,
            title="Ein " + TURN),
        rdb.server("d.example/" + SCRIPT, SCRIPT, SCRIPT, title=SCRIPT,
            extra={"packages": [package(SCRIPT, SCRIPT, SCRIPT)],
                "remotes": [{"type": SCRIPT, "url": SCRIPT}],
                "repository": {"url": "data:text/html," + SCRIPT}}),
        rdb.server("e.example/long", description=LONG, title=LONG,
            extra={"packages": [package("npm", LONG)]}),
        rdb.server("f.example/arabic", description="خادم الملفات",
            title="ملفات"),
        rdb.server("g.example/shapes", text='{"name":"g.example/shapes",'
            '"version":"1.0.0","description":null,"packages":["x",null,7,{}],'
            '"remotes":{"a":1},"repository":[],"title":{"x":1}}')]
    return plain, files, odd


def build(path):
    plain, files, odd = servers()
    rdb.build(path, [rdb.Source("good", files + odd), rdb.Source("bad", plain),
        rdb.Source("fresh")],
        [rdb.Registry("all", ["good", "bad"], True),
            rdb.Registry("few", ["good"]), rdb.Registry("none", [])])
    db = sqlite3.connect(path)
    with db:
        db.execute("DELETE FROM source_state WHERE source_id = 3")
        db.execute("UPDATE source_state SET phase = 'failed', attempts = 3,"
            " message = ? WHERE source_id = 2", ("Fetch failed: " + SCRIPT,))
        for i in range(45):
            run = db.execute("INSERT INTO run (run_id, trigger, started_us,"
                " ended_us, result, pid, heartbeat_us) VALUES (?, 'automatic',"
                " ?, ?, 'completed', 1, 0)", (f"r{i}", rdb.EPOCH,
                    rdb.EPOCH + i)).lastrowid
            db.execute("INSERT INTO run_source VALUES (?, 0, 'bad', 'file', ?,"
                " ?, ?, ?, 0, 0, 0, 0, 35, 1, 0, NULL, ?)", (run,
                    "failed" if i > 42 else "completed", rdb.EPOCH,
                    rdb.EPOCH + i * 10**5, i % 2,
                    "no route" if i > 42 else None))
    db.close()


def tab(where="", ready=None, **more):
    t = chromium.Tab(BROWSER, **more)
    t.go(GATEWAY.url + where)
    if ready:
        tap.ok(t.until(ready), f"shown: {where or 'overview'}")
    return t


def finish(t, expected=()):
    """What must hold of every page: nothing in the console, no policy broken,
    nobody asked but the registry."""
    t.js("1")
    bad = [(m, p) for m, p in t.events if m in ("Runtime.exceptionThrown",
        "Audits.issueAdded", "Log.entryAdded") or
        m == "Runtime.consoleAPICalled" and p["type"] in ("error", "warning")]
    bad = [b for b in bad if not any(e in str(b) for e in expected)]
    tap.equal(bad, [], "nothing in the console, no policy broken")
    urls = [p["request"]["url"] for m, p in t.events
        if m == "Network.requestWillBeSent"]
    tap.equal([u for u in urls if not u.startswith((GATEWAY.origin + "/",
        "data:"))], [], f"{len(urls)} requests, all to the registry")
    tap.equal(t.js("window.hit"), None, "nothing stored was run")
    t.close()


OVERVIEW = "document.querySelectorAll('.source').length === 3"


def test_overview():
    t = tab("", OVERVIEW)
    tap.equal(t.js("document.querySelector('#verdict').textContent"),
        "1 of 3 sources failed", "the verdict")
    tap.equal(t.js("document.title"), "1 of 3 sources failed – MCP registry",
        "the title")
    tap.equal(t.js("[...document.querySelectorAll('.source')].map(s => "
        "[s.querySelector('h3').textContent, "
        "s.querySelector('.state').textContent])"), [["good", "up to date"],
            ["bad", "failed 3 times in a row"], ["fresh", "not synced yet"]],
        "sources and their states")
    tap.equal(t.js("document.querySelector('.source.bad .message').innerText"),
        "Fetch failed: " + SCRIPT, "the last error, as text")
    tap.equal(t.js("['rect', 'rect.failed', 'rect.changed'].map(s => document."
        "querySelectorAll('.source.bad ' + s).length)"), [40, 2, 19],
        "a bar for each of the last runs")
    tap.contains(t.js("document.querySelector('.source.bad rect title')"
        ".textContent"), "failed: no route", "a bar says what it is")
    t.js("document.querySelector('.source.bad summary').click()")
    tap.equal(t.js("document.querySelectorAll('.source.bad tbody tr').length"),
        40, "the same as a table")
    tap.equal(t.js("[...document.querySelectorAll('.registry')].map(r => "
        "r.innerText.replace(/\\s+/g, ' '))"), [
            "all default 44 server versions From good, then bad",
            "few 9 server versions From good",
            "none 0 server versions From no source"], "registries")
    finish(t)


def test_refresh():
    faster = "const st = setTimeout; setTimeout = (f, ms) => st(f, ms / 100)"
    t = tab("", OVERVIEW, before=faster)
    t.js("document.querySelector('.source.bad summary').click()")
    db = sqlite3.connect(DATABASE)
    with db:
        db.execute("UPDATE source_state SET phase = 'complete', attempts = 0"
            " WHERE source_id = 2")
    tap.ok(t.until("!document.querySelector('.source.bad')"),
        "what changes is shown without a reload")
    tap.ok(t.js("document.querySelectorAll('.source')[1]"
        ".querySelector('details').open"), "and what is open stays open")
    tap.equal(t.js("document.querySelector('#announced').textContent"),
        "1 of 3 sources not synced yet", "and said")
    with db:
        db.execute("UPDATE source_state SET phase = 'failed', attempts = 3"
            " WHERE source_id = 2")
    db.close()
    t.js("Object.defineProperty(document, 'hidden', {value: true, "
        "configurable: true}); "
        "document.dispatchEvent(new Event('visibilitychange'))")
    t.js("new Promise(r => st(r, 500))")  # for what is under way
    before = len(GATEWAY.asked)
    t.js("new Promise(r => st(r, 700))")
    tap.equal(len(GATEWAY.asked), before, "a hidden page asks nothing")
    t.js("Object.defineProperty(document, 'hidden', {value: false}); "
        "document.dispatchEvent(new Event('visibilitychange'))")
    tap.ok(t.until("document.querySelector('.source.bad')"),
        "it asks again when it is visible")
    finish(t)


def test_search_and_keyboard():
    t = tab("", OVERVIEW)
    steps = t.js("history.length")
    t.key("/", "/")
    tap.equal(t.js("document.activeElement.id"), "q", "/ goes to the search")
    t.type("FILES")
    tap.ok(t.until(f"{CATALOGUE} === 1"), "what is typed is searched for")
    tap.equal(t.js(NAMES), ["a.example/files"], "the right server")
    tap.equal(t.js("document.querySelector('#announced').textContent"),
        "1 server with “FILES” in name, title or description.",
        "how many is said aloud")
    tap.equal((t.js("location.hash"), t.js("history.length")),
        ("#/registry/all?q=FILES", steps + 1),
        "the address says what is shown, in one step of history")
    t.key("ArrowDown")
    tap.equal(t.js("document.activeElement.innerText"), "Files",
        "down goes to the first result")
    t.key("ArrowUp")
    tap.equal(t.js("document.activeElement.id"), "q", "up goes back")
    t.key("ArrowDown")
    t.key("Enter")
    tap.ok(t.until("document.activeElement.id === 'detail-title'"),
        "Enter opens it, and its heading has the focus")
    tap.equal(t.js("document.title"), "Files – MCP registry", "the title")
    t.js("history.back()")
    tap.ok(t.until("document.activeElement.innerText === 'Files'"),
        "the way back ends where it began")
    tap.equal(t.js("document.querySelector('#q').value"), "FILES",
        "with the words")
    finish(t)
    # Before the state has come, too.
    slow = "const f = fetch; fetch = (u, o) => u.includes('status') ? " \
        "new Promise(() => 0) : f(u, o)"
    t = tab("#/registry/few", f"{CATALOGUE} === 7", before=slow)
    t.key("/", "/")
    t.type("files")
    tap.ok(t.until(f"{CATALOGUE} === 1"), "a catalogue is searched at once")
    finish(t)


def test_more_and_empty():
    t = tab("#/registry/all", f"{CATALOGUE} === 30")
    t.js("document.querySelector('#more').click()")
    tap.ok(t.until(f"{CATALOGUE} > 30"), "more are had with a button")
    tap.equal(t.js(NAMES), sorted({v.name for group in servers()
        for v in group}, key=str.encode), "all of them, once, in order")
    tap.equal(t.js("[...document.querySelectorAll('#results a')].indexOf("
        "document.activeElement)"), 30, "the focus is on the first new one")
    tap.equal(t.js("document.querySelector('#more').hidden"), True,
        "and no button any more")
    t.go(GATEWAY.url + "#/registry/all?q=%25_nothing")
    tap.ok(t.until("document.querySelector('#found').textContent.startsWith("
        "'No server of this registry has “%_nothing”')"), "nothing found")
    t.go(GATEWAY.url + "#/registry/none")
    tap.ok(t.until("document.querySelector('#found').textContent === "
        "'This registry has no servers.'"), "nothing there")
    finish(t)
    t = tab("#/registry/gone", "document.querySelector('#found button')")
    tap.contains(t.js("document.querySelector('#found').innerText"),
        "registry not found", "a registry that is not there")
    finish(t, ["404"])


def test_detail():
    t = tab("#/registry/all/server/a.example%2Ffiles",
        "document.querySelectorAll('#detail .block').length")
    tap.equal(t.js("[...document.querySelectorAll('.command code')].map("
        "c => c.textContent)"), [
            "npx -y @example/files@1.10.0 '<folder>' --mode 'it'\\''s on'",
            "uvx files@1.10.0",
            "docker run -i --rm -e TOKEN registry.example.com/files:1.10.0",
            "docker run -i --rm registry.example.com:5000/files:tag",
            "npx -y 'a;touch /tmp/x@1.10.0'"], "how it is started, quoted")
    tap.equal(t.js("document.querySelectorAll('.block .state.warn').length"),
        2, "no command of words that do not belong in one")
    tap.equal(t.js("[...document.querySelectorAll('.versions a')].map(a => "
        "[a.innerText, a.getAttribute('aria-current')])"),
        [["1.10.0 latest", "page"], ["1.9.0", None], ["1.0.0", None]],
        "versions, newest first")
    tap.equal(t.js("[...document.querySelectorAll('#detail dl a')].map(a => "
        "[a.href, a.rel])"), [["https://git.example.com/files",
            "noopener noreferrer"]], "only the web is linked")
    tap.equal(t.js("[...document.querySelectorAll('#detail tbody td')].map(d "
        "=> d.innerText)"), ["TOKEN", "yes, secret", "–", "To get in"],
        "what it wants to know")
    t.js("document.querySelectorAll('.versions a')[2].click()")
    tap.ok(t.until("document.querySelector('.command code').textContent"
        ".includes('@1.0.0')"), "another version")
    tap.contains(t.js("location.hash"), "/version/1.0.0", "has an address")
    t.js("document.querySelector('#detail details').open = true")
    tap.contains(t.js("document.querySelector('#detail details pre').innerText"
        ), '"websiteUrl": "javascript:hit=1"', "the entry as JSON")
    finish(t)
    t = tab("#/registry/all/server/b.example%2Fold",
        "document.querySelector('#detail .tag')")
    tap.contains(t.js("document.querySelector('#detail').innerText"),
        "Use files", "why it is deprecated")
    finish(t)
    t = tab("#/registry/all/server/no%2Fone",
        "document.querySelector('#detail button')")
    tap.contains(t.js("document.querySelector('#detail').innerText"),
        "This registry has no such server.", "a server that is not there")
    finish(t, ["404"])


def test_hostile_entries():
    t = tab("#/registry/few", f"{CATALOGUE} === 7")
    text = t.js("document.querySelector('#results').innerText")
    tap.contains(text, "d.example/" + SCRIPT, "a script is text")
    tap.contains(text, "c.example/⟨U+202E⟩gnp.live", "no name turns around")
    tap.ok("\u202e" not in text, "nor does prose")
    tap.equal(t.js("document.querySelectorAll('main script, main img').length")
        , 0, "no element was made of it")
    for name in "c.example/" + TURN, "d.example/" + SCRIPT, \
            "g.example/shapes", "f.example/arabic":
        t.js(f"location.hash = '#/registry/few/server/' + "
            f"encodeURIComponent({name!r})")
        tap.ok(t.until("document.activeElement.id === 'detail-title' && "
            "document.querySelector('#detail details pre').textContent"
            f".includes({name.split('/')[0]!r})"), f"{name!a} can be shown")
        tap.ok("\u202e" not in t.js("document.title + document.querySelector("
            "'#detail').textContent"), "and turns nothing around")
    tap.equal(t.js("getComputedStyle(document.querySelector('h1 bdi'))"
        ".direction"), "ltr", "a heading of another page is left to right")
    tap.equal(t.js("getComputedStyle(document.querySelector('#detail-title "
        "bdi')).direction"), "rtl", "Arabic goes from right to left")
    tap.equal(t.js("document.querySelectorAll('#detail script, #detail img')"
        ".length"), 0, "no element was made of it")
    # Names that cannot be are refused where versions are listed.
    finish(t, ["400"])


def test_narrow():
    for where, ready in (("", OVERVIEW), ("#/registry/few", CATALOGUE),
            ("#/registry/few/server/e.example%2Flong",
                "document.querySelector('.command')"),
            ("#/registry/few/server/a.example%2Ffiles",
                "document.querySelector('.command')")):
        t = tab(where, ready, width=320, height=640)
        tap.ok(t.js("document.documentElement.scrollWidth <= innerWidth"),
            "320 pixels are enough")
        finish(t)


CONTRAST = """(() => {
const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ?
    v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b; };
const behind = e => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
let low = [], seen = 0;
for (const e of document.body.querySelectorAll('*')) {
    const s = getComputedStyle(e);
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) ||
        !e.checkVisibility() || e.closest('svg, script, noscript')) continue;
    const [a, b] = [light(rgb(s.color)), light(behind(e))].sort((x, y) =>
        y - x);
    seen++;
    if ((a + .05) / (b + .05) < 4.5)
        low.push([e.className, e.textContent.slice(0, 30), s.color]);
}
return [seen > 15, low, light(behind(document.body)) < .2];
})()"""


def test_colours():
    for scheme in "light", "dark":
        for where, ready in (("", OVERVIEW), ("#/registry/few", CATALOGUE),
                ("#/registry/all/server/b.example%2Fold",
                    "document.querySelector('#detail .tag')")):
            t = chromium.Tab(BROWSER)
            t.media(scheme)
            t.go(GATEWAY.url + where)
            t.until(ready)
            tap.equal(t.until(CONTRAST), [True, [], scheme == "dark"],
                f"{scheme} {where}: every text has contrast")
            finish(t)


def test_screen_reader():
    t = tab("", OVERVIEW)
    names = t.names()
    for wanted in (("searchbox", "Search servers"), ("combobox", "Registry"),
            ("search", ""), ("banner", ""), ("main", ""), ("contentinfo", ""),
            ("heading", "1 of 3 sources failed"), ("heading", "Sources"),
            ("heading", "Registries"), ("heading", "bad"),
            ("image", "Last 40 runs: 19 with changes, 2 failed"),
            ("link", "Skip to content"), ("link", "all"), ("link", "few"),
            ("DisclosureTriangle", "40 runs as a table")):
        tap.ok(wanted in names, f"{wanted}")
    controls = ("link", "button", "searchbox", "combobox", "image", "region",
        "DisclosureTriangle", "heading")
    for where, ready in ((None, None), ("#/registry/few", CATALOGUE),
            ("#/registry/all/server/a.example%2Ffiles",
                "document.querySelector('.command')")):
        if where:
            t.go(GATEWAY.url + where)
            t.until(ready)
        tree = t.names()
        tap.equal([n for n in tree if n[0] in controls and not n[1].strip()],
            [], f"everything has a name {where or ''}")
        tap.ok(sum(n[0] in controls for n in tree) > 8, "and there is much")
    tap.equal(t.js("document.documentElement.lang"), "en", "the language")
    t.key("Tab")
    finish(t)
    t = tab("", OVERVIEW)
    t.key("Tab")
    tap.equal(t.js("document.activeElement.id"), "skip",
        "the first stop leads past the head")
    tap.ok(t.js("parseFloat(getComputedStyle(document.activeElement)"
        ".outlineWidth)") >= 2, "the focus can be seen")
    t.key("Enter")
    tap.equal((t.js("document.activeElement.id"), t.js("location.hash")),
        ("main", ""), "to the content")
    finish(t)


def test_no_database():
    global GATEWAY
    real = GATEWAY
    with tempfile.TemporaryDirectory() as directory:
        later = os.path.join(directory, "registry.db")
        GATEWAY = Gateway(later, "/some/where")
        t = tab("", "document.querySelector('#verdict').textContent === "
            "'No database yet'")
        tap.contains(t.js("document.querySelector('#trouble').textContent"),
            "The registry has no readable database.", "and why")
        build(later)
        t.js("document.dispatchEvent(new Event('visibilitychange'))")
        tap.ok(t.until(OVERVIEW), "it is there when the database is")
        tap.equal(t.js("document.querySelector('#trouble').textContent"), "",
            "and the trouble is gone")
        t.js("document.querySelector('.registry a').click()")
        tap.ok(t.until(f"{CATALOGUE} === 30"),
            "below a prefix everything works")
        finish(t, ["503"])
        GATEWAY.stop()
        GATEWAY = real


def test_no_script():
    t = chromium.Tab(BROWSER)
    t.call("Emulation.setScriptExecutionDisabled", value=True)
    t.go(GATEWAY.url)
    tap.ok(t.until("document.querySelector('noscript a')"),
        "without script there are links")
    tap.contains(t.js("document.body.innerText"),
        "This page needs JavaScript", "and words")
    t.close()


def test_policy_holds():
    """That the browser enforces what the header says."""
    t = tab("", OVERVIEW)
    tap.equal(t.js("(() => { try { document.body.innerHTML = '<b>x</b>'; "
        "return 'done'; } catch (e) { return e.name; } })()"), "TypeError",
        "no text becomes HTML")
    tap.equal(t.js("fetch('http://127.0.0.2:1/').then(() => 'done', "
        "e => e.name)"), "TypeError", "no other host is asked")
    tap.ok("Refused" in str(t.events) or "violates" in str(t.events),
        "because of the policy")
    t.close()


if chromium.path() is None:
    print("1..0 # SKIP the page was not tested: Chromium is not installed "
        "(apt-get install chromium)")
    sys.exit(0)
DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
build(DATABASE)
GATEWAY = Gateway(DATABASE)
BROWSER = chromium.Browser()
try:
    tap.run([v for k, v in list(globals().items()) if k.startswith("test_")])
finally:
    BROWSER.close()
    GATEWAY.stop()
sys.exit(tap.done())
