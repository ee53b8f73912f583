# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that may delay documents or never send them, and functions to
inspect the processes of a sync."""

import http.server
import json
import os
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        site = self.server.site
        page = site.pages[self.path.lstrip("/")]
        with site.lock:
            site.asked.append(self.path.lstrip("/"))
            site.busy += 1
            site.most_busy = max(site.most_busy, site.busy)
        try:
            site.closing.wait(page.delay)
            if site.closing.is_set():
                return
            body = json.dumps(page.document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # the client was killed, as some tests do
        finally:
            with site.lock:
                site.busy -= 1


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass


class Page:
    def __init__(self, document, delay=0):
        self.document = document
        self.delay = delay


NEVER = 1000


class Upstream:
    """Documents by name; `delay` is in seconds."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.site = self
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def source(self, name, document, delay=0, timeout="60s", **more):
        """Sets the document; the block of a source that fetches it."""
        self.pages[name] = Page(document, delay)
        url = f"http://127.0.0.1:{self.server.server_address[1]}/{name}"
        return {"file": {"url": url, "timeout": timeout}, **more}


def wait_for(condition, seconds=60):
    """Polls until the condition is true; whether it became so. It may raise until then
    (the database does not exist yet)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except Exception:
            pass
        time.sleep(0.02)
    return False


def children(pid):
    """The ids of all processes below `pid`."""
    found = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            direct = [int(n) for n in f.read().split()]
    except FileNotFoundError:
        return []
    for child in direct:
        found += [child, *children(child)]
    return found


def alive(pid):
    """Whether the process exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def left_over(cache):
    """What a fetch may have left in the cache directory."""
    return [name for base, _, names in os.walk(cache) for name in names
            if "/repository" not in base]
