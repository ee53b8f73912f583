#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each server as root: processes that answer clients are not root, and they can
change no file that root reads, executes or writes."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import tap
import web_servers

WORKER = "www-data"
# Processes that may stay root: the script, and a process that only holds the port
# and starts the others.
MASTERS = {"lighttpd": 0, "lighttpd-cgi": 0, "nginx": 1, "apache-proxy": 1,
    "apache-fcgid": 1, "apache-cgi": 1}
# Below RUN_DIR and SPOOL_DIR, what may belong to the worker.
GIVEN = ("sockets", "metrics", "spool/lighttpd", "spool/nginx-body",
    "spool/nginx-proxy", "spool/nginx-fastcgi", "spool/nginx-uwsgi",
    "spool/nginx-scgi", "fcgid", "cgid.sock")


def attempts(path, evil):
    """What somebody may try with a path: writing, replacing, planting a link
    beside it."""
    return {
        "write": lambda: os.close(os.open(path, os.O_WRONLY | os.O_NOFOLLOW)),
        "replace": lambda: os.rename(path, path + ".old"),
        "plant": lambda: os.symlink(evil, os.path.join(
            os.path.dirname(path), "planted")),
        "remove": lambda: os.unlink(path),
        "mode": lambda: os.chmod(path, 0o777)}


def try_all(worker, paths, evil):
    """What of it the worker could do; tried by a process of its own."""
    done, out = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(worker.pw_gid)
        os.setuid(worker.pw_uid)
        for path in paths:
            for name, attempt in attempts(path, evil).items():
                try:
                    attempt()
                    os.write(out, f"{name} {path}\n".encode())
                except OSError:
                    pass
        os.write(out, b"end")
        os._exit(0)
    os.close(out)
    with os.fdopen(done, "rb") as f:
        text = f.read().decode()
    os.waitpid(child, 0)
    return text


def build(server):
    rdb.build(server.database, [rdb.Source("a", [rdb.server("a.e/x")])],
        [rdb.Registry("r", ["a"], True)])
    server.share_database()


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return dict(line.rstrip().split(":\t", 1) for line in f
            if line.startswith(("Name", "PPid", "Uid", "Gid")))


def descendants(top):
    """{pid: status} of all processes below one."""
    every = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                every[int(name)] = status_of(name)
            except OSError:
                pass
    out, more = {}, [top]
    while more:
        parent = more.pop()
        for pid, status in every.items():
            if int(status["PPid"]) == parent:
                out[pid] = status
                more.append(pid)
    return out


def settled(server):
    """Its processes, once those that only start others have gone."""
    before = None
    for _ in range(100):
        now = descendants(server.process.pid)
        if before is not None and now.keys() == before.keys():
            break
        before = now
        time.sleep(0.1)
    return now


def check_processes(server):
    every = settled(server)
    root = [s for s in every.values() if "0" in s["Uid"].split()]
    tap.ok(len(root) <= MASTERS[server.kind] and len(every) > len(root),
        f"{len(root)} of {len(every)} processes are root: "
        f"{[s['Name'] for s in root]}")
    groups = {s["Name"] for s in every.values() if s not in root and
        "0" in s["Gid"].split()}
    tap.equal(groups, set(), "none of the others has root's group")


def given(relative):
    return any(relative == g or relative.startswith((g + "/", g + "."))
        for g in GIVEN)


def tree(server):
    """(path, relative path, lstat) of all that lies in RUN_DIR."""
    top = os.path.join(server.directory.name, "run")
    for base, directories, names in os.walk(top):
        for path in [base] + [os.path.join(base, n) for n in names +
                [d for d in directories if os.path.islink(
                    os.path.join(base, d))]]:
            try:
                yield path, os.path.relpath(path, top), os.lstat(path)
            except FileNotFoundError:
                pass


def check_files(server):
    loose = []
    for path, relative, st in tree(server):
        if given(relative):
            continue
        if st.st_uid != 0 or st.st_mode & 0o022 or stat.S_ISLNK(st.st_mode):
            loose.append((relative, st.st_uid, oct(st.st_mode)))
    tap.equal(loose, [], "what root reads and writes is root's")


def attack(server):
    """What the worker can do to root's files, and that a reload is not led
    astray by what it left in directories of its own."""
    evil = os.path.join(server.directory.name, "evil")
    with open(evil, "w", encoding="utf-8") as f:
        f.write("untouched")
    os.chmod(evil, 0o600)
    kept = [path for path, relative, st in tree(server)
        if not given(relative) and st.st_uid == 0]
    worker = pwd.getpwnam(WORKER)
    tap.equal(try_all(worker, kept, evil), "end", f"{WORKER} can change none of {len(kept)} paths")
    for path, relative, st in list(tree(server)):
        if stat.S_ISDIR(st.st_mode) and st.st_uid == worker.pw_uid:
            for name in ("api.sock", "admin.sock", "nginx.conf", "planted"):
                there = os.path.join(path, name)
                if not os.path.lexists(there):
                    os.symlink(evil, there)
                    os.lchown(there, worker.pw_uid, worker.pw_gid)
    server.reload()
    time.sleep(1.5)
    answer = None
    for _ in range(50):
        try:
            answer = server.get("/v0.1/servers").status
            break
        except OSError:
            time.sleep(0.1)
    st = os.stat(evil)
    with open(evil, encoding="utf-8") as f:
        tap.equal((answer, f.read(), st.st_uid, oct(st.st_mode & 0o777)),
            (200, "untouched", 0, "0o600"),
            "after a reload it serves, and a planted link has led nowhere")


def refuses(server, where, name):
    """`serve` does not start in a directory that others can write."""
    server.environment["THV_REGISTRY_RUN_DIR"] = where
    done = subprocess.run([web_servers.SERVE, server.kind], check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        env=server.environment)
    tap.ok(done.returncode == 2 and "must be owned by root" in done.stderr,
        f"{name}: {done.stderr.strip()[:200]}")


def check_refusals(kind):
    server = web_servers.Server(kind)
    where = os.path.join(server.directory.name, "theirs")
    os.mkdir(where, 0o755)
    os.chown(where, pwd.getpwnam(WORKER).pw_uid, 0)
    refuses(server, where, f"{kind} in a directory of {WORKER}")
    os.chown(where, 0, 0)
    os.chmod(where, 0o777)
    refuses(server, where, f"{kind} in a directory of everybody")
    server.log.close()
    server.clean()


def test_spool_is_no_memory():
    """Answers that wait for slow clients do not fill a tmpfs."""
    memory, elsewhere = "/dev/shm", "/var/cache/thv-registry-web"
    kind = subprocess.run(["stat", "-f", "-c", "%T", memory], check=False,
        capture_output=True, text=True).stdout.strip()
    if kind != "tmpfs" or web_servers.missing("nginx"):
        tap.skip("this machine has no tmpfs at /dev/shm, or no nginx")
        return
    was_there = os.path.exists(elsewhere)
    with tempfile.TemporaryDirectory(dir=memory) as run:
        os.chmod(run, 0o755)
        server = web_servers.Server("nginx")
        server.environment["THV_REGISTRY_RUN_DIR"] = run
        build(server)
        tap.ok(server.start(), "nginx starts with RUN_DIR on a tmpfs")
        tap.ok(os.path.isdir(f"{elsewhere}/nginx-fastcgi") and
            not any("nginx-" in n for _, d, _ in os.walk(run) for n in d),
            "its temporary files are elsewhere")
        st = os.stat(elsewhere)
        tap.equal((st.st_uid, st.st_mode & 0o022), (0, 0), "in root's place")
        server.stop()
        server.clean()
    if not was_there:
        shutil.rmtree(elsewhere)


def check(kind):
    why = web_servers.missing(kind)
    if why:
        tap.skip(f"{kind}: {why}")
        return
    # The real program, or what stands for it: both are started.
    server = web_servers.Server(kind)
    build(server)
    if tap.ok(server.start(), f"{kind} starts"):
        server.get("/registry/sync", "POST", body=b"")
        check_processes(server)
        check_files(server)
        attack(server)
        check_processes(server)
        check_files(server)
        tap.equal(server.stop()[0], 0, "and stops")
    else:
        print("#   " + server.stop()[1].replace("\n", "\n#   "))
    server.clean()


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP ONLY ROOT CAN TRY WHAT HAPPENS TO ROOT")
        return 0
    try:
        pwd.getpwnam(WORKER)
    except KeyError:
        print(f"1..0 # SKIP THERE IS NO USER {WORKER}")
        return 0
    for kind in MASTERS:
        tap.run([lambda kind=kind: check(kind)])
    tap.run([test_spool_is_no_memory, lambda: check_refusals("nginx")])
    return tap.done()


sys.exit(main())
