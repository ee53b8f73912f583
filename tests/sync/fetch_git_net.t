#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetching from git servers: http, ssh, and servers that fail or lie."""

import getpass
import hashlib
import os
import pwd
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import certificate  # noqa: E402
import git_server  # noqa: E402
from fetching import command  # noqa: E402
from git_fetching import (ONE, ROOT, SCRATCH, TWO, at, cache,  # noqa: E402
                          check_documents, fails, files_below, fresh, get,
                          leftovers, repository)
from git_server import HttpSite, RawServer, Sshd, packet  # noqa: E402
from tap import contains, equal, main, ok, skip  # noqa: E402


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
        for text, part in (("", "is empty"), (" \n", "is empty"),
                           ("x" * 70000, "is over 65536"),
                           ("a\0b", "holds a control character")):
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
        fails(r, "http://127.0.0.1", "authentication failed",
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
    pair = certificate.make(SCRATCH.name, "DNS:localhost")
    with HttpSite(at(ROOT), certificate=pair) as site:
        url = f"{site.url}/{base}"
        r = get(url, cache=cache())
        ok(r.status == 1, "an unknown certificate is refused")
        contains(r.error.lower(), "certificate", "and the error says so")
        env = {**os.environ, "SSL_CERT_FILE": pair[0]}
        r = get(url, cache=cache(), env=env)
        check_documents(r, {"registry.json": ONE},
                        "SSL_CERT_FILE makes it known")
        r = get(url.replace("localhost", "127.0.0.1"), cache=cache(),
                env=env)
        ok(r.status == 1, "it is not for another host")
        r = get(url, cache=cache())
        contains(r.error, "not trusted; if an authority of your own signed "
                 "it, name its file in git.caFile", "the key that helps")
        check_documents(get(url, cache=cache(), ca_file=pair[0]),
                        {"registry.json": ONE}, "git.caFile makes it known")
        os.mkdir(at("other"))
        other = certificate.make(at("other"), "DNS:localhost")[0]
        r = get(url, cache=cache(), env=env, ca_file=other)
        contains(r.error, "no authority in git.caFile signed it",
                 "it takes the place of SSL_CERT_FILE")
        with open(at("no.pem"), "w", encoding="ascii") as f:
            f.write("nothing\n")
        for path in at("no.pem"), at("missing.pem"):
            contains(get(url, cache=cache(), ca_file=path).error,
                     "failed to load git.caFile", "one of no use is named")
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
    if pwd.getpwuid(os.geteuid()).pw_shell.endswith(("nologin", "false")):
        skip("sshd needs a login shell, this user has none")
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
        # On a busy machine little arrives in a second and a half.
        for timeout in 1500, 6000, 24000:
            site.pause = timeout / 7500  # a quarter arrives, 30 pieces are all
            r = get(url, cache=c, timeout_ms=timeout, progress=1)
            amounts = [int(p.split()[-2]) for p in r.progress]
            if len(set(amounts)) > 3:
                break
        fails(r, f"timed out after {timeout / 1000:g}s while receiving "
              "objects", what="a server that is too slow")
        ok(0 < int(r.bytes) < 3000000, f"{r.bytes} bytes are counted")
        equal(leftovers(c), [], "nothing half-received stays")
        ok(len(set(amounts)) > 3 and amounts == sorted(amounts),
           "progress is reported")
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


def test_kill():
    repo = repository({"registry.json": ONE, "big": os.urandom(3000000)})
    site, url = slow_site(repo)
    with site:
        c = cache()
        with subprocess.Popen(command(kind="git", url=url, cache=c),
                              stdout=subprocess.PIPE, text=True) as process:
            ok(wait_until(lambda: leftovers(c)), "it receives")
            equal(children_of(process.pid), [], "in one process")
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        ok(leftovers(c), "killed, it leaves something behind")
        site.pause = 0
        r = get(url, cache=c)
        check_documents(r, {"registry.json": ONE}, "the next run succeeds")
        equal(leftovers(c), [], "and tidies up")


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

    def cut_pack(s):
        advertise(s)
        whole = b"PACK" + struct.pack(">II", 2, 1) + b"\x3d" + \
            zlib.compress(os.urandom(13))
        s.recv(65536)
        s.sendall(packet(b"NAK\n") + packet(b"\1" + whole[:-4])[:-2])

    def other_objects(s):
        advertise(s)
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
    for talk in nonsense, cut_pack, other_objects, hangs_up, cut_line, not_git:
        r = raw(talk)
        fails(r, "git://127.0.0.1", what=talk.__name__)
        ok("timed out" not in r.error, f"{talk.__name__}: at once: {r.error}")
    r = raw(says_error)
    fails(r, "go away", what="an error of the server")
    ok(r.error.isprintable(), "has no control characters")
    fails(raw(odd_name), 'no branch "main"', what="an odd name")


# ---- private addresses -------------------------------------------------------

PUBLIC = "198.41.0.4"  # the loopback interface has it, in a network of its own


def test_private_addresses_are_refused():
    repo = repository()
    base = os.path.basename(repo.path)
    hosts = password_file("")
    with HttpSite(at(ROOT)) as site:
        for url, where in ((f"{site.url}/{base}", "127.0.0.1"),
                           (f"http://localhost:{site.port}/{base}", ""),
                           (f"https://127.0.0.1:{site.port}/x", "127.0.0.1"),
                           (f"git://127.0.0.1:{site.port}/x", "127.0.0.1"),
                           (f"ssh://git@127.0.0.1:{site.port}/x", "127.0.0.1"),
                           ("git@localhost:x/y", ""),
                           ("ssh://git@[::1]:22/x", "::1"),
                           ("http://[::ffff:127.0.0.1]/x", "127.0.0.1")):
            r = get(url, cache=cache(), public_only=1,
                    known_hosts_file=hosts if "git@" in url else None)
            if "ffff" in url and "malformed hostname" in r.error:
                continue  # a newer libgit2 takes no such address at all
            fails(r, "refused to connect", f"{where} is not a public address",
                  what=url.replace(str(site.port), "PORT"))
        equal(site.seen, [], "and nobody was asked")
        check_documents(get(f"{site.url}/{base}", cache=cache()),
                        {"registry.json": ONE}, "the default allows them")
        r = get("https://host.invalid/x", cache=cache(), public_only=1)
        fails(r, "failed to resolve address for host.invalid",
              what="a name that is none")
    check_documents(get(repo.path, cache=cache(), public_only=1),
                    {"registry.json": ONE}, "a local repository is no address")


def inside_public():
    """In the network of its own: what is public there is fetched, and a
    redirect or a proxy leads no further."""
    repo = repository()
    base = os.path.basename(repo.path)
    with HttpSite(at(ROOT), address=PUBLIC) as site, \
            HttpSite(at(ROOT)) as private:
        r = get(f"{site.url}/{base}", cache=cache(), public_only=1)
        print("fetched" if r.values.get("hash") else r.error)
        site.moved_to = private.url
        r = get(f"{site.url}/moved/{base}", cache=cache(), public_only=1)
        print(r.error, len(private.seen))
        r = get(f"{site.url}/{base}", cache=cache(), public_only=1,
                env=dict(os.environ, http_proxy=private.url))
        print("fetched" if r.values.get("hash") else r.error,
              len(private.seen))


def test_public_addresses_are_reached():
    lo = f"ip link set lo up && ip addr add {PUBLIC}/32 dev lo && "
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", lo + f"exec {sys.executable} "
         f"{os.path.abspath(__file__)} inside-public"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0 and b"fetched" not in done.stdout:
        skip("a network of one's own takes root, unshare and ip")
        return
    lines = done.stdout.decode().splitlines()
    equal(lines[0], "fetched", "http to a public address")
    contains(lines[1], "127.0.0.1 is not a public address",
             "a redirect to a private one is refused")
    equal(lines[1].split()[-1], "0", "and nobody was asked")
    equal(lines[2:], ["fetched 0"], "a proxy is not used")


if __name__ == "__main__":
    if sys.argv[1:] == ["inside-public"]:
        inside_public()
        sys.exit()
    main([value for name, value in list(globals().items())
          if name.startswith("test_")])
