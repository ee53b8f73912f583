#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd units: each promises what is written here, and the programs work
inside of what it puts around them, with their own sandboxes in force."""

import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import git_server  # noqa: E402
import responder  # noqa: E402
import unit_cage  # noqa: E402
from tap import contains, equal, main, ok, skip  # noqa: E402
from test_site import SYNC, Site, server  # noqa: E402
from upstream import Upstream  # noqa: E402

STATE = "/var/lib/thv-registry"
METRICS = "/run/thv-registry/metrics"
UNITS = {name: os.path.join(responder.ROOT, folder, name) for folder, name in (
    ("sync", "thv-registry-sync.service"),
    ("sync", "thv-registry-watch.service"),
    ("fcgi", "thv-registry-admin.service"),
    ("fcgi", "thv-registry-api@.service"))}
SYNCS, WATCH, ADMIN, API = UNITS.values()
LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule",
    "landlock_restrict_self")

# What every service promises: a directive, and all its values in order.
HARDENING = {
    "CapabilityBoundingSet": [""], "NoNewPrivileges": ["yes"],
    "ProtectSystem": ["strict"], "ProtectHome": ["yes"],
    "PrivateTmp": ["yes"], "PrivateDevices": ["yes"], "PrivateIPC": ["yes"],
    "PrivateUsers": ["yes"], "ProtectClock": ["yes"],
    "ProtectControlGroups": ["yes"], "ProtectHostname": ["yes"],
    "ProtectKernelLogs": ["yes"], "ProtectKernelModules": ["yes"],
    "ProtectKernelTunables": ["yes"], "ProtectProc": ["invisible"],
    "ProcSubset": ["pid"], "RestrictNamespaces": ["yes"],
    "RestrictRealtime": ["yes"], "RestrictSUIDSGID": ["yes"],
    "LockPersonality": ["yes"], "MemoryDenyWriteExecute": ["yes"],
    "RemoveIPC": ["yes"], "KeyringMode": ["private"],
    "SystemCallArchitectures": ["native"],
    "SystemCallFilter": ["@system-service", "~@privileged @resources",
        " ".join(LANDLOCK) + " seccomp"],
    "SystemCallErrorNumber": ["EPERM"], "LimitCORE": ["0"],
    "EnvironmentFile": ["-/etc/default/thv-registry"],
}
AS_SYNC = {
    "User": ["thv-registry"], "Group": ["thv-registry-readers"],
    "SupplementaryGroups": ["thv-registry"], "UMask": ["0027"],
    "RestrictAddressFamilies": ["AF_UNIX AF_INET AF_INET6"],
    "After": ["network-online.target"], "Wants": ["network-online.target"],
}
ON_SOCKET = {"Type": ["exec"], "StandardInput": ["socket"],
    "StandardOutput": ["journal"], "StandardError": ["journal"]}
POLITE = {"Nice": ["10"], "CPUWeight": ["20"]}
PROMISES = {
    SYNCS: {**HARDENING, **AS_SYNC, **POLITE, "Type": ["oneshot"],
        "TimeoutStartSec": ["2h"], "ReadWritePaths": [STATE]},
    WATCH: {**HARDENING, **AS_SYNC, **POLITE, "Type": ["exec"],
        "ReadWritePaths": [STATE], "Restart": ["on-failure"],
        "RestartSec": ["10s"], "RestartPreventExitStatus": ["2"],
        "ExecReload": ["kill -HUP $MAINPID"],
        "Conflicts": ["thv-registry-sync.timer thv-registry-sync.path"],
        "WantedBy": ["multi-user.target"]},
    ADMIN: {**HARDENING, **AS_SYNC, **ON_SOCKET, "Restart": ["on-failure"],
        "ReadWritePaths": [f"{STATE} -{METRICS}"],
        "Requires": ["thv-registry-admin.socket"]},
    API: {**HARDENING, **ON_SOCKET, "Restart": ["always"],
        "DynamicUser": ["yes"], "User": ["thv-registry-api"],
        "SupplementaryGroups": ["thv-registry-readers"], "UMask": ["0077"],
        "ReadWritePaths": [f"-{METRICS}"], "PrivateNetwork": ["yes"],
        "IPAddressDeny": ["any"], "RestrictAddressFamilies": ["AF_UNIX"],
        "Sockets": ["thv-registry-api.socket"],
        "Requires": ["thv-registry-api.socket"],
        "After": ["thv-registry-api.socket"],
        "WantedBy": ["multi-user.target"]},
}
STARTERS = {
    "sync/thv-registry-sync.timer": {
        "OnCalendar": ["minutely"], "AccuracySec": ["5s"],
        "RandomizedDelaySec": ["15s"], "WantedBy": ["timers.target"]},
    "sync/thv-registry-sync.path": {
        "PathChanged": ["/etc/thv-registry/config.yaml"],
        "Unit": ["thv-registry-sync.service"], "WantedBy": ["paths.target"]},
    "fcgi/thv-registry-admin.socket": {
        "ListenStream": ["/run/thv-registry/admin.sock"],
        "SocketGroup": ["www-data"], "SocketMode": ["0660"],
        "RemoveOnStop": ["yes"], "WantedBy": ["sockets.target"]},
    "fcgi/thv-registry-api.socket": {
        "ListenStream": ["/run/thv-registry/api.sock"],
        "SocketGroup": ["www-data"], "SocketMode": ["0660"],
        "Backlog": ["1024"], "RemoveOnStop": ["yes"],
        "Service": ["thv-registry-api@1.service"],
        "WantedBy": ["sockets.target"]},
}
FREE = ("Description", "Documentation", "ExecStart")


def test_promises():
    """No directive is lost, changed or added without this table knowing."""
    for path, want in {**PROMISES, **{os.path.join(responder.ROOT, k): v
            for k, v in STARTERS.items()}}.items():
        got = {k: v for k, v in unit_cage.parse(path).items() if k not in FREE}
        name = os.path.basename(path)
        equal({k: got.get(k) for k in want}, want, f"{name} keeps its promises")
        equal(sorted(got.keys() - want.keys()), [], "and makes no others")


class Caged:
    """A site whose database lies where units may write."""

    def __init__(self, site):
        self.site = site
        self.state = site.path("state")
        self.metrics = site.path("metrics")
        for path in self.state, self.metrics:
            os.mkdir(path)
        site.database = os.path.join(self.state, "registry.db")
        self.programs = site.path("bin")
        os.mkdir(self.programs)
        for program in SYNC, responder.PROGRAM, responder.ADMIN:
            responder.for_everyone(program, self.programs)
        for name in os.listdir(self.programs):
            os.chmod(os.path.join(self.programs, name), 0o755)

    def program(self, name):
        return os.path.join(self.programs, "thv-registry-" + name)

    def cage(self, unit, **more):
        cage = unit_cage.Cage(unit, {STATE: self.state, METRICS: self.metrics},
                              **more)
        if cage.user is not None:
            for base, _, names in os.walk(self.state):
                for path in [base] + [os.path.join(base, n) for n in names]:
                    os.chown(path, cage.user.pw_uid, cage.user.pw_gid)
            os.chown(self.metrics, cage.user.pw_uid, cage.user.pw_gid)
        return cage

    def environment(self, **more):
        return responder.environment(self.site.database,
            THV_REGISTRY_CONFIG=self.site.config,
            THV_REGISTRY_METRICS_PATH=os.path.join(self.metrics, "counters"),
            GIT_CONFIG_NOSYSTEM="1", HOME=self.state, **more)

    def sync(self, cage, *args):
        return subprocess.run([self.program("sync"), "-v", *args],
            preexec_fn=cage.enter, env=self.environment(
                THV_REGISTRY_LOG_LEVEL="debug"), stdin=subprocess.DEVNULL,
            capture_output=True, check=False, timeout=120, text=True)

    def serve(self, cage, name, program):
        """A program on a socket, as systemd starts it."""
        env = self.environment()
        env.pop("THV_REGISTRY_LOG_REQUESTS")
        env.pop("THV_REGISTRY_DATABASE_PATH")
        return responder.FastCgi(self.site.database, self.site.dir,
            program=self.program(program), name=name, preexec=cage.enter,
            **env)


def has_landlock():
    """What this very process could do."""
    number = unit_cage.LIBC.syscall(444, None, 0, 1)
    return max(number, 0)


def filters(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        got = dict(line.rstrip().split(":\t", 1) for line in f
                   if line.startswith(("Seccomp", "NoNewPrivs")))
    return int(got.get("Seccomp_filters", "0"))


def build_sources(site, up, web, repository):
    repository.commit({"registry.json": (
        '{"version":"1.0.0","meta":{"last_updated":"2026-01-01"},"data":'
        '{"servers":[{"name":"g/x","description":"d","version":"1.0.0"}]}}'
    ).encode()})
    for i in range(3):
        up.put(f"u/{i}")
    site.configure({
        "files": site.file_source("files", server("f/x")),
        "upstream": {"api": {"endpoint": up.url()}},
        "git": {"git": {"repository": f"{web.url}/r.git",
                        "path": "registry.json", "branch": "main"}}})
    with open(site.config, encoding="utf-8") as f:
        config = json.load(f)
    site.write("config.yaml", {**config, "trigger": {"minPause": "0s"}})


def status_of(caged, cage, name):
    """(/registry/status, /version, log) of a responder in a cage."""
    api = caged.serve(cage, name, "api")
    try:
        status = api.get("/registry/status")
        version = api.get("/version")
        count = filters(api.pid)
        listing = api.get("/v0.1/servers")
    finally:
        api.stop()
    return status, version.json["sandbox"], count, listing, api.log()


def in_force(log):
    return ("fetched in a sandbox" in log, "not in force" in log)


def check_sync(caged):
    cage = caged.cage(SYNCS)
    done = caged.sync(cage)
    equal(done.returncode, 0, "sync: file, API and git are synced")
    if done.returncode:
        print("#   " + done.stderr.replace("\n", "\n#   "))
    equal(in_force(done.stderr), (True, False), "each fetch in a sandbox")
    equal(sorted(caged.site.query("SELECT source, phase FROM source_status")),
          [(name, "complete") for name in ("files", "git", "upstream")],
          "all sources are complete")


def check_responder(caged):
    status, sandbox, count, listing, log = status_of(
        caged, caged.cage(API), "api")
    equal((sandbox.get("landlock"), sandbox.get("seccomp"),
           sandbox.get("warning")), (has_landlock(), True, None),
          "responder: Landlock and seccomp are in force")
    # Its own, and those of the unit.
    equal(count - len(caged.cage(API).filters) if count else 1, 1,
          "and its filter is one more than the unit's")
    equal((listing.status, listing.json["metadata"]["count"]), (200, 5),
          "it answers")
    equal(status.json["sandboxWarnings"], [], "the status warns of nothing")
    ok("not in force" not in log, "nor does the log")
    equal([n.partition(".")[0] for n in os.listdir(caged.metrics)],
          ["counters"], "it counts where all count")


def wait_for(what, name):
    until = time.monotonic() + 60
    while not what():
        if time.monotonic() > until:
            ok(False, name)
            return False
        time.sleep(0.05)
    return ok(True, name)


def check_admin(caged):
    admin = caged.serve(caged.cage(ADMIN), "admin", "admin")
    try:
        answer = admin.get("/registry/sync?source=git", "POST",
                           REMOTE_ADDR="127.0.0.1")
        equal(answer.status, 202, "admin: a sync is started")
        wait_for(lambda: caged.site.query(
            "SELECT 1 FROM sync_run WHERE trigger = 'manual' AND "
            "result = 'unchanged'"), "and finds the source as it was")
    finally:
        admin.stop()
    ok("not in force" not in admin.log(), "in its sandbox")


def check_watch(caged):
    site = caged.site
    watch = subprocess.Popen([caged.program("sync"), "--watch", "-v"],
        preexec_fn=caged.cage(WATCH).enter, env=caged.environment(
            THV_REGISTRY_LOG_LEVEL="debug"), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    site.file_source("files", server("f/x"), server("f/new"))
    wait_for(lambda: ("f/new",) in site.query("SELECT name FROM server"),
             "watch: a changed file is taken")
    with open(site.config, encoding="utf-8") as f:
        config = json.load(f)
    config["sources"].append({**next(s for s in config["sources"]
        if s["name"] == "git"), "name": "again"})
    site.write("config.yaml", config)
    wait_for(lambda: ("again", "complete") in site.query(
        "SELECT source, phase FROM source_status"), "and a new source")
    watch.send_signal(signal.SIGTERM)
    log = watch.communicate(timeout=60)[1]
    equal(watch.returncode, 0, "and it exits after a signal")
    equal(in_force(log), (True, False), "fetched in a sandbox")
    ok("polling" not in log and "are looked for" not in log,
       "the kernel reports changes")


def check_warnings(caged):
    """A filter that refuses Landlock, as the one of an older systemd does."""
    cage = caged.cage(SYNCS, without=LANDLOCK)
    done = caged.sync(cage, "--force")
    reason = "landlock: Operation not permitted"
    equal(done.returncode, 0, "without Landlock a sync still works")
    equal(done.stderr.count("the sandbox is not in force"), 1,
          "and warns, once")
    contains(done.stderr, reason, "of what is missing, and why")
    status, sandbox, _, listing, log = status_of(
        caged, caged.cage(API, without=LANDLOCK), "without")
    equal((listing.status, sandbox), (200, {"landlock": 0, "seccomp": True,
           "warning": reason}), "so does a responder, which says it")
    equal((log.count("the sandbox is not in force"), reason in log), (1, True),
          "in its log, once")
    equal(status.json["sandboxWarnings"], [
        {"process": "fetch", "warning": reason},
        {"process": "responder", "warning": reason}],
        "the status warns of both")
    last = caged.cage(SYNCS, without=LANDLOCK[2:])
    contains(caged.sync(last, "--force").stderr, reason,
             "the last of three calls is enough to refuse")
    done = caged.sync(caged.cage(SYNCS), "--force")
    status = status_of(caged, caged.cage(API), "again")[0]
    equal((done.returncode, status.json["sandboxWarnings"]), (0, []),
          "it is forgotten when all is well again")


def test_programs_in_their_units():
    why = unit_cage.missing()
    if why:
        skip(f"UNITS ARE NOT TRIED: {why}")
        return
    if any(word in responder.BUILD for word in
           ("/build/san", "/build/valgrind", "/build/cover")):
        skip("this build has no sandbox")
        return
    if not has_landlock():
        skip("THIS KERNEL HAS NO LANDLOCK: units are not tried")
        return
    if os.geteuid() != 0:
        print("# not root: the file system of units is not tried")
    with Site() as site, Upstream(0) as up, \
            git_server.HttpSite(site.path("git")) as web:
        caged = Caged(site)
        repository = git_server.Repository(site.path("git", "r.git"))
        build_sources(site, up, web, repository)
        for check in (check_sync, check_responder, check_admin, check_watch,
                      check_warnings):
            check(caged)


main([test_promises, test_programs_in_their_units])
