#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sources from ConfigMaps: mounted volumes, and the API over real TLS."""

import atexit
import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import fetching  # noqa: E402
import kubernetes  # noqa: E402
import tap  # noqa: E402
from fetching import fetch, sha256  # noqa: E402
from tap import contains, equal, main, ok  # noqa: E402
from test_site import Site, document, server  # noqa: E402

SCRATCH = tempfile.TemporaryDirectory(prefix="fetch_configmap.")
CACHE = os.path.join(SCRATCH.name, "cache")
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
WRONG = "0" * 64
CLEAN_ENV = {key: value for key, value in os.environ.items() if not
             key.lower().endswith("_proxy") and
             not key.startswith("KUBERNETES_")}
cluster = kubernetes.Cluster()
atexit.register(cluster.stop)


def at(*parts):
    return os.path.join(SCRATCH.name, *parts)


def write(name, text):
    with open(at(name), "w", encoding="utf-8") as f:
        f.write(text)
    return at(name)


def tree_hash(files):
    lines = [f"{sha256(files[name])}  {name}\n" for name in sorted(files)]
    return sha256("".join(lines).encode())


def mounted(path, **more):
    return fetch(kind="configmap", path=path, **more)


def ask(name="catalogue", **more):
    """One fetch through the API."""
    how = {"namespace": "tools", "key": "registry.json", "cache": CACHE,
           "server": cluster.url, "token_file": at("token"),
           "ca_file": cluster.ca, "env": CLEAN_ENV, **more}
    return fetch(kind="configmap", object=name, **how)


# ---- mounted ----

def test_mounted():
    volume = kubernetes.Volume(at("volume"))
    files = {"b.json": b"2", "a.json": b"11", "README": b"no document"}
    volume.update(files)
    documents = {k: v for k, v in files.items() if k.endswith(".json")}
    r = mounted(volume.path)
    equal(r.documents, [(n, len(documents[n]), sha256(documents[n]))
                        for n in sorted(documents)],
          "each *.json key is a document, sorted")
    equal(r.hash, tree_hash(documents), "with the hash of a directory")
    equal(mounted(volume.path, key="*").names, r.names,
          "so it is when all keys are asked for")
    one = mounted(volume.path, key="README")
    equal((one.names, one.hash), (["README"], sha256(b"no document")),
          "one key of any name when it is given")
    equal(mounted(volume.path, key="gone.json").error,
          f"key gone.json not found in ConfigMap mounted at {volume.path}",
          "a key that is not there")
    equal(mounted(volume.at("a.json")).hash, sha256(b"11"),
          "the path may be one file")
    contains(mounted(volume.at("a.json"), key="a.json").error,
             "is no directory with keys", "which has no keys")
    equal(mounted(at("nowhere")).error, f"file not found: {at('nowhere')}",
          "a volume that is not there")
    volume.update({"README": b"only"})
    equal(mounted(volume.path).error,
          f"{volume.path}: no *.json file in directory .",
          "a volume without documents")


def test_mounted_identity():
    volume = kubernetes.Volume(at("settled"))
    volume.update({"a.json": b"1", "b.json": b"2"})
    time.sleep(2.1)
    r = mounted(volume.path)
    ok(r.file_identity.startswith(os.readlink(volume.at("..data")) + " "),
       "the identity says which generation")
    again = mounted(volume.path, prev_hash=WRONG,
                    prev_file_identity=r.file_identity)
    equal((again.unchanged, again.bytes), ("1", "0"),
          "the same generation is not read again")
    volume.update({"a.json": b"1", "b.json": b"2"})
    again = mounted(volume.path, prev_hash=r.hash,
                    prev_file_identity=r.file_identity)
    equal((again.unchanged, again.bytes), ("1", "2"),
          "another generation with the same bytes is read, and unchanged")
    volume.update({"a.json": b"1", "b.json": b"3"})
    again = mounted(volume.path, prev_hash=r.hash,
                    prev_file_identity=r.file_identity)
    equal((again.unchanged, again.hash),
          ("0", tree_hash({"a.json": b"1", "b.json": b"3"})),
          "a swap is noticed")


def test_swap_between_hash_and_reading():
    volume = kubernetes.Volume(at("between"))
    old = {f"{i:02}.json": b"old" for i in range(20)}
    volume.update(old)
    r = mounted(volume.path, between=lambda: volume.update(
        {name: b"new" for name in old}))
    equal({d[2] for d in r.documents}, {sha256(b"old")},
          "what was hashed is read, though it has been deleted since")
    equal(len(r.documents), 20, "all of it")


def test_no_mixture():
    """Generations follow each other while they are read."""
    volume = kubernetes.Volume(at("busy"))
    body = b" " * 200000
    names = [f"{k}.json" for k in range(8)]

    def update():
        volume.update({name: b"%d" % volume.count + body for name in names})

    def burst():
        # One swap spoils one try at most, and a fetch has five.
        for _ in range(4):
            time.sleep(0.003)
            update()

    update()
    mixed = retried = tries = 0
    under_valgrind = "/valgrind" in fetching.DRIVER
    errors = []
    # Swap and reading meet by chance, so until they have.
    while tries < 20 or (tries < 400 and not (retried or under_valgrind)):
        tries += 1
        swapper = threading.Thread(target=burst)
        swapper.start()
        r = mounted(volume.path)
        swapper.join()
        if r.error:
            errors.append(r.error)
        mixed += len({d[2] for d in r.documents}) != 1
        mixed += len(r.documents) != len(names)
        retried += int(r.bytes) > sum(d[1] for d in r.documents)
    equal(errors, [], "a fetch gets past four swaps")
    equal(mixed, 0, "and has never files of two generations")
    if under_valgrind:
        tap.skip("under valgrind all swaps come before the fetch")
    else:
        ok(retried > 0, f"some had to start over: {retried}")


def test_plain_directory():
    os.mkdir(at("plain"))
    write("plain/x.json", "x")
    r = mounted(at("plain"))
    equal((r.names, r.hash), (["x.json"], sha256(b"x")),
          "a directory without ..data is a directory")
    equal(mounted(at("plain"), key="x.json").hash, sha256(b"x"),
          "keys are its files")
    os.symlink("gone", at("plain", "..data"))
    contains(mounted(at("plain")).error, "..data -> gone",
             "a ..data that leads nowhere is an error, not an empty source")


# ---- the API ----

DOCUMENT = json.dumps(document(server("n/<&>", title="\u2028é\U0001f600")),
                      ensure_ascii=False)


def test_api():
    write("token", "first\n")
    version = cluster.put("catalogue", {"registry.json": DOCUMENT,
                                        "other.json": "{}"})
    cluster.seen.clear()
    r = ask()
    data = DOCUMENT.encode()
    equal(r.error, "", "the API answers")
    equal(r.documents, [("registry.json", len(data), sha256(data))],
          "the key's text is the document, escapes undone")
    equal((r.hash, r.revision, r.requests), (sha256(data), version, "1"),
          "with its hash and resourceVersion")
    path, headers = cluster.seen[0]
    equal((path, headers["Authorization"]),
          ("/api/v1/namespaces/tools/configmaps/catalogue", "Bearer first"),
          "the token went along")
    again = ask(prev_hash=WRONG, prev_revision=version)
    equal((again.unchanged, again.hash, again.documents, again.revision),
          ("1", WRONG, [], version),
          "the same resourceVersion is unchanged, whatever the content")
    again = ask(prev_hash=WRONG, prev_revision=version, force=1)
    equal((again.unchanged, again.hash), ("0", sha256(data)), "unless forced")
    again = ask(prev_revision=version)
    equal(again.unchanged, "0", "a version without a hash means nothing")
    newer = cluster.put("catalogue", {"registry.json": DOCUMENT})
    again = ask(prev_hash=r.hash, prev_revision=version)
    equal((again.unchanged, again.revision), ("1", newer),
          "another version with the same text is unchanged, and remembered")
    cluster.put("catalogue", {"registry.json": "{}"})
    again = ask(prev_hash=r.hash, prev_revision=version)
    equal((again.unchanged, again.hash), ("0", sha256(b"{}")),
          "another text is not")


def test_keys():
    write("token", "first")
    cluster.put("many", {"b.json": "2", "a.json": "11"},
                {"c.gz": gzip.compress(b"333"), "d": b"4444"})
    files = {"a.json": b"11", "b.json": b"2", "c.gz": b"333", "d": b"4444"}
    r = ask("many", key="*")
    equal(r.documents, [(n, len(files[n]), sha256(files[n]))
                        for n in sorted(files)],
          "all keys, sorted, decoded and inflated")
    equal(r.hash, tree_hash(files), "with the hash of a directory")
    equal(ask("many", key="d").hash, sha256(b"4444"), "one of binaryData")
    equal(ask("many").error,
          "key registry.json not found in ConfigMap tools/many",
          "a key that is not there")
    cluster.put("empty")
    equal(ask("empty").error,
          "key registry.json not found in ConfigMap tools/empty",
          "a ConfigMap without data")
    equal(ask("empty", key="*").error, "ConfigMap tools/empty has no keys",
          "and when all keys are asked for")
    cluster.put("twice", {"k": "1"}, {"k": b"2"})
    equal(ask("twice", key="k").error,
          "ConfigMap tools/twice: duplicate key k",
          "a key in data and in binaryData")
    cluster.put("number", {"k": 5})
    equal(ask("number", key="k").error,
          "ConfigMap tools/number: key k is no text", "a value of another type")
    cluster.put("void", {"k": ""})
    equal(ask("void", key="k").documents, [("k", 0, sha256(b""))],
          "an empty text is a document")


def test_binary():
    write("token", "first")
    good = gzip.compress(b"x" * 300000)

    def error(value, **more):
        cluster.put("binary", binary={"k": value})
        r = ask("binary", key="k", **more)
        return r.error.removeprefix("ConfigMap tools/binary: key k: ")

    for text in ("ab", "ab=c", "a===", "ab-_", "ab==cd==", "YWI\n"):
        equal(error(text), "is not valid base64", f"{text!r} as base64")
    equal(error(good), "", "gzip is inflated")
    equal(error(gzip.compress(b"a") + gzip.compress(b"b")), "",
          "so are several members")
    equal(ask("binary", key="k").hash, sha256(b"ab"), "to their sum")
    equal(error(good[:-12]), "gzip data is cut off", "gzip that ends early")
    equal(error(b"\x1f\x8b"), "gzip data is cut off", "the magic alone")
    contains(error(good + b"tail"), "gzip data is damaged",
             "gzip followed by something else")
    contains(error(good[:-4] + b"\0\0\0\0"), "gzip data is damaged",
             "gzip that lies about its length")
    contains(error(good[:-8] + b"\0\0\0\0" + good[-4:]),
             "gzip data is damaged", "gzip that lies about its checksum")
    contains(error(b"\x1f\x8b" + b"no gzip at all"), "gzip data is damaged",
             "text that begins as gzip")
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"\0" * 1000000
    bomb = b"".join(deflate.compress(zeros) for _ in range(40))
    bomb += deflate.flush()
    ok(len(bomb) < 1000000, "a bomb that fits into a ConfigMap")
    equal(error(bomb, max_bytes=32 << 20),
          f"inflates to more than {32 << 20} bytes", "does not go off")
    equal(error(bomb), "", "unless there is room for it")


def test_refusals():
    write("token", "first")
    cluster.put("catalogue", {"registry.json": "{}"})
    at_url = f"{cluster.url}/api/v1/namespaces"
    equal(ask("catalogue", namespace="secret").error,
          'failed to get ConfigMap secret/catalogue: HTTP 403 for URL '
          f'{at_url}/secret/configmaps/catalogue: Forbidden: '
          'configmaps "catalogue" '
          'is forbidden: User "system:serviceaccount:tools:registry" cannot '
          'get resource "configmaps" in API group "" in the namespace '
          '"secret"', "403, in the cluster's words")
    equal(ask("gone").error,
          f'failed to get ConfigMap tools/gone: HTTP 404 for URL '
          f'{at_url}/tools/configmaps/gone: Not Found: '
          'configmaps "gone" not found',
          "404")
    cluster.answers["expired"] = lambda h: h.refuse(
        410, "Expired", "too old resource version: 1 (41007)")
    contains(ask("expired").error,
             ": Gone: too old resource version: 1 (41007)", "410")
    cluster.answers["broken"] = lambda h: h.refuse(
        500, "InternalError", "etcdserver: \x1b[31m\r\n" + "é" * 400)
    r = ask("broken")
    contains(r.error, "etcdserver: [31m é", "500 without control characters")
    contains(r.error, "tools/broken: tried 3 times: HTTP 500", "after 3 tries")
    ok(r.error.endswith("éé"), "cut between characters")
    equal(r.requests, "3", "and tried again")
    cluster.answers["proxy"] = lambda h: h.send(403, b"<html>No</html>")
    equal(ask("proxy").error.count("No<"), 0,
          "what is no Status is not quoted")
    contains(ask("proxy").error, "HTTP 403", "but reported")
    cluster.answers["login"] = lambda h: h.send(200, b'{"login":true}')
    equal(ask("login").error, "failed to get ConfigMap tools/login: the "
          "answer's kind is not ConfigMap: this is no Kubernetes API",
          "some other JSON")
    cluster.answers["html"] = lambda h: h.send(200, b"<html>")
    contains(ask("html").error, "tools/html: invalid JSON at line 1",
             "no JSON at all")
    cluster.answers["bare"] = lambda h: h.send(200, b'{"kind":"ConfigMap"}')
    contains(ask("bare").error, "no metadata.resourceVersion",
             "a ConfigMap without a version")


def test_redirects():
    write("token", "first")
    seen_before = len(cluster.seen)
    for code in 301, 302, 307, 308:
        cluster.answers["moved"] = lambda h, code=code: h.send(
            code, b"", Location=f"{cluster.url}/api/v1/namespaces/tools/"
            "configmaps/catalogue")
        contains(ask("moved").error, "refused to follow the redirect",
                 f"{code} on the same host")
    equal(len(cluster.seen) - seen_before, 4,
          "the token went to nobody else")


def test_tokens():
    cluster.put("catalogue", {"registry.json": "{}"})
    write("token", "stale")
    contains(ask().error, "tools/catalogue: HTTP 401",
             "a token that is not let in")
    cluster.tokens.add("second")
    write("token", "second\n")
    equal(ask().error, "", "a rotated token is read")
    write("token", "")
    equal(ask().error, "failed to get ConfigMap tools/catalogue: the file "
          "of configmap.tokenFile is empty", "an empty token file")
    write("token", "a\r\nX-Injected: yes")
    contains(ask().error, "holds a space, a control character",
             "a token that would be a header of its own")
    write("token", "a" * 65537)
    contains(ask().error, "is over 65536 bytes", "a huge token")
    contains(ask(token_file=at("no-token")).error,
             "failed to read the file of configmap.tokenFile: No such file",
             "a missing one")
    write("token", "first")
    os.makedirs(at("other"))
    other = kubernetes.authority(at("other"))
    seen_before = len(cluster.seen)
    r = ask(ca_file=other)
    contains(r.error, "failed to get ConfigMap tools/catalogue: ",
             "another CA")
    contains(r.error, "certificate", "is named as the cause")
    contains(r.error, "; no authority in configmap.caFile signed it",
             "with the key")
    ok(ask(ca_file="").error != "", "nor is it one that the system knows")
    contains(ask(ca_file=at("no-ca")).error, at("no-ca"), "a missing CA file")
    env = {**CLEAN_ENV, "SSL_CERT_FILE": cluster.ca}
    ok(ask(ca_file=other, env=env).error != "",
       "a CA file takes the place of the system's")
    equal(len(cluster.seen), seen_before, "the token was not shown to anyone")
    cluster.seen.clear()
    equal(ask(server=cluster.plain_url + "/").error, "",
          "plain http, as kubectl's proxy has it")
    ok("Authorization" not in cluster.seen[0][1], "goes without a token")


def test_huge():
    write("token", "first")
    cluster.put("huge", {"registry.json": "x" * (17 << 20)})
    contains(ask("huge").error, f"is larger than {16 << 20} bytes",
             "no ConfigMap is that large")
    cluster.put("large", {"registry.json": "<" * (1 << 20)})
    equal(ask("large").hash, sha256(b"<" * (1 << 20)),
          "a full one of characters that are escaped")
    contains(ask("large", max_bytes=1000).error, "larger than 1000 bytes",
             "a limit of its source")


def test_in_a_pod():
    write("token", "first")
    cluster.put("catalogue", {"registry.json": "{}"})
    pod = {**CLEAN_ENV, "KUBERNETES_SERVICE_HOST": "127.0.0.1",
           "KUBERNETES_SERVICE_PORT": str(cluster.port)}
    equal(ask(server="", env=pod).error, "", "the environment has the server")
    contains(ask(server="").error,
             "configmap.server is not set and this is no pod", "or has not")
    if os.path.exists(ACCOUNT):
        tap.skip("this is a pod")
        return
    contains(ask(namespace="", env=pod).error, f"{ACCOUNT}/namespace",
             "without a service account")
    if os.geteuid() != 0:
        tap.skip("mounting a service account takes root")
        return
    account = at("run", "secrets", "kubernetes.io", "serviceaccount")
    os.makedirs(account)
    shutil.copy(cluster.ca, account)
    for name, text in ("token", "first"), ("namespace", "tools"):
        with open(os.path.join(account, name), "w", encoding="ascii") as f:
            f.write(text)
    line = fetching.command(kind="configmap", object="catalogue",
                            key="registry.json", cache=CACHE)
    # Mounting over /run would hide a driver or cache that lies below it.
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c",
         'mount --bind "$0" /run && exec "$@"', at("run"), *line],
        env=pod, capture_output=True, text=True, check=False, timeout=60)
    if done.stderr:
        tap.skip(f"no mounts here: {done.stderr.strip()}")
        return
    r = fetching.Result(done.stdout, done.returncode)
    equal((r.error, r.hash), ("", sha256(b"{}")),
          "the service account has the rest")


def test_one_bad_key_costs_only_itself():
    write("token", "first")

    def put(**keys):
        cluster.put("mixed", {
            f"{k}.json": v if isinstance(v, (int, str)) else json.dumps(
                document(v)) for k, v in keys.items()
            if not isinstance(v, bytes)},
            {f"{k}.json": base64.b64encode(v).decode()
             for k, v in keys.items() if isinstance(v, bytes)})

    for what, bad in (("gzip", gzip.compress(b"{}")[:-3]), ("a number", 5),
                      ("syntax", "{")):
        with Site() as site:
            put(a=server("n/a"), b=server("n/b"), c=server("n/c"))
            site.configure({"s": {"configmap": {
                "name": "mixed", "namespace": "tools", "key": "*",
                "server": cluster.url, "tokenFile": at("token"),
                "caFile": cluster.ca}}})
            equal(site.sync().status, 0, f"{what}: set-up")
            put(a=server("n/a", "2.0.0"), b=bad, d=server("n/d"))
            run = site.sync("--force")
            equal((run.status, site.names()), (0, [
                ("n/a", "2.0.0"), ("n/b", "1.0.0"), ("n/d", "1.0.0")]),
                f"{what}: the other keys are taken, and b stays")
            contains(run.source("s")["warning"], "b.json: ",
                     f"{what}: which is named")
            put(b=bad)
            equal(site.sync("--force").status, 1,
                  f"{what}: alone it fails the source")


def test_synced():
    """The whole way, with the program that users run."""
    write("token", "first")
    with Site() as site:
        volume = kubernetes.Volume(site.path("volume"))
        volume.update({"a.json": json.dumps(document(server("n/a"))).encode(),
                       "b.json": json.dumps(document(server("n/b"))).encode()})
        packed = json.dumps(document(server("n/c"))).encode()
        cluster.put("packed", binary={
            "registry.json": base64.b64encode(gzip.compress(packed)).decode()})
        site.configure({
            "mounted": {"configmap": {"path": volume.path}},
            "asked": {"configmap": {
                "name": "packed", "namespace": "tools", "server": cluster.url,
                "tokenFile": at("token"), "caFile": cluster.ca}}})
        run = site.sync()
        equal((run.status, run.source("mounted")["added"],
               run.source("asked")["added"]), (0, 2, 1), "both are synced")
        equal(site.names(), [("n/a", "1.0.0"), ("n/b", "1.0.0"),
                             ("n/c", "1.0.0")], "and served")
        run = site.sync("--source", "asked")
        equal(run.source("asked")["result"], "unchanged",
              "the same resourceVersion is unchanged")
        volume.update({"b.json":
                       json.dumps(document(server("n/b", "1.1.0"))).encode()})
        run = site.sync("--source", "mounted")
        equal(run.counts("mounted"), (1, 0, 2, 0, 0),
              "a swap of the volume is synced")
        cluster.tokens.clear()
        run = site.sync("--source", "asked")
        cluster.tokens.add("first")
        contains(run.source("asked")["error"], "Fetch failed: failed to get "
                 "ConfigMap tools/packed: HTTP 401", "a refusal is reported")
        equal(len(site.names()), 2, "and keeps what is stored")


os.mkdir(CACHE)
main([test_mounted, test_mounted_identity, test_swap_between_hash_and_reading,
      test_no_mixture, test_plain_directory, test_api, test_keys, test_binary,
      test_refusals, test_redirects, test_tokens, test_huge, test_in_a_pod,
      test_one_bad_key_costs_only_itself, test_synced])
