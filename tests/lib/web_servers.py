# SPDX-License-Identifier: Apache-2.0
"""Web servers as httpd-conf/serve runs them, and clients."""

import glob
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import certificate
import responder

SERVE = os.path.join(responder.ROOT, "httpd-conf", "serve")
ECHO = os.path.join(responder.ROOT, "tests", "lib", "web_echo")
PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules",
    "/usr/libexec/apache2")
# The program and Apache modules of each.
NEEDS = {
    "lighttpd": ("lighttpd", ()), "lighttpd-cgi": ("lighttpd", ()),
    "apache-fcgid": ("apache2", ("mod_fcgid",)),
    "apache-proxy": ("apache2", ("mod_proxy_fcgi",)),
    "apache-cgi": ("apache2", ("mod_cgid",)),
    "nginx": ("nginx", ()),
}
POOL = 4
# What an operator may set for the trigger and its sync (thv-registry-admin(8)).
VARIABLES = {
    "LANG": "C.UTF-8", "TZ": "Europe/Berlin",
    "THV_REGISTRY_CONFIG": "/etc/other.yaml",
    "THV_REGISTRY_SYNC": "/opt/a b/sync", "THV_REGISTRY_LOG_LEVEL": "info",
    "THV_REGISTRY_LOG_FORMAT": "json", "THV_REGISTRY_LOG_REQUESTS": "errors",
    "THV_REGISTRY_LOG_TARGET": "stderr", "THV_REGISTRY_SANDBOX": "on",
    "http_proxy": "http://u:p%20@proxy.example.com:3128",
    "https_proxy": "http://proxy.example.com:3129",
    "all_proxy": "socks5://proxy.example.com",
    "no_proxy": 'localhost,"\\$x",.example.com',
    "SSL_CERT_FILE": "/etc/ssl/own.pem", "SSL_CERT_DIR": "/etc/ssl/own",
    "KUBERNETES_SERVICE_HOST": "192.0.2.1", "KUBERNETES_SERVICE_PORT": "443",
}


def missing(kind):
    """Why this server cannot be tested here; empty if it can."""
    program, modules = NEEDS[kind]
    if not shutil.which(program, path=PATH):
        return f"{program} is not installed"
    for module in modules:
        if not any(os.path.exists(f"{d}/{module}.so") for d in MODULES):
            return f"{module} of Apache is not installed"
    return ""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Client:
    """A kept connection that, as every HTTP library does, sends a request
    again if the kept connection was closed before the first byte of the
    answer (RFC 9112 section 9.3.1)."""

    def __init__(self, server):
        self.server = server
        self.connection = None
        self.again = 0

    def get(self, uri, method="GET", body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        for kept in (self.connection is not None, False):
            if self.connection is None:
                self.connection = self.server.connection()
            try:
                self.connection.request(method, uri, body, headers)
                answer = self.connection.getresponse()
                answer.body = answer.read()
                if answer.will_close:
                    self.close()
                return answer
            except (http.client.RemoteDisconnected, BrokenPipeError,
                    ConnectionResetError):
                self.close()
                if not kept:
                    raise
                self.again += 1
        return None

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def split(data):
    """Status, header in lower case, and body of a response."""
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.lower() + b"\r\n"
    if b"transfer-encoding: chunked" in head:
        rest, body = body, b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            body += rest[:int(size, 16)]
            rest = rest[int(size, 16) + 2:]
    return int(head.split()[1]), head, body


class Server:
    """One server in a directory of its own, until stop()."""

    def __init__(self, kind, tls=False, admin_elsewhere=False, **environment):
        self.kind = kind
        self.admin = self.process = self.user = None
        self.directory = tempfile.TemporaryDirectory(prefix="web-")
        at = self.directory.name
        os.chmod(at, 0o755)
        self.program = responder.for_everyone(responder.PROGRAM, at)
        self.echo = responder.for_everyone(ECHO, at)
        self.database = os.path.join(at, "db", "registry.db")
        self.port = free_port()
        for name in "db", "run":
            os.mkdir(os.path.join(at, name), 0o755)
        if os.geteuid() == 0:
            # Responders can read files that root writes there.
            shutil.chown(os.path.join(at, "db"), group="www-data")
            os.chmod(os.path.join(at, "db"), 0o2755)
        # Start in a directory that the server's later user cannot enter.
        self.closed = os.path.join(at, "closed")
        os.mkdir(self.closed, 0o700)
        self.context = None
        if tls:
            pem, key = certificate.make(at, "DNS:localhost")
            self.context = ssl.create_default_context(cafile=pem)
            environment.update(THV_REGISTRY_CERTIFICATE=pem,
                THV_REGISTRY_KEY=key)
        self.log = open(os.path.join(at, "log"), "wb+")
        if admin_elsewhere:
            environment["THV_REGISTRY_ADMIN_SOCKET"] = self.start_admin(
                os.path.join(at, "admin.sock"))
        self.environment = responder.environment(self.database,
            THV_REGISTRY_API=self.program, THV_REGISTRY_ADMIN=self.echo,
            THV_REGISTRY_PORT=str(self.port), THV_REGISTRY_POOL=str(POOL),
            THV_REGISTRY_RUN_DIR=os.path.join(at, "run"), **environment)

    def start_admin(self, path):
        """Starts a stand-in for thv-registry-admin on its own socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            s.listen()
            os.chmod(path, 0o666)
            self.admin = subprocess.Popen([ECHO], stdin=s,
                stdout=subprocess.DEVNULL, env={"PATH": PATH,
                    "STARTED": "elsewhere"})
        return path

    def start(self):
        """Starts the server and waits for a response; whether one comes."""
        serve = SERVE
        if self.user is not None:
            # The checkout may lie in a directory that this user cannot enter.
            copy = os.path.join(self.directory.name, "httpd-conf")
            shutil.copytree(os.path.dirname(SERVE), copy, dirs_exist_ok=True)
            serve = os.path.join(copy, "serve")
        self.process = subprocess.Popen([serve, self.kind],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            cwd=self.closed,
            # nohup(1) makes processes ignore SIGHUP, which reloads the server.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            env=self.environment, **({} if self.user is None else {"user":
            self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}))
        for _ in range(200):
            if self.process.poll() is not None:
                return False
            try:
                return self.get("/health").status == 200
            except OSError:
                time.sleep(0.05)
        return False

    def share_database(self):
        """Gives the database to the user of the responders."""
        if os.geteuid() == 0:
            for base, _, names in os.walk(os.path.dirname(self.database)):
                for path in [base] + [os.path.join(base, n) for n in names]:
                    shutil.chown(path, "www-data", "www-data")

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def connection(self):
        if self.context:
            return http.client.HTTPSConnection("localhost", self.port,
                timeout=30, context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def get(self, uri, method="GET", **more):
        client = Client(self)
        try:
            return client.get(uri, method, **more)
        finally:
            client.close()

    def socket(self):
        """A plain connection."""
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def raw(self, data):
        """The response to raw bytes."""
        with self.socket() as s:
            try:
                s.sendall(data)
                out = b""
                while chunk := s.recv(65536):
                    out += chunk
            except ConnectionResetError:
                pass
        return out

    def target(self, target, *fields):
        """Status, header and body for any request target."""
        return split(self.raw(b"\r\n".join((b"GET " + target + b" HTTP/1.1",
            b"Host: localhost", b"Connection: close") + fields + (b"", b""))))

    def responders(self, replaced=False):
        """Ids of the processes that answer requests, or only of those whose
        program file was replaced."""
        out = set()
        want = self.program + (" (deleted)" if replaced else "")
        for path in glob.glob("/proc/[0-9]*/exe"):
            try:
                if os.readlink(path) in (want,
                        self.program + " (deleted)"):
                    out.add(responder.serving(int(path.split("/")[2])))
            except OSError:
                pass
        return sorted(out)

    def replace_program(self):
        """Replaces the program file, as `make install` does."""
        new = self.program + ".new"
        shutil.copy(self.program, new)
        os.rename(new, self.program)

    def stop(self):
        """Stops the server; (exit status, log)."""
        self.process.terminate()
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "killed"
        # Processes may write at exit.
        for _ in range(100):
            if not self.responders():
                break
            time.sleep(0.05)
        self.log.seek(0)
        text = self.log.read().decode("utf-8", "replace")
        self.log.close()
        return status, text

    def clean(self):
        if self.admin:
            self.admin.kill()
            self.admin.wait()
        self.directory.cleanup()


class Load:
    """Clients on kept connections that send `total` requests together; with
    `lasting` at least as many, until finish()."""

    def __init__(self, server, uris, clients, total, lasting=False):
        self.finished = threading.Event()
        if not lasting:
            self.finished.set()
        self.bad = []
        self.again = 0
        self.done = 0
        self.lock = threading.Lock()
        self.halfway = threading.Event()
        self.total = total
        self.threads = [threading.Thread(target=self.client, args=(
            Client(server), uris, n, total // clients)) for n in
            range(clients)]
        for t in self.threads:
            t.start()

    def client(self, client, uris, number, count):
        i = 0
        while i < count or not self.finished.is_set():
            uri = uris[(number * 7 + i) % len(uris)]
            i += 1
            try:
                status = client.get(uri).status
            except OSError as e:
                status = repr(e)
                client.close()
            with self.lock:
                self.done += 1
                if status != 200:
                    self.bad.append(status)
                if self.done * 4 > self.total:
                    self.halfway.set()
        client.close()
        with self.lock:
            self.again += client.again

    def go_on(self, requests):
        """Waits until so many more have been answered."""
        wanted = self.done + requests
        while self.done < wanted and any(t.is_alive() for t in self.threads):
            time.sleep(0.02)

    def finish(self):
        self.finished.set()

    def wait(self):
        for t in self.threads:
            t.join()
        return self.bad
