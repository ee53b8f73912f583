#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installed files: systemd accepts the units and rates them safe, and users have
only the rights that they need."""

import glob
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import responder  # noqa: E402
from tap import contains, equal, main, ok, skip  # noqa: E402
from test_site import SYNC, Site, server  # noqa: E402

BUILD = responder.BUILD.replace("/build/valgrind", "/build")
PREFIX = "/opt/registry"
# Tenths, as systemd 252 rates them; what others rate differs a little.
EXPOSURE = {"thv-registry-api@.service": 4}
EXPOSURE_OF_SYNCS = 13
EXPOSURE_ELSEWHERE = 20
SCRATCH = tempfile.TemporaryDirectory(prefix="installed.")
STATE = "var/lib/thv-registry"
METRICS = "run/thv-registry/metrics"


def make(target, root, *more):
    # The outer make has built everything.
    return subprocess.run(
        ["make", "-s", "-C", responder.ROOT, "-o", "all", target,
         f"DESTDIR={root}", f"PREFIX={PREFIX}", f"BUILD={BUILD}", *more],
        check=True, capture_output=True, text=True,
        env={k: v for k, v in os.environ.items() if "MAKE" not in k})


def files(root):
    return sorted(os.path.relpath(os.path.join(place, name), root)
                  for place, _, names in os.walk(root) for name in names)


def read(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as f:
        return f.read()


def units(root):
    return glob.glob(f"{root}{PREFIX}/lib/systemd/system/*")


def test_install():
    root = os.path.join(SCRATCH.name, "root")
    make("install", root)
    names = files(root + PREFIX)
    for name in ("bin/thv-registry-sync", "bin/thv-registry-api",
                 "share/man/man8/thv-registry-sync.8",
                 "share/thv-registry/thv-registry-sync.cron",
                 "lib/sysusers.d/thv-registry.conf",
                 "lib/tmpfiles.d/thv-registry.conf",
                 "lib/systemd/system/thv-registry-sync.service",
                 "lib/systemd/system/thv-registry-sync.timer",
                 "lib/systemd/system/thv-registry-sync.path",
                 "lib/systemd/system/thv-registry-watch.service",
                 "lib/systemd/system/thv-registry-api.socket",
                 "lib/systemd/system/thv-registry-api@.service"):
        ok(name in names, f"{name} is there")
    started = {path for unit in units(root) for path in
               re.findall(r"^ExecStart=(\S+)", read(unit), re.M)}
    cron = read(root + PREFIX, "share/thv-registry/thv-registry-sync.cron")
    line = next(line for line in cron.splitlines() if line.startswith("*"))
    words = line.split(None, 6)
    equal(words[:6], ["*"] * 5 + ["thv-registry"], "cron: time and user")
    started.add(re.search(r"exec (\S+)", words[6]).group(1))
    equal(sorted(p for p in started if not os.access(root + p, os.X_OK)), [],
          "all programs that are started have been installed")
    equal({oct(stat.S_IMODE(os.stat(u).st_mode)) for u in units(root)},
          {"0o644"}, "units can be read")
    make("uninstall", root)
    equal(files(root), [], "uninstall leaves nothing")


def test_every_directory_can_be_chosen():
    root = os.path.join(SCRATCH.name, "other")
    make("install", root, "bindir=/b", "libexecdir=/l", "datadir=/d",
         "mandir=/m", "sysconfdir=/e", "localstatedir=/s", "runstatedir=/r",
         "systemdsystemunitdir=/u", "sysusersdir=/us", "tmpfilesdir=/t")
    names = files(root)
    for name in ("b/thv-registry-sync", "l/thv-registry/serve",
                 "l/thv-registry/admin-cgi", "d/thv-registry/lighttpd.conf",
                 "d/thv-registry/reports/changes.sql", "m/man5/"
                 "thv-registry-config.5", "u/thv-registry-sync.timer",
                 "us/thv-registry.conf", "t/thv-registry.conf"):
        ok(name in names, f"{name} is there")
    equal(sorted({n.split("/")[0] for n in names}),
          ["b", "d", "l", "m", "t", "u", "us"], "and nothing elsewhere")
    default = re.compile(r"/(usr/local/(bin|share|libexec)|etc|var/lib|"
                         r"var/cache|run)/thv-registry\b")
    equal([n for n in names if not n.startswith("b/") and
           default.search(read(root, n))], [],
          "no file names a directory that was not chosen")
    contains(read(root, "l/thv-registry/serve"), "\nconf=/d/thv-registry\n",
             "serve finds its configuration")
    make("uninstall", root, "bindir=/b", "libexecdir=/l", "datadir=/d",
         "mandir=/m", "systemdsystemunitdir=/u", "sysusersdir=/us",
         "tmpfilesdir=/t")
    equal(files(root), [], "uninstall finds them again")


def units_to_run():
    """Copies of the units that name programs of this build."""
    directory = os.path.join(SCRATCH.name, "units")
    shutil.rmtree(directory, ignore_errors=True)
    os.mkdir(directory)
    for end in "service", "timer", "path", "socket":
        for unit in glob.glob(f"{responder.ROOT}/*/*.{end}"):
            text = read(unit)
            for path in re.findall(r"^ExecStart=(\S+)", text, re.M):
                program = os.path.join(BUILD, os.path.basename(path))
                if not os.path.exists(program):
                    program = "/bin/true"
                text = text.replace(path, program)
            with open(os.path.join(directory, os.path.basename(unit)), "w",
                      encoding="utf-8") as f:
                f.write(text)
    return sorted(glob.glob(directory + "/*"))


def test_units():
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        skip("SYSTEMD-ANALYZE IS MISSING: units are not checked (apt-get "
             "install systemd)")
        return
    paths = units_to_run()
    done = subprocess.run([analyze, "verify", "--man=no", *paths],
                          capture_output=True, text=True, check=False)
    # It looks at the machine's own units too.
    notes = [line for line in done.stderr.splitlines() if "thv-" in line]
    equal((notes, len(paths) >= 8), ([], True), "systemd finds no mistake")
    version = subprocess.run([analyze, "--version"], capture_output=True,
                             text=True, check=True).stdout.split()[1]
    version = int(re.match(r"\d+", version).group())
    if version < 250:
        skip(f"systemd-analyze {version} cannot rate units that are not "
             "loaded")
        return
    for path in paths:
        if not path.endswith(".service"):
            continue
        limit = EXPOSURE_ELSEWHERE if version != 252 else EXPOSURE.get(
            os.path.basename(path), EXPOSURE_OF_SYNCS)
        done = subprocess.run(
            [analyze, "security", "--offline=yes", "--no-pager",
             f"--threshold={limit}", path], capture_output=True, text=True,
            check=False)
        last = (done.stdout.strip() or "nothing").splitlines()[-1]
        contains(last, "exposure level", f"{os.path.basename(path)} is rated")
        equal(done.returncode, 0, f"and exposed {limit / 10} at most: {last}")


def ids(root, name, database):
    """{name: number} of passwd or group."""
    return {line.split(":")[0]: int(line.split(":")[2])
            for line in read(root, "etc", database).splitlines()}[name]


def as_user(uid, gid, groups, command, **env):
    return subprocess.run(
        command, user=uid, group=gid, extra_groups=groups, umask=0o027,
        check=False, capture_output=True, stdin=subprocess.DEVNULL,
        env=responder.environment(**env))


def make_users(root):
    """The users and directories of the snippets, below `root`."""
    os.makedirs(os.path.join(root, "etc"))
    for tool, *more in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        kind = tool.partition("-")[2]
        done = subprocess.run(
            [tool, *more, f"--root={root}", os.path.join(
                responder.ROOT, "sync", f"thv-registry.{kind}")],
            capture_output=True, text=True, check=False)
        equal(done.returncode and done.stderr, 0, f"{tool} takes its snippet")


def sync_and_read(site, state, sync, readers):
    """One user syncs, another reads, a third may not."""
    database = os.path.join(state, "registry.db")
    site.database = database
    os.chmod(site.dir, 0o755)
    program = responder.for_everyone(SYNC, site.dir)
    api = responder.for_everyone(responder.PROGRAM, site.dir)
    nobody = pwd.getpwnam("nobody")

    def run_sync():
        return as_user(*sync, [program, "-c", site.config, "-q", "--force"],
                       database=database)

    def read_list(groups):
        done = as_user(nobody.pw_uid, nobody.pw_gid, groups, [api],
                       database=database, REQUEST_METHOD="GET", REQUEST_URI="/v0.1/servers")
        return responder.Answer(done.stdout)

    site.configure({"a": site.file_source("a", server("n/x"))})
    done = run_sync()
    equal((done.returncode, done.stderr), (0, b""), "thv-registry syncs")
    for end in "", "-wal", "-shm":
        st = os.stat(database + end)
        equal((oct(stat.S_IMODE(st.st_mode)), st.st_uid, st.st_gid),
              ("0o640", sync[0], readers), f"registry.db{end} is for readers")
    equal(read_list([readers]).status, 200, "a member of the group can read")
    equal(read_list([]).status, 503, "another user cannot")
    site.file_source("a", server("n/x"), server("n/y"))
    equal(run_sync().returncode, 0, "while thv-registry can write")
    equal(read_list([readers]).json["metadata"]["count"], 2,
          "and readers see it")
    for what in ("registry.db", "registry.db-shm", "new"):
        done = as_user(nobody.pw_uid, nobody.pw_gid, [readers],
                       ["sh", "-c", 'exec >>"$0"', os.path.join(state, what)],
                       database=database)
        ok(done.returncode != 0, f"they cannot write {what}")


def test_users():
    if os.getuid() != 0:
        skip("two users take root to act as")
        return
    if not (shutil.which("systemd-sysusers") and
            shutil.which("systemd-tmpfiles")):
        skip("SYSTEMD-SYSUSERS OR -TMPFILES IS MISSING: users are not checked")
        return
    with Site() as site:
        root = site.path("root")
        make_users(root)
        uid = ids(root, "thv-registry", "passwd")
        own = ids(root, "thv-registry", "group")
        readers = ids(root, "thv-registry-readers", "group")
        contains(read(root, "etc/group"),
                 f"thv-registry-readers:x:{readers}:thv-registry\n",
                 "thv-registry may give files to readers")
        st = os.stat(os.path.join(root, STATE))
        equal((oct(st.st_mode & 0o7777), st.st_uid, st.st_gid),
              ("0o2750", uid, readers), "the database's directory")
        st = os.stat(os.path.join(root, METRICS))
        equal((oct(st.st_mode & 0o7777), st.st_uid, st.st_gid),
              ("0o2770", uid, readers), "the counters' directory")
        sync_and_read(site, os.path.join(root, STATE),
                      (uid, own, [readers]), readers)


os.chmod(SCRATCH.name, 0o755)
main([test_install, test_every_directory_can_be_chosen, test_units, test_users])
