# SPDX-License-Identifier: Apache-2.0
"""Reading profiles in the format of pprof (profile.proto), as
/debug/pprof gives them.  Functions have their names from the programs and
libraries on this machine, as in pprof itself, by nm of binutils."""

import bisect
import gzip
import os
import struct
import subprocess

NUMBER, BYTES = 0, 2


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """Yields (number of the field, int or bytes)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        value, at = varint(data, at)
        if key & 7 == BYTES:
            if at + value > len(data):
                raise ValueError("cut off")
            data_end = at + value
            value, at = data[at:data_end], data_end
        elif key & 7 != NUMBER:
            raise ValueError(f"kind of field {key & 7}")
        yield key >> 3, value


def one(data):
    """A message whose fields occur once."""
    return dict(fields(data))


def numbers(data):
    out, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        out.append(value)
    return out


def address_in(path, offset):
    """What the program headers of an ELF file (64 bits, little endian) say
    byte ${offset} of it is mapped at; None where they do not."""
    with open(path, "rb") as f:
        head = f.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            return None
        at, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        f.seek(at)
        table = f.read(size * count)
    for i in range(count):
        kind, _, start, address, _, length = struct.unpack_from("<IIQQQQ",
            table, i * size)
        if kind == 1 and start <= offset < start + length:
            return offset - start + address
    return None


def symbols(path):
    """[(address, end, name)] of the functions of a file, sorted; those it
    exports where it is stripped."""
    for more in (), ("-D",):
        done = subprocess.run(["nm", "-S", "--defined-only", *more, path],
            text=True, capture_output=True, check=False)
        found = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
        found = sorted((int(at, 16), int(at, 16) + int(size, 16),
            name.split("@")[0]) for at, size, kind, name in
            (f for f in found if len(f) == 4) if kind in "tTwWi")
        if found:
            return found
    return []


def names_of(path, offsets):
    """{offset: the name of the function there}, for those that have one."""
    if not os.path.isfile(path):
        return {}
    table, names = symbols(path), {}
    for offset in offsets:
        at = address_in(path, offset)
        i = -1 if at is None else bisect.bisect(table, (at, 1 << 64)) - 1
        if i >= 0 and at < table[i][1]:
            names[offset] = table[i][2]
    return names


class Profile:
    """types: [(type, unit)]; samples: [(stack of frame names, the innermost
    first; values; process)]; owners: {name of a frame: file of its code}."""

    def __init__(self, data):
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        groups = {}
        for number, value in fields(data):
            groups.setdefault(number, []).append(value)
        self.strings = [s.decode() for s in groups.get(6, [b""])]
        assert self.strings[0] == ""
        self.types = [self.value_type(t) for t in groups.get(1, [])]
        self.period = groups.get(12, [0])[0]
        self.seconds = groups.get(10, [0])[0] / 1e9
        self.comments = [self.strings[i] for i in groups.get(13, [])]
        self.mappings = {m[1]: m for m in map(one, groups.get(3, []))}
        self.owners = {}
        locations = list(map(one, groups.get(4, [])))
        places = {}
        for p in locations:
            if p.get(2) in self.mappings:
                path, offset = self.place(p)
                places.setdefault(path, set()).add(offset)
        self.names = {path: names_of(path, sorted(offsets))
            for path, offsets in places.items()}
        self.locations = {p[1]: self.name(p) for p in locations}
        self.samples = [self.sample(s) for s in groups.get(2, [])]

    def value_type(self, data):
        fields_of = one(data)
        return self.strings[fields_of[1]], self.strings[fields_of[2]]

    def place(self, location):
        """(File, byte of it) of a location that has a mapping."""
        mapping = self.mappings[location[2]]
        assert mapping[2] <= location[3] < mapping[3]
        return self.strings[mapping[5]], \
            location[3] - mapping[2] + mapping.get(4, 0)

    def name(self, location):
        """A function's, or the file's where that is not known."""
        if location.get(2) not in self.mappings:
            return "[unknown]"
        path, offset = self.place(location)
        owner = path.split("/")[-1]
        name = self.names[path].get(offset, f"[{owner}]")
        self.owners[name] = owner
        return name

    def sample(self, data):
        message = one(data)
        label = one(message[3])
        assert self.strings[label[1]] == "process"
        values = numbers(message[2])
        assert len(values) == len(self.types)
        return ([self.locations[i] for i in numbers(message[1])], values,
            label[3])
