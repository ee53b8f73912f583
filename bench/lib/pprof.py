# SPDX-License-Identifier: Apache-2.0
"""Reading profiles in the format of pprof (profile.proto), as
/debug/pprof gives them."""

import gzip

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
        self.functions = {f[1]: self.strings[f[2]]
            for f in map(one, groups.get(5, []))}
        self.owners = {}
        self.locations = {p[1]: self.name(p)
            for p in map(one, groups.get(4, []))}
        self.samples = [self.sample(s) for s in groups.get(2, [])]

    def value_type(self, data):
        fields_of = one(data)
        return self.strings[fields_of[1]], self.strings[fields_of[2]]

    def name(self, location):
        """A function's, or the file's where that is not known."""
        mapping = self.mappings.get(location.get(2))
        if mapping is None:
            return "[unknown]"
        assert mapping[2] <= location[3] < mapping[3]
        owner = self.strings[mapping[5]].split("/")[-1]
        name = f"[{owner}]"
        if 4 in location:
            name = self.functions[one(location[4])[1]]
        self.owners[name] = owner
        return name

    def sample(self, data):
        message = one(data)
        label = one(message[3])
        assert self.strings[label[1]] == "process"
        values = numbers(message[2])
        assert len(values) == len(self.types)
        return ([self.locations[i] for i in numbers(message[1])], values,
            int(self.strings[label[2]]))
