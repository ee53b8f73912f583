-- What can be computed from the facts, kept so that a reader need not.  When
-- this text moves, the sync drops these tables and fills them again from the
-- facts, inside the transaction that notices; nothing is fetched for it.

CREATE TABLE entry_head (
    -- What is known of an entry as a whole: one row per entry.
    entry_id INTEGER PRIMARY KEY
        REFERENCES entry (id) ON DELETE CASCADE,
    -- Ascending with (kind, name, entry_id): lists and search results that
    -- follow it are sorted.  There are gaps; sync/store/order.c says how it is dealt.
    sort_key INTEGER NOT NULL UNIQUE,
    -- The newest version that is there to be used; NULL when all are deleted.
    latest_version TEXT,
    -- The text that search covers: the folded names, titles and descriptions
    -- of all its versions, each distinct text once.
    search_text TEXT NOT NULL
) STRICT;

CREATE TABLE version_text (
    -- The folded name, title and description of one version, one to a line.
    document_id INTEGER PRIMARY KEY
        REFERENCES document (id) ON DELETE CASCADE,
    search_text TEXT NOT NULL
) STRICT;

-- Trigrams of entry_head.search_text; rowid is entry_head.sort_key.
CREATE VIRTUAL TABLE search_index USING fts5 (
    search_text,
    content = '',
    detail = none,
    columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE membership (
    -- What a registry shows, after shadowing: for each kind and name the entry
    -- of the first of its sources that holds the name alive, else of the first
    -- that remembers it as removed.
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
    -- How much a registry shows, deleted versions not counted.
    registry_id INTEGER PRIMARY KEY
        REFERENCES registry (id) ON DELETE CASCADE,
    servers INTEGER NOT NULL,
    skills INTEGER NOT NULL,
    plugins INTEGER NOT NULL
) STRICT;
