#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The trigger behind the shipped lighttpd.conf, as the manual says to add it:
from the POST to the new entry in a list, over real HTTP."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import fcntl
import http.client
import shutil
import signal
import socket
import subprocess
import time

import responder
import tap
from test_site import SYNC, Site, server

LIGHTTPD = shutil.which("lighttpd", path=os.environ.get("PATH", "") +
    ":/usr/sbin:/usr/local/sbin")
CONFIGURATION = os.path.join(responder.ROOT, "httpd-conf", "lighttpd.conf")
URL = "/registry/sync"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Web:
    """lighttpd before both programs, with a site behind them."""

    def __init__(self, site):
        self.site = site
        self.port = free_port()
        self.admin = responder.FastCgi(site.database, site.dir,
            responder.ADMIN, "admin", THV_REGISTRY_CONFIG=site.config,
            THV_REGISTRY_SYNC=SYNC)
        program = responder.PROGRAM
        if os.geteuid() == 0:
            # lighttpd and its children run as www-data, which may read the
            # files of the sync's group.
            shutil.chown(site.dir, group="www-data")
            os.chmod(site.dir, 0o2755)
            os.chmod(self.admin.path, 0o666)
            program = responder.for_everyone(program, site.dir)
        os.mkdir(site.path("run"))
        self.log = open(site.path("log"), "wb")
        self.process = subprocess.Popen([LIGHTTPD, "-D", "-f", CONFIGURATION],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=responder.environment(site.database,
                THV_REGISTRY_API=program,
                THV_REGISTRY_ADMIN_SOCKET=self.admin.path,
                THV_REGISTRY_PORT=str(self.port),
                THV_REGISTRY_RUN_DIR=site.path("run")))
        for _ in range(100):
            try:
                self.ask("/health")
                break
            except OSError:
                time.sleep(0.1)

    def ask(self, uri, method="GET", body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request(method, uri, body=body, headers={k.replace("_", "-"): v
            for k, v in headers.items()})
        answer = c.getresponse()
        answer.json = responder.json.loads(answer.read() or b"null")
        c.close()
        return answer

    def is_free(self):
        """The record is written a moment before the lock is let go."""
        with open(self.site.database + ".lock", "rb") as f:
            try:
                fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def finished(self, run):
        """Polls the status, as a client would, until the run has ended."""
        for _ in range(200):
            status = self.ask("/registry/status")
            if status.status == 200 and not status.json["running"] and \
                    status.json["lastSync"]:
                rows = self.site.query("SELECT result FROM run WHERE"
                    " run_id = ?", run)
                if rows and rows[0][0] and self.is_free():
                    return rows[0][0]
            time.sleep(0.05)
        return None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log.close()
        tap.equal(self.admin.stop(), 0, "the admin program ends with 0")


def test_from_post_to_list():
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x"))})
        web = Web(site)
        tap.equal(web.ask("/v0.1/servers").status, 503, "nothing there yet")
        answer = web.ask(URL, "POST")
        tap.equal((answer.status, answer.headers["Location"]),
            (202, "/registry/status"), "POST")
        tap.equal(web.finished(answer.json["runId"]), "completed", "it ran")
        tap.equal([i["server"]["name"] for i in
            web.ask("/v0.1/servers").json["servers"]], ["n/x"], "and is served")
        site.file_source("a", server("n/x"), server("n/y"))
        answer = web.ask(URL + "?source=a", "PUT", body=b"{}" * 5000,
            Content_Type="application/json")
        tap.equal(answer.status, 202, "PUT, with a body nobody asked for")
        web.finished(answer.json["runId"])
        tap.equal([i["server"]["name"] for i in
            web.ask("/v0.1/servers").json["servers"]], ["n/x", "n/y"], "again")
        tap.equal(web.ask(URL + "?source=b", "POST").status, 404, "no source b")
        for headers, status in (({"X_Forwarded_For": "192.0.2.1"}, 403),
                ({"Origin": f"http://127.0.0.1:{web.port}"}, 403),
                ({"Authorization": "Bearer x"}, 202)):
            answer = web.ask(URL, "POST", **headers)
            tap.equal(answer.status, status, f"{headers}")
        web.finished(answer.json["runId"])
        answer = web.ask(URL)
        tap.equal(answer.status, 405, "GET is not for the trigger")
        tap.equal(web.ask("/registry/main/v0.1/servers").status, 200,
            "and all else is left to the other program")
        web.stop()


if LIGHTTPD is None:
    print("1..0 # SKIP lighttpd is not installed")
    sys.exit(0)
tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
