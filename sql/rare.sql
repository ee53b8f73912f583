-- Statements of the sync that most runs do not need.  Preparing all statements is
-- a fifth of a run that finds nothing new, so these are prepared before their
-- first use: db_prepare(db, SQL_SET_RARE, e).

-- name: run_prune_notable
-- Of runs that changed something or failed those since :before, at most :most.  Looks
-- at a few of the oldest: each run adds one.
-- plan: scan-ok walks partial indexes
DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - :keep
    AND id IN (SELECT id FROM run WHERE notable = 1 ORDER BY id LIMIT 100)
    AND (started_us < :before OR id < (SELECT id FROM run WHERE notable = 1
        ORDER BY id DESC LIMIT 1 OFFSET :most - 1));

-- name: tombstones_excess
-- Notes the oldest tombstones of sources that have more than :most.
-- plan: scan-ok all tombstones, when there are very many
INSERT OR IGNORE INTO expired (document_id)
SELECT document_id FROM (
    SELECT v.document_id, row_number() OVER (PARTITION BY e.source_id
        ORDER BY v.removed_us DESC, v.document_id DESC) AS place
    FROM version v CROSS JOIN entry e ON e.id = v.entry_id
    WHERE v.removed_us IS NOT NULL)
WHERE place > :most;

-- name: touch_expired
-- plan: scan-ok the list of what is going to be deleted
INSERT OR IGNORE INTO touched (entry_id, sort_key, latest_version, is_usable,
    is_new)
SELECT h.entry_id, h.sort_key, h.latest_version, h.is_usable, 0
FROM expired x CROSS JOIN version v ON v.document_id = x.document_id
    CROSS JOIN entry_head h ON h.entry_id = v.entry_id;

-- name: expired_documents_delete
-- plan: scan-ok the list of what is going to be deleted
DELETE FROM document WHERE id IN (SELECT document_id FROM expired);

-- name: expired_versions_delete
-- plan: scan-ok the list of what is going to be deleted
DELETE FROM version WHERE document_id IN (SELECT document_id FROM expired);

-- name: expired_clear
-- plan: scan-ok all of it
DELETE FROM expired;
