#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""/openapi.json and /openapi.yaml: what a client looks for in them, and that
they describe exactly the paths that are answered."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import re

import registry_db as rdb
import responder
import tap

DIRECTORY = tempfile.TemporaryDirectory()
DATABASE = os.path.join(DIRECTORY.name, "registry.db")
PROJECT = "https://github.com/modelcontextprotocol/registry"
SERVERS = ["/servers", "/servers/{serverName}/versions",
    "/servers/{serverName}/versions/{version}"]
NAMED = "/registry/{registryName}"


def extensions(noun):
    base = f"/x/dev.toolhive/{noun}"
    one = base + "/{namespace}/{name}"
    return [base, one, one + "/versions",
        one + "/versions/{version}"]


EXPECTED = {mount + path for mounts, paths in (
    (("", "/v0", "/v0.1", NAMED, NAMED + "/v0.1", NAMED + "/v0"), SERVERS),
    (("/v0", "/v0.1", NAMED + "/v0.1", NAMED + "/v0"),
        extensions("skills") + extensions("plugins")),
    (("", "/v0", "/v0.1"), ["/health"]),
    (("/v0", "/v0.1"), ["/ping"]),
    (("", NAMED), ["/openapi.json", "/openapi.yaml"]),
    (("",), ["/v1/registry", "/v1/registry/{serverName}", "/v1/sources",
        "/v1/sources/{name}", "/v1/sources/{name}/entries", "/v1/registries",
        "/v1/registries/{name}", "/v1/registries/{name}/entries",
        "/registry/status", "/registry/status/history", "/version", "/readiness", "/ready"]),
) for mount in mounts for path in paths}


def document():
    return responder.cgi(DATABASE, "/openapi.json").json


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(root, reference):
    node = root
    for step in reference[2:].split("/"):
        node = node[step]
    return node


def test_what_clients_look_for():
    first = responder.cgi(DATABASE, "/openapi.json")
    for base in "", "/registry/main", "/registry/other":
        for form in "json", "yaml":
            got = responder.cgi(DATABASE, f"{base}/openapi.{form}")
            tap.equal((got.status, got.headers["content-type"]),
                (200, f"application/{form}"), f"{base}/openapi.{form}")
            tap.ok(got.body == first.body, "the same text")
    info = first.json["info"]
    tap.equal(info["version"], "1.0.0", "the version, a string")
    tap.contains(info["description"], PROJECT, "the project")
    tap.equal(first.json["openapi"], "3.1.0", "the format")
    tap.ok(b"\t" not in first.body and b"'" not in first.body,
        "nothing in it that YAML reads in another way")


def test_paths_are_those_of_the_routes():
    paths = set(document()["paths"])
    tap.equal(sorted(paths - EXPECTED), [], "no other paths")
    tap.equal(sorted(EXPECTED - paths), [], "all paths")


def test_every_path_is_answered():
    known = {"registryName": "main", "serverName": "a.e%2F1",
        "version": "1.0.0", "namespace": "n", "name": "s"}
    for path, item in document()["paths"].items():
        name = {"sources": "a", "registries": "main"}.get(
            path.split("/")[2] if path.startswith("/v1/") else "", "s")
        uri = re.sub(r"\{(\w+)\}", lambda m: {**known, "name": name}[m[1]],
            path)
        got = responder.cgi(DATABASE, uri)
        answers = item["get"]["responses"]
        tap.equal(got.status, 200, f"200 for {uri}")
        content = answers["200"]["content"]
        tap.equal(list(content), [got.headers["content-type"]], "its type")
        tap.equal("headers" in answers["200"], "etag" in got.headers,
            "its entity tag")
        root = document()
        schema = resolve(root,
            content[got.headers["content-type"]]["schema"]["$ref"])
        tap.equal([k for k in schema["required"] if k not in got.json], [],
            "what the answer must have")
        tap.equal([k for k in got.json if k not in schema["properties"]]
            if path[:4] != "/ope" and "/openapi" not in path else [], [],
            "and nothing that is not described")


def test_parameters():
    root = document()
    for path, item in root["paths"].items():
        given = [resolve(root, p["$ref"]) for p in item["get"]["parameters"]]
        tap.equal([p["name"] for p in given if p["in"] == "path"],
            re.findall(r"\{(\w+)\}", path), f"path parameters of {path}")
        limit = [p for p in given if p["name"] == "limit"]
        if not limit:
            continue
        uri = re.sub(r"\{\w+\}", "main", path)
        most = limit[0]["schema"].get("maximum")
        tap.equal(responder.cgi(DATABASE, f"{uri}?limit=0").status, 400,
            "limit is read")
        tap.equal(most, 100 if "/x/" in path and "{name}" not in path
            or path.endswith("/history") else None, "its maximum")
        tap.equal(responder.cgi(DATABASE, f"{uri}?limit=5000").status
            in (200, 404), most is None, "what is above it is an error")


def test_references():
    root = document()
    used = set(references(root))
    for reference in sorted(used):
        tap.ok(resolve(root, reference), reference)
    have = {f"#/components/{section}/{name}"
        for section, members in root["components"].items()
        for name in members}
    tap.equal(sorted(have - used), [], "no component without use")


def test_without_what_it_needs():
    missing = os.path.join(DIRECTORY.name, "missing.db")
    tap.equal(responder.cgi(missing, "/openapi.yaml").status, 200,
        "the description needs no database")
    got = responder.cgi(DATABASE, "/registry/nope/openapi.yaml")
    tap.equal((got.status, got.error, got.headers["content-type"]),
        (404, "registry not found", "application/json"), "unknown registry")


rdb.build(DATABASE, [rdb.Source("a", [rdb.server("a.e/1"),
    rdb.extension(rdb.SKILL, "n", "s"), rdb.extension(rdb.PLUGIN, "n", "s")])],
    [rdb.Registry("main", ["a"], True), rdb.Registry("other", [])])
tap.main([test_what_clients_look_for, test_paths_are_those_of_the_routes,
    test_every_path_is_answered, test_parameters, test_references,
    test_without_what_it_needs])
