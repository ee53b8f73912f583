-- Tables that are computed from the facts, so that readers need not do it.  When
-- SCHEMA_DERIVED changes, the sync drops these tables and fills them again from
-- the facts in one transaction, without fetching.

CREATE TABLE entry_head (
    -- Summary of the versions of an entry: one row per entry.
    entry_id INTEGER PRIMARY KEY
        REFERENCES entry (id) ON DELETE CASCADE,
    -- Ascends with (kind, name, source): lists and search results follow it.
    -- It has gaps; see lib/store/order.h.
    sort_key INTEGER NOT NULL UNIQUE,
    -- The newest version that is not deleted; when all are, the newest of them.
    latest_version TEXT NOT NULL,
    -- 1 when latest_version is not deleted.
    is_usable INTEGER NOT NULL,
    -- The text that search covers: the folded names, titles and descriptions
    -- of all its versions, each distinct text once.
    search_text TEXT NOT NULL,
    -- How many texts that is.  If one, every version matches a search that the
    -- entry matches.
    texts INTEGER NOT NULL,
    -- A copy of entry.shown_us, for queries that read only this table.
    shown_us INTEGER NOT NULL,
    -- When any of its versions last changed here.
    changed_us INTEGER NOT NULL,
    -- Its other terms in the index, each once: the facets of all its versions,
    -- the version strings and their statuses, in the format of facets.
    terms BLOB NOT NULL
) STRICT;

CREATE TABLE version_text (
    -- The parts of a document that queries compare.
    document_id INTEGER PRIMARY KEY
        REFERENCES document (id) ON DELETE CASCADE,
    -- The folded name, title and description, one to a line.
    search_text TEXT NOT NULL,
    -- Tags, types of packages, transports: each a letter, the text as in the
    -- document, a NUL (lib/posting.h).
    facets BLOB NOT NULL
) STRICT;

CREATE TABLE block (
    -- The index is divided into blocks of some thousand entries with
    -- consecutive sort keys.  The position of an entry in the lists of this
    -- row is its number in postings.
    -- The first sort key; the block reaches to the next block.
    first_key INTEGER PRIMARY KEY,
    -- The newest instant in changed.
    newest_us INTEGER NOT NULL,
    -- The sort keys, 8 bytes each, big-endian, ascending.
    sort_keys BLOB NOT NULL,
    -- When each entry last changed here, in the same order and format.
    changed BLOB NOT NULL
) STRICT;

CREATE TABLE posting (
    -- Which entries of a block have a term: a gram of one to four characters
    -- of their search text, a tag, a version, a status, a registry that shows
    -- them (lib/posting.h).
    first_key INTEGER NOT NULL,
    term BLOB NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (first_key, term)
) STRICT, WITHOUT ROWID;

CREATE TABLE membership (
    -- What a registry shows, after shadowing: for each kind and name the entry
    -- of the first of its sources that has a usable version, else of the first
    -- that has a tombstone.
    registry_id INTEGER NOT NULL REFERENCES registry (id) ON DELETE CASCADE,
    -- As in entry_head: the order of every list.
    sort_key INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    entry_id INTEGER NOT NULL,
    PRIMARY KEY (registry_id, sort_key)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX membership_name
    ON membership (registry_id, kind, name, entry_id);

CREATE TABLE registry_count (
    -- How many names a registry shows, without deleted ones.
    registry_id INTEGER PRIMARY KEY
        REFERENCES registry (id) ON DELETE CASCADE,
    servers INTEGER NOT NULL,
    skills INTEGER NOT NULL,
    plugins INTEGER NOT NULL
) STRICT;
