#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Documents of every shape, through real syncs: told by their content, from a
file, a directory and a git repository, and what is said of those that are none
of them."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import responder
import tap
from test_site import LISTING, OFFICIAL, Site, document, server

SHARED = os.path.join(responder.ROOT, "../shared/data")
OLD = "https://static.modelcontextprotocol.io/schemas/2025-07-09/" \
    "server.schema.json"


def item(entry, **official):
    return {"server": entry, "_meta": {OFFICIAL: official}}


def page(*items, **more):
    return {"servers": list(items), "metadata": {"count": len(items)}, **more}


def container(**more):
    return {"description": "Does it", "image": "example/a:1",
            "transport": "stdio", "status": "Active", "tier": "Official",
            "tools": ["run"], **more}


def legacy(servers=None, remotes=None, **more):
    return {"version": "1.0.0", "last_updated": "2026-01-01T00:00:00Z",
            "servers": servers or {}, "remote_servers": remotes or {}, **more}


def git_repository(site, files):
    """A bare repository with the files; returns its URL."""
    tree, bare = site.path("work"), site.path("bare.git")
    for name, content in files.items():
        site.write(f"work/{name}", content)
    subprocess.run(["git", "init", "-q", "-b", "main", tree], check=True)
    for command in (["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", "-C", tree, "-c", "user.name=t", "-c",
                        "user.email=t@example.com", *command], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", tree, bare], check=True)
    return f"file://{bare}"


def synced(site, content):
    """One file source with the content; the run."""
    site.configure({"a": {"file": {"path": site.write("a.json", content)}}})
    return site.sync()


def rejected(site):
    return site.query("SELECT path, name, version, rule FROM rejected_entry")


def notes(site):
    return site.query("SELECT path, name, version, rule FROM entry_note")


def test_each_shape_brings_the_same_server():
    entry = server("n/x", title="T")
    shapes = {
        "registry": document(entry), "page": page(item(entry)),
        "page of bare servers": page(entry), "list": [entry],
        "list of items": [item(entry)], "server": entry, "item": item(entry),
        "page without metadata": {"servers": [entry]}}
    for label, content in shapes.items():
        with Site() as site:
            run = synced(site, content)
            tap.equal((run.status, run.counts("a")), (0, (1, 0, 0, 0, 0)),
                      f"{label}: counts")
            got = site.get("/v0.1/servers/n%2Fx/versions/latest").json
            tap.equal(got["server"], entry, f"{label}: as it went in")
            run = site.sync("--force")
            tap.equal(run.counts("a"), (0, 0, 0, 1, 0), f"{label}: again")


def test_a_bad_item_is_one_rejected_entry():
    good = server("n/good")
    with Site() as site:
        run = synced(site, page(
            item(good), 5, {"_meta": {}}, {"server": "n/x"},
            item(server("n/status"), status="gone"),
            item(server("n/date"), publishedAt="yesterday"),
            item({"name": "n/noversion"}), item({"name": "", "version": "1"}),
            item({"name": "n/long", "version": "1" * 256}),
            {"server": server("n/meta"), "_meta": []},
            {"server": server("n/extra"), "_meta": {"x": "\ud800"}},
            item(server("n/title", title=5)),
            item(server("n/loose", description="d" * 500, packages="none"))))
        tap.equal(run.counts("a"), (2, 0, 0, 0, 11), "counts")
        got = rejected(site)
        tap.equal([r[0] for r in got], [
            "servers.1", "servers.2.server", "servers.3.server",
            f"servers.4._meta.{OFFICIAL}.status",
            f"servers.5._meta.{OFFICIAL}.publishedAt",
            "servers.6.server.version", "servers.7.server.name",
            "servers.8.server.version", "servers.9._meta", "servers.10._meta",
            "servers.11.server.title"], "places")
        tap.equal([r[1] for r in got], [
            None, None, None, "n/status", "n/date", "n/noversion", "",
            "n/long", "n/meta", "n/extra", "n/title"], "names")
        tap.equal(site.names(), [("n/good", "1.0.0"), ("n/loose", "1.0.0")],
                  "what is not identity is not judged")
        for view in "server_package", "server_remote", "server_tag":
            tap.equal(site.query(f"SELECT * FROM {view}"), [], view)


def test_what_a_person_wrote_is_checked_fully():
    long = server("n/long", description="d" * 101)
    for label, content in (("list", [server("n/good"), long]),
                           ("document", document(server("n/good"), long))):
        with Site() as site:
            run = synced(site, content)
            tap.equal(run.counts("a"), (1, 0, 0, 0, 1), f"{label}: rejected")


def test_pages_of_our_own_extensions():
    skill = {"namespace": "io.example", "name": "sk1", "version": "1.0.0",
             "description": "d"}
    with Site() as site:
        run = synced(site, {"skills": [skill], "plugins": [skill],
                            "metadata": {"count": 1}})
        tap.equal((run.status, run.source("a")["total"]), (0, 2), "stored")
        got = site.get("/registry/main/v0.1/x/dev.toolhive/skills").json
        tap.equal(got["skills"], [skill], "served")


def test_legacy_entries_are_converted():
    with Site() as site:
        run = synced(site, legacy({
            "fetch": container(target_port=8080, transport="sse",
                               tags=["web"], env_vars=[{
                                   "name": "KEY", "description": "The key",
                                   "required": True, "secret": False,
                                   "default": "x"}]),
            "com.example/own": container(description="d" * 300),
            "named": container(name="com.example/given"),
        }, {"far": {"description": "Far", "url": "https://example.com/mcp",
                    "transport": "streamable-http", "headers": [
                        {"name": "H", "secret": True, "choices": ["a"]}],
                    "env_vars": [{"name": "E"}]}},
            groups=[{"name": "g"}]))
        tap.equal(run.counts("a"), (4, 0, 0, 0, 0), "counts")
        got = {i["server"]["name"]: i["server"]
               for i in site.get("/v0.1/servers").json["servers"]}
        tap.equal(sorted(got), ["com.example/given", "com.example/own",
                                "io.github.stacklok/far",
                                "io.github.stacklok/fetch"], "names")
        fetch = got["io.github.stacklok/fetch"]
        tap.equal(fetch["packages"], [{
            "registryType": "oci", "identifier": "example/a:1",
            "transport": {"type": "sse", "url": "http://localhost:8080"},
            "environmentVariables": [{
                "name": "KEY", "description": "The key", "isRequired": True,
                "default": "x"}]}], "package")
        tap.equal(fetch["_meta"][LISTING]["io.github.stacklok"], {
            "example/a:1": {"status": "Active", "tier": "Official",
                            "tools": ["run"], "tags": ["web"]}}, "extension")
        far = got["io.github.stacklok/far"]
        tap.equal(far["remotes"], [{
            "type": "streamable-http", "url": "https://example.com/mcp",
            "headers": [{"name": "H", "isSecret": True, "choices": ["a"]}]}],
            "remote")
        tap.equal(far["_meta"][LISTING]["io.github.stacklok"], {
            "https://example.com/mcp": {"status": "active", "env_vars": [
                {"name": "E"}]}}, "its extension")
        tap.equal([n[0] for n in notes(site)], ["groups"], "groups are noted")


def test_legacy_values_keep_their_text():
    text = ('{"servers":{"a-b":{"description":"d","image":"i",'
            '"custom_metadata":{"n":1E5,"z":0.10,"a":[ 1.0 ]},'
            '"tool_definitions":[{"name":"t","x":12345678901234567890}]}}}')
    with Site() as site:
        synced(site, text)
        body = site.value("SELECT doc FROM server")
        tap.contains(body, '"custom_metadata":{"n":1E5,"z":0.10,"a":[1.0]}',
                     "numbers")
        tap.contains(body, '[{"name":"t","x":12345678901234567890}]',
                     "large ones")


def test_bad_legacy_entries_are_named():
    with Site() as site:
        run = synced(site, legacy({
            "good": container(), "array": [], "noimage": {"description": "d"},
            "port": container(target_port=70000),
            "way": container(transport="pigeon"),
            "env": container(env_vars=[{"name": 5}]),
            "twin": container(name="io.github.stacklok/good"),
        }, {"io": {"description": "d", "url": "https://example.com",
                   "transport": "stdio"}}))
        tap.equal(run.counts("a"), (1, 0, 0, 0, 7), "counts")
        tap.equal([r[0] for r in rejected(site)], [
            "servers.array", "servers.noimage.image",
            "servers.port.target_port", "servers.way.transport",
            "servers.env.env_vars.0.name", "servers.twin",
            "remote_servers.io.transport"], "places")


def test_real_legacy_catalogue():
    path = os.path.join(SHARED, "toolhive-registry-legacy.json")
    if not os.path.exists(path):
        tap.skip("the legacy catalogue is not beside the checkout")
        return
    with open(os.path.join(SHARED, "registry-upstream.json"),
              encoding="utf-8") as f:
        wanted = {s["name"]: s for s in json.load(f)["data"]["servers"]}
    with Site() as site:
        site.configure({"a": {"file": {"path": path}}})
        run = site.sync()
        tap.equal(run.counts("a"), (len(wanted), 0, 0, 0, 0), "counts")
        got = dict(site.query("SELECT name, doc FROM server"))
        tap.equal(sorted(got), sorted(wanted), "names")
        tap.equal([n for n in got if json.loads(got[n]) != wanted[n]], [],
                  "member by member")


def test_earlier_schemas_are_served_with_a_note():
    snake = {"$schema": OLD, "name": "n/snake", "description": "d",
             "status": "deprecated", "version_detail": {"version": "2.0.0"},
             "packages": [{"registry_type": "npm", "identifier": "p",
                           "environment_variables": []}]}
    entries = [
        server("n/new"), snake,
        server("n/undated", website_url="https://example.com/"),
        server("n/old", **{"$schema": OLD.replace("2025-07-09",
                                                  "2025-09-29")}),
        server("n/bare", **{"$schema": OLD.replace("2025-07-09",
                                                   "2025-10-11"),
               "packages": [{"registryType": "npm", "identifier": "p"}]}),
        server("n/today", **{"$schema": OLD.replace("2025-07-09",
                                                    "2025-12-11"),
               "packages": [{"registryType": "npm", "identifier": "p"}]})]
    with Site() as site:
        site.configure({"a": site.file_source("a", *entries)})
        run = site.sync()
        tap.equal(run.counts("a"), (5, 0, 0, 0, 1), "notes are not rejected")
        tap.equal([r[1] for r in rejected(site)], ["n/today"],
                  "the present schema is checked")
        want = [("data.servers.1.version_detail", "n/snake", "2.0.0"),
                ("data.servers.2.website_url", "n/undated", "1.0.0"),
                ("data.servers.4.packages.0.transport", "n/bare", "1.0.0")]
        tap.equal([n[:3] for n in notes(site)], want, "notes")
        got = site.get("/v0.1/servers/n%2Fsnake/versions/2.0.0").json
        tap.equal(got["server"], snake, "as it went in")
        tap.equal(got["_meta"][OFFICIAL]["status"], "deprecated",
                  "its status")
        tap.equal(site.query("SELECT registry_type FROM server_package "
                             "WHERE name = 'n/snake'"), [("npm",)], "view")
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 0, 5, 1), "nothing moves")
        tap.equal([n[:3] for n in notes(site)], want, "and the notes stay")


def check_tree(site, source, label):
    site.configure({"a": source})
    run = site.sync()
    tap.equal((run.status, run.counts("a")), (0, (4, 0, 0, 0, 2)),
              f"{label}: counts")
    tap.equal(site.names(), [("io.github.stacklok/a-b", "1.0.0"),
                             ("n/item", "1.0.0"), ("n/paged", "1.0.0"),
                             ("n/x", "1.0.0")], f"{label}: servers")
    tap.equal([r[0].split("work/")[-1] for r in rejected(site)],
              ["package.json: name", "tsconfig.json: (root)"],
              f"{label}: foreign files are named")


def test_a_tree_of_many_shapes():
    files = {"servers/x/server.json": server("n/x"),
             "servers/item/server.json": item(server("n/item")),
             "pages/1.json": page(item(server("n/paged"))),
             "old.json": legacy({"a-b": container()}),
             "package.json": {"name": "@example/tools", "version": "1.0.0"},
             "tsconfig.json": {"compilerOptions": {}}}
    with Site() as site:
        url = git_repository(site, files)
        check_tree(site, {"git": {"repository": url, "path": "."}}, "git")
    with Site() as site:
        for name, content in files.items():
            site.write(f"work/{name}", content)
        check_tree(site, {"file": {"path": site.path("work")}}, "directory")


def test_a_pattern_chooses_files():
    files = {"servers/x/server.json": server("n/x"),
             "servers/team/y/server.json": server("n/y"),
             "servers/x/package.json": {"name": "x"},
             "broken.json": "// not JSON"}
    for pattern, names in (("servers/**/server.json", ["n/x", "n/y"]),
                           ("servers/*/server.json", ["n/x"]),
                           ("**/y/*.json", ["n/y"])):
        with Site() as site:
            url = git_repository(site, files)
            site.configure({
                "g": {"git": {"repository": url, "path": pattern}},
                "f": {"file": {"path": site.path("work", pattern)}}},
                {"g": ["g"], "f": ["f"]})
            run = site.sync()
            tap.equal(run.status, 0, f"{pattern}: both")
            for r in "gf":
                tap.equal([n[0] for n in
                           site.names(f"/registry/{r}/v0.1/servers")],
                          names, f"{pattern}: {r}")
            tap.equal(run.counts("g")[4], 0, f"{pattern}: nothing foreign")
    with Site() as site:
        site.write("work/a.json", server("n/x"))
        site.configure({"f": {"file": {"path": site.path("work/**/b.json")}}})
        tap.contains(site.sync().source("f")["error"], "no **/b.json file in",
                     "no match is a failure")


def test_broken_files_of_a_tree_fail_it():
    for label, bad, part in (
            ("syntax", "{", "b.json: invalid JSON"),
            ("document", {"version": "1.0.0", "meta": {}, "data": {}},
             "b.json: registry schema validation failed")):
        with Site() as site:
            site.write("tree/a.json", server("n/x"))
            site.write("tree/b.json", bad)
            site.configure({"a": {"file": {"path": site.path("tree")}}})
            run = site.sync()
            tap.equal(run.status, 1, f"{label}: fails")
            tap.contains(run.source("a")["error"], part, f"{label}: named")


def test_nothing_to_serve_is_a_failure():
    rows = (("empty page", page(), "at least one server"),
            ("empty list", [], "at least one server"),
            ("empty legacy", legacy(), "at least one server"),
            ("foreign", {"compilerOptions": {}}, "a single server.json"),
            ("scalar", 5, "a single server.json"),
            ("bad server", {"name": "x", "version": "1"}, "name: must"),
            ("two shapes", {"data": {"servers": []}, "servers": []},
             "servers: belongs to a document of another shape"),
            ("two shapes the other way", {"servers": [server("n/x")],
                                          "data": {}},
             "data: belongs to a document of another shape"),
            ("twice", '{"servers":[],"servers":[]}',
             "servers: must not be given twice"))
    for label, content, part in rows:
        with Site() as site:
            synced(site, document(server("n/kept")))
            content = content if isinstance(content, str) else \
                json.dumps(content)
            run = synced(site, content)
            run = site.sync("--force") if run.status == 0 else run
            tap.equal(run.status, 1, f"{label}: fails")
            tap.contains(run.source("a")["error"], part, f"{label}: why")
            tap.equal(site.names(), [("n/kept", "1.0.0")],
                      f"{label}: what was there stays")


def test_strict_names_document_and_place():
    with Site() as site:
        site.write("tree/a.json", server("n/x"))
        site.write("tree/b.json", page(item({"name": "n/y"})))
        site.configure({"a": {"file": {"path": site.path("tree")},
                              "syncPolicy": {"interval": "1h",
                                             "strict": True}}})
        run = site.sync()
        tap.contains(run.source("a")["error"], "b.json: registry schema "
                     "validation failed: servers.0.server.version: is "
                     "required", "both")


tap.main([v for k, v in list(globals().items()) if k.startswith("test_")])
