#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every fuzz target over its seeds, over the hostile documents of the tree, and
over changes of them that are the same in every run."""
import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
import tap  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("THV_BUILD", "build"))
# Under a sanitizer an input costs ten times as much.
CHANGES = 3000 if os.path.basename(BUILD) == "build" else 300
# Changing and reopening a database is a hundred times slower.
SLOW = {"index": CHANGES // 100}
ALSO = {"document": ["tests/hostile/documents/*",
                     "sync/example/catalogue/*.json"],
        "config": ["sync/example/config.yaml.in", "tests/fixtures/conf/*"]}


def seeds(target):
    found = glob.glob(os.path.join(HERE, "seeds", target, "*"))
    for pattern in ALSO.get(target, []):
        found += glob.glob(os.path.join(ROOT, pattern))
    return sorted(f for f in found if os.path.isfile(f))


def make_database(directory):
    """The example catalogue, for the target that needs one to ask."""
    catalogue = os.path.join(ROOT, "sync/example/catalogue/registry.json")
    config = os.path.join(directory, "config.yaml")
    database = os.path.join(directory, "registry.db")
    with open(config, "w", encoding="utf-8") as f:
        f.write(f"""
sources:
  - name: local
    file: {{path: {catalogue}}}
    syncPolicy: {{interval: 1h}}
registries:
  - {{name: default, sources: [local]}}
database: {{path: {database}}}
auth: {{mode: anonymous}}
""")
    subprocess.run([os.path.join(BUILD, "thv-registry-sync"), "-q", "-c",
                    config], check=True)
    return database


def main():
    targets = sorted(os.path.basename(t)[len("target_"):-2] for t in
                     glob.glob(os.path.join(HERE, "target_*.c")))
    with tempfile.TemporaryDirectory() as directory:
        env = dict(os.environ, THV_REGISTRY_LOG_LEVEL="error",
                   THV_REGISTRY_DATABASE_PATH=make_database(directory))
        for target in targets:
            files = seeds(target)
            tap.ok(files, f"{target} has seeds")
            program = os.path.join(BUILD, "tests/fuzz/replay_" + target)
            changes = SLOW.get(target, CHANGES)
            done = subprocess.run([program, "-m", str(changes), *files],
                                  env=env, capture_output=True, text=True)
            tap.equal((done.returncode, done.stdout, done.stderr[-2000:]),
                      (0, f"{len(files) * (changes + 1)} inputs\n", ""),
                      f"{target}: nothing falls over")
    return tap.done()


sys.exit(main())
