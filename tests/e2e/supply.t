#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is delivered: programs that are hardened, the same bytes from any
folder, and libraries whose known holes are closed."""

import filecmp
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lib"))
import responder  # noqa: E402
from tap import equal, main, ok, skip  # noqa: E402

ROOT = responder.ROOT
BUILD = os.path.join(ROOT, "build")
PROGRAMS = ["thv-registry-sync", "thv-registry-api", "thv-registry-admin"]
SBOM = os.path.join(ROOT, "packaging", "sbom")
# Calls that _FORTIFY_SOURCE has checked where the compiler knows the size.
CHECKED = re.compile(r"__\w+_chk\b")


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          **more).stdout


def is_plain():
    """Another compiler, sanitizers or flags make other programs."""
    return responder.BUILD == BUILD and os.path.exists(
        os.path.join(BUILD, PROGRAMS[0]))


def test_hardening():
    if not is_plain():
        skip("only a plain build is what is delivered")
        return
    for name in PROGRAMS:
        path = os.path.join(BUILD, name)
        head = output("readelf", "-h", path)
        segments = output("readelf", "-lW", path)
        dynamic = output("readelf", "-d", path)
        symbols = output("readelf", "--dyn-syms", "-W", path)
        stack = re.search(r"GNU_STACK.*", segments)
        ok("DYN (" in head and "PIE" in dynamic, f"{name}: anywhere in memory")
        ok(stack and "E" not in stack[0].split()[-2],
           f"{name}: a stack that nothing runs from")
        ok("GNU_RELRO" in segments and "NOW" in dynamic,
           f"{name}: what is linked cannot be linked elsewhere")
        ok("TEXTREL" not in dynamic and "RUNPATH" not in dynamic and
           "RPATH" not in dynamic, f"{name}: no code that is written to, no "
           "libraries from elsewhere")
        ok("__stack_chk_fail" in symbols, f"{name}: stacks are guarded")
        ok(CHECKED.search(symbols), f"{name}: sizes are checked")
        ok(not re.search(r"\b(gets|strcpy|strcat|sprintf|system|popen)@",
                         symbols), f"{name}: nothing that knows no size")


def test_flags():
    if not is_plain():
        skip("only a plain build is what is delivered")
        return
    objects = [os.path.join(at, name) for part in ("lib", "sync", "fcgi")
               for at, _, names in os.walk(os.path.join(BUILD, part))
               for name in names if name.endswith(".o")]
    ok(len(objects) > 100, f"{len(objects)} objects")
    makers = set(re.findall(r"DW_AT_producer.*: (.*)", output(
        "readelf", "--debug-dump=info", *objects)))
    wanted = ["-fstack-protector-strong"]
    if any(maker.startswith("GNU C") for maker in makers):
        wanted += [flag for flag in ("-fstack-clash-protection",
            "-fcf-protection=full") if subprocess.run(["gcc", flag, "-xc",
            "-c", "-o", "/dev/null", "-"], input=b"int x;", check=False,
            stderr=subprocess.DEVNULL).returncode == 0]
        for flag in wanted:
            ok(all(flag in maker for maker in makers), f"{flag} everywhere")
    else:
        skip("which flags another compiler took is not in what it made")


def make(at):
    subprocess.run(["make", "-s", "-C", at, "-j2", "all"], check=True,
                   capture_output=True, env={k: v for k, v in
                   os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))})


def is_committed():
    """Whether the build under test is of what is committed and no more."""
    with open(os.path.join(BUILD, "gen", "commit.h"), encoding="utf-8") as f:
        built = f.read()
    head = output("git", "-C", ROOT, "log", "-1", "--format=%h").strip()
    return f'"{head}"' in built and \
        not output("git", "-C", ROOT, "status", "--porcelain")


def test_same_bytes():
    if not is_plain() or not os.path.isdir(os.path.join(ROOT, ".git")) and \
            not os.path.isfile(os.path.join(ROOT, ".git")):
        skip("no commit to build twice")
        return
    with tempfile.TemporaryDirectory(prefix="supply-") as directory:
        places = [os.path.join(directory, "a", "longer", "name", "one"),
                  os.path.join(directory, "two")]
        # What was tested is one of them, unless it is of no commit.
        if is_committed():
            places[1] = ROOT
        for at in places:
            if at == ROOT:
                continue
            subprocess.run(["git", "clone", "-q", ROOT, at], check=True)
            make(at)
        for at in places:
            output("make", "-s", "-C", at, "dist")
        for name in PROGRAMS:
            ok(filecmp.cmp(*(os.path.join(at, "build", name)
                             for at in places), shallow=False),
               f"{name} is the same in another folder")
        tarball = [n for n in os.listdir(os.path.join(places[0], "build"))
                   if n.endswith(".tar.gz")][0]
        ok(filecmp.cmp(*(os.path.join(at, "build", tarball)
                         for at in places), shallow=False),
           f"{tarball} too")
        equal(places[0].encode() in open(os.path.join(places[0], "build",
              PROGRAMS[0]), "rb").read(), False, "and contains no path of the build")


def sbom_module():
    loader = importlib.machinery.SourceFileLoader("sbom", SBOM)
    spec = importlib.util.spec_from_loader("sbom", loader)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def test_states():
    sbom = sbom_module()
    for version, fixed, log, want in (
            ("2.4.5", "2.4.5", "", "resolved"),
            ("2.10.0", "2.4.5", "", "resolved"),
            ("2.4.2", "2.4.5", "", "exploitable"),
            ("2.4.2", "2.4.5", "  * CVE-2025-1 (Closes: #1)", "resolved"),
            ("2.4.2", "2.4.5", "  * CVE-2025-10", "exploitable"),
            ("1.2.13.dfsg", "1.2.13", "", "resolved"),
            ("1.5.1+ds", "1.5.1", "", "resolved"),
            ("1.5.1~rc9", "1.5.2", "", "exploitable"),
            ("", "1", "", "in_triage")):
        equal(sbom.state(version, fixed, "CVE-2025-1", log)[0], want,
              f"{version or 'nothing'} where {fixed} is wanted, {log!r}")


def test_libraries():
    if not shutil.which("dpkg-query"):
        skip("no package database of Debian's kind")
        return
    if not is_plain():
        skip("a sanitizer's libraries are not delivered")
        return
    done = subprocess.run([SBOM, "1.2.3", *(os.path.join(BUILD, name)
        for name in PROGRAMS)], capture_output=True, text=True, check=False)
    made = json.loads(done.stdout)
    equal((made["bomFormat"], made["specVersion"]), ("CycloneDX", "1.5"),
          "a bill of materials")
    named = {c["name"].partition(".so")[0] for c in made["components"]}
    ok({"libfcgi", "libsqlite3", "libcurl", "libgit2", "libjansson", "libyaml-0",
        "libutf8proc", "libcrypto", "libz"} <= named, "all are named")
    refs = [c["bom-ref"] for c in made["components"]]
    equal(len(set(refs)), len(refs), "each once")
    uses = {d["ref"]: d["dependsOn"] for d in made["dependencies"]}
    ok(all(ref in refs for used in uses.values() for ref in used),
       "what is used is there")
    serving = {ref.partition("#")[2].partition(".so")[0]
               for ref in uses["thv-registry-api"]}
    equal(serving - {"libfcgi", "libsqlite3", "libutf8proc", "libz", "libc",
          "libm"}, set(), "what serves needs few of them")
    if not os.path.exists("/usr/share/doc/zlib1g/changelog.Debian.gz"):
        skip("packages are installed without their changelogs")
        return
    with open("/etc/os-release", encoding="utf-8") as f:
        ubuntu = "ID=ubuntu" in f.read()
    if done.returncode == 1 and ubuntu:
        # It leaves some open in packages of its universe.
        skip("LIBRARIES OF THIS MACHINE HAVE OPEN HOLES: " + done.stderr)
        return
    equal((done.returncode, done.stderr), (0, ""), "no hole is open")


main([test_hardening, test_flags, test_same_bytes, test_states,
      test_libraries])
