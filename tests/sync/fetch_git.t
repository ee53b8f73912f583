#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetching from git: real repositories, real servers, and hostile ones."""

import fcntl
import getpass
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import git_server  # noqa: E402
from fetching import command, fetch, sha256  # noqa: E402
from git_server import HttpSite, RawServer, Repository, Sshd  # noqa: E402
from git_server import packet  # noqa: E402
from tap import contains, equal, main, ok, skip  # noqa: E402

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_git.")
WRONG = "0" * 64  # a hash no document here has
NOBODY = 65534
ONE = b'{"servers":[1]}\n'
TWO = b'{"servers":[2]}\n'
ROOT = "repositories"

counter = 0


def at(*parts):
    return os.path.join(SCRATCH.name, *parts)


def fresh(prefix):
    """A path in the scratch directory that was not used before."""
    global counter
    counter += 1
    return at(f"{prefix}{counter}")


def repository(files=None):
    """A repository with one commit, below ROOT."""
    repo = Repository(fresh(ROOT + "/r") + ".git")
    repo.first = repo.commit(files or {"registry.json": ONE})
    return repo


def cache():
    return fresh("cache")


def get(url, **more):
    return fetch(kind="git", url=url, **more)


def bare(cache_dir, name="test"):
    return os.path.join(cache_dir, "git", name + ".git")


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


# ---- what is fetched -------------------------------------------------------

def test_references():
    repo = repository()
    first = repo.first
    repo.git("tag", "light")
    repo.git("tag", "-a", "-m", "a tag", "annotated")
    repo.git("branch", "feature/one")
    second = repo.commit({"registry.json": TWO})
    # One cache for all: what it holds of another reference must not matter.
    shared = cache()
    for scheme in "", "file://":
        url = scheme + repo.path
        for more, commit, data in (
                ({}, second, TWO),
                ({"branch": "main"}, second, TWO),
                ({"branch": "feature/one"}, first, ONE),
                ({"tag": "light"}, first, ONE),
                ({"tag": "annotated"}, first, ONE),
                ({"commit": first}, first, ONE),
                ({"commit": second.upper()}, second, TWO)):
            r = get(url, cache=shared, **more)
            what = f"{scheme or 'path'} {more}"
            check_documents(r, {"registry.json": data}, what)
            equal((r.revision, r.hash, r.unchanged),
                  (commit, sha256(data), "0"), f"{what}: validators")
    repo.git("symbolic-ref", "HEAD", "refs/heads/feature/one")
    r = get(repo.path, cache=shared)
    equal(r.revision, first, "the default branch is the one HEAD names")
    equal(leftovers(shared), [], "nothing is left in the cache")


def test_wrong_references():
    repo = repository()
    c = cache()
    url = "file://" + repo.path
    fails(get(url, cache=c, branch="nope"), url, "branch nope",
          'there is no branch "nope"', what="missing branch")
    fails(get(url, cache=c, tag="nope"), 'there is no tag "nope"',
          what="missing tag")
    fails(get(url, cache=c, commit="1" * 40), "there is no commit 1111",
          what="missing commit")
    fails(get(url, cache=c, commit=repo.first[:12]), "40 hex digits",
          repo.first[:12], what="short commit")
    fails(get(url, cache=c, commit="g" * 40), "40 hex digits",
          what="commit that is none")
    fails(get(url, cache=c, branch="main", tag="x"), "only one of branch",
          what="two references")
    for name in "main:refs/heads/x", "*", "a..b", "x~1", "a b":
        fails(get(url, cache=c, branch=name), "not a valid reference",
              what=f"branch {name}")
    tree = repo.git("rev-parse", "main^{tree}")
    repo.git("tag", "to-a-tree", tree)
    fails(get(url, cache=c, tag="to-a-tree"), "commit",
          what="tag of a directory")
    empty = Repository(fresh(ROOT + "/r") + ".git")
    fails(get(empty.path, cache=cache()), "empty", what="empty repository")
    fails(get(at("nowhere.git"), cache=cache()), at("nowhere.git"),
          what="missing repository")
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")
    fails(get(url, cache=c), "HEAD", what="HEAD that leads nowhere")


def test_directories():
    files = {"a.json": b"1", "sub/b.json": b"22", "sub/deep/c.json": b"333",
             "sub-x/d.json": b"4444"}
    repo = repository({**{"servers/" + n: d for n, d in files.items()},
                       "servers/readme.md": b"text", "other.json": b"no",
                       "servers/.json": b"no",
                       "servers/.hidden/e.json": b"no", ".x/f.json": b"no"})
    c = cache()
    want = {"servers/" + n: d for n, d in files.items()}
    for path in "servers", "servers/", "./servers", "servers//.":
        r = get(repo.path, cache=c, path=path)
        check_documents(r, want, f"path {path}")
        equal(r.hash, tree_hash(want), f"path {path}: hash")
    r = get(repo.path, cache=c, path=".")
    check_documents(r, {**want, "other.json": b"no"}, "the root directory")
    r = get(repo.path, cache=c, path="servers/sub/deep")
    equal(r.hash, sha256(b"333"), "one file: its own hash")
    r = get(repo.path, cache=c, path="servers/readme.md")
    check_documents(r, {"servers/readme.md": b"text"}, "any name, if named")


def test_wrong_paths():
    repo = repository({"registry.json": ONE, "dir/file.txt": b"x",
                       "many/a.json": b"{}", "lfs.json":
                       b"version https://git-lfs.github.com/spec/v1\n"
                       b"oid sha256:" + b"0" * 64 + b"\nsize 12345\n"})
    os.symlink("registry.json", os.path.join(repo.tree, "link.json"))
    os.symlink("dir", os.path.join(repo.tree, "linkdir"))
    os.symlink("../registry.json", os.path.join(repo.tree, "many/link.json"))
    repo.commit()
    repo.git("update-index", "--add", "--cacheinfo",
             f"160000,{repo.first},module")
    repo.git("commit", "-q", "-m", "module")
    c = cache()
    url = "file://" + repo.path
    for path, parts in (
            ("missing.json", ['there is no "missing.json"', url, "branch"]),
            ("no/such/file.json", ['there is no "no/such/file.json"',
                                   '"no"']),
            ("../registry.json", ['".."']),
            ("dir/../registry.json", ['".."']),
            ("/registry.json", ["relative"]),
            ("link.json", ['"link.json" is a symbolic link']),
            ("linkdir/file.txt", ['"linkdir" is a symbolic link']),
            ("many", ['"many/link.json" is a symbolic link']),
            ("module", ['"module" is a submodule']),
            ("module/x.json", ['"module" is a submodule']),
            ("registry.json/x", ["is a file, not a directory"]),
            ("lfs.json", ['"lfs.json" is a Git LFS pointer']),
            ("dir", ['"dir" holds no *.json file']),
            ("x" * 5000, ["path is over"])):
        fails(get(url, cache=c, branch="main", path=path), *parts,
              what=f"path {path[:30]}")
    r = get(url, cache=c)
    check_documents(r, {"registry.json": ONE}, "the cache is still good")


def test_many_files():
    repo = Repository(fresh(ROOT + "/r") + ".git")
    # A tree of one blob under many names: quick to make, honest to count.
    blob = repo.git("hash-object", "-w", "--stdin", data=b"{}")
    for count, branch in ((10000, "full"), (20000, "over")):
        lines = "".join(f"100644 blob {blob}\ts{i:05}.json\n"
                        for i in range(count))
        tree = repo.git("mktree", data=lines.encode())
        commit = repo.git("commit-tree", "-m", "x", tree)
        repo.git("branch", branch, commit)
    r = get(repo.path, cache=cache(), branch="full", path=".")
    equal(len(r.documents), 10000, "10000 files are read")
    r = get(repo.path, cache=cache(), branch="over", path=".")
    fails(r, "more than 10000", what="20000 files")
    equal(r.values.get("error", "").split()[0], "6", "as a limit")
    tree = repo.git("mktree", data=f"100644 blob {blob}\ta.json\n".encode())
    for _ in range(40):
        tree = repo.git("mktree", data=f"040000 tree {tree}\td\n".encode())
    repo.git("branch", "deep", repo.git("commit-tree", "-m", "x", tree))
    fails(get(repo.path, cache=cache(), branch="deep", path="."),
          "levels deep", what="40 levels")


def test_tree_bomb():
    repo = Repository(fresh(ROOT + "/r") + ".git")
    blob = repo.git("hash-object", "-w", "--stdin", data=b"{}")
    lines = "".join(f"100644 blob {blob}\tf{i}\n" for i in range(10))
    tree = repo.git("mktree", data=lines.encode())
    for _ in range(20):
        lines = "".join(f"040000 tree {tree}\td{i}\n" for i in range(10))
        tree = repo.git("mktree", data=lines.encode())
    repo.git("branch", "main", repo.git("commit-tree", "-m", "x", tree))
    started = time.monotonic()
    fails(get(repo.path, cache=cache(), path="."), "more than 1000000",
          what="10^20 names in 22 objects")
    ok(time.monotonic() - started < 30, "and is refused in time")


def test_max_bytes():
    repo = repository({"registry.json": ONE, "big.json": os.urandom(300000),
                       "d/a.json": b"x" * 600, "d/b.json": b"y" * 600})
    c = cache()
    fails(get(repo.path, cache=c, max_bytes=100000), "sends more than 100000",
          what="a pack over the quota")
    equal(leftovers(c), [], "nothing is left of it")
    ok(get(repo.path, cache=c).status == 0, "with more room it is fetched")
    fails(get(repo.path, cache=c, path="d", max_bytes=1000),
          "holds more than 1000 bytes", what="documents over the quota")
    ok(get(repo.path, cache=c, path="d", max_bytes=1200).status == 0,
       "up to the quota it is read")


# ---- what is not fetched again ---------------------------------------------

def test_increments():
    repo = repository({"registry.json": ONE, "big.bin": os.urandom(500000)})
    with HttpSite(at(ROOT)) as site:
        url = site.url + "/" + os.path.basename(repo.path)
        c = cache()
        one = get(url, cache=c, branch="main")
        ok(int(one.bytes) > 500000, "the first fetch brings all")
        equal(one.requests, "2", "in two round trips")
        again = get(url, cache=c, branch="main", prev_hash=one.hash,
                    prev_revision=one.revision)
        equal((again.unchanged, again.requests, again.bytes, again.documents),
              ("1", "1", "0", []), "unchanged: one round trip, no documents")
        equal((again.hash, again.revision), (one.hash, one.revision),
              "unchanged: the validators are the same")
        again = get(url, cache=c, branch="main")
        equal((again.unchanged, again.requests, again.bytes),
              ("0", "1", "0"), "without validators: read from the cache")
        check_documents(again, {"registry.json": ONE}, "and complete")
        repo.commit({"registry.json": TWO})
        two = get(url, cache=c, branch="main", prev_hash=one.hash,
                  prev_revision=one.revision)
        check_documents(two, {"registry.json": TWO}, "a new commit")
        ok(0 < int(two.bytes) < 2000, f"brings little: {two.bytes} bytes")
        other = repo.commit({"readme.md": b"new"})
        same = get(url, cache=c, branch="main", prev_hash=two.hash,
                   prev_revision=two.revision)
        equal((same.unchanged, same.hash, same.revision),
              ("1", two.hash, other), "a commit that leaves the file alone")
        site.seen.clear()
        forced = get(url, cache=c, branch="main", prev_hash=same.hash,
                     prev_revision=same.revision, force=1)
        equal((forced.unchanged, forced.requests), ("0", "1"),
              "force: not called unchanged, nothing fetched")
        check_documents(forced, {"registry.json": TWO}, "force: documents")
        fixed = get(url, cache=c, commit=other, prev_hash=two.hash,
                    prev_revision=other)
        equal((fixed.unchanged, fixed.requests), ("1", "0"),
              "a commit that is known needs no request")


def test_unchanged_without_a_cache():
    repo = repository()
    repo.git("tag", "-a", "-m", "a tag", "v1")
    for more in {"branch": "main"}, {"tag": "v1"}, {}:
        one = get(repo.path, cache=cache(), **more)
        c = cache()
        r = get(repo.path, cache=c, prev_hash=one.hash,
                prev_revision=one.revision, **more)
        equal((r.unchanged, r.requests, r.bytes), ("1", "1", "0"),
              f"{more or 'HEAD'}: a lost cache is not refilled for nothing")
    r = get(repo.path, cache=cache(), prev_hash=WRONG,
            prev_revision="1" * 40)
    equal((r.unchanged, len(r.documents)), ("0", 1), "other validators")
    r = get(repo.path, cache=cache(), prev_revision=one.revision)
    equal((r.unchanged, len(r.documents)), ("0", 1),
          "a revision without a hash proves nothing")


def test_force_push():
    repo = repository()
    c = cache()
    one = get("file://" + repo.path, cache=c, branch="main")
    repo.write("registry.json", TWO)
    repo.git("add", "-A")
    repo.git("commit", "-q", "--amend", "-m", "other history")
    two = get("file://" + repo.path, cache=c, branch="main",
              prev_hash=one.hash, prev_revision=one.revision)
    check_documents(two, {"registry.json": TWO}, "history that was replaced")
    repo.git("update-ref", "refs/heads/main", one.revision)
    back = get("file://" + repo.path, cache=c, branch="main",
               prev_hash=two.hash, prev_revision=two.revision)
    check_documents(back, {"registry.json": ONE}, "and put back")


def test_commits_that_no_branch_is_at():
    repo = repository()
    first = repo.first
    repo.commit({"registry.json": TWO})
    base = os.path.basename(repo.path)
    with HttpSite(at(ROOT)) as site:
        r = get(f"{site.url}/{base}", cache=cache(), commit=first)
        check_documents(r, {"registry.json": ONE}, "asked for by its id")
        equal(r.requests, "2", "in two round trips")
        for key in ("uploadpack.allowReachableSHA1InWant",
                    "uploadpack.allowTipSHA1InWant"):
            repo.git("config", key, "false")
        c = cache()
        r = get(f"{site.url}/{base}", cache=c, commit=first)
        check_documents(r, {"registry.json": ONE},
                        "found behind the branches where ids are refused")
        site.seen.clear()
        r = get(f"{site.url}/{base}", cache=c, commit=first)
        equal((r.requests, site.seen, len(r.documents)), ("0", [], 1),
              "then it comes from the cache")
        fails(get(f"{site.url}/{base}", cache=c, commit="2" * 40),
              "there is no commit 2222", what="no such commit over http")


# ---- the cache --------------------------------------------------------------

def test_cache_is_private():
    repo = repository()
    c = cache()
    old = os.umask(0)
    try:
        get(repo.path, cache=c)
    finally:
        os.umask(old)
    modes = {stat.S_IMODE(os.stat(p).st_mode) for p in
             (c, os.path.join(c, "git"), bare(c))}
    equal(modes, {0o700}, "directories are the owner's alone")
    os.chmod(bare(c), 0o777)
    ok(get(repo.path, cache=c).status == 0, "a loose mode")
    equal(stat.S_IMODE(os.stat(bare(c)).st_mode), 0o700, "is tightened")
    equal(leftovers(c), [], "nothing is left")


def test_other_remote():
    one, two = repository(), repository({"registry.json": TWO})
    c = cache()
    get(one.path, cache=c)
    r = get(two.path, cache=c)
    check_documents(r, {"registry.json": TWO}, "the URL changed")
    objects = [f for f in files_below(bare(c)) if f.endswith(".pack")]
    equal(len(objects), 1, "the old objects are gone")
    r = get(two.path, cache=c, name="another")
    check_documents(r, {"registry.json": TWO}, "each source has its own")
    fails(get(two.path, cache=c, name="../x"), "cannot name",
          what="a source name that leaves the cache")


def packs(c):
    return [f for f in files_below(bare(c)) if f.endswith(".pack")]


def damage_truncate(c):
    for f in packs(c):
        os.chmod(f, 0o600)
        os.truncate(f, os.path.getsize(f) // 2)


def damage_bits(c):
    for f in packs(c):
        os.chmod(f, 0o600)
        with open(f, "r+b") as file:
            file.seek(12)
            file.write(b"\xff" * 20000)


def damage_index(c):
    for f in packs(c):
        os.chmod(f[:-5] + ".idx", 0o600)
        with open(f[:-5] + ".idx", "wb") as file:
            file.write(b"nonsense")


def damage_no_packs(c):
    for f in packs(c):
        os.unlink(f)


def damage_no_objects(c):
    shutil.rmtree(os.path.join(bare(c), "objects"))


def damage_head(c):
    with open(os.path.join(bare(c), "HEAD"), "wb") as file:
        file.write(b"\0\0\0")


def damage_config(c):
    with open(os.path.join(bare(c), "config"), "wb") as file:
        file.write(b"[core\nbare = ")


def damage_ref(c):
    with open(os.path.join(bare(c), "refs/thv/head"), "wb") as file:
        file.write(b"not an id\n")


def damage_locks(c):
    for name in "refs/thv/head.lock", "config.lock", "HEAD.lock":
        with open(os.path.join(bare(c), name), "wb"):
            pass


def damage_empty(c):
    shutil.rmtree(bare(c))
    os.mkdir(bare(c))


def test_damage_is_healed():
    repo = repository({"registry.json": ONE, "other.bin": os.urandom(50000)})
    url = "file://" + repo.path
    for damage in (damage_truncate, damage_bits, damage_index,
                   damage_no_packs, damage_no_objects, damage_head,
                   damage_config, damage_ref, damage_locks, damage_empty):
        what = damage.__name__
        c = cache()
        repo.commit({"registry.json": ONE})
        one = get(url, cache=c, branch="main")
        damage(c)
        r = get(url, cache=c, branch="main")
        check_documents(r, {"registry.json": ONE}, f"{what}: same commit")
        damage(c)
        two = repo.commit({"registry.json": TWO})
        r = get(url, cache=c, branch="main", prev_hash=one.hash,
                prev_revision=one.revision)
        check_documents(r, {"registry.json": TWO}, f"{what}: a new commit")
        equal(r.revision, two, f"{what}: its id")
        equal(leftovers(c), [], f"{what}: nothing left")
        r = get(url, cache=c, branch="main")
        equal((r.requests, r.bytes), ("1", "0"), f"{what}: good again")


def test_a_broken_remote_keeps_the_cache():
    repo = repository()
    c = cache()
    one = get(repo.path, cache=c)
    os.rename(repo.path, repo.path + ".away")
    fails(get(repo.path, cache=c), "failed to connect", what="remote is gone")
    os.rename(repo.path + ".away", repo.path)
    r = get(repo.path, cache=c)
    equal((r.revision, r.bytes), (one.revision, "0"),
          "the cache survived that")


def test_packs_do_not_pile_up():
    repo = repository({"registry.json": b"0"})
    c = cache()
    url = "file://" + repo.path
    most = 0
    for i in range(1, 60):
        repo.commit({"registry.json": str(i).encode()})
        r = get(url, cache=c)
        most = max(most, len(packs(c)))
    check_documents(r, {"registry.json": b"59"}, "60 fetches on")
    ok(40 < most <= 51, f"at most {most} packs, then it starts anew")
    ok(len(packs(c)) < 20, f"{len(packs(c))} packs in the end")


def test_lock():
    repo = repository()
    c = cache()
    get(repo.path, cache=c)
    fd = os.open(bare(c), os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    started = time.monotonic()
    fails(get(repo.path, cache=c), "in use by another process",
          what="a cache that is locked")
    ok(time.monotonic() - started < 4, "does not wait long")
    with subprocess.Popen(["sleep", "0.5"]) as sleep:
        with subprocess.Popen(command(kind="git", url=repo.path, cache=c),
                              stdout=subprocess.PIPE, text=True) as process:
            sleep.wait()
            os.close(fd)
            out = process.communicate()[0]
    contains(out, "documents=1", "a lock that is soon gone is waited for")


def test_owners():
    repo = repository()
    if os.geteuid() != 0:
        skip("only root can give files away")
        return
    c = cache()
    subprocess.run(["chown", "-R", str(NOBODY), repo.path], check=True)
    r = get("file://" + repo.path, cache=c)
    check_documents(r, {"registry.json": ONE},
                    "a local repository may belong to someone else")
    os.chown(bare(c), NOBODY, -1)
    fails(get("file://" + repo.path, cache=c), "belongs to user id 65534",
          what="a cache of someone else")
    other = cache()
    os.makedirs(os.path.join(other, "git"))
    os.symlink(bare(c), bare(other))
    fails(get(repo.path, cache=other), "failed to open",
          what="a symbolic link for a cache")


# ---- http --------------------------------------------------------------------

def password_file(text):
    path = fresh("password")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def test_http_basic():
    repo = repository()
    base = os.path.basename(repo.path)
    with HttpSite(at(ROOT), password="reader:s3cret") as site:
        url = f"{site.url}/{base}"
        c = cache()
        good = password_file("\n  s3cret\n")
        r = get(url, cache=c, username="reader", password_file=good)
        check_documents(r, {"registry.json": ONE}, "the right password")
        bad = password_file("wr0ng-one")
        site.seen.clear()
        r = get(url, cache=c, username="reader", password_file=bad)
        fails(r, "authentication failed for user reader", url,
              what="a wrong password")
        ok(len(site.seen) <= 3, "is not tried for ever")
        ok("wr0ng" not in r.error, "is not shown")
        fails(get(url, cache=c), "authentication is required",
              what="no password")
        for text, part in (("", "holds no password"),
                           (" \n", "holds no password"),
                           ("x" * 70000, "is over 65536"),
                           ("a\0b", "holds no password")):
            fails(get(url, cache=c, username="reader",
                      password_file=password_file(text)), part,
                  what=f"password file of {len(text)} bytes")
        fails(get(url, cache=c, username="reader",
                  password_file=at("missing")), at("missing"),
              "No such file", what="missing password file")
        c = cache()
        inside = url.replace("http://", "http://reader:s3cret@")
        r = get(inside, cache=c)
        check_documents(r, {"registry.json": ONE}, "password in the URL")
        texts = [open(f, "rb").read() for f in files_below(c)]
        ok(texts and not any(b"s3cret" in t for t in texts),
           "and not in the cache")
        r = get(inside.replace("s3cret", "n0pe"), cache=c)
        fails(r, "http://***@127.0.0.1", "authentication failed",
              what="a wrong one")
        ok("n0pe" not in r.error, "is not shown either")
        r = get(inside, cache=c, branch="nope")
        ok("s3cret" not in r.error, "nor a right one in another error")


def test_http_redirects():
    repo = repository()
    base = os.path.basename(repo.path)
    with HttpSite(at(ROOT)) as first, HttpSite(at(ROOT)) as second:
        first.moved_to = f"http://localhost:{second.port}"
        url = f"{first.url}/moved/{base}"
        r = get(url, cache=cache())
        check_documents(r, {"registry.json": ONE}, "to another host")
        second.password = "reader:s3cret"
        second.seen.clear()
        fails(get(url, cache=cache(), username="reader",
                  password_file=password_file("s3cret")), "redirect",
              what="to another host with a password")
        ok(not any(auth for _, _, auth in second.seen),
           "the password stays at home")
        first.moved_to = first.url
        first.password = "reader:s3cret"
        r = get(url, cache=cache(), username="reader",
                password_file=password_file("s3cret"))
        check_documents(r, {"registry.json": ONE},
                        "on the same host, with a password")
        first.moved_to = first.url + "/moved"
        fails(get(url, cache=cache(), timeout_ms=10000), "redirect",
              what="in circles")


def test_http_errors():
    with HttpSite(at(ROOT)) as site:
        fails(get(site.url + "/nothing.git", cache=cache()), "404",
              site.url + "/nothing.git", what="a repository that is missing")
        port = site.port
    fails(get(f"http://127.0.0.1:{port}/x.git", cache=cache()),
          "failed to connect", what="nobody listens")
    fails(get("http://host.invalid/x.git", cache=cache()), "host.invalid",
          what="a host that does not exist")


def test_tls():
    repo = repository()
    base = os.path.basename(repo.path)
    certificate = git_server.make_certificate(SCRATCH.name)
    with HttpSite(at(ROOT), certificate=certificate) as site:
        url = f"{site.url}/{base}"
        r = get(url, cache=cache())
        ok(r.status == 1, "an unknown certificate is refused")
        contains(r.error.lower(), "certificate", "and the error says so")
        env = {**os.environ, "SSL_CERT_FILE": certificate[0]}
        r = get(url, cache=cache(), env=env)
        check_documents(r, {"registry.json": ONE},
                        "SSL_CERT_FILE makes it known")
        r = get(url.replace("localhost", "127.0.0.1"), cache=cache(),
                env=env)
        ok(r.status == 1, "it is not for another host")
        asked = []
        with RawServer(git_server.tunnel(site.port, asked)) as proxy:
            env["https_proxy"] = f"http://127.0.0.1:{proxy.port}"
            r = get(f"https://localhost:4/{base}", cache=cache(), env=env)
        check_documents(r, {"registry.json": ONE},
                        "a proxy of the environment is used")
        equal(asked[:1], ["CONNECT localhost:4 HTTP/1.1"],
              "and asked for the host")


def test_environment():
    repo = repository()
    base = os.path.basename(repo.path)
    home = fresh("home")
    os.makedirs(home + "/.config/git")
    text = f'[url "file:///nowhere/"]\n\tinsteadOf = "{repo.path}"\n' \
           '[http]\n\tproxy = http://127.0.0.1:1\n' \
           '[init]\n\tdefaultBranch = odd..name\n'
    for name in ".gitconfig", ".config/git/config":
        with open(os.path.join(home, name), "w", encoding="ascii") as file:
            file.write(text)
    env = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home + "/.config",
           "GIT_DIR": "/nowhere", "GIT_CONFIG_GLOBAL": home + "/.gitconfig"}
    r = get(repo.path, cache=cache(), env=env)
    check_documents(r, {"registry.json": ONE},
                    "the user's git configuration has no influence")
    with HttpSite(at(ROOT)) as site:
        r = get(f"{site.url}/{base}", cache=cache(), env=env)
        check_documents(r, {"registry.json": ONE}, "nor has its proxy")


def test_schemes():
    for url in ("ext::sh -c 'touch pwned'", "ext::sh", "relative/path",
                "ftp://example.com/x.git", "rsync://example.com/x",
                "file://example.com/x", "https://", "ssh://-oProxyCommand=x/y",
                "ssh://-u@example.com/y", "-oProxyCommand=x:y", "git@-x:y",
                "git@example.com:", "http://exa mple.com/x",
                "https://example.com/x\nHost: y", "javascript:1/../x\t",
                "https://" + "a" * 9000):
        r = get(url, cache=cache())
        ok(r.status == 1 and r.values["error"].split()[0] in ("3", "6") and
           r.requests in ("", "0"), f"refused: {url[:40]!r}")


# ---- ssh ---------------------------------------------------------------------

def test_ssh():
    if Sshd.path() is None:
        skip("there is no sshd")
        return
    repo = repository()
    with Sshd(fresh("ssh")) as sshd:
        user = getpass.getuser()
        url = f"ssh://{user}@127.0.0.1:{sshd.port}{repo.path}"
        known = sshd.write("known", sshd.known_hosts())
        key = sshd.at("user")
        c = cache()
        r = get(url, cache=c, private_key_file=key, known_hosts_file=known)
        check_documents(r, {"registry.json": ONE}, "an ed25519 key")
        again = get(url, cache=c, private_key_file=key,
                    known_hosts_file=known, prev_hash=r.hash,
                    prev_revision=r.revision)
        equal((again.unchanged, again.requests), ("1", "1"), "unchanged")
        repo.commit({"registry.json": TWO})
        r = get(url, cache=c, private_key_file=key, known_hosts_file=known)
        check_documents(r, {"registry.json": TWO}, "a new commit")
        r = get(url, cache=cache(), private_key_file=sshd.at("user_rsa"),
                known_hosts_file=known)
        check_documents(r, {"registry.json": TWO}, "an RSA key")
        r = get(f"ssh://127.0.0.1:{sshd.port}{repo.path}", cache=cache(),
                private_key_file=key, known_hosts_file=known, username=user)
        check_documents(r, {"registry.json": TWO}, "the user from git.auth")
        check_known_hosts(sshd, url, key)
        check_ssh_refusals(sshd, url, key, known)
        check_ssh_agent(sshd, url, known)


def check_known_hosts(sshd, url, key):
    for name, text in (("ed25519", sshd.known_hosts("host")),
                       ("ecdsa", sshd.known_hosts("host_ecdsa"))):
        known = sshd.write("known_" + name, text)
        r = get(url, cache=cache(), private_key_file=key,
                known_hosts_file=known)
        ok(r.status == 0, f"known by its {name} key alone: {r.error}")
    hashed = sshd.write("known_hashed", sshd.known_hosts())
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", hashed], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    r = get(url, cache=cache(), private_key_file=key, known_hosts_file=hashed)
    ok(r.status == 0, f"known by a hashed name: {r.error}")
    home = fresh("home")
    os.makedirs(home + "/.ssh")
    env = {**os.environ, "HOME": home}
    fails(get(url, cache=cache(), private_key_file=key, env=env),
          "SHA256:", "127.0.0.1", home + "/.ssh/known_hosts",
          what="a host that is in no file")
    shutil.copy(hashed, home + "/.ssh/known_hosts")
    r = get(url, cache=cache(), private_key_file=key, env=env)
    ok(r.status == 0, f"known to the user: {r.error}")


def check_ssh_refusals(sshd, url, key, known):
    wrong = sshd.known_hosts().split()
    wrong[2] = sshd.read("stranger.pub").split()[1]
    liar = sshd.write("known_wrong", " ".join(wrong) + "\n")
    r = get(url, cache=cache(), private_key_file=key, known_hosts_file=liar)
    fails(r, "host key SHA256:", liar, what="another host key than known")
    print_line = subprocess.run(
        ["ssh-keygen", "-l", "-f", sshd.at("host.pub")], check=True,
        stdout=subprocess.PIPE, text=True).stdout.split()[1]
    contains(r.error, print_line, "the fingerprint is ssh-keygen's")
    started = time.monotonic()
    fails(get(url, cache=cache(), private_key_file=sshd.at("stranger"),
              known_hosts_file=known), "authentication failed",
          what="a key that is not let in")
    ok(time.monotonic() - started < 10, "is not tried for ever")
    fails(get(url, cache=cache(), private_key_file=at("no_key"),
              known_hosts_file=known), at("no_key"), "No such file",
          what="missing private key")
    fails(get(url, cache=cache(), private_key_file=key,
              known_hosts_file=at("no_known")), at("no_known"),
          what="missing known hosts")
    env = {k: v for k, v in os.environ.items() if k != "SSH_AUTH_SOCK"}
    fails(get(url, cache=cache(), known_hosts_file=known, env=env),
          "no ssh agent", what="neither key nor agent")
    fails(get(url + ".not", cache=cache(), private_key_file=key,
              known_hosts_file=known), "failed", what="no such repository")


def check_ssh_agent(sshd, url, known):
    env = {**os.environ, "SSH_AUTH_SOCK": sshd.at("agent")}
    with subprocess.Popen(["ssh-agent", "-D", "-a", sshd.at("agent")],
                          stdout=subprocess.DEVNULL) as agent:
        for _ in range(100):
            if os.path.exists(sshd.at("agent")):
                break
            time.sleep(0.05)
        fails(get(url, cache=cache(), known_hosts_file=known, env=env),
              "authentication failed", what="an agent without keys")
        subprocess.run(["ssh-add", "-q", sshd.at("user")], env=env,
                       check=True, stderr=subprocess.DEVNULL)
        r = get(url, cache=cache(), known_hosts_file=known, env=env)
        check_documents(r, {"registry.json": TWO}, "the agent's key")
        agent.terminate()


# ---- time, death and lies ------------------------------------------------------

def children_of(pid):
    path = f"/proc/{pid}/task/{pid}/children"
    try:
        with open(path, encoding="ascii") as file:
            return [int(p) for p in file.read().split()]
    except OSError:
        return []


def test_silent_server():
    with RawServer(lambda s: time.sleep(30)) as server:
        for scheme, path in (("http", "/x.git"), ("https", "/x.git"),
                             ("git", "/x.git"), ("ssh", "/x.git")):
            c = cache()
            started = time.monotonic()
            r = get(f"{scheme}://u@127.0.0.1:{server.port}{path}", cache=c,
                    timeout_ms=1000)
            took = time.monotonic() - started
            fails(r, "timed out after 1s while connecting",
                  what=f"{scheme}: a server that says nothing")
            ok(0.9 < took < 2, f"{scheme}: after {took:.2f} s")
        started = time.monotonic()
        r = get(f"git://127.0.0.1:{server.port}/x.git", cache=cache(),
                source_timeout_ms=700)
        fails(r, "timed out after 0.7s", what="the source's own time limit")
        ok(time.monotonic() - started < 2, "is kept")


def slow_site(repo):
    site = HttpSite(at(ROOT))
    site.pause = 0.2
    return site, f"{site.url}/{os.path.basename(repo.path)}"


def test_deadline_while_receiving():
    repo = repository({"registry.json": ONE, "big": os.urandom(3000000)})
    site, url = slow_site(repo)
    with site:
        c = cache()
        started = time.monotonic()
        r = get(url, cache=c, timeout_ms=1500, progress=1)
        took = time.monotonic() - started
        fails(r, "timed out after 1.5s while receiving objects",
              what="a server that is too slow")
        ok(took < 2.5, f"ends after {took:.2f} s")
        equal(leftovers(c), [], "nothing half-received stays")
        amounts = [int(p.split()[-2]) for p in r.progress]
        ok(len(set(amounts)) > 3 and amounts == sorted(amounts),
           "progress was told")
        ok(int(r.bytes) > 0, "and counted")
        site.pause = 0
        r = get(url, cache=c)
        check_documents(r, {"registry.json": ONE}, "the next run succeeds")


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_kill():
    repo = repository({"registry.json": ONE, "big": os.urandom(3000000)})
    site, url = slow_site(repo)
    with site:
        for victim in "parent", "child":
            site.pause = 0.2
            c = cache()
            with subprocess.Popen(command(kind="git", url=url, cache=c),
                                  stdout=subprocess.PIPE,
                                  text=True) as process:
                ok(wait_until(lambda: leftovers(c)), f"{victim}: it receives")
                child = children_of(process.pid)
                equal(len(child), 1, f"{victim}: one process does it")
                os.kill(process.pid if victim == "parent" else child[0],
                        signal.SIGKILL)
                if victim == "child":
                    site.pause = 0
                out = process.communicate()[0]
            if victim == "parent":
                equal(process.returncode, -9, "parent: killed")
                ok(wait_until(lambda: not alive(child[0]), 2),
                   "parent: its child does not outlive it")
                ok(leftovers(c), "parent: something is left behind")
            else:
                contains(out, "died of signal 9", "child: is an error")
            site.pause = 0
            r = get(url, cache=c)
            check_documents(r, {"registry.json": ONE},
                            f"{victim}: the next run succeeds")
            equal(leftovers(c), [], f"{victim}: and tidies up")


def advertise(s, name=b"refs/heads/main", more=b""):
    s.recv(4096)
    line = b"1" * 40 + b" " + name + \
        b"\0multi_ack thin-pack side-band-64k ofs-delta agent=git/2\n"
    s.sendall(packet(line) + more + b"0000")


def raw(talk, **more):
    with RawServer(talk) as server:
        return get(f"git://127.0.0.1:{server.port}/x.git", cache=cache(),
                   branch="main", timeout_ms=5000, **more)


def send_pack(s, data):
    s.recv(65536)
    s.sendall(packet(b"NAK\n") + packet(b"\1" + data) + b"0000")
    time.sleep(1)


def test_lying_servers():
    def too_many(s):
        advertise(s)
        send_pack(s, b"PACK" + struct.pack(">II", 2, 5000000) + b"\0" * 100)

    def nonsense(s):
        advertise(s)
        send_pack(s, b"PACK" + struct.pack(">II", 2, 3) + b"\xff" * 500)

    def other_objects(s):
        advertise(s)
        import hashlib
        import zlib
        pack = b"PACK" + struct.pack(">II", 2, 1) + b"\x32" + \
            zlib.compress(b"hi")
        send_pack(s, pack + hashlib.sha1(pack).digest())

    def says_error(s):
        s.recv(4096)
        s.sendall(packet(b"ERR \x1b[31mgo away\r\n\7"))

    def hangs_up(s):
        s.recv(4096)

    def cut_line(s):
        s.recv(4096)
        s.sendall(b"00ff" + b"1" * 40)

    def not_git(s):
        s.recv(4096)
        s.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def odd_name(s):
        advertise(s, b"refs/heads/main:refs/heads/x")

    r = raw(too_many)
    fails(r, "5000000 objects, the limit is 1000000", what="too many objects")
    equal(r.values.get("error", "").split()[0], "6", "is a limit")
    for talk in nonsense, other_objects, hangs_up, cut_line, not_git:
        r = raw(talk)
        fails(r, "git://127.0.0.1", what=talk.__name__)
        ok("timed out" not in r.error, f"{talk.__name__}: at once: {r.error}")
    r = raw(says_error)
    fails(r, "go away", what="an error of the server")
    ok(r.error.isprintable(), "has no control characters")
    fails(raw(odd_name), 'no branch "main"', what="an odd name")


if __name__ == "__main__":
    os.makedirs(at(ROOT))
    main([value for name, value in list(globals().items())
          if name.startswith("test_")])
