#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manuals say what the programs and the database do: every key of the
configuration, every column of the views, every report."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import registry_db
import tap
from test_site import SYNC, Site, server

ROOT = registry_db.ROOT
# What the manual may call a value of each form; None: a key without effect.
TYPES = {
    "TEXT": {"text", "file"}, "NAME": {"text"}, "WORD": {"text"},
    "DURATION": {"duration"},
    "FILE": {"file"}, "URL": {"url"}, "BOOL": {"boolean"},
    "SWITCH": {"boolean"}, "INT": {"integer"}, "STRINGS": {"list"},
    "CLAIMS": {"claims"}, "BLOCK": {"block"}, "KIND": {"block"},
    "BLOCKS": {"blocks"}, "ANY": None,
}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def section(text, name):
    return re.split(r"^\.Sh ", text.split(f"\n.Sh {name}\n")[1],
                    flags=re.MULTILINE)[0]


def keys_of_program():
    """{path: (form, default, required)} of every key in the tables."""
    text = "".join(re.sub(r"/\*.*?\*/", "", read(path), flags=re.DOTALL)
                   for path in ["sync/conf/conf_keys.c"] +
                   sorted(glob.glob("sync/kinds/*/kind_*.c", root_dir=ROOT)))
    text = text.replace('LOCALSTATEDIR "', '"/var')
    kinds = re.findall(r"row\((\w+)\)", re.search(
        r"#define KIND_LIST\(row\)(.*?)\n\n", read("sync/kinds/kind.h"),
        re.DOTALL)[1])
    text = text.replace("KIND_LIST(KIND)", "".join(
        f'{{ "{k}", CONF_KIND, .keys = kind_{k}_keys }},' for k in kinds))
    blocks = {name: re.findall(r'\{\s*"([\w*]+)",\s*CONF_(\w+)(.*?)\}', body,
                               re.DOTALL)
              for name, body in re.findall(
                  r"const struct conf_key (\w+)\[\] = \{(.*?)\n?\};", text,
                  re.DOTALL)}
    found = {}

    def walk(block, prefix):
        for name, form, rest in blocks[block]:
            if name == "*":
                continue
            path = prefix + name
            default = re.search(r'\.otherwise = "(.*?)"', rest)
            found[path] = (form, default and default[1], ".required" in rest)
            inner = re.search(r"\.keys = (\w+)", rest)
            if inner:
                walk(inner[1], path + (".", "[].")[form == "BLOCKS"])

    walk("conf_keys_top", "")
    return found, sum(len([n for n, _, _ in b if n != "*"])
                      for b in blocks.values())


def test_every_key_of_the_configuration():
    known, rows = keys_of_program()
    tap.ok(len(known) >= rows > 80, f"{len(known)} keys were read")
    manual = read("sync/thv-registry-config.5")
    items = re.findall(r"^\.It Cm (\S+) Ar (\S+)\n(.*?)(?=^\.(?:It|El)\b)",
                       section(manual, "KEYS"), re.MULTILINE | re.DOTALL)
    idle = re.findall(r"^\.Cm (\S+)",
                      section(manual, "KEYS WITHOUT EFFECT"), re.MULTILINE)
    wanted = {p for p, (form, _, _) in known.items() if TYPES[form]}
    tap.equal(sorted(p for p, _, _ in items), sorted(wanted),
              "thv-registry-config(5) has each key once")
    tap.equal(sorted(idle), sorted(set(known) - wanted),
              "and each key without effect")
    for path, kind, text in items:
        if path not in wanted:
            continue
        name = path.rsplit(".", 1)[-1]
        form, value, required = known[path]
        tap.ok(kind in TYPES[form], f"type of {path}")
        default = re.search(rf"^Default: (.*?)\.\n\.Dl {name}: \S", text,
                            re.MULTILINE | re.DOTALL)
        tap.ok(default, f"default and example of {path}")
        if default and value:
            tap.contains(default[1], value, f"the default of {path}")
        if default and required:
            tap.contains(default[1], "required", f"{path} is required")


def test_the_example_of_the_configuration_is_valid():
    manual = read("sync/thv-registry-config.5")
    example = re.search(r"\.Bd -literal[^\n]*\n(.*?)\.Ed",
                        section(manual, "EXAMPLES"), re.DOTALL)[1]
    with Site() as site:
        site.write("config.yaml", example)
        done = subprocess.run([SYNC, "--check", "-c", site.config],
                              env=site.environment(), capture_output=True,
                              text=True, check=False, timeout=60)
        tap.equal((done.returncode, done.stderr), (0, ""), "no complaint")
        tap.contains(done.stdout, "2 sources, 2 registries: valid", "verdict")


def test_every_column_of_the_views():
    directory = tempfile.mkdtemp()
    try:
        db = registry_db.create(os.path.join(directory, "db"))
        views = [n for n, in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'view'")]
        known = {v: [row[1] for row in db.execute(f"PRAGMA table_info({v})")]
                 for v in views}
        db.close()
    finally:
        shutil.rmtree(directory)
    documented = {}
    for part in section(read("schema/thv-registry-views.7"),
                        "VIEWS").split(".Ss ")[1:]:
        documented[part.split("\n")[0]] = [
            c for line in re.findall(r"^\.It Va (.+)$", part, re.MULTILINE)
            for c in line.split(" , ")]
    tap.equal(sorted(documented), sorted(known), "views of thv-registry-views(7)")
    for view in sorted(known):
        tap.equal(documented.get(view), known[view], f"columns of {view}")


def test_the_examples_of_the_views_run():
    examples = re.findall(r"\.Bd -literal[^\n]*\n(.*?)\.Ed", section(
        read("schema/thv-registry-views.7"), "EXAMPLES"), re.DOTALL)
    with Site() as site:
        site.configure({"a": site.file_source("a", server("n/x", remotes=[
            {"type": "sse", "url": "http://example.com/"}]))})
        site.sync()
        for example, first in zip(examples, ("a", "n/x"), strict=True):
            tap.equal([row[0] for row in site.query(example)], [first],
                      example.split("\n", maxsplit=1)[0])


def test_every_report():
    documented = re.findall(r"^\.It Pa (\S+)$", section(
        read("schema/thv-registry-views.7"), "REPORTS"), re.MULTILINE)
    tap.equal(documented, sorted(os.path.basename(p) for p in
              glob.glob(f"{ROOT}/sql/reports/*.sql")), "reports")


def test_mandoc_has_no_complaint():
    if not shutil.which("mandoc"):
        tap.skip("mandoc is not installed")
        return
    for path in glob.glob(f"{ROOT}/*/thv-registry-*.[1-8]"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", path],
                              capture_output=True, text=True, check=False)
        tap.equal((done.returncode, done.stdout), (0, ""),
                  os.path.basename(path))


tap.main([f for n, f in sorted(globals().items()) if n.startswith("test_")])
