#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetching from git: references, paths, limits, increments and the cache."""

import fcntl
import os
import shutil
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
from fetching import command, sha256  # noqa: E402
from git_fetching import (ONE, ROOT, TWO, at, bare, cache,  # noqa: E402
                          check_documents, empty_repository, fails,
                          files_below, fresh, get, leftovers, repository,
                          tree_hash)
from git_server import ENVIRONMENT, HttpSite  # noqa: E402
from tap import contains, equal, main, ok, skip  # noqa: E402

WRONG = "0" * 64  # a hash no document here has
NOBODY = 65534


# ---- what is fetched -------------------------------------------------------

def test_references():
    repo = repository()
    first = repo.first
    repo.git("tag", "light")
    repo.git("tag", "-a", "-m", "a tag", "annotated")
    repo.git("branch", "feature/one")
    second = repo.commit({"registry.json": TWO})
    # One cache for all: objects of other references must not matter.
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
          what="object that is not a commit")
    fails(get(url, cache=c, branch="main", tag="x"), "only one of branch",
          what="two references")
    for name in "main:refs/heads/x", "*", "a..b", "x~1", "a b":
        fails(get(url, cache=c, branch=name), "not a valid reference",
              what=f"branch {name}")
    tree = repo.git("rev-parse", "main^{tree}")
    repo.git("tag", "to-a-tree", tree)
    fails(get(url, cache=c, tag="to-a-tree"), "commit",
          what="tag of a directory")
    empty = empty_repository()
    fails(get(empty.path, cache=cache()), "empty", what="empty repository")
    fails(get(at("nowhere.git"), cache=cache()), at("nowhere.git"),
          what="missing repository")
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")
    fails(get(url, cache=c), "HEAD", what="HEAD of a missing branch")


# ---- incomplete clones and other forms of repositories ---------------------------

def git(*args, where=None):
    done = subprocess.run(["git", *args], cwd=where, env=ENVIRONMENT,
                          check=True, capture_output=True, text=True)
    return done.stdout.strip()


def clone(repo, *options):
    path = fresh("clone")
    git("clone", "-q", *options, "file://" + repo.path, path)
    return path


def test_shallow_clones():
    repo = repository({"registry.json": ONE, "old.json": b"old"})
    repo.git("tag", "-a", "-m", "a tag", "annotated")
    second = repo.commit({"registry.json": TWO})
    want = {"registry.json": TWO}
    work = clone(repo, "--depth", "1")
    c = cache()
    for url in (work, work + "/.git", "file://" + work,
                "file://" + work.replace("clone", "%63lone"),
                clone(repo, "--depth", "1", "--bare"),
                clone(repo, "--depth", "1", "--no-checkout")):
        for more in {}, {"branch": "main"}, {"commit": second}:
            r = get(url, cache=c, **more)
            check_documents(r, want, f"a shallow clone is read, {more}")
            equal(r.revision, second, "with its commit id")
    r = get(clone(repo, "--depth", "1", "-b", "annotated"), cache=cache(),
            tag="annotated")
    check_documents(r, {"registry.json": ONE}, "by an annotated tag")
    r = get(clone(repo, "--depth", "1"), cache=cache(), commit=repo.first)
    fails(r, f"there is no commit {repo.first}", "shallow clone",
          "git fetch --unshallow", what="a commit before its history")
    # In later syncs.
    r = get(work, cache=c)
    again = get(work, cache=c, prev_hash=r.hash, prev_revision=r.revision)
    equal(again.unchanged, "1", "the same commit is unchanged")
    check_documents(get(work, cache=c, force=1), want, "forced, it is read")
    third = repo.commit({"registry.json": b"[3]"})
    git("fetch", "-q", "--depth", "1", where=work)
    git("reset", "-q", "--hard", "origin/main", where=work)
    r = get(work, cache=c, prev_hash=r.hash, prev_revision=r.revision)
    check_documents(r, {"registry.json": b"[3]"}, "the next commit is read")
    equal(r.revision, third, "and its validators are kept")
    git("fetch", "-q", "--unshallow", where=work)
    check_documents(get(work, cache=c, force=1), {"registry.json": b"[3]"},
                    "and the clone with all of its history")
    linked = fresh("linked")
    shallow = clone(repo, "--depth", "1")
    git("worktree", "add", "-q", linked, where=shallow)
    check_documents(get(linked, cache=cache()), {"registry.json": b"[3]"},
                    "a work tree of a shallow clone")


def test_shallow_clone_on_a_server():
    repo = repository()
    repo.commit({"registry.json": TWO})
    path = clone(repo, "--depth", "1", "--bare")
    with HttpSite(os.path.dirname(path)) as site:
        r = get(f"{site.url}/{os.path.basename(path)}", cache=cache())
    if r.status == 0:
        check_documents(r, {"registry.json": TWO}, "it is read")
    else:
        fails(r, "shallow clone", "git fetch --unshallow",
              what="refused by a libgit2 without support")


def test_partial_clones():
    repo = repository({"registry.json": ONE, "other.json": b"other"})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.commit({"registry.json": TWO})
    path = clone(repo, "--filter=blob:none")
    check_documents(get(path, cache=cache()), {"registry.json": TWO},
                    "existing objects of a partial clone are read")
    path = clone(repo, "--filter=blob:none", "--no-checkout")
    c = cache()
    fails(get(path, cache=c), "partial clone", "cloned from",
          what="a missing object is named")
    git("checkout", "-q", where=path)
    check_documents(get(path, cache=c), {"registry.json": TWO},
                    "and read after it was added")


def test_forms_of_repositories():
    repo = repository()
    for key in ("worktreeConfig", "partialClone", "preciousObjects"):
        path = clone(repo)
        git("config", "core.repositoryFormatVersion", "1", where=path)
        git("config", f"extensions.{key}", "true", where=path)
        check_documents(get(path, cache=cache()), {"registry.json": ONE},
                        f"extension {key}")
    path = clone(repo, "--separate-git-dir", fresh("separate"))
    check_documents(get(path, cache=cache()), {"registry.json": ONE},
                    "a .git file")
    work = clone(repo)
    linked = fresh("linked")
    git("worktree", "add", "-q", linked, where=work)
    check_documents(get(linked, cache=cache()), {"registry.json": ONE},
                    "a work tree")
    check_documents(get(clone(repo, "--shared"), cache=cache()),
                    {"registry.json": ONE}, "objects in another directory")
    path = fresh("sha256")
    git("init", "-q", "--object-format=sha256", path)
    git("commit", "-q", "--allow-empty", "-m", "x", where=path)
    fails(get(path, cache=cache()), "SHA-256", what="SHA-256 ids")
    git("checkout", "-q", "--orphan", "unborn", where=work)
    fails(get(work, cache=cache()), "name one in git.branch",
          what="HEAD without a commit")
    fails(get(at("nowhere"), cache=cache()), "No such file or directory",
          what="a directory that is missing")
    os.makedirs(at("plain"), exist_ok=True)
    fails(get(at("plain"), cache=cache()), "could not find repository",
          what="a directory without a repository")


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
    check_documents(r, {"servers/readme.md": b"text"}, "any file name, if configured")


def test_patterns_and_names_with_a_dot():
    repo = repository({name: name.encode() for name in (
        ".mcp.json", ".mcp/server.json", "a/.mcp/server.json",
        "a/b/.mcp/server.json", "a/.mcp/more/server.json",
        ".x/.mcp/server.json", "a/.x/server.json", ".github/one.json",
        ".github/.two.json", "server.json", "a/server.json")})
    for path, names in (
            ("**/.mcp/server.json", [".mcp/server.json",
                                     "a/.mcp/server.json",
                                     "a/b/.mcp/server.json"]),
            ("a/**/.mcp/**/server.json", ["a/.mcp/more/server.json",
                                          "a/.mcp/server.json",
                                          "a/b/.mcp/server.json"]),
            (".github/*.json", [".github/one.json"]),
            (".github/.*.json", [".github/.two.json"]),
            (".mcp*.json", [".mcp.json"]),
            (".*/*.json", [".github/one.json", ".mcp/server.json"]),
            ("**/server.json", ["a/server.json", "server.json"]),
            ("**", ["a/server.json", "server.json"]),
            (".", ["a/server.json", "server.json"])):
        check_documents(get(repo.path, cache=cache(), path=path),
                        {name: name.encode() for name in names},
                        f"path {path}")


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
    check_documents(r, {"registry.json": ONE}, "the cache is still usable")


def test_many_files():
    repo = empty_repository()
    # A tree of one blob under many names, which is quick to create.
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
    equal(r.values.get("error", "").split()[0], "6", "the limit of files")
    tree = repo.git("mktree", data=f"100644 blob {blob}\ta.json\n".encode())
    for _ in range(40):
        tree = repo.git("mktree", data=f"040000 tree {tree}\td\n".encode())
    repo.git("branch", "deep", repo.git("commit-tree", "-m", "x", tree))
    fails(get(repo.path, cache=cache(), branch="deep", path="."),
          "levels deep", what="40 levels")


def test_tree_bomb():
    repo = empty_repository()
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
    ok(time.monotonic() - started < 30, "it is refused in time")


def test_many_refs():
    repo = repository()
    with open(os.path.join(repo.path, "packed-refs"), "w",
              encoding="ascii") as file:
        file.write("# pack-refs with: peeled fully-peeled sorted\n")
        for i in range(100000):
            file.write(f"{repo.first} refs/heads/b{i:06}\n")
    limit = 10 * 60 * 1000  # seconds are enough, but not on a busy machine
    r = get("file://" + repo.path, cache=cache(), branch="b099999",
            timeout_ms=limit)
    check_documents(r, {"registry.json": ONE}, "the last of 100,000 refs")
    fails(get("file://" + repo.path, cache=cache(), branch="b1",
              timeout_ms=limit),
          'no branch "b1"', what="a missing ref of 100,000")


def raw_tree(repo, *entries):
    """A tree with names that git itself would not write."""
    data = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(what)
                    for mode, name, what in entries)
    return repo.git("hash-object", "-t", "tree", "-w", "--literally",
                    "--stdin", data=data)


def test_names_with_path_traversal():
    repo = empty_repository()
    blob = repo.git("hash-object", "-w", "--stdin", data=ONE)
    inner = raw_tree(repo, (b"100644", b"passwd.json", blob))
    for what, entries in (
            ("dots", [(b"40000", b"..", inner)]),
            ("dot", [(b"40000", b".", inner)]),
            ("git", [(b"40000", b".git", inner)]),
            ("slash", [(b"100644", b"../../etc/x.json", blob)]),
            ("absolute", [(b"100644", b"/etc/x.json", blob)]),
            ("backslash", [(b"100644", b"..\\x.json", blob)]),
            ("empty", [(b"100644", b"", blob)]),
            ("control", [(b"100644", b"a\x1b[31m.json", blob)]),
            ("twice", [(b"100644", b"a.json", blob),
                       (b"100644", b"a.json", blob)]),
            ("mode", [(b"777777", b"a.json", blob)]),
            ("missing", [(b"100644", b"a.json", "12" * 20)])):
        tree = raw_tree(repo, *entries)
        repo.git("branch", "-f", "main",
                 repo.git("commit-tree", "-m", "x", tree))
        c = cache()
        r = get(repo.path, cache=c, path=".")
        ok(r.status in (0, 1) and (r.documents or r.error),
           f"{what}: documents or a reason: {r.error!a}")
        ok(r.error.isprintable(), f"{what}: the reason can be printed")
        ok(all(os.path.realpath(f).startswith(os.path.realpath(c) + "/")
               for f in files_below(c)), f"{what}: nothing outside the cache")
        ok(not any(name.startswith(("/", "..")) or "/../" in name
                   for name, _, _ in r.documents), f"{what}: nor so called")


def test_max_bytes():
    repo = repository({"registry.json": ONE, "big.json": os.urandom(300000),
                       "d/a.json": b"x" * 600, "d/b.json": b"y" * 600})
    c = cache()
    fails(get(repo.path, cache=c, max_bytes=100000), "sends more than 100000",
          what="a pack over the quota")
    equal(leftovers(c), [], "its objects are removed")
    ok(get(repo.path, cache=c).status == 0, "with a larger limit it is fetched")
    fails(get(repo.path, cache=c, path="d", max_bytes=1000),
          "holds more than 1000 bytes", what="documents over the quota")
    ok(get(repo.path, cache=c, path="d", max_bytes=1200).status == 0,
       "documents up to the quota are read")


# ---- increments ---------------------------------------------

def test_increments():
    repo = repository({"registry.json": ONE, "big.bin": os.urandom(500000)})
    with HttpSite(at(ROOT)) as site:
        url = site.url + "/" + os.path.basename(repo.path)
        c = cache()
        one = get(url, cache=c, branch="main")
        ok(int(one.bytes) > 500000, "the first fetch gets everything")
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
        ok(0 < int(two.bytes) < 2000, f"is small: {two.bytes} bytes")
        other = repo.commit({"readme.md": b"new"})
        same = get(url, cache=c, branch="main", prev_hash=two.hash,
                   prev_revision=two.revision)
        equal((same.unchanged, same.hash, same.revision),
              ("1", two.hash, other), "a commit that does not change the file")
        site.seen.clear()
        forced = get(url, cache=c, branch="main", prev_hash=same.hash,
                     prev_revision=same.revision, force=1)
        equal((forced.unchanged, forced.requests), ("0", "1"),
              "force: not unchanged, but nothing is fetched")
        check_documents(forced, {"registry.json": TWO}, "force: documents")
        fixed = get(url, cache=c, commit=other, prev_hash=two.hash,
                    prev_revision=other)
        equal((fixed.unchanged, fixed.requests), ("1", "0"),
              "a known commit needs no request")


def test_unchanged_without_a_cache():
    repo = repository()
    repo.git("tag", "-a", "-m", "a tag", "v1")
    for more in {"branch": "main"}, {"tag": "v1"}, {}:
        one = get(repo.path, cache=cache(), **more)
        c = cache()
        r = get(repo.path, cache=c, prev_hash=one.hash,
                prev_revision=one.revision, **more)
        equal((r.unchanged, r.requests, r.bytes), ("1", "1", "0"),
              f"{more or 'HEAD'}: a lost cache is not fetched again if nothing changed")
    r = get(repo.path, cache=cache(), prev_hash=WRONG,
            prev_revision="1" * 40)
    equal((r.unchanged, len(r.documents)), ("0", 1), "other validators")
    r = get(repo.path, cache=cache(), prev_revision=one.revision)
    equal((r.unchanged, len(r.documents)), ("0", 1),
          "a revision without a hash is ignored")


def test_force_push():
    repo = repository()
    c = cache()
    one = get("file://" + repo.path, cache=c, branch="main")
    repo.write("registry.json", TWO)
    repo.git("add", "-A")
    repo.git("commit", "-q", "--amend", "-m", "rewritten history")
    two = get("file://" + repo.path, cache=c, branch="main",
              prev_hash=one.hash, prev_revision=one.revision)
    check_documents(two, {"registry.json": TWO}, "the replaced history")
    repo.git("update-ref", "refs/heads/main", one.revision)
    back = get("file://" + repo.path, cache=c, branch="main",
               prev_hash=two.hash, prev_revision=two.revision)
    check_documents(back, {"registry.json": ONE}, "and restored")


def test_commits_without_a_branch():
    repo = repository()
    first = repo.first
    repo.commit({"registry.json": TWO})
    base = os.path.basename(repo.path)
    with HttpSite(at(ROOT)) as site:
        r = get(f"{site.url}/{base}", cache=cache(), commit=first)
        check_documents(r, {"registry.json": ONE}, "fetched by its id")
        equal(r.requests, "2", "in two round trips")
        for key in ("uploadpack.allowReachableSHA1InWant",
                    "uploadpack.allowTipSHA1InWant"):
            repo.git("config", key, "false")
        c = cache()
        r = get(f"{site.url}/{base}", cache=c, commit=first)
        check_documents(r, {"registry.json": ONE},
                        "found in the history of branches if the server refuses ids")
        site.seen.clear()
        r = get(f"{site.url}/{base}", cache=c, commit=first)
        equal((r.requests, site.seen, len(r.documents)), ("0", [], 1),
              "then it is read from the cache")
        fails(get(f"{site.url}/{base}", cache=c, commit="2" * 40),
              "there is no commit 2222", what="a missing commit over http")


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
             (c, bare(c))}
    equal(modes, {0o700}, "only the owner can open directories")
    os.chmod(bare(c), 0o777)
    ok(get(repo.path, cache=c).status == 0, "a loose mode")
    equal(stat.S_IMODE(os.stat(bare(c)).st_mode), 0o700, "is corrected")
    equal(leftovers(c), [], "nothing is left")


def test_other_remote():
    one, two = repository(), repository({"registry.json": TWO})
    c = cache()
    get(one.path, cache=c)
    r = get(two.path, cache=c)
    check_documents(r, {"registry.json": TWO}, "the URL changed")
    objects = [f for f in files_below(bare(c)) if f.endswith(".pack")]
    equal(len(objects), 1, "the old objects are gone")


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


# What an attacker in an earlier fetch may have left in the cache.

def plant(c, name, text):
    path = os.path.join(bare(c), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def plant_config(c, repo, other):
    plant(c, "config", f"""[core]
\trepositoryformatversion = 0
\tbare = true
[url "{other.path}"]
\tinsteadOf = {repo.path}
[include]
\tpath = {other.path}/config
[http]
\tproxy = http://127.0.0.1:9
[core]
\tsshCommand = touch {other.path}/planted
\thooksPath = {other.path}
""")


def plant_alternates(c, repo, other):
    plant(c, "objects/info/alternates", other.path + "/objects\n")
    plant(c, "refs/thv/head", other.first + "\n")


def plant_common_directory(c, repo, other):
    plant(c, "commondir", other.path + "\n")


def plant_git_file(c, repo, other):
    plant(c, ".git", f"gitdir: {other.path}\n")


def plant_linked_objects(c, repo, other):
    shutil.rmtree(os.path.join(bare(c), "objects"))
    os.symlink(other.path + "/objects", os.path.join(bare(c), "objects"))


def plant_linked_reference(c, repo, other):
    os.unlink(os.path.join(bare(c), "refs/thv/head"))
    os.symlink(other.path + "/refs/heads/main",
               os.path.join(bare(c), "refs/thv/head"))


def plant_linked_state(c, repo, other):
    os.unlink(os.path.join(bare(c), "thv-state"))
    os.symlink(other.path + "/description",
               os.path.join(bare(c), "thv-state"))


def plant_linked_config(c, repo, other):
    os.unlink(os.path.join(bare(c), "config"))
    os.symlink(other.path + "/config", os.path.join(bare(c), "config"))


def plant_linked_packs(c, repo, other):
    """Complete packs, so that nothing seems damaged."""
    inside, outside = os.path.join(bare(c), "objects/pack"), other.path + "/packs"
    shutil.rmtree(outside, ignore_errors=True)
    shutil.copytree(inside, outside)
    shutil.rmtree(inside)
    os.symlink(outside, inside)


def plant_linked_repository(c, repo, other):
    shutil.rmtree(bare(c))
    os.symlink(other.path, bare(c))


def contents(directory):
    return {f: open(f, "rb").read() for f in files_below(directory)}


def links_outside(c):
    """Files in the cache that refer to files outside of it."""
    return [os.path.join(base, name) for base, directories, names in
            os.walk(bare(c)) for name in directories + names
            if name in ("alternates", "commondir") or
            os.path.islink(os.path.join(base, name))]


def test_planted_files_are_not_followed():
    for plan in (plant_config, plant_alternates, plant_common_directory,
                 plant_git_file, plant_linked_objects, plant_linked_reference,
                 plant_linked_state, plant_linked_config, plant_linked_packs,
                 plant_linked_repository):
        what = plan.__name__
        repo = repository()
        other = repository({"registry.json": b'{"servers":["other"]}'})
        c = cache()
        get(repo.path, cache=c)
        plan(c, repo, other)
        before = contents(other.path)
        r = get(repo.path, cache=c)
        check_documents(r, {"registry.json": ONE}, f"{what}: the same documents")
        equal((contents(other.path), links_outside(c)), (before, []),
              f"{what}: other files are unchanged, the planted one is gone")
        plan(c, repo, other)
        before = contents(other.path)
        repo.commit({"registry.json": TWO})
        r = get(repo.path, cache=c, prev_hash=r.hash, prev_revision=r.revision)
        check_documents(r, {"registry.json": TWO}, f"{what}: new documents")
        equal((contents(other.path), links_outside(c)), (before, []),
              f"{what}: other files are unchanged again")


def test_planted_home():
    """The home directory of libgit2 is created again for each fetch."""
    repo = repository()
    c = cache()
    hosts = at("hosts")
    open(hosts, "w", encoding="ascii").close()
    os.makedirs(os.path.join(c, "home", ".ssh"))
    outside = fresh("outside")
    os.makedirs(outside)
    with open(os.path.join(outside, "kept"), "w", encoding="ascii"):
        pass
    os.symlink(outside, os.path.join(c, "home", "link"))
    with open(os.path.join(c, "home", ".gitconfig"), "w",
              encoding="ascii") as file:
        file.write(f'[url "{repo.path}"]\n\tinsteadOf = ssh://git@127.0.0.1\n')
    r = get("ssh://git@127.0.0.1:9/x", cache=c, known_hosts_file=hosts)
    fails(r, "127.0.0.1", what="ssh with a planted home")
    equal(sorted(os.listdir(os.path.join(c, "home"))), [".ssh"],
          "the directory is emptied")
    equal(os.listdir(outside), ["kept"], "no link is followed")


def test_a_damaged_cache_is_repaired():
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
        equal((r.requests, r.bytes), ("1", "0"), f"{what}: repaired")


def test_a_broken_remote_keeps_the_cache():
    repo = repository()
    c = cache()
    one = get(repo.path, cache=c)
    os.rename(repo.path, repo.path + ".away")
    fails(get(repo.path, cache=c), "failed to open the repository",
          what="missing remote")
    os.rename(repo.path + ".away", repo.path)
    r = get(repo.path, cache=c)
    equal((r.revision, r.bytes), (one.revision, "0"),
          "the cache is kept")


def test_packs_do_not_pile_up():
    repo = repository({"registry.json": b"0"})
    c = cache()
    url = "file://" + repo.path
    most = 0
    for i in range(1, 60):
        repo.commit({"registry.json": str(i).encode()})
        r = get(url, cache=c)
        most = max(most, len(packs(c)))
    check_documents(r, {"registry.json": b"59"}, "after 60 fetches")
    ok(40 < most <= 51, f"at most {most} packs before the cache is replaced")
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
    ok(time.monotonic() - started < 4, "fails after a short wait")
    with subprocess.Popen(["sleep", "0.5"]) as sleep:
        with subprocess.Popen(command(kind="git", url=repo.path, cache=c),
                              stdout=subprocess.PIPE, text=True) as process:
            sleep.wait()
            os.close(fd)
            out = process.communicate()[0]
    contains(out, "documents=1", "waits for a lock that is soon released")


def test_owners():
    repo = repository()
    if os.geteuid() != 0:
        skip("only root can give files away")
        return
    c = cache()
    subprocess.run(["chown", "-R", str(NOBODY), repo.path], check=True)
    r = get("file://" + repo.path, cache=c)
    check_documents(r, {"registry.json": ONE},
                    "a local repository may have another owner")
    os.chown(bare(c), NOBODY, -1)
    fails(get("file://" + repo.path, cache=c), "belongs to user id 65534",
          what="a cache with another owner")


if __name__ == "__main__":
    main([value for name, value in list(globals().items())
          if name.startswith("test_")])
