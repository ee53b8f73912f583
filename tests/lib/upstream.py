# SPDX-License-Identifier: Apache-2.0
"""A registry API to crawl: real HTTP, real paging, and faults on demand."""

import email.utils
import gzip
import hashlib
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse

OFFICIAL = "io.modelcontextprotocol.registry/official"


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # the client has gone, or a fault closed the connection

    def do_GET(self):
        upstream = self.server.upstream
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query,
                                            keep_blank_values=True))
        if "/x/dev.toolhive/" in url.path:
            with upstream.lock:
                upstream.asked_beside.append((url.path, query))
            upstream.answer_beside(self, url.path, query)
            return
        with upstream.lock:
            upstream.requests.append((url.path, query, dict(self.headers)))
            number = len(upstream.requests)
        if upstream.delay:
            time.sleep(upstream.delay)
        if upstream.fault and upstream.fault(self, number, query):
            return
        upstream.answer(self, url.path, query)

    def send(self, status, body=b"", length=None, date=None, **headers):
        """A response; `length` is the Content-Length, "" for none."""
        if isinstance(body, str):
            body = body.encode()
        self.send_response_only(status)
        self.send_header("Date", email.utils.formatdate(
            time.time() + self.server.upstream.skew if date is None else date,
            usegmt=True))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        if length != "":
            self.send_header("Content-Length",
                             str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        return True

    def raw(self, data):
        """Sends any bytes and closes the connection."""
        self.wfile.write(data)
        self.close_connection = True
        return True

    def reset(self):
        """Ends the connection with an RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        self.close_connection = True
        return True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


class Upstream:
    """Serves `items`, sorted by name and version as the official one does.

    fault(handler, number, query) is called before each response, with 1 for the
    first request; true means that it has answered itself.
    """

    def __init__(self, count=0, context=None, **options):
        self.lock = threading.Lock()
        self.requests = []
        self.asked_beside = []  # the same for skills and plugins
        self.items = {}
        # What answers for "skills" and "plugins": a list of documents, 404
        # where it is missing, or a function of handler and query.
        self.beside = {}
        self.fault = None
        self.delay = 0
        self.skew = 0  # of its clock, in seconds
        self.deltas = True  # updated_since is heeded
        self.etags = True
        self.strict = False  # include_deleted is a mistake
        self.compress = False
        self.versions = ("v0.1",)
        self.prefix = ""
        self.cap = 1000
        self.__dict__.update(options)
        for i in range(count):
            self.put(f"com.example/server-{i:05}", updated=1.6e9 + i)
        self.httpd = Server(("127.0.0.1", 0), Handler)
        self.httpd.upstream = self
        self.scheme = "http"
        if context:
            self.scheme = "https"
            self.httpd.socket = context.wrap_socket(
                self.httpd.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.httpd.server_port
        threading.Thread(target=self.httpd.serve_forever, args=(0.02,),
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.httpd.shutdown()
        self.httpd.server_close()

    def url(self, path=""):
        return f"{self.scheme}://127.0.0.1:{self.port}{self.prefix}{path}"

    def put(self, name, version="1.0.0", updated=None, status="active",
            **more):
        """Adds or changes a server at the current time of this upstream."""
        updated = time.time() + self.skew if updated is None else updated
        server = {"name": name, "description": f"What {name} does",
                  "version": version, **more}
        self.items[name, version] = (updated, status, {
            "server": server,
            "_meta": {OFFICIAL: {"status": status,
                                 "publishedAt": rfc3339(1.6e9),
                                 "updatedAt": rfc3339(updated),
                                 "isLatest": True}}})

    def delete(self, name, version="1.0.0"):
        self.put(name, version, status="deleted")

    def page(self, query):
        """(status, the page as an object)"""
        if self.strict and "include_deleted" in query:
            return 400, {"error": "unknown parameter include_deleted"}
        limit = min(int(query.get("limit", "30")), self.cap)
        since = None
        if self.deltas and "updated_since" in query:
            since = time.mktime(time.strptime(
                query["updated_since"][:19], "%Y-%m-%dT%H:%M:%S")) \
                - time.timezone
        deleted = query.get("include_deleted") == "true"
        after = tuple(query["cursor"].split(":")) if query.get("cursor") \
            else ("", "")
        found = [key for key in sorted(self.items)
                 if key > after and
                 (since is None or self.items[key][0] >= since) and
                 (deleted or self.items[key][1] != "deleted")]
        metadata = {"count": len(found[:limit])}
        if len(found) > limit:
            metadata["nextCursor"] = ":".join(found[limit - 1])
        return 200, {"servers": [self.items[key][2]
                                 for key in found[:limit]],
                     "metadata": metadata}

    def answer(self, handler, path, query):
        wanted = [f"{self.prefix}/{version}/servers"
                  for version in self.versions]
        if path not in wanted:
            handler.send(404, b'{"error":"not found"}')
            return
        status, page = self.page(query)
        self.send_page(handler, status, page)

    def answer_beside(self, handler, path, query):
        word = path.rsplit("/", 1)[1]
        found = self.beside.get(word)
        if found is None or path not in [
                f"{self.prefix}/{version}/x/dev.toolhive/{word}"
                for version in self.versions]:
            handler.send(404, b'{"error":"not found"}')
            return
        if callable(found):
            found(handler, query)
            return
        at, limit = int(query.get("cursor") or 0), int(query["limit"])
        metadata = {"count": len(found[at:at + limit])}
        if at + limit < len(found):
            metadata["nextCursor"] = str(at + limit)
        self.send_page(handler, 200, {word: found[at:at + limit],
                                      "metadata": metadata})

    def send_page(self, handler, status, page):
        body = json.dumps(page).encode()
        headers = {"Content_Type": "application/json"}
        if self.etags and status == 200:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if handler.headers.get("If-None-Match") == headers["ETag"]:
                handler.send(304, length="", **headers)
                return
        if self.compress:
            body = gzip.compress(body)
            headers["Content_Encoding"] = "gzip"
        handler.send(status, body, **headers)

    def seen(self, **wanted):
        """The queries so far; with arguments, those that have them."""
        return [query for _, query, _ in self.requests
                if all(query.get(k) == v for k, v in wanted.items())]

    def forget(self):
        with self.lock:
            self.requests.clear()
            self.asked_beside.clear()
