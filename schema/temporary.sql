-- What must be derived again at the end of a change (lib/store/derive.h), in
-- the writer's own temporary database.  Rows are added as facts change, and each
-- step reads and empties its tables:
--
--   heads      touched -> patched, stale, recompose, now_shown
--   registries recompose -> stale, now_shown
--   index      patched, stale
--
-- On disk, because a first sync touches every entry.

CREATE TEMP TABLE touched (
    -- Entries whose versions change, with what their heads were.
    entry_id INTEGER PRIMARY KEY,
    sort_key INTEGER,
    latest_version TEXT,
    is_usable INTEGER,
    -- 1: it has no head yet.
    is_new INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TEMP TABLE patched (
    -- Entries whose head was derived again, with what their postings still say.
    sort_key INTEGER PRIMARY KEY,
    search_text TEXT NOT NULL,
    terms BLOB NOT NULL,
    -- 1: it had a version that was not deleted.
    usable INTEGER NOT NULL
) STRICT;

CREATE TEMP TABLE recompose (
    -- Names for which registries must decide again whose entry they show.
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE was_shown (
    -- What the registry at hand showed under these names.
    entry_id INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE now_shown (
    -- Entries whose shown_us becomes the instant of this change.
    entry_id INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE stale (
    -- Blocks that must be indexed again.
    first_key INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE damaged (
    -- Documents that --rebuild found unreadable, or other than their digest.
    document_id INTEGER PRIMARY KEY
) STRICT;
