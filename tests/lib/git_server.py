# SPDX-License-Identifier: Apache-2.0
"""Git repositories and servers for tests, real and false ones."""

import base64
import http.server
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time

ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.com",
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
}
LARGE = 100000  # bytes the server sends in one piece when it is slow


class Repository:
    """A bare repository with a work tree for commits."""

    def __init__(self, path):
        self.path = path
        self.tree = path + ".tree"
        os.makedirs(self.tree)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path],
                       check=True, env=ENVIRONMENT)
        for key in ("uploadpack.allowReachableSHA1InWant",
                    "uploadpack.allowTipSHA1InWant"):
            self.git("config", key, "true")

    def git(self, *args, data=None):
        """Runs git on the repository; its output."""
        env = {**ENVIRONMENT, "GIT_DIR": self.path,
               "GIT_WORK_TREE": self.tree}
        done = subprocess.run(["git", *args], check=True, env=env, input=data,
                              cwd=self.tree, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        return done.stdout.decode().strip()

    def write(self, name, data):
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def commit(self, files=None):
        """Commits the files given by name; the id of the commit."""
        for name, data in (files or {}).items():
            self.write(name, data)
        self.git("add", "-A", "--force", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")


class Handler(http.server.BaseHTTPRequestHandler):
    """Runs git http-backend, as a web server would."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def refuse(self):
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self):
        site = self.server.site
        site.seen.append((self.command, self.path,
                          self.headers.get("Authorization")))
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        path = self.path
        if path.startswith("/moved/"):
            self.send_response(301)
            self.send_header("Location", site.moved_to + path[6:])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if site.password and self.headers.get("Authorization") != \
                "Basic " + base64.b64encode(site.password.encode()).decode():
            self.refuse()
            return
        self.run_backend(path, body)

    do_GET = do_POST = answer

    def run_backend(self, path, body):
        path, _, query = path.partition("?")
        env = {**ENVIRONMENT, "GIT_PROJECT_ROOT": self.server.site.root,
               "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
               "QUERY_STRING": query, "REQUEST_METHOD": self.command,
               "CONTENT_TYPE": self.headers.get("Content-Type", ""),
               "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1"}
        if self.headers.get("Content-Encoding"):
            env["HTTP_CONTENT_ENCODING"] = self.headers["Content-Encoding"]
        done = subprocess.run(["git", "http-backend"], input=body, env=env,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        status = 200
        headers = []
        for line in head.decode().split("\r\n"):
            key, _, value = line.partition(": ")
            if key == "Status":
                status = int(value.split()[0])
            elif key:
                headers.append((key, value))
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.send_body(data)

    def send_body(self, data):
        pause = self.server.site.pause
        try:
            if not pause or self.command != "POST":
                self.wfile.write(data)
                return
            for at in range(0, len(data), LARGE):
                self.wfile.write(data[at:at + LARGE])
                time.sleep(pause)
        except OSError:
            pass  # the client was killed, as some tests do


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class HttpSite:
    """The repositories below `root` over http, or https with `certificate`."""

    def __init__(self, root, password=None, certificate=None,
                 address="127.0.0.1"):
        self.root = root
        self.password = password  # "user:password" or None
        self.pause = 0  # seconds between pieces of a pack
        self.moved_to = ""  # where /moved/... leads
        self.seen = []  # method, path, Authorization
        self.server = QuietServer((address, 0), Handler)
        self.server.site = self
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket,
                                                     server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        host = "localhost" if certificate else address
        self.url = f"{scheme}://{host}:{self.port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class RawServer:
    """A TCP server on a free port that answers by `talk(socket)`."""

    def __init__(self, talk):
        class Talk(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    talk(self.request)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Talk)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def tunnel(port, asked):
    """Answers CONNECT as a proxy, but always connects to `port`."""
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def talk(client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        asked.append(head.split(b"\r\n")[0].decode())
        with socket.create_connection(("127.0.0.1", port)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(server, client))
            back.start()
            pump(client, server)
            back.join()

    return talk


def packet(data):
    """A line of the git protocol."""
    return f"{len(data) + 4:04x}".encode() + data


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sshd:
    """A real sshd on a free port, with an accepted key."""

    @staticmethod
    def path():
        return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        os.makedirs(directory, mode=0o700)
        for name, kind in (("host", "ed25519"), ("host_ecdsa", "ecdsa"),
                           ("user", "ed25519"), ("stranger", "ed25519"),
                           ("user_rsa", "rsa")):
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-m", "PEM", "-N",
                            "", "-f", self.at(name)], check=True)
        keys = self.read("user.pub") + self.read("user_rsa.pub")
        self.write("authorized", keys)
        self.write("sshd_config", f"""
ListenAddress 127.0.0.1:{self.port}
HostKey {self.at("host")}
HostKey {self.at("host_ecdsa")}
AuthorizedKeysFile {self.at("authorized")}
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PubkeyAcceptedAlgorithms +ssh-rsa
PidFile none
""")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.log = open(self.at("log"), "wb")
        self.process = subprocess.Popen(
            [self.path(), "-D", "-e", "-f", self.at("sshd_config")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.wait()

    def at(self, name):
        return os.path.join(self.directory, name)

    def read(self, name):
        with open(self.at(name), encoding="ascii") as file:
            return file.read()

    def write(self, name, text):
        with open(self.at(name), "w", encoding="ascii") as file:
            file.write(text)
        return self.at(name)

    def wait(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("sshd did not start: " + self.read("log"))

    def known_hosts(self, key="host"):
        """A line for known_hosts that holds one of the server's keys."""
        kind, data = self.read(key + ".pub").split()[:2]
        return f"[127.0.0.1]:{self.port} {kind} {data}\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
