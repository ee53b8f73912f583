-- Statements of the sync that most runs do not need.  Preparing all statements
-- takes a fifth of a run without changes, so these are prepared before their first
-- use: db_prepare(db, SQL_SET_RARE, e).

-- name: run_prune_notable
-- Deletes runs that changed something or failed, except the last :keep: those
-- before :before, and all but the newest :most.  At most 100 at a time, which is
-- enough, as each run adds one.
-- plan: scan-ok walks partial indexes
DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - :keep
    AND id IN (SELECT id FROM run WHERE notable = 1 ORDER BY id LIMIT 100)
    AND (started_us < :before OR id < (SELECT id FROM run WHERE notable = 1
        ORDER BY id DESC LIMIT 1 OFFSET :most - 1));

-- name: tombstones_excess
-- The oldest tombstones of each source, beyond its newest :most.
-- plan: scan-ok all tombstones, when there are very many
SELECT document_id FROM (
    SELECT v.document_id, row_number() OVER (PARTITION BY e.source_id
        ORDER BY v.removed_us DESC, v.document_id DESC) AS place
    FROM version v CROSS JOIN entry e ON e.id = v.entry_id
    WHERE v.removed_us IS NOT NULL)
WHERE place > :most;

-- name: touch_document
-- Records the entry of a document as touched, before the document is deleted.
INSERT OR IGNORE INTO touched (entry_id, sort_key, latest_version, is_usable,
    is_new)
SELECT h.entry_id, h.sort_key, h.latest_version, h.is_usable, 0
FROM version v CROSS JOIN entry_head h ON h.entry_id = v.entry_id
WHERE v.document_id = :document;

-- name: document_delete
DELETE FROM document WHERE id = :document;

-- name: version_delete
DELETE FROM version WHERE document_id = :document;

-- ---- another configuration ----------------------------------------------------

-- :layout is the configuration as lib/store/reconcile.h describes it.

-- name: source_moved
-- Sources that are fetched from another place than before.
-- plan: scan-ok every configured source
SELECT s.id FROM json_each(:layout, '$.sources') c
    CROSS JOIN source s ON s.name = json_extract(c.value, '$.name')
WHERE s.identity <> json_extract(c.value, '$.identity');

-- name: source_rename
-- Renames a source: the row of a name that is no longer configured gets the first
-- new name that is fetched from the same place.
-- plan: scan-ok every source, configured and stored
WITH configured AS (
    SELECT key, json_extract(value, '$.name') AS name,
        json_extract(value, '$.identity') AS identity
    FROM json_each(:layout, '$.sources'))
UPDATE source SET name = m.name FROM (
    SELECT s.id, c.name FROM configured c JOIN source s
        ON s.identity = c.identity
    WHERE c.name NOT IN (SELECT name FROM source)
        AND s.name NOT IN (SELECT name FROM configured)
    ORDER BY c.key, s.id LIMIT 1) AS m
WHERE source.id = m.id;

-- name: source_put
-- plan: scan-ok every configured source
WITH configured AS (SELECT key, value FROM json_each(:layout, '$.sources'))
INSERT INTO source (name, kind, ordinal, config, identity, filter, interval_us,
    strict, claims, created_us, updated_us)
SELECT json_extract(value, '$.name'), json_extract(value, '$.kind'), key,
    json_extract(value, '$.config'), json_extract(value, '$.identity'),
    json_extract(value, '$.filter'), json_extract(value, '$.interval'),
    json_extract(value, '$.strict'), json_extract(value, '$.claims'), :now, :now
FROM configured WHERE true
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,
    ordinal = excluded.ordinal, config = excluded.config,
    identity = excluded.identity, filter = excluded.filter,
    interval_us = excluded.interval_us, strict = excluded.strict,
    claims = excluded.claims, updated_us = excluded.updated_us
WHERE (kind, ordinal, config, identity, filter, interval_us, strict, claims)
    IS NOT (excluded.kind, excluded.ordinal, excluded.config,
        excluded.identity, excluded.filter, excluded.interval_us,
        excluded.strict, excluded.claims);

-- name: source_state_put
-- The record of each source that has none.
-- plan: scan-ok one row a source
INSERT INTO source_state (source_id, phase, message, attempts, started_us)
SELECT id, iif(interval_us IS NULL, 'complete', 'failed'),
    iif(interval_us IS NULL, 'Non-synced source (type: ' || kind || ')',
        'No previous sync status found'), 0, :now
FROM source WHERE id NOT IN (SELECT source_id FROM source_state);

-- name: source_unconfigured
-- plan: scan-ok one row a source
SELECT id FROM source WHERE name NOT IN (
    SELECT json_extract(value, '$.name') FROM json_each(:layout, '$.sources'))
ORDER BY id;

-- name: source_stale
-- plan: scan-ok reads the rows that will be deleted
INSERT OR IGNORE INTO stale (first_key)
SELECT coalesce((SELECT max(b.first_key) FROM block b
    WHERE b.first_key <= h.sort_key), 0)
FROM entry e JOIN entry_head h ON h.entry_id = e.id
WHERE e.source_id = :source;

-- name: source_documents_delete
-- plan: scan-ok reads the rows that will be deleted
DELETE FROM document WHERE id IN (
    SELECT v.document_id FROM entry e JOIN version v ON v.entry_id = e.id
    WHERE e.source_id = :source);

-- name: source_delete
DELETE FROM source WHERE id = :id;

-- name: registry_put
-- plan: scan-ok every configured registry
WITH configured AS (SELECT key, value FROM json_each(:layout, '$.registries'))
INSERT INTO registry (name, ordinal, is_default, claims, generation,
    created_us, updated_us)
SELECT json_extract(value, '$.name'), key, json_extract(value, '$.default'),
    json_extract(value, '$.claims'), :now, :now, :now
FROM configured WHERE true
ON CONFLICT (name) DO UPDATE SET ordinal = excluded.ordinal,
    is_default = excluded.is_default, claims = excluded.claims,
    updated_us = excluded.updated_us
WHERE (ordinal, is_default, claims)
    IS NOT (excluded.ordinal, excluded.is_default, excluded.claims);

-- name: registry_clear_default
-- Before another registry becomes the default: at most one row may be marked.
-- plan: scan-ok every configured registry
WITH configured AS (
    SELECT json_extract(value, '$.name') AS name
    FROM json_each(:layout, '$.registries')
    WHERE json_extract(value, '$.default'))
UPDATE registry SET is_default = 0, updated_us = :now
WHERE is_default = 1 AND name NOT IN (SELECT name FROM configured);

-- name: registry_unconfigured
-- plan: scan-ok one row a registry
SELECT id FROM registry WHERE name NOT IN (
    SELECT json_extract(value, '$.name')
    FROM json_each(:layout, '$.registries'))
ORDER BY id;

-- name: registry_relinked
-- Registries whose sources or their order differ from the configuration, and new
-- registries.
-- plan: scan-ok every configured registry
SELECT r.id FROM json_each(:layout, '$.registries') c
    CROSS JOIN registry r ON r.name = json_extract(c.value, '$.name')
WHERE json_array_length(c.value, '$.sources') <> (
        SELECT count(*) FROM registry_source WHERE registry_id = r.id)
    OR EXISTS (
        SELECT 1 FROM registry_source rs JOIN source s ON s.id = rs.source_id
        WHERE rs.registry_id = r.id AND s.name IS NOT json_extract(c.value,
            '$.sources[' || rs.position || ']'))
    OR NOT EXISTS (
        SELECT 1 FROM registry_count n WHERE n.registry_id = r.id)
ORDER BY c.key;

-- name: registry_postings_delete
-- plan: scan-ok one posting of each block
DELETE FROM posting WHERE term = CAST('r' || :registry AS BLOB)
    AND first_key IN (SELECT first_key FROM block);

-- name: registry_delete
DELETE FROM registry WHERE id = :id;

-- name: registry_source_clear
DELETE FROM registry_source WHERE registry_id = :registry;

-- name: registry_source_insert
-- plan: scan-ok every configured registry, and the sources of one
INSERT INTO registry_source (registry_id, position, source_id)
SELECT r.id, p.key, s.id
FROM json_each(:layout, '$.registries') c
    CROSS JOIN registry r ON r.name = json_extract(c.value, '$.name')
    CROSS JOIN json_each(c.value, '$.sources') p
    CROSS JOIN source s ON s.name = p.value
WHERE r.id = :registry;
