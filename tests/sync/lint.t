#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""thv-registry-sync lint: its input, and how it reports findings."""
import json
import os
import pty
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap
from test_site import SYNC, Site, document, server

SCHEMA = ("https://static.modelcontextprotocol.io/schemas/2025-12-11/"
          "server.schema.json")
MANUAL = os.path.join(os.path.dirname(__file__), "..", "..", "sync",
                      "thv-registry-lint.1")


def perfect(name, version="1.0.0", **more):
    """An entry in which nothing is found."""
    return {"$schema": SCHEMA, "icons": [{"src": "https://example.com/i.png"}],
            "remotes": remote(f"https://example.com/{name}"),
            **server(name, version), **more}


def remote(url):
    return [{"type": "streamable-http", "url": url}]


def lint(*args, **env):
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith("THV_REGISTRY")}
    return subprocess.run([SYNC, "lint", *args], env={**clean, **env},
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=120)


def found(*args):
    """(rule, name, version, path) of each finding, sorted."""
    done = lint("--json", *args)
    return sorted((f["rule"], f["name"] or "", f["version"] or "", f["path"])
                  for f in json.loads(done.stdout)["findings"])


def test_nothing_to_say():
    with Site() as site:
        path = site.write("a.json", document(perfect("n/x"), perfect("n/y")))
        done = lint(path)
        tap.equal((done.returncode, done.stdout, done.stderr), (0,
            "0 errors, 0 warnings, 0 info; entries checked: 2\n",
            ""), "for people")
        done = lint("--json", path)
        tap.equal(json.loads(done.stdout), {"findings": [], "summary": {
            "entries": 2, "error": 0, "warning": 0, "info": 0}}, "as JSON")


def test_one_finding_says_everything():
    with Site() as site:
        path = site.write("a.json", document(perfect("n/x"), perfect(
            "n/y", remotes=remote("https://example.com/"))))
        done = lint("--json", path)
        tap.equal(done.returncode, 0, "a warning is no failure")
        finding, = json.loads(done.stdout)["findings"]
        why, advice = finding.pop("why"), finding.pop("advice")
        tap.equal(finding, {
            "scope": {"kind": "document", "name": path},
            "where": "data.servers.1", "kind": "server", "name": "n/y",
            "version": "1.0.0", "path": "remotes.0.url",
            "value": "https://example.com/", "detail": None,
            "severity": "warning", "rule": "remote-slash",
            "clients": ["vscode"]}, "the finding")
        tap.ok("slash" in why and "slash" in advice, "why, and what to do")
        lines = lint(path).stdout.splitlines()
        tap.equal(lines[0], f"n/y@1.0.0 (document {path}: data.servers.1)",
                  "heading")
        tap.equal(re.sub(" +", " ", lines[1]), " warning remote-slash "
                  "remotes.0.url = https://example.com/ [VS Code]", "line")
        tap.contains(" ".join(lines), "Why: The URL ends in a slash.", "why")


def test_what_people_are_shown():
    with Site() as site:
        path = site.write("a.json", document(
            perfect("n/x", icons=[]), perfect(
                "n/y", remotes=remote("https://example.com/")),
            perfect("n/z", remotes=[{"type": "streamable-http", "url":
                                     "https://{a}.example.com"}])))
        for args, shown in (("-q",), (0, 0, 1)), ((), (0, 1, 1)), \
                (("-v",), (1, 1, 1)):
            done = lint(*args, path)
            tap.equal(done.returncode, 1, f"exit status {args}")
            tap.equal(tuple(f"\n  {word:7}" in "\n" + done.stdout for word in
                            ("info", "warning", "error")), shown,
                      f"info, warning, error with {args}")


def test_colour_only_on_a_terminal():
    with Site() as site:
        path = site.write("a.json", document(perfect("n/z", remotes=[])))
        tap.ok("\033" not in lint(path).stdout, "none in a pipe")
        for env, coloured in ({}, True), ({"NO_COLOR": "1"}, False):
            ours, theirs = pty.openpty()
            subprocess.run([SYNC, "lint", path], stdout=theirs, check=False,
                           env={**os.environ, **env}, timeout=60)
            os.close(theirs)
            out = b""
            try:
                while part := os.read(ours, 65536):
                    out += part
            except OSError:
                pass
            os.close(ours)
            tap.equal(b"\033[31merror" in out, coloured, f"terminal, {env}")


def test_rejected_entries_and_documents():
    with Site() as site:
        path = site.write("a.json", document(
            perfect("n/x"), {**perfect("n/long"), "description": "d" * 101},
            7, perfect("n/x")))
        tap.equal(found(path), [
            ("duplicate", "n/x", "1.0.0", ""),
            ("rejected", "", "", ""),
            ("rejected", "n/long", "1.0.0", "description"),
            ("text-length", "n/long", "1.0.0", "description")], "found")
        findings = json.loads(lint("--json", path).stdout)["findings"]
        rejected = next(f for f in findings if f["rule"] == "rejected")
        tap.equal((rejected["name"], rejected["path"], rejected["where"]),
                  ("n/long", "description", "data.servers.1"), "which")
        tap.equal(rejected["detail"], "must have at most 100 characters",
                  "which rule")
        broken = site.write("b.json", '{"version": "1.0.0", "data": }')
        done = lint("--json", broken, path)
        tap.equal(done.returncode, 1, "a broken document is a finding")
        findings = json.loads(done.stdout)["findings"]
        tap.equal((findings[0]["rule"], findings[0]["scope"]["name"]),
                  ("document", broken), "it is named")
        tap.contains(findings[0]["detail"], "line 1 column 30",
                     "and where it breaks")
        tap.equal(len(findings), 5, "the others are checked all the same")


def test_documents_are_compared_with_each_other():
    with Site() as site:
        os.mkdir(site.path("d"))
        shared = remote("https://example.com/a")
        site.write("d/a.json", document(perfect("n/x", remotes=shared)))
        site.write("d/b.json", document(perfect("n/x"), perfect("N/x"),
                                        perfect("n/z", remotes=shared)))
        expected = [("duplicate", "n/x", "1.0.0", ""),
                    ("name-case", "n/x", "", "name"),
                    ("remote-shared", "n/z", "", "remotes")]
        tap.equal(found(site.path("d")), expected, "a directory")
        tap.equal(found(site.path("d/a.json"), site.path("d/b.json")),
                  expected, "two files")
        tap.equal(found(site.path("d/a.json")), [], "one of them")


def test_skills_and_plugins():
    with Site() as site:
        skill = {"namespace": "com.example", "name": "notes",
                 "version": "1.0.0", "description": "Writes notes"}
        path = site.write("a.json", document(
            perfect("n/x"), skills=[skill, skill], plugins=[
                skill, {**skill, "name": "N"}]))
        tap.equal(found(path), [
            ("duplicate", "com.example/notes", "1.0.0", ""),
            ("rejected", "com.example/N", "1.0.0", "name")], "found")


def test_what_is_stored():
    with Site() as site:
        bad = {**server("n/bad"), "description": ""}
        site.configure({
            "a": site.file_source("a", perfect("n/x", icons=[]), bad),
            "b": site.file_source("b", perfect("n/X"),
                                  perfect("n/y", remotes=[]))},
            {"both": ["a", "b"], "one": ["a"]})
        site.sync()
        tap.equal(found("-c", site.config), [
            ("icon-missing", "n/x", "1.0.0", "icons"),
            ("kiro-ways", "n/y", "1.0.0", ""),
            ("name-case", "n/x", "", "name"),
            ("nothing-to-run", "n/y", "1.0.0", ""),
            ("rejected", "n/bad", "1.0.0", "data.servers.1.description")],
            "all sources; registries show what meets")
        tap.equal(found("-c", site.config, "--source", "a"), [
            ("icon-missing", "n/x", "1.0.0", "icons"),
            ("rejected", "n/bad", "1.0.0", "data.servers.1.description")],
            "one source")
        tap.equal(found("-c", site.config, "--source", "b", "--source", "a"),
                  sorted(f for f in found("-c", site.config)
                         if f[0] != "name-case"), "two, each by itself")
        done = lint("-c", site.config, "--source", "a", "--source", "no")
        tap.equal(done.returncode, 2, "an unknown source")
        tap.contains(done.stderr, "no source called 'no'", "is named")
        done = lint(THV_REGISTRY_CONFIG=site.config)
        tap.equal(done.returncode, 1, "the configuration of the environment")
        site.file_source("b", perfect("n/X"))
        site.sync("--force")
        tap.ok(not any(f[1] == "n/y" for f in found("-c", site.config)),
               "removed entries are not checked")


def test_what_is_served_with_a_note():
    typo = perfect("n/typo", remotes=[{"type": "streamable-htp",
                                       "url": "https://example.com/typo"}])
    dated = {"server": perfect("n/dated"), "_meta": {
        "io.modelcontextprotocol.registry/official": {"publishedAt": "soon"}}}
    with Site() as site:
        path = site.write("a.json", [typo, dated])
        want = [("format", "n/dated", "1.0.0", "_meta.io.modelcontextprotocol."
                 "registry/official.publishedAt"),
                ("format", "n/typo", "1.0.0", "remotes.0.type"),
                ("kiro-remote", "n/typo", "1.0.0", "remotes.0.type")]
        tap.equal(found(path), want, "in a file")
        tap.equal(lint(path).returncode, 0, "it is a warning")
        site.configure({"a": {"file": {"path": path}}})
        site.sync()
        tap.equal([f[:3] for f in found("-c", site.config)],
                  [w[:3] for w in want], "and in what is stored")


def test_news_of_the_format():
    """None of what an official registry accepts is an error."""
    stdio = {"type": "stdio"}
    with Site() as site:
        path = site.write("a.json", [
            perfect("n/cargo", remotes=[], packages=[
                {"registryType": "cargo", "identifier": "c", "version": "1",
                 "transport": stdio, "postInstallInstructions": [
                     {"description": "d", "command": "c", "optional": True}]}]),
            perfect("n/bin", packages=[
                {"registryType": "npm", "identifier": "n", "version": "1",
                 "executable": "e", "transport": stdio}]),
            perfect("n/tool", _meta={"io.modelcontextprotocol.registry/"
                    "publisher-provided": {"tool": "t", "version": "1"}},
                    repository={}, title=None, websiteUrl="")])
        done = lint("--json", path)
        tap.equal(done.returncode, 0, "no error")
        tap.equal([(f["rule"], f["path"]) for f in
                   json.loads(done.stdout)["findings"]
                   if f["name"] == "n/cargo"][0],
                  ("package-cargo", "packages.0.registryType"), "but a word")


def test_usage():
    with Site() as site:
        path = site.write("a.json", document(perfect("n/x")))
        site.configure({"a": site.file_source("a", perfect("n/x"))})
        for args in (("--no-such",), ("--source",), (path, "--source", "a"),
                     (site.path("none.json"),), ("-c", site.path("none.yaml")),
                     ("-c", site.config)):
            done = lint(*args)
            tap.equal((done.returncode, done.stdout), (2, ""), str(args))
            tap.ok(done.stderr.startswith("thv-registry-sync: "), "is said")
        done = lint("--help")
        tap.equal((done.returncode, done.stderr), (0, ""), "--help")
        for option in re.findall(r"^ +(?:-\w, )?(--\w+)", done.stdout, re.M):
            tap.contains(open(MANUAL, encoding="utf-8").read(),
                         "Fl " + option[1:], f"the manual has {option}")


def test_control_characters_do_not_reach_the_terminal():
    with Site() as site:
        path = site.write("a.json", document(perfect("n/x", remotes=remote(
            "https://example.com/\033[2J\u009b/"))))
        done = lint(path)
        tap.ok("\033" not in done.stdout and "\u009b" not in done.stdout,
               "they are not printed")
        tap.contains(done.stdout, "https://example.com/?[2J?/", "but shown")


def test_the_manual_has_every_rule():
    clients = {"vscode": "VS Code", "copilot-cli": "Copilot CLI",
               "jetbrains": "JetBrains", "toolhive": "ToolHive",
               "thv-registry-api": "thv-registry-api",
               "official-registry": "official registry",
               "thv-registry-sync": "this sync", "kiro": "Kiro"}
    with open(MANUAL, encoding="utf-8") as f:
        rules = f.read().split(".Sh RULES")[1].split(".Sh ")[0]
    listed = dict(re.findall(r"^\.It Cm (\S+)\n(\w+; .+)$", rules, re.M))
    known = {r["rule"]: r["severity"] + "; " + ", ".join(
        clients[c] for c in r["clients"]) + "."
        for r in json.loads(lint("--rules", "--json").stdout)}
    tap.equal(listed, known, "rules with their severities and clients")
    plain = lint("--rules").stdout
    for rule in known:
        tap.contains("\n" + plain, f"\n{rule}: ", f"--rules shows {rule}")


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
