# SPDX-License-Identifier: Apache-2.0
"""Runs tests/sync/fetch_driver and reads what it prints."""

import atexit
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile

import responder

DRIVER = os.path.join(responder.BUILD, "tests/sync/fetch_driver")


def sha256(data):
    """The digest of `data` as the driver prints it."""
    return hashlib.sha256(data).hexdigest()


class Result:
    """What one fetch printed: by key, and the documents in order."""

    def __init__(self, text, status):
        self.status = status
        self.values = {}
        self.documents = []
        self.progress = []
        for line in text.splitlines():
            key, _, value = line.partition("=")
            if key == "document":
                name, size, digest = value.rsplit(" ", 2)
                self.documents.append((name, int(size), digest))
            elif key == "progress":
                self.progress.append(value)
            else:
                self.values[key] = value

    def __getattr__(self, key):
        return self.values.get(key, "")

    @property
    def error(self):
        """The text of the error, without its code."""
        return self.values.get("error", "").partition(" ")[2]

    @property
    def names(self):
        """The names of the documents."""
        return [name for name, _, _ in self.documents]


def command(**arguments):
    """The command line of a fetch; empty values are left out."""
    return [DRIVER] + [f"{key}={value}" for key, value in arguments.items()
                       if value not in (None, "")]


@functools.cache
def public_driver():
    """A copy of the driver that other users can reach."""
    directory = tempfile.mkdtemp(prefix="fetch-driver-")
    atexit.register(shutil.rmtree, directory)
    os.chmod(directory, 0o755)
    return responder.for_everyone(DRIVER, directory)


def fetch(between=None, env=None, user=None, **arguments):
    """One fetch.  `between` is called after it, before documents are read."""
    if between:
        arguments["pause"] = 1
    line = command(**arguments)
    if user is not None:
        line[0] = public_driver()
    with subprocess.Popen(line, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env, user=user, text=True) as process:
        text = ""
        if between:
            for line in process.stdout:
                text += line
                if line.startswith("documents="):
                    break
            between()
        out, err = process.communicate(
            "\n", timeout=60 + arguments.get("timeout_ms", 0) / 1000)
    err = responder.without_valgrind(err)
    if process.returncode not in (0, 1) or err:
        raise RuntimeError(f"status {process.returncode}: {err}")
    return Result(text + out, process.returncode)
