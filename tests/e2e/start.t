#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make run` twice at a time, and `sudo make install` of a user's build."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import responder
import tap
import web_servers

BUILD = responder.BUILD.replace("/build/valgrind", "/build")
PATIENCE = 120
USER = 65534  # nobody


class Tree:
    """What httpd-conf/run needs of the source tree, elsewhere: the tree's own
    build/run may be in use."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="run-")
        shutil.copytree(os.path.join(responder.ROOT, "httpd-conf"),
                        self.path("httpd-conf"))
        shutil.copytree(os.path.join(responder.ROOT, "sync/example"),
                        self.path("sync/example"))
        os.mkdir(self.path("build"))
        for name in "sync", "api", "admin":
            os.symlink(os.path.join(BUILD, f"thv-registry-{name}"),
                       self.path(f"build/thv-registry-{name}"))
        self.running = []

    def path(self, name):
        return os.path.join(self.dir, name)

    def run(self, port):
        process = subprocess.Popen(
            [self.path("httpd-conf/run"), "build", str(port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.running.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            stop(process)
        shutil.rmtree(self.dir, ignore_errors=True)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.stdout.close()
    process.wait(PATIENCE)


def is_serving(process):
    """Reads what it says up to the line that it says last of its start."""
    said = []
    for line in process.stdout:
        said.append(line)
        if "registry/status" in line:
            return True
    print("#   " + "#   ".join(said))
    return False


def status(port, uri="/v0.1/servers"):
    connection = http.client.HTTPConnection("127.0.0.1", port,
                                            timeout=PATIENCE)
    try:
        connection.request("GET", uri)
        return connection.getresponse().status
    except OSError as e:
        return repr(e)
    finally:
        connection.close()


def test_two_ports():
    first, second = web_servers.free_port(), web_servers.free_port()
    with Tree() as tree:
        one = tree.run(first)
        tap.ok(is_serving(one), "make run serves")
        database = os.stat(tree.path("build/run/registry.db")).st_ino
        two = tree.run(second)
        tap.ok(is_serving(two), "a second one on another port serves")
        tap.equal((one.poll(), status(first), status(second)),
                  (None, 200, 200), "and the first still does")
        stop(two)
        tap.equal((one.poll(), status(first)), (None, 200),
                  "and when the second has ended")
        tap.equal(os.stat(tree.path("build/run/registry.db")).st_ino,
                  database, "with the same database")
        three = tree.run(first)
        said = three.communicate(timeout=PATIENCE)[0]
        tap.ok(three.returncode != 0 and
               f"another make run serves on port {first}" in said,
               "a second one on the same port says why it does not") or \
            print("#   " + said)
        tap.equal(status(first), 200, "and leaves the first alone")
        stop(one)
        tap.ok(is_serving(tree.run(first)),
               "the port can be had again at once afterwards")
        # What a run keeps there may have any name: a cache ends in ".d".
        shutil.copy(os.path.join(responder.ROOT, "Makefile"), tree.dir)
        make = subprocess.run(["make", "-s", "help"],
            cwd=tree.dir, capture_output=True, text=True, check=False,
            # The jobs of the make that runs the tests are not this one's.
            env={k: v for k, v in os.environ.items() if "MAKE" not in k})
        tap.equal((make.returncode, make.stderr), (0, ""),
            "make works after make run")


def test_a_port_in_use():
    with Tree() as tree, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = tree.run(port)
        said = process.communicate(timeout=PATIENCE)[0]
        tap.ok(process.returncode != 0 and f"run: port {port}: " in said and
               "in use" in said, "a port in use is named, with the cause") or \
            print("#   " + said)
        tap.ok(not os.path.exists(tree.path("build/run/registry.db")),
               "before anything is done")


def of_user(*command, **how):
    return subprocess.run(command, user=USER, group=USER, extra_groups=[],
                          check=True, capture_output=True, text=True, **how)


def files(directory):
    """{path: (owner, time of the last change)}"""
    found = {}
    for place, _, names in os.walk(directory):
        for name in names:
            st = os.lstat(os.path.join(place, name))
            found[os.path.relpath(os.path.join(place, name), directory)] = \
                (st.st_uid, st.st_mtime_ns)
    return found


def commit(program):
    """What a program says of the commit it was built from."""
    done = subprocess.run(
        [program], env=responder.environment(
            "/nonexistent", REQUEST_METHOD="GET", REQUEST_URI="/version"),
        stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return responder.Answer(done.stdout).json["commit"]


def install(tree, root, *environment):
    return subprocess.run(
        ["env", *environment, "make", "-C", tree, "install", f"DESTDIR={root}",
         "BUILD=build"], check=False, capture_output=True, text=True,
        env={k: v for k, v in os.environ.items() if "MAKE" not in k and
             k not in ("THV_BUILD", "SAN", "VALGRIND")})


def test_install_as_root():
    """A user's clone with what that user has built; root installs it."""
    with tempfile.TemporaryDirectory(prefix="install-") as top:
        os.chmod(top, 0o755)
        tree, root = os.path.join(top, "clone"), os.path.join(top, "root")
        subprocess.run(["git", "-c", "safe.directory=*", "clone", "-q",
                        "--no-checkout", responder.ROOT, tree], check=True)
        for name in ("Makefile", "lib", "sync", "fcgi", "schema", "sql",
                     "httpd-conf"):
            subprocess.run(["cp", "-a", os.path.join(responder.ROOT, name),
                            tree], check=True)
        os.mkdir(os.path.join(tree, "build"))
        for name in ("lib", "sync", "fcgi", "gen", "lib.a", "sync.a", "fcgi.a",
                     "thv-registry-sync", "thv-registry-api",
                     "thv-registry-admin"):
            subprocess.run(["cp", "-a", os.path.join(BUILD, name),
                            os.path.join(tree, "build")], check=True)
        subprocess.run(["chown", "-R", f"{USER}:{USER}", tree], check=True)
        of_user("make", "-C", tree, "BUILD=build", env={
            "PATH": os.environ["PATH"], "HOME": top})
        built = files(tree)
        wanted = commit(os.path.join(tree, "build/thv-registry-api"))
        tap.ok(re.fullmatch("[0-9a-f]{7,}", wanted),
               f"the user's build knows its commit: {wanted}")
        # With and without what sudo leaves of the user, and with no git.
        for what, more in (
                ("sudo", (f"SUDO_UID={USER}", f"SUDO_GID={USER}")),
                ("su", ()), ("no git", (f"PATH={without_git(top)}",))):
            done = install(tree, root, *more)
            tap.equal(done.returncode, 0, f"{what}: make install") or \
                print("#   " + done.stderr)
            tap.equal(re.findall(r"^ +(?:CC|LD|AR|GEN) .*", done.stdout, re.M),
                      [], f"{what}: builds nothing")
            tap.equal({name: now for name, now in files(tree).items()
                       if built.get(name) != now}, {},
                      f"{what}: leaves no file in the tree")
            tap.equal(commit(root + "/usr/local/bin/thv-registry-api"), wanted,
                      f"{what}: the installed program knows its commit")


def without_git(directory):
    """A PATH with all of this one's programs except git."""
    place = os.path.join(directory, "bin")
    os.makedirs(place)
    for one in os.environ["PATH"].split(":"):
        for name in os.listdir(one) if os.path.isdir(one) else ():
            if name != "git" and not os.path.lexists(f"{place}/{name}"):
                os.symlink(f"{one}/{name}", f"{place}/{name}")
    return place


why = web_servers.missing("lighttpd")
if why:
    tap.skip(why)
else:
    tap.run([test_two_ports, test_a_port_in_use])
if os.getuid() != 0:
    tap.skip("what root installs takes root")
else:
    tap.run([test_install_as_root])
sys.exit(tap.done())
