#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""thv-registry-admin starts a sync for allowed clients and refuses all others. A
recorder takes the place of the sync and stores how it was called."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import fcntl
import json
import sqlite3
import subprocess

import registry_db as rdb
import responder
import tap

URL = "/registry/sync"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
RECORDER = """#!/usr/bin/env python3
import fcntl, json, os, signal, sys
umask = os.umask(0)
os.umask(umask)
files = {d: os.readlink("/proc/self/fd/" + d)
    for d in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + d)}
out = os.environ["THV_REGISTRY_TEST_OUT"]
with open(out + ".new", "w") as f:
    json.dump({"args": sys.argv[1:], "env": dict(os.environ), "umask": umask,
        "cwd": os.getcwd(), "session": os.getsid(0), "pid": os.getpid(),
        "blocked": len(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "files": files}, f)
os.rename(out + ".new", out)
"""


class Case:
    """A database, and a recorder in place of the sync."""

    def __init__(self, access=None, token_file="", with_database=True):
        self.directory = tempfile.TemporaryDirectory()
        os.chmod(self.directory.name, 0o755)
        self.database = self.path("registry.db")
        self.out = self.path("called.json")
        self.program = self.path("recorder")
        with open(self.program, "w", encoding="utf-8") as f:
            f.write(RECORDER)
        os.chmod(self.program, 0o755)
        if with_database:
            rdb.build(self.database, [rdb.Source("a", []), rdb.Source("b-c",
                [])], [rdb.Registry("r", ["a", "b-c"], True)])
        if access is not None:
            db = sqlite3.connect(self.database)
            db.execute("INSERT INTO setting VALUES ('trigger_access', ?),"
                " ('trigger_token_file', ?)", (access, token_file))
            db.commit()
            db.close()

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def ask(self, uri=URL, method="POST", stdin=b"", umask=0o022, **env):
        """Sends one request by plain CGI."""
        if stdin:
            env.setdefault("CONTENT_LENGTH", str(len(stdin)))
        env.setdefault("THV_REGISTRY_SYNC", self.program)
        done = subprocess.run([responder.ADMIN], input=stdin,
            capture_output=True, check=False, umask=umask, env=responder.environment(
                self.database, REQUEST_METHOD=method, REQUEST_URI=uri,
                THV_REGISTRY_TEST_OUT=self.out, **env))
        assert done.returncode == 0, done.stderr.decode()
        answer = responder.Answer(done.stdout)
        answer.log = done.stderr.decode()
        return answer

    def called(self):
        """What the recorder stored."""
        self.wait_free()
        with open(self.out, encoding="utf-8") as f:
            how = json.load(f)
        os.unlink(self.out)
        return how

    def wait_free(self):
        """Waits until the lock is free."""
        with open(self.database + ".lock", "w", encoding="utf-8") as f:
            fcntl.flock(f, fcntl.LOCK_EX)

    def refused(self, answer, status, text, name):
        tap.equal((answer.status, answer.error), (status, text), name)
        tap.ok("access-control-allow-origin" not in answer.headers,
            f"{name}: no page may read it")
        # A started sync would hold the lock until it has written.
        self.wait_free()
        tap.ok(not os.path.exists(self.out), f"{name}: no sync is started")


def test_response():
    with Case() as case:
        answer = case.ask(**HERE)
        how = case.called()
        tap.equal(answer.status, 202, "accepted")
        tap.equal(answer.json, {"runId": how["env"]["THV_REGISTRY_RUN_ID"],
            "status": "started", "statusUrl": "/registry/status"}, "body")
        tap.equal(answer.headers["location"], "/registry/status", "Location")
        tap.equal(answer.headers["cache-control"], "no-store", "not cached")
        again = case.ask(method="PUT", **HERE)
        tap.equal(again.status, 202, "PUT")
        tap.ok(again.json["runId"] != answer.json["runId"], "another id")
        case.called()


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_call_of_the_sync():
    with Case() as case:
        case.ask(**HERE, stdin=b"ignored", HTTP_PROXY="http://evil.example.com",
            http_proxy="http://proxy.example.com", LANG="C.UTF-8", TZ="UTC",
            no_proxy="example.com", LD_PRELOAD="", HTTP_X_ANY="1",
            KUBERNETES_SERVICE_HOST="10.0.0.1", PATH="/evil",
            THV_REGISTRY_CONFIG="/etc/x.yaml", THV_REGISTRY_LOCK_FD="0",
            THV_REGISTRY_RUN_ID="mine", THV_REGISTRY_SECRET="s",
            LANGUAGE="x", TZDIR="/evil", SSL_CERT_FILE="/certs",
            HTTP_TRACEPARENT=TRACE, TRACEPARENT="mine")
        how = case.called()
        env = how["env"]
        env.pop("LC_CTYPE", None)  # by Python
        lock = env.pop("THV_REGISTRY_LOCK_FD")
        tap.ok(env.pop("THV_REGISTRY_RUN_ID") != "mine", "a new run id")
        tap.equal(env, {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
                "/bin", "LANG": "C.UTF-8", "TZ": "UTC",
            "http_proxy": "http://proxy.example.com",
            "no_proxy": "example.com", "SSL_CERT_FILE": "/certs",
            "KUBERNETES_SERVICE_HOST": "10.0.0.1",
            "THV_REGISTRY_CONFIG": "/etc/x.yaml",
            "THV_REGISTRY_DATABASE_PATH": case.database,
            "THV_REGISTRY_LOG_REQUESTS": "none",
            "THV_REGISTRY_METRICS_PATH": "", "TRACEPARENT": TRACE,
            "THV_REGISTRY_SECRET": "s", "THV_REGISTRY_SYNC": case.program,
            "THV_REGISTRY_TEST_OUT": case.out}, "no variable of the client")
        tap.equal(how["args"], [], "no arguments")
        tap.equal((how["umask"], how["cwd"]), (0o022, "/"), "umask, directory")
        tap.ok(how["session"] not in (how["pid"], os.getsid(0)),
            "a new session, not as its leader")
        for umask, want in (0o027, 0o027), (0, 0o022), (0o002, 0o022):
            case.ask(**HERE, umask=umask)
            tap.equal(case.called()["umask"], want, f"umask {umask:o}")
        tap.equal(how["blocked"], 0, "no signal is blocked")
        files = how["files"]
        tap.equal((files.pop("0"), files.pop("1"), files.pop("2")),
            ("/dev/null",) * 3, "plain CGI: no descriptor of the web server")
        tap.equal(files, {lock: case.database + ".lock"},
            "it inherits only the lock")


MALFORMED = ("Invalid source parameter: malformed percent-encoding, or a "
    "semicolon that is not written as %3B")


def test_sources():
    with Case() as case:
        tap.equal(case.ask(f"{URL}?source=a", **HERE).status, 202, "one")
        tap.equal(case.called()["args"], ["--source", "a"], "its name")
        tap.equal(case.ask(f"{URL}?x=1&source=a&%73ource=b%2dc&source",
            **HERE).status, 400, "a source without a name")
        tap.equal(case.ask(f"{URL}?x=1&source=a&%73ource=b%2dc", **HERE).status,
            202, "two")
        tap.equal(case.called()["args"], ["--source", "a", "--source", "b-c"],
            "both names")
        tap.equal(case.ask(f"{URL}?source=a&source=a", **HERE).status, 202,
            "the same name twice")
        tap.equal(case.called()["args"], ["--source", "a"], "starts it once")
        for query, status, text in (
                ("source=nope", 404, "source not found: nope"),
                ("source=a&source=nope", 404, "source not found: nope"),
                ("source=--force", 404, "source not found: --force"),
                ("source=", 400, "source cannot be empty"),
                ("source=%zz", 400, MALFORMED),
                ("source=%00", 400, MALFORMED),
                ("source=a;source=b", 400, MALFORMED),
                ("x=1;source=a", 400, MALFORMED),
                ("source=%ff", 404, "source not found: \ufffd"),
                ("&".join(f"source={i}" for i in range(101)), 400,
                    "too many sources")):
            case.refused(case.ask(f"{URL}?{query}", **HERE), status, text,
                query[:30])


def test_paths_and_methods():
    with Case() as case:
        for uri in ("/", "/registry", "/registry/sync/x", "/v0.1/servers",
                "/registry%2Fsync", "/registry/%zz/sync"):
            case.refused(case.ask(uri, **HERE), 404, "not found", uri)
        for uri in "/registry/sync/", "//registry//sync":
            tap.equal(case.ask(uri, method="OPTIONS", **HERE).status, 204, uri)
        for method, uri in ("POST", "/v0/publish"), ("PUT", "/v1/sources/a"):
            case.refused(case.ask(uri, method=method, **HERE), 501,
                "not implemented: this server does not take changes over HTTP "
                "yet", f"{method} {uri}")
        for method in ("GET", "HEAD", "DELETE", "PATCH"):
            answer = case.ask(method=method, **HERE)
            tap.equal((answer.status, answer.headers.get("allow")),
                (405, "OPTIONS, POST, PUT"), method)
        tap.equal(case.ask(method="HEAD", **HERE).body, b"", "HEAD: no body")
        answer = case.ask(method="OPTIONS", HTTP_ORIGIN="https://x.example.com")
        tap.equal((answer.status, answer.headers.get("allow"),
            answer.headers.get("access-control-allow-origin")),
            (204, "OPTIONS, POST, PUT", None), "OPTIONS promises pages nothing")
        case.refused(case.ask(URL + "?" + "x" * 9000, **HERE), 414,
            "the request URI is too long", "a long URI")


LOOPBACK = (
    ("127.0.0.1", 202), ("127.9.8.7", 202), ("::1", 202),
    ("::ffff:127.0.0.1", 202), ("0:0:0:0:0:0:0:1", 202),
    ("192.0.2.1", 403), ("128.0.0.1", 403), ("::2", 403),
    ("::ffff:192.0.2.1", 403), ("2001:db8::1", 403), ("", 403),
    ("localhost", 403), ("127.1", 403), ("127.0.0.1, 192.0.2.1", 403),
    ("unix:", 403))


def test_loopback():
    with Case("loopback") as case:
        for address, status in LOOPBACK:
            tap.equal(case.ask(REMOTE_ADDR=address).status, status,
                f"from '{address}'")
            if status == 202:
                case.called()
        case.refused(case.ask(), 403, "allowed only from this machine",
            "no address")
        for name in ("FORWARDED", "X_FORWARDED_FOR", "X_REAL_IP"):
            case.refused(case.ask(**HERE, **{f"HTTP_{name}": ""}), 403,
                "allowed only from this machine", f"proxied, by header {name}")


def test_pages():
    for access in ("loopback", "open"):
        with Case(access) as case:
            for headers in ({"HTTP_ORIGIN": "https://evil.example.com"},
                    {"HTTP_ORIGIN": "null"}, {"HTTP_ORIGIN": ""},
                    {"HTTP_ORIGIN": "http://127.0.0.1:8080"},
                    {"HTTP_SEC_FETCH_SITE": "cross-site"},
                    {"HTTP_SEC_FETCH_SITE": "same-site"},
                    {"HTTP_SEC_FETCH_SITE": "same-origin"}):
                case.refused(case.ask(**HERE, **headers), 403,
                    "requests from web pages need a bearer token",
                    f"{access}, {headers}")
            tap.equal(case.ask(**HERE, HTTP_SEC_FETCH_SITE="none").status, 202,
                f"{access}: a browser's user, no page")
            case.called()


def test_open_and_off():
    with Case("open") as case:
        tap.equal(case.ask(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="x")
            .status, 202, "open")
        case.called()
    with Case("off") as case:
        case.refused(case.ask(**HERE), 403, "the trigger is disabled", "off")
    with Case("sideways") as case:
        case.refused(case.ask(**HERE), 503, "the sync cannot be started",
            "an access word of another version")


def test_token():
    with Case("token", "/nowhere") as case:
        token = case.path("token")

        def set_token(content, mode=0o640):
            with open(token, "wb") as f:
                f.write(content)
            os.chmod(token, mode)

        case.refused(case.ask(HTTP_AUTHORIZATION="Bearer x"), 503,
            "the sync cannot be started", "no such file")
        tap.contains(case.ask().log, "/nowhere: No such file", "logged")
        db = sqlite3.connect(case.database)
        db.execute("UPDATE setting SET value = ? WHERE key ="
            " 'trigger_token_file'", (token,))
        db.commit()
        db.close()
        set_token(b"\n sesame-1 \r\n")
        for given, status in (("Bearer sesame-1", 202),
                ("bearer  sesame-1", 202), ("Bearer sesame-2", 401),
                ("Bearer sesame-", 401), ("Bearer sesame-11", 401),
                ("Bearer ", 401), ("Bearer", 401), ("", 401),
                ("Basic sesame-1", 401), ("sesame-1", 401),
                ("Bearer sesame-1 ", 401), (None, 401)):
            headers = {} if given is None else {"HTTP_AUTHORIZATION": given}
            answer = case.ask(REMOTE_ADDR="192.0.2.1",
                HTTP_ORIGIN="https://page.example.com", **headers)
            tap.equal((answer.status, answer.headers.get("www-authenticate")),
                (status, "Bearer" if status == 401 else None), f"'{given}'")
            if status == 202:
                case.called()
        set_token(b"other")
        tap.equal(case.ask(HTTP_AUTHORIZATION="Bearer sesame-1").status, 401,
            "the file is read for each request")
        for content, mode, text in ((b" \n", 0o600, "empty token file"),
                (b"", 0o600, "empty token file"),
                (b"x" * 5000, 0o600, "longer than 4096 bytes"),
                (b"other", 0o644, "accessible to other users"),
                (b"other", 0o601, "accessible to other users")):
            set_token(content, mode)
            answer = case.ask(HTTP_AUTHORIZATION="Bearer other")
            case.refused(answer, 503, "the sync cannot be started", text)
            tap.contains(answer.log, text, f"{text}: logged")
            tap.ok("other " not in answer.log.replace("other users", "") and
                "xxx" not in answer.log, "the log does not contain the token")
        os.unlink(token)
        os.mkfifo(token, 0o600)
        tap.equal(case.ask(HTTP_AUTHORIZATION="Bearer x").status, 503,
            "a pipe is not read")


def test_cannot_start():
    with Case() as case:
        text = "the sync cannot be started"
        plain = case.path("plain")
        with open(plain, "w", encoding="utf-8") as f:
            f.write("no program")
        for program, why in (("/nonexistent/sync", "No such file"),
                (plain, "Permission denied"),
                (case.directory.name, "Permission denied")):
            answer = case.ask(THV_REGISTRY_SYNC=program, **HERE)
            tap.equal((answer.status, answer.error,
                answer.headers.get("retry-after")), (503, text, "5"), program)
            tap.contains(answer.log, f"cannot start {program}: {why}", why)
        tap.equal(case.ask(**HERE).status, 202, "the lock was released")
        case.called()


def test_before_the_first_sync():
    with Case(with_database=False) as case:
        tap.equal(case.ask(REMOTE_ADDR="192.0.2.1").status, 403,
            "no database: from this machine only")
        tap.equal(case.ask(URL + "?source=a", **HERE).status, 503,
            "no database: no names")
        tap.equal(case.ask(**HERE).status, 202, "no database: the sync is started")
        case.called()
        with open(case.database, "w", encoding="utf-8") as f:
            f.write("not a database" * 100)
        tap.equal(case.ask(**HERE).status, 503,
            "an unreadable database may forbid the trigger")


def test_not_writable():
    """A user that may only read the database cannot start a sync."""
    if os.geteuid() != 0:
        tap.skip("only root can act as another user")
        return
    with Case() as case:
        program = responder.for_everyone(responder.ADMIN, case.directory.name)
        done = subprocess.run([program], stdin=subprocess.DEVNULL,
            capture_output=True, check=False, user=65534, group=65534,
            extra_groups=[], env=responder.environment(case.database,
                REQUEST_METHOD="POST", REQUEST_URI=URL, **HERE,
                THV_REGISTRY_SYNC=case.program,
                THV_REGISTRY_TEST_OUT=case.out))
        answer = responder.Answer(done.stdout)
        case.refused(answer, 503, "the sync cannot be started", "nobody")
        tap.ok(b"level=ERROR" in done.stderr, "logged")


def test_a_body_without_end():
    """A false Content-Length does not keep the process reading."""
    with Case() as case:
        for length in "1000000000000", "99999999999999999999999":
            with open("/dev/zero", "rb") as zero:
                done = subprocess.run([responder.ADMIN], stdin=zero,
                    stdout=subprocess.PIPE, check=False, timeout=100,
                    env=responder.environment(case.database,
                        REQUEST_METHOD="GET", REQUEST_URI=URL,
                        CONTENT_LENGTH=length))
            tap.ok(responder.Answer(done.stdout).status >= 400,
                f"a length of {length} is answered")


tap.main([value for name, value in list(globals().items())
    if name.startswith("test_")])
