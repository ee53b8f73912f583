-- What a sync writes down for itself while it works, in its own temporary
-- database; nobody else sees it.

CREATE TEMP TABLE touched (
    -- Entries whose head may have to be made again, with what it was.
    entry_id INTEGER PRIMARY KEY,
    sort_key INTEGER,
    latest_version TEXT,
    is_usable INTEGER,
    -- 1: it has no head yet.
    is_new INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TEMP TABLE stale (
    -- Blocks whose entries are not as their postings say.
    first_key INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE patched (
    -- Entries whose head was made again: what their postings still say of them.
    sort_key INTEGER PRIMARY KEY,
    search_text TEXT NOT NULL,
    terms BLOB NOT NULL,
    -- 1: it had a version that was not deleted.
    usable INTEGER NOT NULL
) STRICT;

CREATE TEMP TABLE was_shown (
    -- What a registry showed under the names it is deciding on.
    entry_id INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE now_shown (
    -- Entries whose shown_us becomes the instant of this change.
    entry_id INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE recompose (
    -- Names for which registries must decide again whose entry they show.
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE damaged (
    -- Documents that --rebuild found unreadable, or other than their digest.
    document_id INTEGER PRIMARY KEY
) STRICT;
