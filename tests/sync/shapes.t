#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Syncs recognize each shape of document by its content, in a file, a directory and a
git repository, and report documents of no known shape."""
import functools
import gzip
import http.server
import json
import os
import subprocess
import sys
import threading
import time

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


def test_each_shape_gives_the_same_server():
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
            tap.equal(got["server"], entry, f"{label}: the document is unchanged")
            run = site.sync("--force")
            tap.equal(run.counts("a"), (0, 0, 0, 1, 0), f"{label}: the next sync finds no change")


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
            item(server("n/typed", packages="none"))))
        tap.equal(run.counts("a"), (4, 0, 0, 0, 9), "counts")
        got = rejected(site)
        tap.equal([r[0] for r in got], [
            "servers.1", "servers.2.server", "servers.3.server",
            "servers.6.server.version", "servers.7.server.name",
            "servers.8.server.version", "servers.10._meta",
            "servers.11.server.title", "servers.12.server.packages"], "places")
        tap.equal([r[1] for r in got], [
            None, None, None, "n/noversion", "", "n/long", "n/extra",
            "n/title", "n/typed"], "names")
        tap.equal([n[:2] for n in notes(site)], [
            (f"servers.4._meta.{OFFICIAL}.status", "n/status"),
            (f"servers.5._meta.{OFFICIAL}.publishedAt", "n/date"),
            ("servers.9._meta", "n/meta")], "tolerated errors are noted")
        tap.equal([n for n, _ in site.names()],
                  ["n/date", "n/good", "n/meta", "n/status"], "served")
        for view in "server_package", "server_remote", "server_tag":
            tap.equal(site.query(f"SELECT * FROM {view}"), [], view)


def served_by(site, label):
    return [name for name, in site.query(
        "SELECT name FROM server WHERE source = ? ORDER BY name", label)]


# Members added to or replacing name, version and description, and whether the
# server is valid.
KEPT = [
    {}, {"repository": {}}, {"repository": None}, {"repository": {"url": "x"}},
    {"repository": {"source": "github"}}, {"repository": {"url": ""}},
    {"title": None}, {"title": ""}, {"websiteUrl": ""}, {"websiteUrl": None},
    {"websiteUrl": "example.com"}, {"$schema": None}, {"$schema": ""},
    {"packages": None}, {"packages": []}, {"remotes": None}, {"remotes": []},
    {"icons": None}, {"icons": []}, {"icons": [{}]}, {"icons": [{"src": None}]},
    {"icons": [{"src": "/i.png", "mimeType": "image/avif", "theme": "sepia"}]},
    {"_meta": None}, {"_meta": {}}, {"_meta": {LISTING: None}},
    {"_meta": {LISTING: {}}}, {"_meta": {LISTING: "text"}},
    {"_meta": {LISTING: [1]}}, {"_meta": {"com.example/x": 5, "y": "z"}},
    {"_meta": {LISTING: {"tool": "publisher-cli", "version": "1.2.3",
                         "n": 5, "list": ["a"], "none": None, "on": True}}},
    {"_meta": {LISTING: {"io.github.stacklok": "text"}}},
    {"_meta": {LISTING: {"io.github.stacklok": {"x": {}}}}},
    {"_meta": {LISTING: {"io.github.stacklok": {"x": {
        "status": "ACTIVE", "tier": "gold", "tags": ["Two Words", 5, "a", "a"],
        "tools": "none", "metadata": {"last_updated": 1735689600000},
        "permissions": [], "proxy_port": "8080"}}}}},
    {"packages": [{"registryType": "conan", "identifier": "x", "version": None,
                   "transport": {"type": "carrier-pigeon"}}]},
    {"packages": [{"registryType": "npm", "identifier": "x", "version": "",
                   "transport": {"type": "stdio", "url": None},
                   "environmentVariables": None, "runtimeHint": "",
                   "packageArguments": [], "runtimeArguments": None,
                   "fileSha256": "", "registryBaseUrl": ""}]},
    {"packages": [{"registryType": "cargo", "identifier": "x",
                   "version": "latest", "executable": "y",
                   "transport": {"type": "stdio"}, "postInstallInstructions":
                   [{"description": "d", "optional": True}]}]},
    {"packages": [{"registryType": "npm", "identifier": "x"}]},
    {"packages": [{"transport": {"type": "stdio"}}]}, {"packages": [{}]},
    {"packages": [{"registryType": "npm", "identifier": "x", "transport": {
        "type": "stdio"}, "environmentVariables": [{
            "name": "A", "format": "url", "choices": None, "default": ""}],
        "packageArguments": [{"type": "flag"}, {"type": "positional"}]}]},
    {"remotes": [{"type": "websocket", "url": "wss://example.com/"}]},
    {"remotes": [{"type": "streamable-http", "url": "{base_url}/mcp"}]},
    {"remotes": [{"type": "sse", "url": "https://example.com/",
                  "headers": None, "variables": {}}]},
    {"remotes": [{"type": "sse"}]}, {"remotes": [{"url": "example.com"}]},
    {"remotes": [{}]}, {"status": "withdrawn"}, {"unknown": {"x": [None]}},
]
LEFT_OUT = [
    {"name": None}, {"name": ""}, {"name": 5}, {"name": "n/\u0007"},
    {"name": "n/" + "x" * 199}, {"version": None}, {"version": ""},
    {"version": 1.0}, {"version": "1\n"}, {"version": "1" * 256},
    {"description": None}, {"description": ""}, {"description": 5},
    {"title": 5}, {"websiteUrl": []}, {"repository": "x"}, {"repository": []},
    {"packages": "none"}, {"packages": {}}, {"packages": [1]},
    {"packages": [{"transport": "stdio"}]}, {"packages": [{"identifier": 5}]},
    {"packages": [{"environmentVariables": [{"name": "A", "default": 80}]}]},
    {"remotes": {}}, {"remotes": ["https://example.com/"]}, {"icons": "i.png"},
    {"remotes": [{"type": "sse", "url": 5}]}, {"_meta": []}, {"_meta": "x"},
    {"_meta": {LISTING: {"x": "x" * 262144}}}, {"x": "\ud800"}, {"x": "\0"},
]


def rows_of(kind, prefix):
    return [{"name": f"n/{prefix}{i:03}", "version": "1.0.0",
             "description": "d", **more} for i, more in enumerate(kind)]


def in_every_shape(site, entries):
    """A source of each shape with the same servers; their blocks."""
    whole = {"registry": document(*entries), "array": entries,
             "items": [item(e) for e in entries],
             "page": page(*map(item, entries)), "bare": page(*entries)}
    blocks = {name: {"file": {"path": site.write(f"{name}.json", content)}}
              for name, content in whole.items()}
    for i, entry in enumerate(entries):
        site.write(f"files/{i}/server.json", entry)
        site.write(f"single/{i}/item.json", item(entry))
    blocks["files"] = {"file": {"path": site.path("files")}}
    blocks["single"] = {"file": {"path": site.path("single")}}
    site.write("map/registry.json", document(*entries))
    blocks["map"] = {"configmap": {"path": site.path("map")}}
    return blocks


def test_every_shape_gives_the_same_verdict():
    kept, left = rows_of(KEPT, "k"), rows_of(LEFT_OUT, "l")
    names = [e["name"] for e in kept]
    with Site() as site:
        blocks = in_every_shape(site, kept + left)
        site.configure(blocks)
        run = site.sync()
        tap.equal(run.status, 0, "all are synced")
        for label in blocks:
            tap.equal(served_by(site, label), names, f"{label}: served")
            tap.equal(run.source(label)["rejected"], len(left),
                      f"{label}: left out")
        for entry in kept:
            got = site.get("/v0.1/servers/" + entry["name"].replace(
                "/", "%2F") + "/versions/1.0.0").json
            tap.equal(got["server"], entry, f"{entry} is unchanged")


def test_a_file_alone_gives_the_same_verdict():
    for kind, status in ((KEPT, 0), (LEFT_OUT, 1)):
        for entry in rows_of(kind, "x"):
            for content in entry, item(entry):
                with Site() as site:
                    run = synced(site, content)
                    tap.equal(run.status, status,
                              f"{json.dumps(content)[:120]}")


def test_limits_for_publishing_do_not_apply_to_mirrors():
    """Else a mirror of this registry would lose entries of a catalogue."""
    rows = [{"description": "d" * 101}, {"title": "t" * 101},
            {"name": "n/two words"}, {"name": "noslash"}]
    entries = [{**e, "title": e.get("title") or "t"}
               for e in rows_of(rows, "p")]
    with Site() as site:
        blocks = in_every_shape(site, entries + [server("n/z")])
        site.configure(blocks)
        site.sync()
        for label in blocks:
            authored = label in ("registry", "array", "files", "map")
            tap.equal(served_by(site, label), ["n/z"] if authored else sorted(
                [e["name"] for e in entries] + ["n/z"]), label)


def test_invalid_times_and_statuses_are_ignored():
    odd = [("publishedAt", v) for v in (
        "2025-05-06T07:08:09", "", "1735689600000", 1735689600000,
        "2025-05-06", "soon", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z",
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 90000)),
        [], {}, True)]
    odd += [(key, "9999-12-31T00:00:00Z") for key in
            ("updatedAt", "statusChangedAt", "published_at", "updated_at")]
    odd += [("status", v) for v in ("withdrawn", "", 5, [], {})]
    odd += [("status", v) for v in ("ACTIVE", "Deprecated", "Deleted")]
    odd += [("statusMessage", 5)]
    entries = [item(server(f"n/{i:03}"), **{key: value})
               for i, (key, value) in enumerate(odd)]
    entries += [{"server": server("n/m0"), "_meta": 5},
                {"server": server("n/m1"), "_meta": {OFFICIAL: "x"}},
                item(server("n/two"), status="gone", updatedAt="")]
    for label, content in ("page", page(*entries)), ("list", entries):
        with Site() as site:
            run = synced(site, content)
            tap.equal((run.status, run.source("a")["rejected"]), (0, 0),
                      f"{label}: no entry is rejected")
            noted = [n[1] for n in notes(site)]
            tap.equal(noted, [e["server"]["name"] for e in entries] + ["n/two"],
                      f"{label}: each has a note")
            got = {i["server"]["name"]: i["_meta"][OFFICIAL] for i in
                   site.get("/v0.1/servers?include_deleted=true&limit=100"
                            ).json["servers"]}
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                time.gmtime(time.time() + 60))
            start = time.strftime("%Y-%m-%dT", time.gmtime(
                time.time() - 86400))
            for i, (key, value) in enumerate(odd):
                said = got[f"n/{i:03}"]
                tap.ok(all(start < said[t] < now for t in
                           ("publishedAt", "updatedAt", "statusChangedAt")),
                       f"{label}: {key} {value!r} is not used as a time")
                want = str(value).lower() if key == "status" and str(
                    value).lower() in ("deprecated", "deleted") else "active"
                tap.equal(said["status"], want, f"{label}: status of {value!r}")
            before = site.query("SELECT changed_us FROM version")
            run = site.sync("--force")
            tap.equal(run.counts("a")[:3], (0, 0, 0), f"{label}: no entry changes")
            tap.equal(site.query("SELECT changed_us FROM version"), before,
                      f"{label}: and nothing is written")
            tap.equal([n[1] for n in notes(site)], noted,
                      f"{label}: the notes stay")


def test_a_note_is_stored_although_nothing_else_changed():
    with Site() as site:
        for status, noted in ("active", 0), ("Active", 1), ("active", 0):
            run = synced(site, page(item(server("n/x"), status=status)))
            run = site.sync("--force")
            tap.equal((run.status, len(notes(site))), (0, noted), status)


def test_null_stands_for_a_list_without_elements():
    for label, content in (
            ("page", {"servers": [server("n/x")], "skills": None,
                      "plugins": None, "metadata": None}),
            ("document", {**document(server("n/x"), skills=None, plugins=None),
                          "$schema": None}),
            ("legacy", {"servers": {"n/x": container()},
                        "remote_servers": None, "groups": None})):
        with Site() as site:
            tap.equal(synced(site, content).status, 0, label)
            tap.equal([n for n, _ in site.names()], ["n/x"], f"{label}: read")


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
            "way": container(transport=["sse"]),
            "env": container(env_vars=[{"name": 5}]),
            "twin": container(name="io.github.stacklok/good"),
        }, {"io": {"description": "d", "url": 5, "transport": "sse"}}))
        tap.equal(run.counts("a"), (1, 0, 0, 0, 7), "counts")
        tap.equal([r[0] for r in rejected(site)], [
            "servers.array", "servers.noimage.image",
            "servers.port.target_port", "servers.way.transport",
            "servers.env.env_vars.0.name", "servers.twin",
            "remote_servers.io.url"], "places")


def test_odd_legacy_entries_are_kept():
    """The same rules apply as to servers."""
    odd = [{"status": "ACTIVE"}, {"status": 5}, {"tags": "Two Words"},
           {"tags": None}, {"tools": []}, {"tier": None}, {"metadata": "x"},
           {"metadata": {"last_updated": 1735689600000}}, {"permissions": []},
           {"title": None}, {"repository_url": ""}, {"transport": "pigeon"},
           {"env_vars": [{"description": "no name"}]}, {"env_vars": None},
           {"provenance": 5}, {"custom_metadata": [1]}, {"target_port": None}]
    with Site() as site:
        run = synced(site, legacy(
            {f"c-{i:03}": container(**more) for i, more in enumerate(odd)},
            {"r-1": {"description": "d", "url": "https://example.com/",
                     "transport": "websocket"},
             "r-2": {"description": "d", "url": "{host}/mcp"}}))
        tap.equal(run.counts("a"), (len(odd) + 2, 0, 0, 0, 0), "all of them")


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
        tap.equal(run.counts("a"), (6, 0, 0, 0, 0), "notes are not rejected")
        want = [("data.servers.1.version_detail", "n/snake", "2.0.0"),
                ("data.servers.2.website_url", "n/undated", "1.0.0"),
                ("data.servers.4.packages.0.transport", "n/bare", "1.0.0"),
                ("data.servers.5.packages.0.transport", "n/today", "1.0.0")]
        tap.equal([n[:3] for n in notes(site)], want, "notes")
        got = site.get("/v0.1/servers/n%2Fsnake/versions/2.0.0").json
        tap.equal(got["server"], snake, "as it went in")
        tap.equal(got["_meta"][OFFICIAL]["status"], "deprecated",
                  "its status")
        tap.equal(site.query("SELECT registry_type FROM server_package "
                             "WHERE name = 'n/snake'"), [("npm",)], "view")
        run = site.sync("--force")
        tap.equal(run.counts("a"), (0, 0, 0, 6, 0), "no entry changes")
        tap.equal([n[:3] for n in notes(site)], want, "the notes stay")


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


def test_invalid_files_of_a_tree_are_named():
    for label, bad, part in (
            ("syntax", "{", "b.json: invalid JSON"),
            ("document", {"version": "1.0.0", "meta": {}, "data": {}},
             "b.json: registry schema validation failed")):
        with Site() as site:
            site.write("tree/a.json", server("n/x"))
            site.write("tree/b.json", bad)
            site.configure({"a": {"file": {"path": site.path("tree")}}})
            run = site.sync()
            tap.equal((run.status, site.names()), (0, [("n/x", "1.0.0")]),
                      f"{label}: the other file is read")
            tap.contains(run.source("a")["warning"], part, f"{label}: named")
        with Site() as site:
            site.write("tree/b.json", bad)
            site.configure({"a": {"file": {"path": site.path("tree")}}})
            run = site.sync()
            tap.equal(run.status, 1, f"{label}: alone it fails the source")
            tap.contains(run.source("a")["error"], part.partition(": ")[2],
                         f"{label}: with the reason")


MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "catalogue"},
            "data": {"registry.json": json.dumps(document(server("n/x")))}}
MANIFEST_YAML = f"""# Made by hand
apiVersion: v1
kind: ConfigMap
metadata:
  name: catalogue
data:
  registry.json: |
    {json.dumps(document(server("n/x")))}
"""
FOREIGN_FILES = (
    ("YAML manifest", MANIFEST_YAML,
     "this seems to be a Kubernetes ConfigMap manifest; use a configmap "
     "source, or put the value of its data key into a file of its own"),
    ("JSON manifest", json.dumps(MANIFEST),
     "this seems to be a Kubernetes ConfigMap manifest; use a configmap"),
    ("manifest as kubectl writes it", json.dumps(MANIFEST, sort_keys=True),
     "this seems to be a Kubernetes ConfigMap manifest; use a configmap"),
    ("list of manifests", json.dumps({"apiVersion": "v1", "kind": "List",
                                      "items": [MANIFEST]}),
     "this seems to be a List of Kubernetes objects; use a configmap"),
    ("login page", "<!doctype html><title>Sign in</title>",
     "this seems to be an HTML page, perhaps that of a login"),
    ("client", json.dumps({"mcpServers": {"x": {"command": "y"}}}),
     "this seems to be the configuration of a client, such as mcp.json"),
    ("VS Code", json.dumps({"servers": {"x": {"command": "y"}}}),
     "this seems to be the configuration of a client, such as mcp.json"),
    ("npm", json.dumps({"name": "@x/y", "version": "1.0.0", "scripts": {}}),
     "this seems to be npm's package.json"),
    ("YAML", "version: 1.0.0\nservers: []\n",
     "this seems to be YAML; convert it to JSON; expected JSON"),
    ("gzip", gzip.compress(b"{}"), "this seems to be gzip data"),
    ("UTF-16", json.dumps(document(server("n/x"))).encode("utf-16"),
     "this seems to be text in UTF-16; save it as UTF-8"),
    ("empty", "", "data cannot be empty: this seems to be an empty file; "
     "expected JSON, such as a registry document or a server.json"))


def served_over_http(site, name):
    """A web server on the site's files; its URL and how to stop it."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=site.dir)
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{web.server_port}/{name}", web.shutdown


def test_errors_name_the_format_of_a_foreign_file():
    for label, content, part in FOREIGN_FILES:
        with Site() as site:
            path = site.write("web/a.json", content)
            git = git_repository(site, {"a.json": content})
            site.write("map/registry.json", content)
            url, stop = served_over_http(site, "web/a.json")
            site.configure({
                "file": {"file": {"path": path}},
                "url": {"file": {"url": url}},
                "git": {"git": {"repository": git, "path": "a.json"}},
                "map": {"configmap": {"path": site.path("map")}}})
            run = site.sync()
            stop()
            for kind in "file", "url", "git", "map":
                if label == "VS Code" and run.source(kind)["error"] is None:
                    said = rejected(site)[0][3]
                else:
                    said = run.source(kind)["error"]
                tap.contains(said, part, f"{label}: {kind}")


def test_a_foreign_file_among_others_is_named():
    with Site() as site:
        site.write("tree/a.json", server("n/x"))
        site.write("tree/map.json", MANIFEST)
        site.configure({"a": {"file": {"path": site.path("tree")}}})
        run = site.sync()
        tap.equal((run.status, run.counts("a")), (0, (1, 0, 0, 0, 1)),
                  "the rest is synced")
        path, _, _, rule = rejected(site)[0]
        tap.contains(path, "map.json", "the file")
        tap.contains(rule, "this seems to be a Kubernetes ConfigMap manifest",
                     "and what it is")


def test_nothing_to_serve_is_a_failure():
    rows = (("empty page", page(), "at least one server"),
            ("empty list", [], "at least one server"),
            ("empty legacy", legacy(), "at least one server"),
            ("foreign", {"compilerOptions": {}}, "a single server.json"),
            ("scalar", 5, "a single server.json"),
            ("bad server", {"name": "x", "version": "1"}, "name: must"),
            ("two shapes", {"data": {"servers": []}, "servers": []},
             "servers: belongs to another document format"),
            ("two shapes the other way", {"servers": [server("n/x")],
                                          "data": {}},
             "data: belongs to another document format"),
            ("twice", '{"servers":[],"servers":[]}',
             "servers: duplicate member"))
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
                      f"{label}: the stored entries stay")


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
