# SPDX-License-Identifier: Apache-2.0
"""Applies the restrictions of a systemd unit to a program of a test: system call
filters, address families, file system, user, capabilities."""

import ctypes
import ctypes.util
import os
import pwd
import re
import shutil
import signal
import subprocess

ALLOW = 0x7fff0000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
NAMESPACES = 0x7e020080
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
CTL_NO_NEW_PRIVS = 3
EQUAL, GREATER, MASKED = 4, 6, 7
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
SPECIAL_BITS = (0o4000, 0o2000)
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
FAMILY_MAX = 45
# Writable in spite of ProtectSystem=strict.
API_MOUNTS = ("/dev", "/proc", "/sys")


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int),
        ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def load(name):
    try:
        return ctypes.CDLL(name, use_errno=True)
    except OSError:
        return None


LIBC = load(None)
SECCOMP = load("libseccomp.so.2")
if SECCOMP is not None:
    SECCOMP.seccomp_init.restype = ctypes.c_void_p
    SECCOMP.seccomp_init.argtypes = [ctypes.c_uint32]
    SECCOMP.seccomp_attr_set.argtypes = [ctypes.c_void_p, ctypes.c_int,
        ctypes.c_uint32]
    SECCOMP.seccomp_rule_add_array.argtypes = [ctypes.c_void_p,
        ctypes.c_uint32, ctypes.c_int, ctypes.c_uint,
        ctypes.POINTER(Comparison)]
    SECCOMP.seccomp_load.argtypes = [ctypes.c_void_p]


def missing():
    """Why the restrictions cannot be applied here; empty if they can."""
    if shutil.which("systemd-analyze") is None:
        return "systemd-analyze is not installed (apt-get install systemd)"
    return "" if SECCOMP else "libseccomp.so.2 is not installed"


def parse(path):
    """{directive: [value, ...]} of a unit's [Service] or other section, in
    order; an empty value stays in the list."""
    out = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            key, equals, value = line.strip().partition("=")
            if equals and not line.startswith(("#", ";")):
                out.setdefault(key, []).append(value)
    return out


def calls_of(word):
    """The system calls in a word of SystemCallFilter=."""
    if not word.startswith("@"):
        return {word}
    done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter",
        word], check=True, capture_output=True, text=True)
    out = set()
    for line in done.stdout.splitlines()[1:]:
        name = line.strip()
        if name and not name.startswith("#"):
            out |= calls_of(name)
    return out


def allowed_calls(lines):
    """The calls allowed by all lines of SystemCallFilter= (systemd.exec(5))."""
    out = set()
    for line in lines:
        removed = line.startswith("~")
        for word in line.lstrip("~").split():
            out = out - calls_of(word) if removed else out | calls_of(word)
    # Always allowed, or no program could be started (systemd.exec(5)).
    return out | calls_of("@default") | {"execve"}


class Filter:
    """One seccomp filter, built here and put in force in a child."""

    def __init__(self, default):
        self.context = SECCOMP.seccomp_init(default)
        SECCOMP.seccomp_attr_set(self.context, CTL_NO_NEW_PRIVS, 1)

    def add(self, action, call, *comparisons):
        number = SECCOMP.seccomp_syscall_resolve_name(call.encode())
        if number == -1:
            return
        array = (Comparison * len(comparisons))(*(
            Comparison(*c) for c in comparisons))
        result = SECCOMP.seccomp_rule_add_array(self.context, action, number,
            len(comparisons), array)
        # A call that this architecture does not have.
        assert result in (0, -22, -33), f"{call}: {result}"

    def load(self):
        if SECCOMP.seccomp_load(self.context) != 0:
            os._exit(126)


def errno(number):
    return 0x00050000 | number


def families_filter(unit):
    kept = {FAMILIES[word] for word in
        unit["RestrictAddressFamilies"][-1].split()}
    out = Filter(ALLOW)
    for family in range(FAMILY_MAX + 1):
        if family not in kept:
            out.add(errno(EAFNOSUPPORT), "socket", (0, EQUAL, family, 0))
    out.add(errno(EAFNOSUPPORT), "socket", (0, GREATER, FAMILY_MAX, 0))
    return out


def memory_filter():
    out = Filter(ALLOW)
    both = PROT_WRITE | PROT_EXEC
    out.add(errno(EPERM), "mmap", (2, MASKED, both, both))
    for call in "mprotect", "pkey_mprotect":
        out.add(errno(EPERM), call, (2, MASKED, PROT_EXEC, PROT_EXEC))
    out.add(errno(EPERM), "shmat", (2, MASKED, SHM_EXEC, SHM_EXEC))
    return out


def namespace_filter():
    out = Filter(ALLOW)
    for bit in range(32):
        if NAMESPACES >> bit & 1:
            for call in "clone", "unshare":
                out.add(errno(EPERM), call, (0, MASKED, 1 << bit, 1 << bit))
    out.add(errno(EPERM), "setns")
    out.add(errno(ENOSYS), "clone3")
    return out


def mode_filter():
    out = Filter(ALLOW)
    for bit in SPECIAL_BITS:
        for call, argument in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2),
                ("mkdir", 1), ("mkdirat", 2), ("mknod", 1), ("mknodat", 2),
                ("creat", 1)):
            out.add(errno(EPERM), call, (argument, MASKED, bit, bit))
    return out


class Cage:
    """The surroundings of one unit.  `writable` maps what its ReadWritePaths=
    names to directories of the test; `without` are calls that the filter does
    not allow though the unit does."""

    def __init__(self, path, writable, without=()):
        self.unit = unit = parse(path)
        number = {"EPERM": EPERM}[unit["SystemCallErrorNumber"][-1]]
        names = allowed_calls(unit["SystemCallFilter"]) - set(without)
        main = Filter(errno(number))
        for name in sorted(names):
            main.add(ALLOW, name)
        self.filters = []
        if unit.get("MemoryDenyWriteExecute") == ["yes"]:
            self.filters.append(memory_filter())
        if unit.get("RestrictNamespaces") == ["yes"]:
            self.filters.append(namespace_filter())
        if unit.get("RestrictSUIDSGID") == ["yes"]:
            self.filters.append(mode_filter())
        self.filters += [families_filter(unit), main]
        self.writable = [writable[p.lstrip("-")] for line in
            unit.get("ReadWritePaths", []) for p in line.split()
            if p.lstrip("-") in writable]
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self.mounts = self.mount_points()

    def mount_points(self):
        with open("/proc/self/mounts", encoding="utf-8") as f:
            points = [re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)),
                line.split()[1]) for line in f]
        return [p for p in points if not p.startswith(API_MOUNTS)]

    def protect_files(self):
        """ProtectSystem=strict and ReadWritePaths=, PrivateNetwork=; of
        PrivateTmp= only /var/tmp, as tests lie in /tmp."""
        net = CLONE_NEWNET if self.unit.get("PrivateNetwork") == ["yes"] else 0
        if LIBC.unshare(CLONE_NEWNS | net) != 0:
            os._exit(125)
        LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None)
        for path in self.writable:
            LIBC.mount(path.encode(), path.encode(), None, MS_BIND, None)
        for point in self.mounts:
            LIBC.mount(None, point.encode(), None,
                MS_REMOUNT | MS_BIND | MS_RDONLY, None)
        if self.unit.get("PrivateTmp") == ["yes"]:
            LIBC.mount(b"tmpfs", b"/var/tmp", b"tmpfs", 0, b"mode=1777")
        options = "hidepid=invisible,subset=pid"
        LIBC.mount(b"proc", b"/proc", b"proc", 0, options.encode())

    def enter(self):
        """Call it in the child before it starts the program."""
        # Python ignores SIGPIPE, and the program would inherit that.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        if self.user is not None:
            if self.unit.get("ProtectSystem") == ["strict"]:
                self.protect_files()
            for capability in range(64):
                LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)
        os.umask(int(self.unit["UMask"][-1], 8))
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        for one in self.filters:
            one.load()
