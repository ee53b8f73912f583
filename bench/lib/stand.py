# SPDX-License-Identifier: Apache-2.0
"""Web servers from httpd-conf with the responder behind them, or with
bench/hello.c in its place."""

import glob
import json
import os
import shutil
import subprocess
import sys

import datasets

sys.path.insert(0, os.path.join(datasets.ROOT, "tests", "lib"))

import responder
import web_servers


class Stand:
    def __init__(self, kind, program, data, **environment):
        """`data` is a database, or a folder of answers for hello."""
        self.server = web_servers.Server(kind, **environment)
        at = self.server.directory.name
        self.server.program = responder.for_everyone(program, at)
        self.server.environment["THV_REGISTRY_API"] = self.server.program
        if os.path.isdir(data):
            shutil.copytree(data, self.server.database)
        else:
            for path in glob.glob(data + "*"):
                shutil.copy(path, self.server.database +
                    path[len(data):])
        self.server.share_database()
        if not self.server.start():
            sys.exit(f"{kind} does not start: {self.server.stop()[1]}")
        self.database = self.server.database
        self.responders = self.server.responders
        self.base = f"http://127.0.0.1:{self.server.port}"

    def sync(self, build, config):
        """A run over the database that is being served."""
        done = subprocess.run([os.path.join(build, "thv-registry-sync"),
            "-c", config, "--force", "--json"], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=dict(os.environ,
            THV_REGISTRY_DATABASE_PATH=self.database))
        return json.loads(done.stdout)["sources"][0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.server.clean()


def raw_answer(build, database, uri, etag=None):
    """Head and body as the responder hands them to a web server."""
    environment = responder.environment(database, REQUEST_METHOD="GET",
        REQUEST_URI=uri)
    if etag:
        environment["HTTP_IF_NONE_MATCH"] = etag
    return subprocess.run([os.path.join(build, "thv-registry-api")],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        check=True).stdout


def body_size(answer):
    return len(answer) - answer.index(b"\r\n\r\n") - 4


def tag(answer):
    return responder.Answer(answer).headers["etag"]


def marked(uri, number):
    """The same, and for hello the number of its answer."""
    return f"{uri}{'&' if '?' in uri else ''}/{number}"


def record(folder, answers):
    """Writes answers where hello finds them."""
    os.mkdir(folder)
    for number, answer in enumerate(answers):
        with open(os.path.join(folder, str(number)), "wb") as f:
            f.write(answer)
    return folder
