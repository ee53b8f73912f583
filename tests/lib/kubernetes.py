# SPDX-License-Identifier: Apache-2.0
"""The parts of Kubernetes for reading ConfigMaps: an API server with TLS and tokens,
and mounted volumes as kubelet creates them."""

import base64
import contextlib
import http.server
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time


def authority(directory, name="ca"):
    """Makes a CA; the name of its certificate file."""
    key, cert = (os.path.join(directory, f"{name}.{end}")
                 for end in ("key", "crt"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=kubernetes", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    return cert


def certificate(directory):
    """A certificate for 127.0.0.1 by the CA in `directory`: chain file."""
    key, request, cert, extra = (
        os.path.join(directory, f"server.{end}")
        for end in ("key", "csr", "pem", "ext"))
    with open(extra, "w", encoding="ascii") as f:
        f.write("subjectAltName=IP:127.0.0.1,DNS:kubernetes.default.svc\n")
    subprocess.run(
        ["openssl", "req", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
         "/CN=kube-apiserver", "-keyout", key, "-out", request],
        check=True, capture_output=True)
    subprocess.run(
        ["openssl", "x509", "-req", "-days", "2", "-in", request, "-CA",
         os.path.join(directory, "ca.crt"), "-CAkey",
         os.path.join(directory, "ca.key"), "-CAcreateserial", "-extfile",
         extra, "-out", cert], check=True, capture_output=True)
    with open(cert, "ab") as f, open(key, "rb") as k:
        f.write(k.read())
    return cert


def go_json(value):
    """JSON as Go's encoder writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for c in "<>&\u2028\u2029":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text.encode() + b"\n"


def status(code, reason, message):
    """The body of a refusal."""
    return go_json({"kind": "Status", "apiVersion": "v1", "metadata": {},
                    "status": "Failure", "message": message,
                    "reason": reason, "code": code})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, code, body, **headers):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        # A client closes the connection when it has read enough.
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            self.wfile.write(body)

    def refuse(self, code, reason, message):
        self.send(code, status(code, reason, message))

    def do_GET(self):
        cluster = self.server.cluster
        cluster.seen.append((self.path, dict(self.headers)))
        parts = self.path.split("/")
        if parts[:4] != ["", "api", "v1", "namespaces"] or len(parts) != 7 \
                or parts[5] != "configmaps":
            return self.refuse(404, "NotFound", "the server could not find "
                               "the requested resource")
        namespace, name = parts[4], parts[6]
        token = self.headers.get("Authorization", "").partition("Bearer ")[2]
        if self.server.tls and token not in cluster.tokens:
            return self.refuse(401, "Unauthorized", "Unauthorized")
        answer = cluster.answers.get(name)
        if answer is not None:
            return answer(self)
        if namespace not in cluster.allowed:
            return self.refuse(
                403, "Forbidden", f'configmaps "{name}" is forbidden: User '
                f'"system:serviceaccount:tools:registry" cannot get resource '
                f'"configmaps" in API group "" in the namespace '
                f'"{namespace}"')
        config_map = cluster.objects.get((namespace, name))
        if config_map is None:
            return self.refuse(404, "NotFound",
                               f'configmaps "{name}" not found')
        self.send(200, go_json(config_map))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # handshakes that clients break off


class Cluster:
    """The API server.  `tokens` are let in, `allowed` namespaces may be read,
    `answers` has {name: function of a handler} for what is no ConfigMap."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="kubernetes-")
        self.ca = authority(self.directory)
        chain = certificate(self.directory)
        self.tokens = {"first"}
        self.allowed = {"tools"}
        self.objects = {}
        self.answers = {}
        self.seen = []
        self.version = 41000
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self.tls = self.serve(context)
        self.plain = self.serve(None)
        self.port = self.tls.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.plain_url = f"http://127.0.0.1:{self.plain.server_address[1]}"

    def serve(self, context):
        server = Server(("127.0.0.1", 0), Handler)
        server.cluster = self
        server.tls = context is not None
        if context:
            # The handshake belongs to the connection's own thread.
            server.socket = context.wrap_socket(
                server.socket, server_side=True,
                do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def put(self, name, data=None, binary=None, namespace="tools"):
        """Creates or replaces a ConfigMap; its resourceVersion."""
        self.version += 7
        now = "2026-11-23T10:00:00Z"
        config_map = {
            "kind": "ConfigMap", "apiVersion": "v1",
            "metadata": {
                "name": name, "namespace": namespace,
                "uid": "2b1c7a34-5d7e-4c5a-9d38-0f7c2f6a1e55",
                "resourceVersion": str(self.version),
                "creationTimestamp": now,
                "annotations": {"kubectl.kubernetes.io/last-applied-"
                                "configuration": '{"data":{"x":"y"}}\n'},
                "managedFields": [{
                    "manager": "kubectl", "operation": "Update",
                    "apiVersion": "v1", "time": now,
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:data": {".": {},
                                            "f:registry.json": {}}}}]}}
        if data is not None:
            config_map["data"] = data
        if binary is not None:
            config_map["binaryData"] = {
                key: value if isinstance(value, str)
                else base64.b64encode(value).decode()
                for key, value in binary.items()}
        self.objects[namespace, name] = config_map
        return str(self.version)

    def stop(self):
        for server in self.tls, self.plain:
            server.shutdown()
            server.server_close()
        shutil.rmtree(self.directory)


class Volume:
    """A mounted ConfigMap, updated in kubelet's steps."""

    def __init__(self, path):
        self.path = path
        self.count = 0
        os.makedirs(path)

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    def update(self, files):
        """Writes a new generation: {key: bytes}."""
        old = os.readlink(self.at("..data")) if self.count else None
        self.count += 1
        stamp = time.strftime("..%Y_%m_%d_%H_%M_%S")
        new = f"{stamp}.{self.count:09d}"
        os.mkdir(self.at(new), 0o755)
        for key, data in files.items():
            with open(self.at(new, key), "wb") as f:
                f.write(data)
        os.symlink(new, self.at("..data_tmp"))
        os.rename(self.at("..data_tmp"), self.at("..data"))
        for key in files:
            if not os.path.islink(self.at(key)):
                os.symlink(os.path.join("..data", key), self.at(key))
        for key in os.listdir(self.path):
            if not key.startswith("..") and key not in files:
                os.unlink(self.at(key))
        if old:
            shutil.rmtree(self.at(old))
