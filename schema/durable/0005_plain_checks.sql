-- The same facts under checks that cost nothing.  For a list of more than two
-- words after IN, SQLite fills a table of its own for every single row that is
-- written, which was a tenth of a first sync.

CREATE TABLE entry_moved (
    -- One name of one kind in one source; its versions hang below it.
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    -- 1 server, 2 skill, 3 plugin.
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    -- A server's name; namespace/name of a skill or plugin.
    name TEXT NOT NULL,
    UNIQUE (kind, name, source_id)
) STRICT;

CREATE TABLE version_moved (
    -- One version of an entry: what queries need to know without its document.
    entry_id INTEGER NOT NULL REFERENCES entry_moved (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    document_id INTEGER NOT NULL REFERENCES document (id)
        DEFERRABLE INITIALLY DEFERRED,
    -- Orders versions by precedence under memcmp (lib/version.h).
    order_key BLOB NOT NULL,
    -- 'active', 'deprecated', 'archived' or, for one that left its source or
    -- was withdrawn upstream, 'deleted'.
    status TEXT NOT NULL CHECK (status = 'active' OR status = 'deprecated'
        OR status = 'archived' OR status = 'deleted'),
    status_message TEXT,
    status_changed_us INTEGER NOT NULL,
    -- The upstream's own times where it gave them, else first seen and last
    -- changed here.
    published_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    -- When this database first held it, and when its content last moved.
    first_seen_us INTEGER NOT NULL,
    changed_us INTEGER NOT NULL,
    -- When it left its source; such a tombstone goes after the retention time.
    removed_us INTEGER,
    -- SHA-256 of the document, to tell a changed entry from an unchanged one.
    digest BLOB NOT NULL,
    -- Which of its values are the upstream's own: the sum of 1 status and
    -- message, 2 status_changed_us, 4 published_us, 8 updated_us.
    upstream INTEGER NOT NULL DEFAULT 0,
    -- What stood in the item's _meta beside the official object, and in that
    -- beside what has a column: a run of JSON members ("a":1,"b":{}), sent back
    -- as it is.
    extra_meta TEXT,
    extra_official TEXT,
    PRIMARY KEY (entry_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE withheld_moved (
    -- A version its source offers and its source's filter leaves out: kept, so
    -- that another filter can be applied without fetching.
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    -- SHA-256 of the document.
    digest BLOB NOT NULL,
    body TEXT NOT NULL,
    -- What the upstream says of it, as in version; NULL is "not given".
    status TEXT,
    status_message TEXT,
    status_changed_us INTEGER,
    published_us INTEGER,
    updated_us INTEGER,
    extra_meta TEXT,
    extra_official TEXT,
    UNIQUE (source_id, kind, name, version)
) STRICT;

INSERT INTO entry_moved SELECT id, source_id, kind, name FROM entry;
INSERT INTO version_moved SELECT entry_id, version, document_id, order_key,
    status, status_message, status_changed_us, published_us, updated_us,
    first_seen_us, changed_us, removed_us, digest, upstream, extra_meta,
    extra_official
FROM version;
INSERT INTO withheld_moved SELECT id, source_id, kind, name, version, digest,
    body, status, status_message, status_changed_us, published_us, updated_us,
    extra_meta, extra_official
FROM withheld;

-- The versions first: nothing refers to the old entries then.
DROP TABLE version;
DROP TABLE entry;
DROP TABLE withheld;
ALTER TABLE entry_moved RENAME TO entry;
ALTER TABLE version_moved RENAME TO version;
ALTER TABLE withheld_moved RENAME TO withheld;

CREATE INDEX entry_source ON entry (source_id);
CREATE UNIQUE INDEX version_newest ON version (entry_id, order_key DESC);
CREATE UNIQUE INDEX version_document ON version (document_id);
CREATE INDEX version_removed ON version (removed_us)
    WHERE removed_us IS NOT NULL;
