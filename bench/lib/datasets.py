# SPDX-License-Identifier: Apache-2.0
"""The data that figures are made with (bench/DATASETS.md), as documents,
configurations and synced databases."""

import json
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

LONG = []
SHORT = ["--bytes", "800"]
MIDDLE = ["--servers", "3093", "--versions", "10000", "--bytes", "800"]
LARGE = ["--servers", "31309", "--versions", "101219", "--bytes", "800"]


def document(path, arguments):
    """Writes what bench/generate makes of `arguments`; the path."""
    with open(path, "wb") as f:
        subprocess.run([os.path.join(ROOT, "bench", "generate"), *arguments],
            stdout=f, check=True)
    return path


def config(directory, source, **more):
    """A configuration of one source and one registry; its path, and that of
    the database it names."""
    path = os.path.join(directory, "config.yaml")
    database = os.path.join(directory, "registry.db")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"sources": [{"name": "s", **source, **more,
            "syncPolicy": {"interval": "1h"}}],
            "registries": [{"name": "r", "sources": ["s"]}],
            "database": {"path": database}}, f)
    return path, database


def forget(directory):
    """Removes the database and everything fetched."""
    for name in "", "-wal", "-shm", ".lock":
        path = os.path.join(directory, "registry.db" + name)
        if os.path.exists(path):
            os.remove(path)
    shutil.rmtree(os.path.join(directory, "cache"), ignore_errors=True)


def database(build, directory, arguments):
    """A synced database of one file; its path."""
    source = {"file": {"path": document(
        os.path.join(directory, "registry.json"), arguments)}}
    path, made = config(directory, source)
    subprocess.run([os.path.join(build, "thv-registry-sync"), "-q", "-c",
        path], check=True)
    return made
