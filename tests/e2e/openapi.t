#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The description of the API against what others make of it: redocly and
spectral find no error, schemathesis finds no answer that differs from it behind
lighttpd, and the official description of the MCP registry accepts every answer.

`make openapi-check` installs the three programs into build/openapi-tools; where
they are neither there nor in PATH, those parts are skipped.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(
    os.path.abspath(__file__)), "..", "lib"))

import registry_db as rdb
import responder
import tap
import web_servers

TOOLS = os.path.join(responder.ROOT, "build", "openapi-tools")
OFFICIAL = os.path.join(responder.ROOT,
    "../shared/data/official-openapi-v1.8.9.yaml")
EXAMPLES = os.environ.get("OPENAPI_EXAMPLES", "10")
NAME = "com.example/server-{:02}"


# What no description can say, for schemathesis.
SETTINGS = """\
[phases.coverage]
# PUT, PATCH and DELETE of some paths are 501 until they exist, not 405.
unexpected-methods = ["POST", "TRACE", "QUERY"]

[parameters]
# Another text of the same form is no cursor and so a 400.
"query.cursor" = ""
# Together they have at most 512 bytes.
"query.tag" = ["web"]
"query.registry_type" = ["npm"]
"query.transport" = ["stdio"]
"""


def tool(name):
    """A program's path, or None and a skipped test."""
    path = ":".join([os.path.join(TOOLS, "node_modules/.bin"),
        os.path.join(TOOLS, "python/bin"), os.environ["PATH"]])
    found = shutil.which(name, path=path)
    if not found:
        tap.skip(f"{name.upper()} IS NOT INSTALLED: run make openapi-check")
    return found


def build(path):
    extra = {"packages": [{"registryType": "npm", "identifier": "x",
        "version": "1.0.0", "transport": {"type": "stdio"}}],
        "remotes": [{"type": "streamable-http",
            "url": "https://example.com/mcp"}]}
    rdb.build(path, [rdb.Source("catalogue", [
        rdb.server(NAME.format(n), v, "A server", "Title", extra=extra,
            status=("active", "deprecated", "deleted")[n % 3])
        for n in range(60) for v in ("1.0.0", "1.1.0", "2.0.0-rc.1+b")] +
        [rdb.extension(kind, "ns", "one", v) for kind in
            (rdb.SKILL, rdb.PLUGIN) for v in ("1.0.0", "2.0.0")])],
        [rdb.Registry("main", ["catalogue"], True)])


def lint(command, what):
    done = subprocess.run(command, capture_output=True, text=True, check=False,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_"
            "UPDATE_NOTICE": "true", "CI": "true"})
    if not tap.equal(done.returncode, 0, f"{what} finds no error"):
        print(re.sub("(?m)^", "#   ", (done.stdout + done.stderr)[-4000:]))


def description(directory):
    path = os.path.join(directory, "openapi.json")
    with open(path, "wb") as f:
        f.write(responder.cgi(DATABASE, "/openapi.json").body)
    return path


def test_redocly():
    redocly = tool("redocly")
    if redocly:
        with tempfile.TemporaryDirectory() as directory:
            lint([redocly, "lint", description(directory)], "redocly")


def test_spectral():
    spectral = tool("spectral")
    if spectral:
        with tempfile.TemporaryDirectory() as directory:
            rules = os.path.join(directory, "rules.yaml")
            with open(rules, "w", encoding="ascii") as f:
                f.write("extends: [spectral:oas]\n")
            lint([spectral, "lint", description(directory), "-r", rules],
                "spectral")


def test_schemathesis():
    schemathesis = tool("schemathesis")
    missing = web_servers.missing("lighttpd")
    if missing:
        tap.skip(f"schemathesis behind lighttpd: {missing}")
    if not schemathesis or missing:
        return
    server = web_servers.Server("lighttpd")
    build(server.database)
    server.share_database()
    with tempfile.TemporaryDirectory() as directory:
        try:
            tap.ok(server.start(), "lighttpd serves")
            with open(os.path.join(directory, "schemathesis.toml"), "w",
                    encoding="ascii") as f:
                f.write(SETTINGS)
            done = subprocess.run([schemathesis, "run",
                f"http://127.0.0.1:{server.port}/openapi.json", "--checks",
                "all", "--max-examples", EXAMPLES, "--no-color", "--seed", "1"],
                capture_output=True, text=True, check=False, cwd=directory)
            if not tap.equal(done.returncode, 0, "schemathesis finds nothing"):
                print(re.sub("(?m)^", "#   ", done.stdout[-12000:]))
        finally:
            server.stop()
            server.clean()


# ---- the official description ------------------------------------------------

def official():
    """The description and a validator for its schemas, or None."""
    try:
        import jsonschema
        import yaml
    except ImportError as e:
        tap.skip(f"THE OFFICIAL DESCRIPTION IS NOT COMPARED: {e}")
        return None, None
    if not os.path.exists(OFFICIAL):
        tap.skip(f"THE OFFICIAL DESCRIPTION IS NOT COMPARED: no {OFFICIAL}")
        return None, None
    with open(OFFICIAL, encoding="utf-8") as f:
        document = yaml.safe_load(f)
    warnings.simplefilter("ignore")

    def problems(schema, answer):
        whole = {**schema, "components": document["components"]}
        validator = jsonschema.Draft202012Validator(whole,
            format_checker=jsonschema.FormatChecker())
        return [f"{list(e.absolute_path)}: {e.message[:200]}"
            for e in validator.iter_errors(answer)]
    return document, problems


def requests():
    """(Path of the description, URI) of answers of every kind."""
    lists = "/v0.1/servers"
    versions = lists + "/{serverName}/versions"
    one = versions + "/{version}"
    for query in ("", "?limit=7", "?version=latest", "?search=server-1",
            "?include_deleted=true", "?version=1.1.0", "?search=none",
            "?updated_since=2020-01-01T00:00:00Z", "?limit=x", "?cursor=x"):
        yield lists, lists + query
    for n in range(3):
        name = NAME.format(n).replace("/", "%2F")
        for query in "", "?include_deleted=true":
            yield versions, f"{lists}/{name}/versions{query}"
            for version in "latest", "1.0.0", "2.0.0-rc.1%2Bb", "9":
                yield one, f"{lists}/{name}/versions/{version}{query}"
    for name in "no.such%2Fname", "%00", "%20", "x":
        yield versions, f"{lists}/{name}/versions"
        yield one, f"{lists}/{name}/versions/latest"
    yield lists, "/registry/none/v0.1/servers"


def test_official_description():
    document, problems = official()
    if not document:
        return
    seen = {}
    for path, uri in requests():
        answer = responder.cgi(DATABASE, uri)
        known = document["paths"][path]["get"]["responses"]
        seen[path, answer.status] = True
        described = known.get(str(answer.status))
        # Of a 400 it says nothing: like a 404.
        schema = (described or known.get("404") or document["paths"][
            "/v0.1/servers/{serverName}/versions"]["get"]["responses"]["404"]
            )["content"]["application/json"]["schema"]
        tap.equal(problems(schema, answer.json), [],
            f"{uri}: {answer.status} is as described")
    for path in sorted({p for p, _ in requests()}):
        tap.ok((path, 200) in seen and (path, 404) in seen,
            f"{path}: a success and an error are among them")
    wrong = json.loads(responder.cgi(DATABASE, "/v0.1/servers").body)
    del wrong["servers"][0]["server"]["name"]
    tap.ok(problems(document["paths"]["/v0.1/servers"]["get"]["responses"][
        "200"]["content"]["application/json"]["schema"], wrong),
        "one that is not would be found")


with tempfile.TemporaryDirectory() as WHERE:
    DATABASE = os.path.join(WHERE, "registry.db")
    build(DATABASE)
    tap.main([test_redocly, test_spectral, test_schemathesis,
        test_official_description])
