# SPDX-License-Identifier: Apache-2.0
"""What the tests of fetching from git share: places, and what to look at."""

import os
import tempfile

from fetching import fetch, sha256
from git_server import Repository
from tap import contains, equal, ok

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_git.")
ROOT = "repositories"  # what servers of the tests serve
ONE = b'{"servers":[1]}\n'
TWO = b'{"servers":[2]}\n'

counter = 0
os.makedirs(os.path.join(SCRATCH.name, ROOT))


def at(*parts):
    return os.path.join(SCRATCH.name, *parts)


def fresh(prefix):
    """A path in the scratch directory that was not used before."""
    global counter
    counter += 1
    return at(f"{prefix}{counter}")


def empty_repository():
    """A repository without a commit, below ROOT."""
    return Repository(fresh(ROOT + "/r") + ".git")


def repository(files=None):
    """A repository with one commit, below ROOT."""
    repo = empty_repository()
    repo.first = repo.commit(files or {"registry.json": ONE})
    return repo


def cache():
    return fresh("cache")


def get(url, **more):
    return fetch(kind="git", url=url, **more)


def bare(cache_dir):
    return os.path.join(cache_dir, "repository")


def files_below(directory):
    return [os.path.join(base, name) for base, _, names in os.walk(directory)
            for name in names]


def leftovers(cache_dir):
    """Files of the cache that only a fetch in progress has."""
    return [f for f in files_below(cache_dir) if f.endswith(".lock") or
            os.path.basename(f).startswith(("pack_", "tmp_"))]


def check_documents(r, files, what):
    """That the fetch brought exactly these, {name: bytes}."""
    want = [(name, len(data), sha256(data)) for name, data in
            sorted(files.items(), key=lambda i: i[0].encode())]
    if not equal(r.documents, want, what):
        print(f"#   error: {r.error}")


def tree_hash(files):
    return sha256("".join(f"{sha256(files[name])}  {name}\n" for name in
                          sorted(files, key=str.encode)).encode())


def fails(r, *parts, what):
    ok(r.status == 1, f"{what}: fails")
    for part in parts:
        contains(r.error, part, f"{what}: says \"{part}\"")
