-- Statements of the sync.

-- ---- settings ---------------------------------------------------------------

-- name: setting_get
-- One fact about the database.
SELECT value FROM setting WHERE key = :key;

-- name: setting_put
INSERT INTO setting (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value
WHERE value <> excluded.value;


-- ---- sources and registries as configured -------------------------------------

-- name: source_find
SELECT id FROM source WHERE name = :name;

-- name: source_forget_validators
-- The source has another location: the next fetch must not be skipped because of
-- the last one.
UPDATE source_state SET content_hash = NULL, revision = NULL, etag = NULL,
    last_modified = NULL, file_identity = NULL, checkpoint = NULL,
    due_us = NULL, retry_us = NULL
WHERE source_id = :source;

-- name: registry_list
-- plan: scan-ok all registries, in the order of the configuration
SELECT id FROM registry ORDER BY ordinal, id;

-- name: registry_of_source
SELECT registry_id FROM registry_source WHERE source_id = :source;

-- name: registry_of_touched
-- Registries that show a touched entry.
-- plan: scan-ok every registry, and the few touched entries
SELECT r.id FROM registry r WHERE EXISTS (
    SELECT 1 FROM touched t CROSS JOIN membership m
        ON m.registry_id = r.id AND m.sort_key = t.sort_key);

-- name: registry_touch
-- Responses from this registry may differ from now on.
UPDATE registry SET generation = max(generation + 1, :now)
WHERE id = :registry;

-- ---- records of syncs ---------------------------------------------------------

-- name: source_state_get
SELECT phase, attempts, checked_us, due_us, content_hash, applied_filter,
    revision, etag, last_modified, file_identity, servers, skills, plugins,
    rejected, checkpoint, retry_us, max(coalesce(checked_us, 0),
    coalesce(ended_us, 0)), applied_rules, unreadable
FROM source_state WHERE source_id = :source;

-- name: source_state_syncing
UPDATE source_state SET phase = 'syncing', started_us = :now
WHERE source_id = :source;

-- name: source_state_unchanged
-- The source was fetched, or needed no fetch; the stored content is current.
UPDATE source_state SET phase = 'complete', started_us = NULL, attempts = 0,
    message = :message, checked_us = :now, succeeded_us = :now, due_us = :due,
    revision = :revision, etag = :etag, last_modified = :last_modified,
    file_identity = :file_identity, checkpoint = :checkpoint,
    retry_us = :retry
WHERE source_id = :source;

-- name: source_state_changed
-- The same, and this attempt wrote content.
UPDATE source_state SET ended_us = checked_us, content_hash = :hash,
    applied_filter = :filter, applied_rules = :rules,
    unreadable = :unreadable, servers = :servers, skills = :skills,
    plugins = :plugins, rejected = :rejected
WHERE source_id = :source;

-- name: source_state_failed
-- The stored content and its validators stay.
UPDATE source_state SET phase = 'failed', started_us = NULL,
    attempts = attempts + 1, message = :message, ended_us = :now,
    due_us = :due, retry_us = :retry
WHERE source_id = :source;

-- name: source_state_due_by
-- The source is due at :due unless it is due earlier.
UPDATE source_state SET due_us = :due
WHERE source_id = :source AND due_us > :due;

-- name: source_state_orphans
-- plan: scan-ok one row a source, only at start
UPDATE source_state SET phase = 'failed', started_us = NULL,
    message = 'The last sync was interrupted', due_us = NULL
WHERE phase = 'syncing';

-- name: run_orphans
UPDATE run SET ended_us = :now, result = 'interrupted',
    error = 'the process exited before the sync finished'
WHERE ended_us IS NULL;

-- name: run_last_attempts
-- How many runs have failed in a row.
-- plan: scan-ok walks the primary key backwards, one row
SELECT attempts FROM run WHERE ended_us IS NOT NULL
ORDER BY id DESC LIMIT 1;

-- name: run_insert
INSERT INTO run (run_id, trigger, started_us, pid, heartbeat_us)
VALUES (:run_id, :trigger, :now, :pid, :now);

-- name: run_progress
UPDATE run SET heartbeat_us = :now, current_source = :source,
    entries = :entries, bytes = :bytes
WHERE id = :run;

-- name: run_finish
UPDATE run SET ended_us = :now, heartbeat_us = :now, result = :result,
    error = :error, attempts = :attempts, hash = :hash, servers = :servers,
    notable = :notable, current_source = NULL
WHERE id = :run;

-- name: run_source_insert
INSERT INTO run_source (run, ordinal, source, kind, result, started_us,
    ended_us, added, updated, removed, unchanged, rejected, total, requests,
    bytes, hash, error)
VALUES (:run, :ordinal, :source, :kind, :result, :started, :ended, :added,
    :updated, :removed, :unchanged, :rejected, :total, :requests, :bytes,
    :hash, :error);

-- name: run_prune_quiet
-- Deletes all but the newest runs without changes.
DELETE FROM run WHERE notable = 0
    AND id <= (SELECT max(id) FROM run) - :keep;

-- name: duration_total_add
-- Adds an attempt that took :us to its part of the distribution; the other parts
-- get a row, too, which readers need.  If the bounds change, rows keep theirs.
-- plan: scan-ok the parts of a distribution
INSERT INTO duration_total (what, kind, source, outcome, bound_us, count,
    sum_us)
SELECT :what, :kind, :source, :outcome, column2, here, iif(here, :us, 0)
FROM (SELECT column2, :us > column1 AND :us <= column2 AS here FROM (VALUES
    (-1, 100000),
    (100000, 500000),
    (500000, 1000000),
    (1000000, 2500000),
    (2500000, 5000000),
    (5000000, 10000000),
    (10000000, 30000000),
    (30000000, 60000000),
    (60000000, 120000000),
    (120000000, 180000000),
    (180000000, 300000000),
    (300000000, 0x7fffffffffffffff)))
WHERE true
ON CONFLICT (what, kind, source, outcome, bound_us) DO UPDATE SET
    count = count + excluded.count, sum_us = sum_us + excluded.sum_us;

-- name: duration_total_prune
-- plan: scan-ok a row for each source, outcome and part of the distribution
DELETE FROM duration_total
WHERE source <> '' AND source NOT IN (SELECT name FROM source);

-- name: content_hashes
-- plan: scan-ok one row a source
SELECT coalesce(t.content_hash, ''), t.servers
FROM source s JOIN source_state t ON t.source_id = s.id
ORDER BY s.ordinal, s.id;

-- ---- content ------------------------------------------------------------------

-- name: stored_entry
-- The entry of a source with this name.
SELECT id FROM entry
WHERE kind = :kind AND name = :name AND source_id = :source;

-- name: stored_version
-- One of its versions.
SELECT document_id, digest, removed_us, status, file FROM version
WHERE entry_id = :entry AND version = :version;

-- name: stored_versions
-- All versions of a source, those of an entry together.
-- plan: scan-ok every version of the source
SELECT e.id, e.kind, e.name, v.document_id, v.version, v.status = 'deleted',
    v.removed_us IS NOT NULL, v.file
FROM entry e CROSS JOIN version v ON v.entry_id = e.id
WHERE e.source_id = :source;

-- name: newest_document
-- The document of the newest version of an entry that is not deleted.
SELECT document_id FROM version WHERE entry_id = :entry AND status <> 'deleted'
ORDER BY order_key DESC LIMIT 1;

-- name: source_is_empty
-- Whether the source has no entries.
SELECT NOT EXISTS (SELECT 1 FROM entry WHERE source_id = :source);

-- name: entry_insert
INSERT INTO entry (source_id, kind, name) VALUES (:source, :kind, :name);

-- name: document_insert
INSERT INTO document (body) VALUES (:body);

-- name: document_update
UPDATE document SET body = :body WHERE id = :id AND body <> :body;

-- name: version_insert
-- Times that the upstream does not give are set here.
INSERT INTO version (entry_id, version, document_id, order_key, status,
    status_message, status_changed_us, published_us, updated_us,
    first_seen_us, changed_us, digest, upstream, extra_meta, extra_official,
    file)
VALUES (:entry, :version, :document, :order_key, :status, :status_message,
    coalesce(:status_changed, :now), coalesce(:published, :date),
    coalesce(:updated, :date), :now, :changed, :digest, :upstream, :extra_meta,
    :extra_official, :file);

-- name: version_update
-- Changed content, or a tombstone that is offered again.
UPDATE version SET digest = :digest, removed_us = NULL,
    status_changed_us = coalesce(:status_changed,
        iif(status = :status, status_changed_us, :now)),
    status = :status, status_message = :status_message,
    published_us = coalesce(:published, published_us),
    updated_us = coalesce(:updated, :date), changed_us = :changed,
    upstream = :upstream, extra_meta = :extra_meta,
    extra_official = :extra_official, file = :file
WHERE entry_id = :entry AND version = :version;

-- name: version_move
-- The same content in another file.
UPDATE version SET file = :file WHERE document_id = :document;

-- name: version_text_put
INSERT INTO version_text (document_id, search_text, facets)
VALUES (:document, :search_text, :facets)
ON CONFLICT (document_id) DO UPDATE SET search_text = excluded.search_text,
    facets = excluded.facets
WHERE search_text <> excluded.search_text OR facets <> excluded.facets;

-- name: touch_entry
-- Saves the head of an entry before the first change to the entry.
INSERT OR IGNORE INTO touched (entry_id, sort_key, latest_version, is_usable,
    is_new)
SELECT e.id, h.sort_key, h.latest_version, h.is_usable, h.entry_id IS NULL
FROM entry e LEFT JOIN entry_head h ON h.entry_id = e.id
WHERE e.id = :entry;

-- name: touch_new
-- A new entry has no head.
INSERT INTO touched (entry_id) VALUES (:entry);

-- name: version_remove
-- Makes a tombstone: the source does not offer it, or its filter leaves it out.
UPDATE version SET status_changed_us = :now, status = 'deleted',
    status_message = NULL, updated_us = :now, changed_us = :changed,
    removed_us = :now
WHERE document_id = :document;

-- name: version_retire
-- Makes a tombstone of a version that the upstream had marked as deleted and does
-- not offer any more, dated when it was marked.
UPDATE version SET removed_us = status_changed_us
WHERE document_id = :document;

-- name: withheld_find
SELECT id, digest, file FROM withheld WHERE source_id = :source AND kind = :kind
    AND name = :name AND version = :version;

-- name: withheld_versions
-- All versions that the filter of a source leaves out, in the columns of
-- stored_versions.  The first row of a name stands for its entry.
-- plan: scan-ok every such version of the source
SELECT (SELECT min(f.id) FROM withheld f WHERE f.source_id = w.source_id
        AND f.kind = w.kind AND f.name = w.name),
    w.kind, w.name, w.id, w.version, 0, 0, w.file
FROM withheld w WHERE w.source_id = :source
ORDER BY w.kind, w.name;

-- name: withheld_put
INSERT INTO withheld (source_id, kind, name, version, digest, body, status,
    status_message, status_changed_us, published_us, updated_us, extra_meta,
    extra_official, file)
VALUES (:source, :kind, :name, :version, :digest, :body, :status,
    :status_message, :status_changed, :published, :updated, :extra_meta,
    :extra_official, :file)
ON CONFLICT (source_id, kind, name, version) DO UPDATE SET
    digest = excluded.digest, body = excluded.body, status = excluded.status,
    status_message = excluded.status_message,
    status_changed_us = excluded.status_changed_us,
    published_us = excluded.published_us, updated_us = excluded.updated_us,
    extra_meta = excluded.extra_meta,
    extra_official = excluded.extra_official, file = excluded.file;

-- name: withheld_delete
DELETE FROM withheld WHERE id = :id;

-- name: withheld_release
-- The filter includes it now.
DELETE FROM withheld WHERE source_id = :source AND kind = :kind
    AND name = :name AND version = :version;

-- name: offered_documents
-- All stored versions that a source offers, served or withheld: read instead of
-- the source when only the filter changed.  NULL: not given by the upstream.
-- plan: scan-ok every document of the source
SELECT e.kind, d.body, v.digest, iif(v.upstream & 1, v.status, NULL),
    iif(v.upstream & 1, v.status_message, NULL),
    iif(v.upstream & 2, v.status_changed_us, NULL),
    iif(v.upstream & 4, v.published_us, NULL),
    iif(v.upstream & 8, v.updated_us, NULL), v.extra_meta, v.extra_official,
    v.file
FROM entry e
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.source_id = :source AND v.removed_us IS NULL
UNION ALL
SELECT w.kind, w.body, w.digest, w.status, w.status_message,
    w.status_changed_us, w.published_us, w.updated_us, w.extra_meta,
    w.extra_official, w.file
FROM withheld w WHERE w.source_id = :source;

-- name: withheld_count
-- Usable versions that the filter leaves out.
SELECT count(*) FROM withheld
WHERE source_id = :source AND status IS NOT 'deleted';

-- name: rejection_clear
DELETE FROM rejection WHERE source_id = :source;

-- name: rejection_insert
INSERT INTO rejection (source_id, ordinal, kind, path, name, version, rule,
    value, served)
VALUES (:source, :ordinal, :kind, :path, :name, :version, :rule, :value,
    :served);

-- name: rejection_totals
-- Before a partial update of a source: the last ordinal, the number of rejected
-- entries, and how many of them and of the notes are listed.
-- plan: scan-ok the few thousand rows that are kept of a source
SELECT max(r.ordinal), max(t.rejected), coalesce(sum(r.served = 0), 0),
    coalesce(sum(r.served = 1), 0)
FROM source_state t LEFT JOIN rejection r ON r.source_id = t.source_id
WHERE t.source_id = :source;

-- name: rejection_delete
-- Rows about an entry that is offered again.
-- plan: scan-ok the few thousand rows that are kept of a source
DELETE FROM rejection WHERE source_id = :source AND kind = :kind
    AND name = :name AND version = :version AND served = :served;

-- name: tombstones_old
-- The documents of tombstones whose retention time has passed.
SELECT document_id FROM version WHERE removed_us < :before;

-- name: tombstones_count
-- plan: scan-ok the partial index holds tombstones only
SELECT count(*) FROM version WHERE removed_us IS NOT NULL;


-- ---- heads of entries -----------------------------------------------------------

-- name: touched_list
-- plan: scan-ok all of it
SELECT t.entry_id, t.sort_key, t.is_usable, t.is_new, e.kind, e.name,
    e.shown_us, t.latest_version
FROM touched t JOIN entry e ON e.id = t.entry_id;

-- name: touched_new
-- Entries without a sort key, in the order of sort keys.
-- plan: scan-ok sorts the new entries
SELECT e.id, e.kind, e.name, e.source_id
FROM touched t JOIN entry e ON e.id = t.entry_id
WHERE t.sort_key IS NULL
ORDER BY e.kind, e.name, e.source_id;

-- name: touched_place
UPDATE touched SET sort_key = :sort_key WHERE entry_id = :entry;

-- name: touched_all
-- plan: scan-ok every entry, when the derived tables are filled again
INSERT INTO touched (entry_id) SELECT id FROM entry;

-- name: touched_rest
-- plan: scan-ok every entry, when all get new sort keys
INSERT OR IGNORE INTO touched (entry_id, latest_version, is_usable, is_new)
SELECT entry_id, latest_version, is_usable, 0 FROM entry_head;

-- name: touched_unplace
-- plan: scan-ok every entry, when all get new sort keys
UPDATE touched SET sort_key = NULL;

-- name: touched_clear
-- plan: scan-ok all of it
DELETE FROM touched;

-- name: place_after
-- The next entry after a new one that has a sort key.
SELECT e.kind, e.name, e.source_id, h.sort_key
FROM entry e JOIN entry_head h ON h.entry_id = e.id
WHERE (e.kind, e.name, e.source_id) > (:kind, :name, :source)
ORDER BY e.kind, e.name, e.source_id LIMIT 1;

-- name: place_before
SELECT h.sort_key FROM entry_head h WHERE h.sort_key < :sort_key
ORDER BY h.sort_key DESC LIMIT 1;

-- name: entry_versions
-- The versions that a head is derived from, the newest first.
SELECT v.version, v.status, v.changed_us, t.search_text, t.facets,
    v.updated_us, v.upstream & 8
FROM version v LEFT JOIN version_text t ON t.document_id = v.document_id
WHERE v.entry_id = :entry
ORDER BY v.order_key DESC;

-- name: entry_head_put
INSERT INTO entry_head (entry_id, sort_key, latest_version, is_usable,
    search_text, texts, shown_us, changed_us, terms)
VALUES (:entry, :sort_key, :latest_version, :is_usable, :search_text, :texts,
    :shown, :changed, :terms)
ON CONFLICT (entry_id) DO UPDATE SET
    latest_version = excluded.latest_version, is_usable = excluded.is_usable,
    search_text = excluded.search_text, texts = excluded.texts,
    changed_us = excluded.changed_us, terms = excluded.terms;

-- name: undated_versions
-- Versions of an entry that arrived in this change without a date, the newest
-- first.
SELECT version FROM version
WHERE entry_id = :entry AND changed_us >= :changed AND status <> 'deleted'
    AND upstream & 8 = 0
ORDER BY order_key DESC;

-- name: version_date
-- Changes the date of a version; publishedAt only of a new one.
UPDATE version SET updated_us = :date, changed_us = :changed,
    published_us = iif(first_seen_us = :now AND upstream & 4 = 0, :date,
        published_us)
WHERE entry_id = :entry AND version = :version;

-- name: now_shown_add
INSERT OR IGNORE INTO now_shown (entry_id) VALUES (:entry);

-- name: entries_shown
-- plan: scan-ok the list of newly shown entries
UPDATE entry SET shown_us = :changed
WHERE id IN (SELECT entry_id FROM now_shown);

-- name: heads_shown
-- plan: scan-ok the list of newly shown entries
UPDATE entry_head SET shown_us = :changed
WHERE entry_id IN (SELECT entry_id FROM now_shown);

-- name: now_shown_clear
-- plan: scan-ok all of it
DELETE FROM now_shown;

-- name: entry_delete
DELETE FROM entry WHERE id = :entry;

-- name: heads_clear
-- plan: scan-ok all of it
DELETE FROM entry_head;

-- name: version_texts_clear
-- plan: scan-ok all of it
DELETE FROM version_text;

-- name: documents_list
-- plan: scan-ok every document, when the derived tables are filled again
SELECT e.kind, v.document_id, d.body FROM entry e
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id;

-- ---- blocks of entries and their postings ------------------------------------

-- name: stale_new
-- The blocks that gain entries.
-- plan: scan-ok all touched entries
INSERT OR IGNORE INTO stale (first_key)
SELECT coalesce((SELECT max(b.first_key) FROM block b
    WHERE b.first_key <= t.sort_key), 0)
FROM touched t WHERE t.is_new = 1;

-- name: stale_key
-- The block that loses an entry.
INSERT OR IGNORE INTO stale (first_key)
SELECT coalesce(max(first_key), 0) FROM block WHERE first_key <= :sort_key;

-- name: patched_note
-- Saves a head before it is derived again.
INSERT OR IGNORE INTO patched (sort_key, search_text, terms, usable)
SELECT sort_key, search_text, terms, is_usable
FROM entry_head WHERE entry_id = :entry;

-- name: patched_too_many
-- Blocks with so many changed entries that indexing them again is cheaper.
-- plan: scan-ok all patched entries
INSERT OR IGNORE INTO stale (first_key)
SELECT coalesce((SELECT max(b.first_key) FROM block b
    WHERE b.first_key <= p.sort_key), 0)
FROM patched p GROUP BY 1 HAVING count(*) > :most;

-- name: patched_list
-- Changed entries block by block, with the old and the new head.
-- plan: scan-ok all patched entries, except in blocks that are indexed again
SELECT b.first_key, p.sort_key, max(h.shown_us, h.changed_us), p.search_text,
    p.terms, p.usable, h.search_text, h.terms, h.is_usable
FROM patched p CROSS JOIN block b CROSS JOIN entry_head h
WHERE b.first_key = (SELECT max(first_key) FROM block
        WHERE first_key <= p.sort_key)
    AND b.first_key NOT IN (SELECT first_key FROM stale)
    AND h.sort_key = p.sort_key
ORDER BY p.sort_key;

-- name: patched_is_empty
SELECT NOT EXISTS (SELECT 1 FROM patched);

-- name: patched_clear
-- plan: scan-ok all of it
DELETE FROM patched;

-- name: stale_names
-- The blocks with entries of the names in recompose: registries are terms, too.
-- plan: scan-ok walks the names to decide on
INSERT OR IGNORE INTO stale (first_key)
SELECT coalesce((SELECT max(b.first_key) FROM block b
    WHERE b.first_key <= h.sort_key), 0)
FROM recompose n
    CROSS JOIN entry e ON e.kind = n.kind AND e.name = n.name
    CROSS JOIN entry_head h ON h.entry_id = e.id;

-- name: stale_next
-- plan: scan-ok one row, the first
SELECT s.first_key, coalesce((SELECT min(b.first_key) FROM block b
    WHERE b.first_key > s.first_key), 0x7fffffffffffffff)
FROM stale s ORDER BY s.first_key LIMIT 1;

-- name: stale_done
DELETE FROM stale WHERE first_key = :first_key;

-- name: stale_clear
-- plan: scan-ok all of it
DELETE FROM stale;

-- name: blocks_clear
-- plan: scan-ok all of it
DELETE FROM block;

-- name: postings_clear
-- plan: scan-ok all of it
DELETE FROM posting;

-- name: block_delete
DELETE FROM block WHERE first_key = :first_key;

-- name: block_postings_delete
DELETE FROM posting WHERE first_key = :first_key;

-- name: block_size
-- How many entries have their keys in a range.
SELECT count(*) FROM entry_head
WHERE sort_key >= :first_key AND sort_key < :end;

-- name: block_entries
-- The entries of a range and the sources of their terms.
SELECT sort_key, search_text, is_usable, max(shown_us, changed_us), terms
FROM entry_head
WHERE sort_key >= :first_key AND sort_key < :end
ORDER BY sort_key;

-- name: block_members
-- plan: scan-ok every registry, and of each a range
-- Which registries show the entries of a range.
SELECT m.registry_id, m.sort_key
FROM registry r CROSS JOIN membership m ON m.registry_id = r.id
WHERE m.sort_key >= :first_key AND m.sort_key <= :last_key
ORDER BY r.id, m.sort_key;

-- name: block_lists
SELECT sort_keys, changed FROM block WHERE first_key = :first_key;

-- name: block_changed
UPDATE block SET newest_us = :newest, changed = :changed
WHERE first_key = :first_key;

-- name: block_insert
INSERT INTO block (first_key, newest_us, sort_keys, changed)
VALUES (:first_key, :newest, :sort_keys, :changed);

-- name: posting_entries
SELECT entries FROM posting WHERE first_key = :first_key AND term = :term;

-- name: posting_put
INSERT INTO posting (first_key, term, entries)
VALUES (:first_key, :term, :entries)
ON CONFLICT (first_key, term) DO UPDATE SET entries = excluded.entries;

-- name: posting_delete
DELETE FROM posting WHERE first_key = :first_key AND term = :term;

-- name: posting_insert
-- Eight at once, which costs a third less than one by one; an unused term is
-- NULL.  OR FAIL, because the caller rolls back the transaction: for a statement
-- that can be undone alone SQLite copies every page first.
-- plan: scan-ok the list of postings
INSERT OR FAIL INTO posting (first_key, term, entries)
SELECT :first_key, column1, column2 FROM (VALUES
    (:term_0, :entries_0),
    (:term_1, :entries_1),
    (:term_2, :entries_2),
    (:term_3, :entries_3),
    (:term_4, :entries_4),
    (:term_5, :entries_5),
    (:term_6, :entries_6),
    (:term_7, :entries_7))
WHERE column1 IS NOT NULL;

-- name: newest_change
-- plan: scan-ok one row for some thousand entries
-- The instant of the last change.
SELECT max(newest_us) FROM block;

-- ---- what registries show -----------------------------------------------------

-- name: recompose_add
INSERT OR IGNORE INTO recompose (kind, name) VALUES (:kind, :name);

-- name: recompose_is_empty
SELECT NOT EXISTS (SELECT 1 FROM recompose);

-- name: recompose_registry
-- Every name that a registry shows or could show.
-- plan: scan-ok the whole registry
INSERT OR IGNORE INTO recompose (kind, name)
SELECT kind, name FROM membership WHERE registry_id = :registry
UNION
SELECT e.kind, e.name
FROM registry_source rs JOIN entry e ON e.source_id = rs.source_id
WHERE rs.registry_id = :registry;

-- name: recompose_clear
-- plan: scan-ok all of it
DELETE FROM recompose;

-- name: compose_was_shown
-- plan: scan-ok walks the names to decide on
INSERT OR IGNORE INTO was_shown (entry_id)
SELECT m.entry_id FROM recompose n CROSS JOIN membership m
    ON m.registry_id = :registry AND m.kind = n.kind AND m.name = n.name;

-- name: compose_now_shown
-- Entries that were stored before and that the registry did not show: clients
-- that ask for changes must be sent them.  A new entry has no older version.
-- plan: scan-ok walks the names to decide on
INSERT OR IGNORE INTO now_shown (entry_id)
SELECT m.entry_id FROM recompose n CROSS JOIN membership m
    ON m.registry_id = :registry AND m.kind = n.kind AND m.name = n.name
WHERE NOT EXISTS (SELECT 1 FROM was_shown w WHERE w.entry_id = m.entry_id)
    AND NOT EXISTS (SELECT 1 FROM touched t
        WHERE t.entry_id = m.entry_id AND t.is_new = 1)
    AND EXISTS (SELECT 1 FROM version v
        WHERE v.entry_id = m.entry_id AND v.changed_us < :changed);

-- name: was_shown_clear
-- plan: scan-ok all of it
DELETE FROM was_shown;

-- name: compose_forget
-- plan: scan-ok walks the names to decide on
DELETE FROM membership WHERE registry_id = :registry AND sort_key IN (
    SELECT m.sort_key FROM recompose n CROSS JOIN membership m
    WHERE m.registry_id = :registry AND m.kind = n.kind AND m.name = n.name);

-- name: compose_show
-- For each name the entry of the first source that has a usable version, else of
-- the first that has a tombstone.
-- plan: scan-ok walks the names to decide on, sorts the few entries of each
INSERT INTO membership (registry_id, sort_key, kind, name, entry_id)
SELECT :registry, h.sort_key, n.kind, n.name, h.entry_id
FROM recompose n CROSS JOIN entry_head h
WHERE h.entry_id = (
    SELECT e.id FROM entry e
        CROSS JOIN registry_source rs ON rs.registry_id = :registry
            AND rs.source_id = e.source_id
        CROSS JOIN entry_head eh ON eh.entry_id = e.id
    WHERE e.kind = n.kind AND e.name = n.name
    ORDER BY eh.is_usable DESC, rs.position LIMIT 1);

-- name: registry_count_put
-- plan: scan-ok counts what the registry shows
INSERT INTO registry_count (registry_id, servers, skills, plugins)
SELECT :registry, coalesce(sum(m.kind = 1), 0), coalesce(sum(m.kind = 2), 0),
    coalesce(sum(m.kind = 3), 0)
FROM membership m JOIN entry_head h ON h.entry_id = m.entry_id
WHERE m.registry_id = :registry AND h.is_usable
ON CONFLICT (registry_id) DO UPDATE SET servers = excluded.servers,
    skills = excluded.skills, plugins = excluded.plugins;
