# SPDX-License-Identifier: Apache-2.0
"""Reading what /metrics says, in both text formats, and looking whether it
keeps to their rules."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"),
    "counter": ("_total",), "info": ("_info",)}


def labels_of(text):
    out, at = {}, 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m, text[at:]
        assert m[1] not in out, text
        out[m[1]] = re.sub(r"\\(.)", lambda e: "\n" if e[1] == "n" else e[1],
            m[2])
        at = m.end()
    return out


class Text:
    """samples: {name: [(labels, value), ...]}; types: {family: type}."""

    def __init__(self, text):
        self.samples = {}
        self.types = {}
        self.order = []  # (family, name, labels, value)
        self.open = text.endswith("# EOF\n")
        family = None
        for line in text.split("\n")[:-1]:
            if line == "# EOF":
                continue
            if line.startswith("# "):
                word, name, rest = line[2:].split(" ", 2)
                assert word in ("HELP", "TYPE"), line
                if word == "HELP":
                    assert name not in self.types, line
                    family = name
                else:
                    assert name == family, line
                    self.types[name] = rest
                continue
            m = SAMPLE.fullmatch(line)
            assert m, line
            labels = labels_of(m[2] or "")
            self.samples.setdefault(m[1], []).append((labels, float(m[3])))
            self.order.append((family, m[1], labels, float(m[3])))

    def names(self):
        return list(self.samples) + list(self.types)

    def value(self, name, **labels):
        """Of the one sample that has these labels; None if there is none."""
        found = [value for have, value in self.samples.get(name, ())
            if labels.items() <= have.items()]
        assert len(found) < 2, (name, labels, found)
        return found[0] if found else None

    def total(self, name, **labels):
        return sum(value for have, value in self.samples.get(name, ())
            if labels.items() <= have.items())

    def problems(self):
        """What breaks a rule of the format."""
        out, seen = [], set()
        for family, name, labels, value in self.order:
            kind = self.types[family]
            ends = SUFFIXES.get(kind, ("",))
            if kind == "counter" and not self.open:
                ends = ("",)
            if name not in [family + e for e in ends]:
                out.append(f"{name} in the family {family}")
            key = (name, tuple(sorted(labels.items())))
            if key in seen:
                out.append(f"{key} twice")
            seen.add(key)
            if kind in ("counter", "histogram") and value < 0:
                out.append(f"{key}: {value}")
        for family, kind in self.types.items():
            if kind == "histogram":
                out += self.histogram_problems(family)
        return out

    def histogram_problems(self, family):
        parts = {}
        for labels, value in self.samples.get(family + "_bucket", ()):
            key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
            parts.setdefault(key, []).append((float(labels["le"]), value))
        for key, values in parts.items():
            count = self.value(family + "_count", **dict(key))
            if values != sorted(values) or values[-1] != (float("inf"), count):
                yield f"{family} {key}: {values}, {count}"


def read(body):
    return Text(body.decode())
