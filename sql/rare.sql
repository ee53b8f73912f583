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

-- name: seen_last_good
-- The stored versions that the rejected entries should have replaced, and all
-- that is stored of files that could not be read.  What an earlier program stored
-- may be of any file.
-- plan: scan-ok all that is stored of a source, when something was rejected
INSERT OR IGNORE INTO seen (document_id)
SELECT v.document_id FROM entry e JOIN version v ON v.entry_id = e.id
WHERE e.source_id = :source AND v.removed_us IS NULL
    AND (EXISTS (SELECT 1 FROM last_good k WHERE k.kind = e.kind
            AND k.name = e.name AND k.version = v.version)
        OR EXISTS (SELECT 1 FROM last_good k WHERE k.kind = 0
            AND k.name = coalesce(v.file, k.name)));

-- name: seen_last_good_names
-- Where nothing else of a name is offered, its newest version.
-- plan: scan-ok walks the rejected entries
INSERT OR IGNORE INTO seen (document_id)
SELECT v.document_id FROM (SELECT DISTINCT kind, name FROM last_good WHERE kind > 0) k
    CROSS JOIN entry e ON e.kind = k.kind AND e.name = k.name
        AND e.source_id = :source
    CROSS JOIN version v ON v.entry_id = e.id AND v.order_key = (
        SELECT n.order_key FROM version n
        WHERE n.entry_id = e.id AND n.status <> 'deleted'
        ORDER BY n.order_key DESC LIMIT 1)
WHERE NOT EXISTS (SELECT 1 FROM version o
    WHERE o.entry_id = e.id AND o.document_id IN (
        SELECT document_id FROM seen));

-- name: withheld_last_good
-- The same of what the filter leaves out.
-- plan: scan-ok all that is withheld of a source, when something was rejected
INSERT OR IGNORE INTO withheld_seen (id)
SELECT w.id FROM withheld w
WHERE w.source_id = :source
    AND (EXISTS (SELECT 1 FROM last_good k WHERE k.kind = w.kind
            AND k.name = w.name AND k.version = w.version)
        OR EXISTS (SELECT 1 FROM last_good k WHERE k.kind = 0
            AND k.name = coalesce(w.file, k.name)));

-- name: withheld_last_good_names
-- plan: scan-ok walks the rejected entries
INSERT OR IGNORE INTO withheld_seen (id)
SELECT w.id FROM (SELECT DISTINCT kind, name FROM last_good WHERE kind > 0) k
    CROSS JOIN withheld w ON w.source_id = :source AND w.kind = k.kind
        AND w.name = k.name
WHERE NOT EXISTS (SELECT 1 FROM withheld o
    WHERE o.source_id = :source AND o.kind = k.kind AND o.name = k.name
        AND o.id IN (SELECT id FROM withheld_seen));

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
