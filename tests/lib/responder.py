# SPDX-License-Identifier: Apache-2.0
"""Requests to thv-registry-api: as plain CGI, and over FastCGI on a socket."""

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("THV_BUILD", "build"))
PROGRAM = os.path.join(BUILD, "thv-registry-api")
ADMIN = os.path.join(BUILD, "thv-registry-admin")


def for_everyone(program, directory):
    """A copy of a program that other users can reach, in `directory`; the
    checkout may lie in a home that is closed to them."""
    plain = program.replace("/build/valgrind/", "/build/")
    copy = os.path.join(directory, os.path.basename(plain))
    shutil.copy(plain, copy)
    os.chmod(copy, 0o755)
    return copy


def without_valgrind(text):
    """The output of a program without valgrind's warnings about system calls of
    the sandbox."""
    return re.sub(r"(?m)^--\d+-- .*\n", "", text)


def serving(pid):
    """The process that answers: the child of the keeper, which the web server
    started; both run the same program."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            for child in map(int, f.read().split()):
                if os.readlink(f"/proc/{child}/exe") == \
                        os.readlink(f"/proc/{pid}/exe"):
                    return child
    except OSError:
        pass
    return pid


class Answer:
    """Status, header fields (names in lower case), body."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        self.headers = {}
        for line in head.decode("ascii").split("\r\n"):
            name, _, value = line.partition(": ")
            assert name.lower() not in self.headers, f"{name} twice"
            self.headers[name.lower()] = value
        self.status = int(self.headers.pop("status").split()[0])
        # Differs in each response.
        self.request_id = self.headers.pop("x-request-id", None)

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json["error"]


def environment(database, **more):
    env = {k: v for k, v in os.environ.items()
        if k.startswith(("ASAN", "UBSAN", "LSAN", "PATH"))}
    env["THV_REGISTRY_DATABASE_PATH"] = str(database)
    # Most tests of the log ignore request lines.
    env["THV_REGISTRY_LOG_REQUESTS"] = "none"
    # Not the counters of responders of this machine.
    env["THV_REGISTRY_METRICS_PATH"] = ""
    # valgrind makes system calls of its own; coverage is written at the end.
    if "/build/valgrind" in BUILD or "/build/cover" in BUILD:
        env["THV_REGISTRY_SANDBOX"] = "off"
    env.update(more)
    return env


def cgi(database, uri, method="GET", etag=None, **more):
    """One request to a new process."""
    env = environment(database, REQUEST_METHOD=method, REQUEST_URI=uri, **more)
    if etag is not None:
        env["HTTP_IF_NONE_MATCH"] = etag
    done = subprocess.run([PROGRAM], env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    answer = Answer(done.stdout)
    answer.log = done.stderr.decode()
    return answer


class FastCgi:
    """One persistent responder, and requests to it."""

    BEGIN, PARAMS, STDIN, STDOUT, END = 1, 4, 5, 6, 3

    def __init__(self, database, directory, program=PROGRAM, name="fcgi",
            preexec=None, **env):
        self.path = os.path.join(directory, f"{name}.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(128)
        self.log_path = os.path.join(directory, f"{name}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(program if
                isinstance(program, list) else [program], stdin=listener,
                stdout=subprocess.DEVNULL, stderr=log, preexec_fn=preexec,
                env=environment(database, **env))
        listener.close()

    @property
    def pid(self):
        """The id of the process that answers, after its first response."""
        return serving(self.process.pid)

    def settle(self):
        """Waits until the previous request is finished."""
        state = None
        while state != "S":
            time.sleep(0.01)
            with open(f"/proc/{self.pid}/stat", encoding="utf-8") as f:
                state = f.read().rpartition(") ")[2][0]

    def log(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    @staticmethod
    def record(kind, data):
        return struct.pack(">BBHHBB", 1, kind, 1, len(data), 0, 0) + data

    @staticmethod
    def pair(name, value):
        name, value = name.encode(), value.encode()
        return b"".join(struct.pack(">I", len(x) | 1 << 31)
            for x in (name, value)) + name + value

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(self.path)
        return s

    @classmethod
    def opening(cls, keep=False, **params):
        """The records of a request up to its input."""
        return cls.record(cls.BEGIN, struct.pack(">HB5x", 1, keep)) + \
            cls.record(cls.PARAMS, b"".join(
                cls.pair(k, v) for k, v in params.items())) + \
            cls.record(cls.PARAMS, b"")

    def send(self, uri, method="GET", etag=None, body=b"", **more):
        """Sends a request; returns the connection."""
        params = {"REQUEST_METHOD": method, "REQUEST_URI": uri, **more}
        if etag is not None:
            params["HTTP_IF_NONE_MATCH"] = etag
        s = self.connect()
        s.sendall(self.opening(**params) +
            b"".join(self.record(self.STDIN, body[i:i + 60000])
                for i in range(0, len(body), 60000)) +
            self.record(self.STDIN, b""))
        return s

    def receive(self, s):
        """The answer on a connection."""
        out = b""
        stream = s.makefile("rb")
        while True:
            head = stream.read(8)
            if len(head) < 8:
                raise EOFError("the responder closed the connection")
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", head)
            data = stream.read(length + padding)[:length]
            if kind == self.STDOUT:
                out += data
            elif kind == self.END:
                break
        stream.close()
        s.close()
        return Answer(out)

    def get(self, uri, method="GET", etag=None, **more):
        return self.receive(self.send(uri, method, etag, **more))

    def stop(self):
        """Ends the process by SIGTERM; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)
