#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
""".ci/need with the real apt and dpkg, on a root of their own with one package:
it waits while another process holds a lock, and says so."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap

NEED = os.path.join(responder.ROOT, ".ci", "need")
PACKAGE = "need-test-package"
LISTS = "apt/lists/lock"
DPKG = "dpkg/lock-frontend"
ARCHIVES = "cache/archives/lock"


class Root:
    """A directory that apt and dpkg take for the whole system."""

    def __init__(self, listed=True):
        self.dir = tempfile.mkdtemp(prefix="need-")
        os.chmod(self.dir, 0o755)
        for name in ("apt/lists/partial", "cache/archives/partial",
                     "dpkg/info", "dpkg/updates", "repository/package/DEBIAN"):
            os.makedirs(self.path(name))
        self.write("dpkg/status", "")
        self.make_package()
        self.write("sources.list",
                   f"deb [trusted=yes] file:{self.path('repository')} ./\n")
        self.write("wrapper", "#!/bin/sh\nexec dpkg --force-not-root "
                   f"--root={self.dir} --admindir={self.path('dpkg')} "
                   '"$@"\n')
        os.chmod(self.path("wrapper"), 0o755)
        self.write("apt.conf", f"""
Dir::State "{self.path('apt')}";
Dir::State::status "{self.path('dpkg/status')}";
Dir::Cache "{self.path('cache')}";
Dir::Etc::sourcelist "{self.path('sources.list')}";
Dir::Etc::sourceparts "-";
Dir::Bin::dpkg "{self.path('wrapper')}";
APT::Sandbox::User "root";
DPkg::Post-Invoke {{}};
""")
        if listed:
            subprocess.run(["apt-get", "-qq", "update"], check=True,
                           env=self.environment(), capture_output=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)

    def make_package(self):
        control = (f"Package: {PACKAGE}\nVersion: 1\nArchitecture: all\n"
                   "Maintainer: test <test@example.com>\n"
                   "Description: nothing\n")
        self.write("repository/package/DEBIAN/control", control)
        subprocess.run(["dpkg-deb", "--build", self.path("repository/package"),
                        self.path("repository/p.deb")], check=True,
                       capture_output=True)
        with open(self.path("repository/p.deb"), "rb") as f:
            data = f.read()
        self.write("repository/Packages", control +
                   f"Filename: ./p.deb\nSize: {len(data)}\n"
                   f"SHA256: {hashlib.sha256(data).hexdigest()}\n")

    def environment(self, **more):
        return {**os.environ, "APT_CONFIG": self.path("apt.conf"),
                "DPKG_ADMINDIR": self.path("dpkg"), **more}

    def installed(self):
        with open(self.path("dpkg/status"), encoding="utf-8") as f:
            return "Status: install ok installed" in f.read()

    def hold(self, name):
        """Locks as apt does; returns the file, which is open."""
        lock = open(self.path(name), "wb")
        fcntl.lockf(lock, fcntl.LOCK_EX)
        return lock

    def need(self, **more):
        return subprocess.Popen(
            [NEED, PACKAGE], env=self.environment(**more),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.dir, ignore_errors=True)


def lines_until(process, text):
    """What it says up to the line with `text`, or until it ends."""
    said = []
    for line in process.stderr:
        said.append(line)
        if text in line:
            break
    return "".join(said)


def waits_for(name, listed, what):
    with Root(listed) as root:
        with root.hold(name):
            process = root.need()
            said = lines_until(process, "waiting up to")
            tap.ok("Could not get lock" in said and "waiting up to" in said,
                   f"{what}: it says that it waits")
            tap.ok(process.poll() is None and not root.installed(),
                   f"{what}: nothing is installed while the lock is held")
        rest = process.stderr.read()
        tap.equal(process.wait(), 0, f"{what}: it ends well afterwards") or \
            print("#   " + (said + rest).replace("\n", "\n#   "))
        tap.ok(root.installed(), f"{what}: the package is installed")


def test_locks():
    waits_for(DPKG, True, "dpkg's lock")
    waits_for(LISTS, False, "the lock of apt's lists")
    waits_for(ARCHIVES, True, "the lock of apt's archives")


def test_that_it_gives_up():
    with Root() as root, root.hold(DPKG):
        process = root.need(NEED_LOCK_SECONDS="2")
        said = process.communicate()[1]
        tap.ok(process.returncode != 0, "a lock that is never released: it "
               "gives up")
        tap.ok("E: Could not get lock" in said, "with apt's own words")


def test_another_error():
    with Root() as root:
        os.unlink(root.path("repository/p.deb"))
        process = root.need()
        said = process.communicate()[1]
        tap.ok(process.returncode != 0 and "waiting" not in said,
               "another error is no reason to wait")
        tap.ok("p.deb" in said, "and is shown")
        tap.ok(not os.path.exists("/usr/sbin/policy-rc.d") or POLICY,
               "services may start again")


POLICY = os.path.exists("/usr/sbin/policy-rc.d")
if os.getuid() != 0 or not shutil.which("apt-get"):
    print("1..0 # SKIP installing packages takes root and apt")
    sys.exit(0)
tap.main([test_locks, test_that_it_gives_up, test_another_error])
