# SPDX-License-Identifier: Apache-2.0
"""Certificates that sign themselves, for servers of tests."""

import os
import ssl
import subprocess


def make(directory, names):
    """One for `names`, such as "DNS:localhost": its file and its key's."""
    paths = [os.path.join(directory, n) for n in ("tls.pem", "tls.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=test", "-addext", f"subjectAltName={names}", "-addext",
        "basicConstraints=critical,CA:FALSE", "-out", paths[0], "-keyout",
        paths[1]], check=True, capture_output=True)
    return paths


def serve(directory, names):
    """The file of a new one, and what a server takes it by."""
    cert, key = make(directory, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context
