# SPDX-License-Identifier: Apache-2.0
"""Builds a registry database without the sync, as schema/ describes it.

    build(path,
        sources=[Source("a", [server("x.example/one", "1.0.0")])],
        registries=[Registry("main", ["a"], default=True)])

Computes keys, folded texts and shadowing by other means than the sync, so a test that
uses both checks each.
"""

import glob
import hashlib
import json
import os
import re
import sqlite3
import struct
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SERVER, SKILL, PLUGIN = 1, 2, 3
DAY = 86400 * 1000000
EPOCH = 1767225600 * 1000000  # 2026-01-01T00:00:00Z


@dataclass
class Version:
    kind: int
    name: str
    version: str
    doc: dict
    status: str = "active"
    message: str = None
    published: int = EPOCH
    updated: int = EPOCH + DAY
    changed: int = EPOCH
    here: int = None  # when it came here, if not when it was updated
    text: str = None  # the document as it is stored, if not dumped from doc

    def body(self):
        return self.text or json.dumps(
            self.doc, ensure_ascii=False, separators=(",", ":"))


@dataclass
class Source:
    name: str
    versions: list = field(default_factory=list)
    kind: str = "file"


@dataclass
class Registry:
    name: str
    sources: list
    default: bool = False
    generation: int = 1000


def server(name, version="1.0.0", description="d", title=None, **more):
    doc = {"name": name, "description": description, "version": version}
    if title is not None:
        doc["title"] = title
    doc.update(more.pop("extra", {}))
    return Version(SERVER, name, version, doc, **more)


def extension(kind, namespace, name, version="1.0.0", description="d", **more):
    doc = {"namespace": namespace, "name": name, "description": description,
        "version": version}
    doc.update(more.pop("extra", {}))
    return Version(kind, f"{namespace}/{name}", version, doc, **more)


# ---- what the sync computes --------------------------------------------------

def fold(text):
    """Full case folding; i with and without a dot are equal."""
    return "".join("i" if c in "\u0130\u0131" else c.casefold() for c in text)


SEMANTIC = re.compile(
    r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?", re.ASCII)


def number_key(digits):
    digits = (digits or "").lstrip("0")
    return b"\xff" * (len(digits) // 255) + \
        bytes([len(digits) % 255]) + digits.encode()


def order_key(version):
    """The sort key of a version, as in lib/version.c."""
    raw = version.encode()
    m = SEMANTIC.fullmatch(version)
    identifiers = m[4].split(".") if m and m[4] else []
    if not m or any(len(n or "") > 0 and int(n) >= 2**64 for n in m.groups()[:3]
            ) or any(i.isdigit() and i != "0" and i[0] == "0"
                for i in identifiers):
        return b"\1" + raw
    key = b"\2" + b"".join(number_key(n) for n in m.groups()[:3])
    if not identifiers:
        return key + b"\4" + raw
    for i in identifiers:
        key += b"\2" + number_key(i) if i.isdigit() else \
            b"\3" + i.encode() + b"\0"
    return key + b"\1" + raw


def search_lines(v):
    return [fold(t) for t in
        (v.name, v.doc.get("title"), v.doc.get("description")) if t]


PUBLISHER = "io.modelcontextprotocol.registry/publisher-provided"


def values(v, facet):
    """The distinct values of 'tag', 'registry_type' or 'transport'."""
    packages, remotes = v.doc.get("packages", []), v.doc.get("remotes", [])
    if facet == "registry_type":
        found = [p["registryType"] for p in packages]
    elif v.kind == SERVER and facet == "transport":
        found = [p["transport"]["type"] for p in packages] + [r["type"]
            for r in remotes]
    elif v.kind == SERVER:
        found = [tag for publisher in
            v.doc.get("_meta", {}).get(PUBLISHER, {}).values()
            if isinstance(publisher, dict)
            for listing in publisher.values() if isinstance(listing, dict)
            for tag in listing.get("tags", []) if isinstance(tag, str)]
    else:
        found = []
    return list(dict.fromkeys(found))


def facets(v):
    return b"".join(letter + value.encode() + b"\0" for letter, facet in
        ((b"t", "tag"), (b"p", "registry_type"), (b"n", "transport"))
        for value in values(v, facet))


# ---- filling the tables ------------------------------------------------------

def schema_number(word):
    with open(f"{ROOT}/lib/db/schema.h", encoding="utf-8") as f:
        return int(re.search(rf"#define {word} (\w+)", f.read())[1], 0)


def schema_version():
    return schema_number("SCHEMA_DURABLE") * 1000 + \
        schema_number("SCHEMA_DERIVED")


def create(path):
    """An empty database of the schema."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    for script in sorted(glob.glob(f"{ROOT}/schema/durable/*.sql")) + [
            f"{ROOT}/schema/derived.sql", f"{ROOT}/schema/views.sql"]:
        with open(script, encoding="utf-8") as f:
            db.executescript(f.read())
    db.execute(f"PRAGMA application_id = "
        f"{schema_number('SCHEMA_APPLICATION_ID')}")
    db.execute(f"PRAGMA user_version = {schema_version()}")
    db.execute("INSERT INTO setting VALUES ('database_id', ?)",
        (hashlib.sha256(os.fsencode(path)).hexdigest()[:32],))
    return db


def add_source(db, ordinal, source):
    cursor = db.execute(
        "INSERT INTO source (name, kind, ordinal, config, identity, filter,"
        " strict, created_us, updated_us)"
        " VALUES (?, ?, ?, '{}', ?, 'null', 0, ?, ?)",
        (source.name, source.kind, ordinal, source.name, EPOCH, EPOCH))
    source_id = cursor.lastrowid
    counts = [sum(v.kind == kind and v.status != "deleted"
        for v in source.versions) for kind in (SERVER, SKILL, PLUGIN)]
    db.execute(
        "INSERT INTO source_state (source_id, phase, message, attempts,"
        " ended_us, checked_us, succeeded_us, content_hash, servers, skills,"
        " plugins) VALUES (?, 'complete', 'ok', 0, ?, ?, ?, ?, ?, ?, ?)",
        (source_id, EPOCH, EPOCH, EPOCH, "0" * 64, *counts))
    return source_id


def add_version(db, entry_id, v):
    body = v.body()
    document = db.execute("INSERT INTO document (body) VALUES (?)",
        (body,)).lastrowid
    db.execute(
        "INSERT INTO version (entry_id, version, document_id, order_key,"
        " status, status_message, status_changed_us, published_us, updated_us,"
        " first_seen_us, changed_us, removed_us, digest)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
        (entry_id, v.version, document, order_key(v.version), v.status,
            v.message, v.changed, v.published, v.updated, v.published,
            v.updated if v.here is None else v.here, hashlib.sha256(body.encode()).digest()))
    db.execute("INSERT INTO version_text VALUES (?, ?, ?)",
        (document, "\n".join(search_lines(v)), facets(v)))


def add_head(db, entry_id, sort_key, versions):
    alive = [v.version for v in versions if v.status != "deleted"]
    text = "\n".join(dict.fromkeys(
        line for v in versions for line in search_lines(v)))
    # Columns that only the sync reads stay empty.
    db.execute("INSERT INTO entry_head VALUES (?, ?, ?, ?, ?, ?, 0, 0, x'')",
        (entry_id, sort_key, max(alive or [v.version for v in versions],
            key=order_key), bool(alive), text,
            len({tuple(search_lines(v)) for v in versions})))


def add_entries(db, sources, ids):
    """Returns {(source name, kind, name): (entry id, sort key, alive)}."""
    groups = {}
    for source in sources:
        for v in source.versions:
            groups.setdefault((v.kind, v.name.encode(), source.name),
                []).append(v)
    entries = {}
    for kind, name, source in groups:
        entries[kind, name, source] = db.execute(
            "INSERT INTO entry (source_id, kind, name) VALUES (?, ?, ?)",
            (ids[source], kind, name.decode())).lastrowid
    placed = {}
    order = sorted(groups, key=lambda k: (k[0], k[1], entries[k]))
    for place, key in enumerate(order):
        kind, name, source = key
        sort_key = (kind << 56) + (place + 1) * 1024
        for v in groups[key]:
            add_version(db, entries[key], v)
        add_head(db, entries[key], sort_key, groups[key])
        placed[source, kind, name.decode()] = (entries[key], sort_key,
            any(v.status != "deleted" for v in groups[key]))
    return placed


def encode(ordinals, entries):
    """A set of entries in the format of lib/posting.h."""
    if 2 * len(ordinals) > (entries + 7) // 8:
        bits = sum(1 << i for i in ordinals)
        return b"\1" + bits.to_bytes((entries + 7) // 8, "little")
    return b"\0" + b"".join(struct.pack(">H", i) for i in ordinals)


def terms_of(db, entry_id, sort_key, text, usable):
    """Every term of an entry."""
    for size in 1, 2, 3, 4:
        for gram in {text[at:at + size]
                     for at in range(len(text) - size + 1)}:
            yield b"g" + gram.encode()
    if usable:
        yield b"u"
    for version, status, found in db.execute("SELECT version, status, facets"
            " FROM version JOIN version_text USING (document_id)"
            " WHERE entry_id = ?", (entry_id,)):
        yield b"v" + version.encode()[:64]
        yield b"s" + status.encode()
        for facet in filter(None, found.split(b"\0")):
            yield facet[:65]
    for registry, in db.execute("SELECT registry_id FROM membership"
            " WHERE sort_key = ?", (sort_key,)):
        yield b"r%d" % registry


def add_block(db, first_key, entries):
    terms = {}
    for i, (entry_id, sort_key, text, usable, _) in enumerate(entries):
        for term in set(terms_of(db, entry_id, sort_key, text, usable)):
            terms.setdefault(term, []).append(i)
    db.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (first_key,
        max(e[4] for e in entries),
        b"".join(struct.pack(">q", e[1]) for e in entries),
        b"".join(struct.pack(">q", e[4]) for e in entries)))
    db.executemany("INSERT INTO posting VALUES (?, ?, ?)", [(first_key, term,
        encode(ordinals, len(entries))) for term, ordinals in terms.items()])


def add_blocks(db, size):
    """Indexes all entries, `size` in a block."""
    entries = db.execute("SELECT h.entry_id, h.sort_key, h.search_text,"
        " h.is_usable, max(max(v.changed_us, h.shown_us))"
        " FROM entry_head h JOIN version v USING (entry_id)"
        " GROUP BY h.entry_id ORDER BY h.sort_key").fetchall()
    for at in range(0, len(entries), size):
        add_block(db, entries[at][1] if at else 0, entries[at:at + size])


def add_registry(db, ordinal, registry, ids, placed, sources):
    registry_id = db.execute(
        "INSERT INTO registry (name, ordinal, is_default, generation,"
        " created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?)",
        (registry.name, ordinal, registry.default, registry.generation, EPOCH,
            EPOCH)).lastrowid
    shown = {}
    for position, name in enumerate(registry.sources):
        db.execute("INSERT INTO registry_source VALUES (?, ?, ?)",
            (registry_id, position, ids[name]))
        for (source, kind, entry), place in placed.items():
            key = kind, entry
            if source == name and (key not in shown or
                    place[2] and not shown[key][2]):
                shown[key] = place + (source,)
    for (kind, name), (entry, sort_key, _, _) in shown.items():
        db.execute("INSERT INTO membership VALUES (?, ?, ?, ?, ?)",
            (registry_id, sort_key, kind, name, entry))
    by_name = {s.name: s for s in sources}
    counts = [sum(v.kind == kind and v.name == name and v.status != "deleted"
        for (k, name), (_, _, _, source) in shown.items() if k == kind
        for v in by_name[source].versions)
        for kind in (SERVER, SKILL, PLUGIN)]
    db.execute("INSERT INTO registry_count VALUES (?, ?, ?, ?)",
        (registry_id, *counts))


def build(path, sources, registries, block=4096):
    """Creates the database, which must not exist."""
    db = create(path)
    db.execute("BEGIN")
    ids = {s.name: add_source(db, i, s) for i, s in enumerate(sources)}
    placed = add_entries(db, sources, ids)
    for i, registry in enumerate(registries):
        add_registry(db, i, registry, ids, placed, sources)
    add_blocks(db, block)
    db.execute("COMMIT")
    db.close()


ONE_URI = "/v0.1/servers/a.example%2Fx/versions/latest"


def build_one(path):
    """A database of one server, a.example/x, which is at ONE_URI."""
    build(path, [Source("a", [server("a.example/x")])],
        [Registry("r", ["a"], True)])


def random_facets(rng, known):
    """Members of a document that have some of the values of each filter."""
    def some(facet):
        return rng.choices(known[facet], k=rng.randrange(3))
    types, transports = some("registry_type"), some("transport")
    return {
        "packages": [{"registryType": t, "identifier": "i", "transport":
            {"type": rng.choice(known["transport"])}} for t in types],
        "remotes": [{"type": t, "url": "https://example.com/"}
            for t in transports],
        "_meta": {PUBLISHER: {"a": {"b": {"tags": [1, *some("tag")]},
            "c": {"tags": "x"}}, "tags": ["web"]}}}


def random_sources(rng, names, versions, facets):
    """Two sources of servers whose names, versions and texts collide."""
    words = ["alpha", "Beta", "gämma", "DELTA", "file", "Filesystem", "%_\\",
        "naïve \"quoted\"", "日本語 text", "e"]
    out = []
    for source in "ab":
        held = {}
        for _ in range(names):
            name = "%s.example/%s" % (rng.choice(["a", "A", "com", "com-x",
                "z.y"]), rng.choice(["s", "S", "s-", "t", "srv"]) +
                str(rng.randrange(names)))
            for _ in range(rng.randint(1, versions)):
                version = rng.choice(["%d.%d.%d", "%d.%d.%d-rc.1",
                    "v%d.%d.%d", "x%d%d%d", "%d.%d.%d+b"]) % (
                    rng.randrange(12), rng.randrange(12), rng.randrange(3))
                held[name, version] = server(name, version,
                    description=" ".join(rng.choices(words, k=3)),
                    title=rng.choice([None, *words]),
                    extra=random_facets(rng, facets),
                    here=EPOCH + rng.randrange(100) * DAY,
                    status=rng.choice(["active"] * 6 + ["deprecated",
                        "deleted"]),
                    updated=EPOCH + rng.randrange(100) * DAY)
        out.append(Source(source, list(held.values())))
    return out
