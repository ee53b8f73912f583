-- What can be computed from the facts, kept so that a reader need not.  When
-- this text moves, the sync drops these tables and fills them again from the
-- facts, inside the transaction that notices; nothing is fetched for it.

CREATE TABLE entry_head (
    -- What is known of an entry as a whole: one row per entry.
    entry_id INTEGER PRIMARY KEY
        REFERENCES entry (id) ON DELETE CASCADE,
    -- Ascending with (kind, name, entry_id): lists and search results that
    -- follow it are sorted.  There are gaps; lib/store/order.c says how it is dealt.
    sort_key INTEGER NOT NULL UNIQUE,
    -- The newest version that is not deleted; when all are, the newest of them.
    latest_version TEXT NOT NULL,
    -- 1 when latest_version is not deleted.
    is_usable INTEGER NOT NULL,
    -- The text that search covers: the folded names, titles and descriptions
    -- of all its versions, each distinct text once.
    search_text TEXT NOT NULL,
    -- How many texts that is: of one, every version answers as the entry does.
    texts INTEGER NOT NULL,
    -- A copy of entry.shown_us, beside what queries compare with it.
    shown_us INTEGER NOT NULL,
    -- When any of its versions last changed here.
    changed_us INTEGER NOT NULL,
    -- What else its block is indexed by, each once: the facets of all its
    -- versions, the versions themselves and their statuses, written as facets.
    terms BLOB NOT NULL
) STRICT;

CREATE TABLE version_text (
    -- What of a version's document queries ask for.
    document_id INTEGER PRIMARY KEY
        REFERENCES document (id) ON DELETE CASCADE,
    -- The folded name, title and description, one to a line.
    search_text TEXT NOT NULL,
    -- Tags, types of packages, transports: each a letter, the text as it
    -- stands in the document, a NUL (lib/posting.h).
    facets BLOB NOT NULL
) STRICT;

CREATE TABLE block (
    -- Entries that follow each other in the order of sort keys are indexed
    -- together: one row for some thousand of them.  Its place in the row's
    -- lists is an entry's number.
    -- The block has the sort keys from here to the next block.
    first_key INTEGER PRIMARY KEY,
    -- The newest instant in changed.
    newest_us INTEGER NOT NULL,
    -- The sort keys, 8 bytes each, big-endian, ascending.
    sort_keys BLOB NOT NULL,
    -- When each entry last changed here in any way, as many of 8 bytes.
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
