-- Lists of what must be derived again at the end of a change
-- (lib/store/derive.h), in the writer's own temporary database.  Each step reads
-- and empties its tables and fills those of later steps:
--
--   heads      touched -> patched, stale, recompose, now_shown
--   registries recompose -> stale, now_shown
--   index      patched, stale
--
-- On disk, because a first sync touches every entry.

CREATE TEMP TABLE touched (
    -- Entries whose versions change, with their heads before the change.
    entry_id INTEGER PRIMARY KEY,
    sort_key INTEGER,
    latest_version TEXT,
    is_usable INTEGER,
    -- 1: it has no head yet.
    is_new INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TEMP TABLE patched (
    -- Entries whose head was derived again, with the old head, which their
    -- postings still follow.
    sort_key INTEGER PRIMARY KEY,
    search_text TEXT NOT NULL,
    terms BLOB NOT NULL,
    -- 1: it had a version that was not deleted.
    usable INTEGER NOT NULL
) STRICT;

CREATE TEMP TABLE recompose (
    -- Names for which registries must decide again which entry they show.
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE was_shown (
    -- Entries that the present registry showed under the names in recompose.
    entry_id INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE now_shown (
    -- Entries whose shown_us is set to the instant of this change.
    entry_id INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE stale (
    -- Blocks that must be indexed again.
    first_key INTEGER PRIMARY KEY
) STRICT;

CREATE TEMP TABLE damaged (
    -- Documents that are unreadable or do not match their digest.
    document_id INTEGER PRIMARY KEY
) STRICT;
