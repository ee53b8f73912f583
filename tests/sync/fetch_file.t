#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetching from files, directories and inline data."""

import os
import stat
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
from fetching import fetch, sha256  # noqa: E402
from kubernetes import Volume  # noqa: E402
from tap import contains, equal, main, ok  # noqa: E402

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_file.")
WRONG = "0" * 64  # a hash no document here has
NOBODY = 65534


def at(*parts):
    return os.path.join(SCRATCH.name, *parts)


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return path


def get(path, **more):
    return fetch(kind="file", path=path, **more)


def settle():
    """Waits until nothing written before counts as fresh."""
    time.sleep(2.1)


def tree_hash(files):
    """The hash of a directory, from {name: bytes}, as sync/fetch.h says."""
    lines = [f"{sha256(files[name])}  {name}\n" for name in
             sorted(files, key=os.fsencode)]
    return sha256("".join(lines).encode())


def replace(path, data):
    write(path + ".new", data)
    os.rename(path + ".new", path)


def test_one_file():
    data = b'{"servers":[]}' * 20000
    path = write(at("one.json"), data)
    r = get(path)
    equal(r.hash, sha256(data), "the hash is that of the bytes")
    equal(r.documents, [(path, len(data), sha256(data))],
          "the document is the file")
    equal(r.unchanged, "0", "without validators it is changed")
    equal(r.bytes, str(len(data)), "all bytes were read for the hash")
    equal(r.requests, "0", "there was no request")
    r = get(path, prev_hash=r.hash)
    equal((r.unchanged, r.documents), ("1", []), "the same hash is unchanged")
    r = get(write(at("empty.json"), b""))
    equal(r.documents, [(at("empty.json"), 0, sha256(b""))],
          "an empty file is a document")


def test_identity():
    path = write(at("known.json"), b"known")
    fresh = get(path)
    equal(fresh.file_identity, "", "a fresh file has no identity to trust")
    tree = os.path.dirname(write(at("known", "a.json"), b"a"))
    equal(get(tree).file_identity, "", "nor has a fresh directory")
    settle()
    r = get(path)
    ok(r.file_identity, "a settled file has an identity")
    # The hash is wrong: reading the file would show it.
    again = get(path, prev_hash=WRONG, prev_file_identity=r.file_identity)
    equal((again.unchanged, again.bytes, again.hash), ("1", "0", WRONG),
          "the same identity is unchanged without reading")
    equal(again.file_identity, r.file_identity, "and stays")
    again = get(path, prev_hash=WRONG, force=1,
                prev_file_identity=r.file_identity)
    equal((again.unchanged, again.bytes, again.hash),
          ("0", "5", sha256(b"known")), "unless forced")
    again = get(path, prev_file_identity=r.file_identity)
    equal((again.unchanged, again.bytes), ("0", "5"),
          "an identity without a hash means nothing")
    t = get(tree)
    ok(t.file_identity, "a settled directory has an identity")
    again = get(tree, prev_hash=WRONG, prev_file_identity=t.file_identity)
    equal((again.unchanged, again.bytes), ("1", "0"),
          "a directory of the same identity is not read")
    os.rename(at("known", "a.json"), at("known", "b.json"))
    again = get(tree, prev_hash=WRONG, prev_file_identity=t.file_identity)
    equal((again.unchanged, again.names), ("0", ["b.json"]),
          "a renamed file is another identity")
    os.utime(path, ns=(0, 0))
    again = get(path, prev_hash=r.hash, prev_file_identity=r.file_identity)
    equal((again.unchanged, again.bytes), ("1", "5"),
          "a touched file is read and found unchanged")
    settle()
    touched = get(path, prev_hash=r.hash,
                  prev_file_identity=r.file_identity)
    ok(touched.unchanged == "1" and touched.file_identity and
       touched.file_identity != r.file_identity,
       "unchanged comes with the new identity")
    # Same size, modification time and inode: only the change time moved.
    with open(path, "r+b") as file:
        file.write(b"KNOWN")
    os.utime(path, ns=(0, 0))
    again = get(path, prev_hash=r.hash,
                prev_file_identity=touched.file_identity)
    equal((again.unchanged, again.hash), ("0", sha256(b"KNOWN")),
          "a rewrite that hides behind size and time is noticed")


def test_directory():
    files = {"b.json": b"2", "a.json": b"11", "sub/c.json": b"3",
             "sub.json": b"4", "z.json/d.json": b"5"}
    for name, data in files.items():
        write(at("tree", name), data)
    for name in (".hidden.json", ".dir/x.json", "README.md", "json",
                 "x.json~", "sub/.json"):
        write(at("tree", name), b"not this")
    os.symlink("nowhere", at("tree", "dangling"))
    r = get(at("tree"))
    equal(r.documents, [(name, len(files[name]), sha256(files[name]))
                        for name in sorted(files)],
          "the *.json files of a directory, sorted, below it too")
    equal(r.hash, tree_hash(files), "the hash is that of names and hashes")
    equal(get(at("tree"), prev_hash=r.hash).unchanged, "1",
          "the same directory is unchanged")
    seen = {r.hash}
    for change, what in (
            (lambda: write(at("tree", "e.json"), b"6"), "an added file"),
            (lambda: os.rename(at("tree", "e.json"), at("tree", "f.json")),
             "a renamed file"),
            (lambda: os.remove(at("tree", "b.json")), "a removed file"),
            (lambda: write(at("tree", "a.json"), b"12"), "other content")):
        change()
        r = get(at("tree"), prev_hash=r.hash)
        ok(r.unchanged == "0" and r.hash not in seen,
           f"{what} changes the hash")
        seen.add(r.hash)
    write(at("single", "only.json"), b"only")
    equal(get(at("single")).hash, sha256(b"only"),
          "the hash of one document is that of its bytes")
    equal(get(at("tree") + "/").hash, r.hash, "a slash at the end is fine")


def test_patterns_and_names_with_a_dot():
    for name in (".mcp.json", ".mcp/server.json", "a/.mcp/server.json",
                 "a/b/.mcp/server.json", "a/.mcp/more/server.json",
                 ".x/.mcp/server.json", "a/.x/server.json",
                 ".github/one.json", ".github/.two.json", "server.json",
                 "a/server.json", ".git/server.json", "a/.git/x/server.json"):
        write(at("dots", name), b"{}")
    for path, names in (
            ("**/.mcp/server.json", [".mcp/server.json", "a/.mcp/server.json",
                                     "a/b/.mcp/server.json"]),
            ("a/**/.mcp/**/server.json",
             [".mcp/more/server.json", ".mcp/server.json",
              "b/.mcp/server.json"]),
            (".github/*.json", ["one.json"]),
            (".github/.*.json", [".two.json"]),
            (".mcp*.json", [".mcp.json"]),
            (".*/*.json", [".github/one.json", ".mcp/server.json"]),
            ("**/.*/**/server.json", [".mcp/server.json",
                                      "a/.mcp/more/server.json",
                                      "a/.mcp/server.json",
                                      "a/.x/server.json",
                                      "a/b/.mcp/server.json"]),
            ("**/server.json", ["a/server.json", "server.json"]),
            ("", ["a/server.json", "server.json"])):
        equal(get(at("dots", path)).names, names, f"path {path}")


def test_patterns_in_a_mounted_configmap():
    volume = Volume(at("volume"))
    volume.update({"a.json": b"a", ".b.json": b"b"})
    for path, names in (("*.json", ["a.json"]), (".*.json", [".b.json"]),
                        ("**/*.json", ["a.json"]), ("**", ["a.json"]),
                        ("**/.*/*.json", []), (".*/*.json", [])):
        equal(get(at("volume", path)).names, names,
              f"a mounted ConfigMap, {path}: ..data stays hidden")


def test_mounted_configmap():
    mount = at("mount")
    write(at("mount", "..gen1", "registry.json"), b"one")
    write(at("mount", "..gen1", "sub", "x.json"), b"x")
    os.symlink("..gen1", at("mount", "..data"))
    os.symlink("..data/registry.json", at("mount", "registry.json"))
    os.symlink("..data/sub", at("mount", "sub"))
    r = get(mount)
    equal(r.names, ["registry.json", "sub/x.json"],
          "links into the hidden directory are followed, it is not entered")
    one = get(at("mount", "registry.json"))
    equal(one.hash, sha256(b"one"), "one file of the mount")
    write(at("mount", "..gen2", "registry.json"), b"two")
    write(at("mount", "..gen2", "sub", "x.json"), b"x")
    os.symlink("..gen2", at("mount", "..data_tmp"))
    os.rename(at("mount", "..data_tmp"), at("mount", "..data"))
    again = get(mount, prev_hash=r.hash)
    equal((again.unchanged, again.documents[0][2]), ("0", sha256(b"two")),
          "a swapped generation is seen through the directory")
    again = get(at("mount", "registry.json"), prev_hash=one.hash)
    equal((again.unchanged, again.hash), ("0", sha256(b"two")),
          "and through the file")


def test_links():
    write(at("loop", "a.json"), b"a")
    os.symlink(".", at("loop", "here"))
    write(at("loop", "sub", "b.json"), b"b")
    os.symlink("..", at("loop", "sub", "up"))
    equal(get(at("loop")).names, ["a.json", "sub/b.json"],
          "a link to a directory around it brings nothing twice")
    os.symlink("self.json", at("loop", "self.json"))
    r = get(at("loop"))
    equal(r.error, f"failed to read {at('loop', 'self.json')}: "
          "Too many levels of symbolic links", "a link to itself")
    os.remove(at("loop", "self.json"))
    os.symlink("gone", at("loop", "gone.json"))
    r = get(at("loop"))
    equal(r.values["documents"], "3", "a dangling *.json is no removed document")
    equal(r.error, f"{at('loop', 'gone.json')} is a symbolic link to a file "
          "that does not exist", "but one that cannot be opened")
    os.symlink("one.json", at("link.json"))
    write(at("one.json"), b"target")
    equal(get(at("link.json")).hash, sha256(b"target"), "a link to a file")


def test_what_is_no_file():
    fifo = at("fifo.json")
    os.mkfifo(fifo)
    started = time.monotonic()
    equal(get(fifo).error, f"{fifo} is not a regular file", "a FIFO")
    os.mkfifo(write(at("with_fifo", "a.json"), b"a") + ".json")
    equal(get(at("with_fifo")).error,
          f"{at('with_fifo', 'a.json.json')} is not a regular file",
          "a FIFO in a directory")
    ok(time.monotonic() - started < 5, "neither was waited for")
    equal(get("/dev/zero").error, "/dev/zero is not a regular file",
          "a device")


def test_what_cannot_be_read():
    equal(get(at("missing.json")).error,
          f"file not found: {at('missing.json')}", "a missing file")
    path = write(at("one.json"), b"1")
    contains(get(path + "/x").error, "Not a directory", "a file as directory")
    os.makedirs(at("empty"))
    write(at("empty", "README"), b"")
    equal(get(at("empty")).error,
          f"no *.json file in directory {at('empty')}", "an empty directory")
    if os.geteuid() != 0:
        return
    os.chmod(SCRATCH.name, 0o755)
    os.chmod(path, stat.S_IRUSR)
    equal(get(path, user=NOBODY).error,
          f"failed to read {path}: Permission denied", "an unreadable file")
    os.makedirs(at("closed"), mode=0o700)
    equal(get(at("closed"), user=NOBODY).error,
          f"failed to read {at('closed')}: Permission denied",
          "an unreadable directory")


def test_limits():
    path = write(at("ten.json"), b"0123456789")
    equal(get(path, max_bytes=10).status, 0, "as large as allowed")
    r = get(path, max_bytes=9)
    equal(r.error, f"{path} is larger than 9 bytes", "larger than allowed")
    equal(r.bytes, "0", "and not read")
    write(at("tens", "a.json"), b"01234")
    write(at("tens", "b.json"), b"56789")
    equal(get(at("tens"), max_bytes=10).status, 0, "a directory in all")
    contains(get(at("tens"), max_bytes=9).error, "larger than 9 bytes",
             "a directory too large in all")
    deep = at("deep", *["d"] * 32)
    write(os.path.join(deep, "a.json"), b"a")
    equal(len(get(at("deep")).names), 1, "a tree 32 levels deep")
    write(os.path.join(deep, "d", "a.json"), b"a")
    contains(get(at("deep")).error, "too deep", "a tree 33 levels deep")
    os.makedirs(at("many"))
    for i in range(10000):
        os.close(os.open(at("many", f"{i}.json"), os.O_CREAT, 0o600))
    equal(get(at("many")).values["documents"], "10000", "10000 files")
    write(at("many", "more.json"), b"")
    contains(get(at("many")).error, "more than 10000 files", "10001 files")
    contains(get(path, timeout_ms=0).error, "no time was left",
             "a deadline that has passed")


def test_changes_in_between():
    """What is read has to be what was hashed."""
    path = at("moving.json")
    for change, what in (
            (lambda: write(path, b"x" * 100000), "rewritten"),
            (lambda: os.truncate(path, 10), "cut"),
            (lambda: open(path, "ab").write(b"more"), "grown"),
            (lambda: os.truncate(path, 0), "emptied")):
        write(path, b"a" * 100000)
        time.sleep(0.02)
        r = get(path, between=change)
        equal((r.error, r.documents),
              (f"{path} changed while it was being read", []),
              f"a file {what} between hash and reading")
    for change, what in ((lambda: replace(path, b"new"), "replaced"),
                         (lambda: os.remove(path), "removed")):
        write(path, b"old")
        r = get(path, between=change)
        equal(r.documents, [(path, 3, sha256(b"old"))],
              f"a file {what} in between is read as it was")
    for i in range(80):
        write(at("large", f"{i:02}.json"), b"%d" % i)
    equal(len(get(at("large"), between=lambda: None).names), 80,
          "more files than are kept open")
    r = get(at("large"), between=lambda: replace(at("large", "75.json"),
                                                 b"75"))
    equal(r.error, f"{at('large', '75.json')} changed while it was being read",
          "one of many files replaced in between")
    equal(len(r.names), 75, "the files before it were read")


def test_inline():
    # More than is read at once.
    data = '{"servers":[%s]}' % ",".join(str(i) for i in range(20000))
    r = fetch(kind="file", data=data)
    equal(r.documents, [("inline data", len(data), sha256(data.encode()))],
          "inline data is a document")
    equal((r.hash, r.bytes, r.file_identity),
          (sha256(data.encode()), "0", ""), "with a hash and no identity")
    equal(fetch(kind="file", data=data, prev_hash=r.hash).unchanged, "1",
          "the same data is unchanged")
    equal(fetch(kind="file", data=data + " ", prev_hash=r.hash).unchanged,
          "0", "other data is not")


main([test_one_file, test_identity, test_directory,
      test_patterns_and_names_with_a_dot,
      test_patterns_in_a_mounted_configmap, test_mounted_configmap,
      test_links, test_what_is_no_file, test_what_cannot_be_read,
      test_limits, test_changes_in_between, test_inline])
