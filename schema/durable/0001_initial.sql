-- Facts: what came from outside and when.  None of this can be computed from
-- the rest; it moves from one version of the program to the next by numbered
-- steps, all that are missing in one transaction.
--
-- Instants are microseconds since 1970-01-01T00:00:00Z; NULL is "never".

CREATE TABLE setting (
    -- One fact about the whole database: 'database_id' (random, made once);
    -- from the configuration 'trigger_access', 'trigger_token_file'.
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    -- The configured name, unique among sources.
    name TEXT NOT NULL UNIQUE,
    -- Where the content comes from.
    kind TEXT NOT NULL CHECK (kind IN
        ('git', 'api', 'file', 'managed', 'kubernetes', 'configmap')),
    -- Its place in the configuration file, from 0.
    ordinal INTEGER NOT NULL,
    -- The kind's own block of the configuration as JSON, without secrets.
    config TEXT NOT NULL CHECK (json_valid(config)),
    -- What decides the content a fetch brings; another text, and what was
    -- remembered of the last fetch is worthless.
    identity TEXT NOT NULL,
    -- The filter as JSON, 'null' when there is none.
    filter TEXT NOT NULL CHECK (json_valid(filter)),
    -- How long a sync's result counts as fresh; NULL for kinds not synced.
    interval_us INTEGER,
    -- 1 when one bad entry fails the whole source.
    strict INTEGER NOT NULL CHECK (strict IN (0, 1)),
    -- Who may see it: a JSON object of claims, NULL for everybody.
    claims TEXT CHECK (claims IS NULL OR json_valid(claims)),
    -- When the source was first configured, and its configuration last changed.
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;

CREATE TABLE source_state (
    -- How the last sync of a source went: one row per source.
    source_id INTEGER PRIMARY KEY
        REFERENCES source (id) ON DELETE CASCADE,
    -- 'syncing' only while the process that wrote it is alive.
    phase TEXT NOT NULL CHECK (phase IN ('syncing', 'complete', 'failed')),
    -- What the last attempt had to say, success included.
    message TEXT NOT NULL,
    -- Failures since the last success.
    attempts INTEGER NOT NULL,
    -- Start of the attempt that is running; NULL when none is.
    started_us INTEGER,
    -- End of the last attempt that did more than find nothing new.
    ended_us INTEGER,
    -- The last time the source was looked at and found readable.
    checked_us INTEGER,
    -- The last time its content was known to be what is stored.
    succeeded_us INTEGER,
    -- Not to be tried again before; NULL: at once.
    due_us INTEGER,
    -- SHA-256 of the stored content before filtering, lower-case hex.
    content_hash TEXT,
    -- The filter that was applied to what is stored, as source.filter.
    applied_filter TEXT,
    -- What lets the next fetch be skipped: the git commit, the HTTP
    -- validators, the size and times of the file.
    revision TEXT,
    etag TEXT,
    last_modified TEXT,
    file_identity TEXT,
    -- Entries stored after filtering, versions counted one by one.
    servers INTEGER NOT NULL DEFAULT 0,
    skills INTEGER NOT NULL DEFAULT 0,
    plugins INTEGER NOT NULL DEFAULT 0,
    -- Entries left out of the stored content because they break a rule.
    rejected INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE rejection (
    -- An entry of the stored content that was left out, and why.  The first
    -- thousand of a source are kept; source_state.rejected counts them all.
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    -- Order in which they were met.
    ordinal INTEGER NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
    -- Where it stands: document, array and index, member inside the entry.
    path TEXT NOT NULL,
    -- Its name and version as far as they could be read.
    name TEXT,
    version TEXT,
    -- The rule it breaks, and the value that does.
    rule TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (source_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE registry (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Its place in the configuration file, from 0.
    ordinal INTEGER NOT NULL,
    -- 1 for the one that answers where no registry is named.
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    -- Who may see it: a JSON object of claims, NULL for everybody.
    claims TEXT CHECK (claims IS NULL OR json_valid(claims)),
    -- Moves whenever an answer from this registry may change: the instant of
    -- that commit, or one more than before if the clock stood still.
    generation INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX registry_default ON registry (is_default)
    WHERE is_default = 1;

CREATE TABLE registry_source (
    -- Which sources a registry is made of; position 0 has priority.
    registry_id INTEGER NOT NULL REFERENCES registry (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    PRIMARY KEY (registry_id, position),
    UNIQUE (registry_id, source_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX registry_source_source ON registry_source (source_id);

CREATE TABLE entry (
    -- One name of one kind in one source; its versions hang below it.
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    -- 1 server, 2 skill, 3 plugin.
    kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
    -- A server's name; namespace/name of a skill or plugin.
    name TEXT NOT NULL,
    UNIQUE (kind, name, source_id)
) STRICT;

CREATE INDEX entry_source ON entry (source_id);

CREATE TABLE document (
    -- An entry's own JSON, minified and otherwise untouched: what is sent.
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE version (
    -- One version of an entry: what queries need to know without its document.
    entry_id INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    document_id INTEGER NOT NULL REFERENCES document (id)
        DEFERRABLE INITIALLY DEFERRED,
    -- Orders versions by precedence under memcmp (lib/version.h).
    order_key BLOB NOT NULL,
    -- 'active', 'deprecated', 'archived' or, for one that left its source or
    -- was withdrawn upstream, 'deleted'.
    status TEXT NOT NULL CHECK (status IN
        ('active', 'deprecated', 'archived', 'deleted')),
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
    PRIMARY KEY (entry_id, version)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX version_newest ON version (entry_id, order_key DESC);
CREATE UNIQUE INDEX version_document ON version (document_id);
CREATE INDEX version_removed ON version (removed_us)
    WHERE removed_us IS NOT NULL;

CREATE TABLE withheld (
    -- A version its source offers and its source's filter leaves out: kept, so
    -- that another filter can be applied without fetching.
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    -- SHA-256 of the document.
    digest BLOB NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (source_id, kind, name, version)
) STRICT;

CREATE TABLE run (
    -- One run of the sync that had something to do.
    id INTEGER PRIMARY KEY,
    -- What the trigger answered and the status shows.
    run_id TEXT NOT NULL UNIQUE,
    trigger TEXT NOT NULL CHECK (trigger IN ('automatic', 'manual')),
    started_us INTEGER NOT NULL,
    ended_us INTEGER,
    -- NULL while it runs.
    result TEXT CHECK (result IN ('completed', 'failed', 'interrupted')),
    -- The first error of the run; NULL on success.
    error TEXT,
    -- Runs that failed in a row, this one included; 0 on success.
    attempts INTEGER NOT NULL DEFAULT 0,
    -- SHA-256 over the content hashes of all sources, in their order.
    hash TEXT,
    -- Servers stored in all sources when it ended.
    servers INTEGER,
    -- Progress while it runs: the process that writes it, when it last did,
    -- and the source that it is syncing.
    pid INTEGER NOT NULL,
    heartbeat_us INTEGER NOT NULL,
    current_source TEXT,
    entries INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX run_running ON run (id) WHERE ended_us IS NULL;
CREATE INDEX run_ended ON run (ended_us) WHERE ended_us IS NOT NULL;

CREATE TABLE run_source (
    -- What one run did with one source.
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN
        ('completed', 'unchanged', 'skipped', 'failed')),
    started_us INTEGER NOT NULL,
    ended_us INTEGER NOT NULL,
    added INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    removed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    total INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT,
    error TEXT,
    PRIMARY KEY (run, ordinal)
) STRICT, WITHOUT ROWID;
