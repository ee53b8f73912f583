-- Statements of thv-registry-sync --verify and --rebuild.  "main" is a copy of
-- the facts with newly derived tables, "stored" the database that is
-- checked.  The statements verify_* whose result is compared return
-- one row: how many things differ, and the first of them.

-- ---- SQLite's own checks -------------------------------------------------------

-- name: hold_stored
-- While this is not read to its end, all see the same instant of "stored".
-- plan: scan-ok only its first row is read
SELECT name FROM stored.sqlite_schema;

-- name: verify_pages
-- Without a limit: newer versions of SQLite take it for the name of a table.
-- plan: scan-ok 100 findings at most
SELECT count(*), min(integrity_check)
FROM pragma_integrity_check(NULL, 'stored') WHERE integrity_check <> 'ok';

-- name: verify_references
-- Rows that refer to rows that do not exist.
-- plan: scan-ok every such row
SELECT count(*), min('a row of ' || "table" || ' refers to no ' || parent)
FROM pragma_foreign_key_check(NULL, 'stored');

-- ---- copying what can be read --------------------------------------------------

-- name: fact_tables
-- The tables that hold facts: all but those of schema/derived.sql.
-- plan: scan-ok the list of tables
SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT IN
    ('entry_head', 'version_text', 'block', 'posting', 'membership',
        'registry_count');

-- name: copy_missing
-- plan: scan-ok looks for every document
SELECT count(*) FROM main.version v WHERE NOT EXISTS (
    SELECT 1 FROM main.document d WHERE d.id = v.document_id);

-- name: copy_documents_wanted
-- plan: scan-ok every document, one by one, when not all can be read
SELECT document_id FROM main.version;

-- name: copy_document
INSERT INTO main.document (id, body)
SELECT id, body FROM stored.document WHERE id = :document;

-- name: copy_documents_clear
-- plan: scan-ok all of it
DELETE FROM main.document;

-- name: copy_settings_clear
-- plan: scan-ok the rows that every new database has
DELETE FROM main.setting;

-- ---- documents -----------------------------------------------------------------

-- name: verify_documents
-- Each with its digest and what that was made of beside it.  A tombstone has
-- lost what its upstream said, so its digest cannot be made again.
-- plan: scan-ok every document
SELECT v.document_id, v.digest, d.body, iif(v.upstream & 1, v.status, NULL),
    iif(v.upstream & 1, v.status_message, NULL),
    iif(v.upstream & 2, v.status_changed_us, NULL),
    iif(v.upstream & 4, v.published_us, NULL),
    iif(v.upstream & 8, v.updated_us, NULL), v.extra_meta, v.extra_official,
    v.removed_us IS NULL OR (v.upstream = 0 AND v.extra_meta IS NULL
        AND v.extra_official IS NULL),
    s.name, e.name, v.version
FROM main.version v JOIN main.entry e ON e.id = v.entry_id
    JOIN main.source s ON s.id = e.source_id
    LEFT JOIN main.document d ON d.id = v.document_id;

-- name: damaged_insert
INSERT OR IGNORE INTO damaged (document_id) VALUES (:document);

-- name: damaged_replace
-- Names what was lost and says so, until its source offers it again.
-- plan: scan-ok all that is damaged
INSERT OR REPLACE INTO main.document (id, body)
SELECT x.document_id, iif(e.kind = 1,
    json_object('name', e.name, 'description',
        'Damaged in the registry; the next sync brings it back',
        'version', v.version),
    json_object('namespace', substr(e.name, 1, instr(e.name, '/') - 1),
        'name', substr(e.name, instr(e.name, '/') + 1), 'description',
        'Damaged in the registry; the next sync brings it back',
        'version', v.version))
FROM damaged x JOIN main.version v ON v.document_id = x.document_id
    JOIN main.entry e ON e.id = v.entry_id;

-- name: damaged_list
-- plan: scan-ok all that is damaged
SELECT x.document_id, d.body
FROM damaged x JOIN main.document d ON d.id = x.document_id;

-- name: damaged_digest
-- Not what the source offers: the next sync takes that for a change.
UPDATE main.version SET digest = :digest, upstream = 0, extra_meta = NULL,
    extra_official = NULL
WHERE document_id = :document;

-- name: damaged_sources
-- plan: scan-ok all that is damaged
SELECT DISTINCT e.source_id
FROM damaged x JOIN main.version v ON v.document_id = x.document_id
    JOIN main.entry e ON e.id = v.entry_id;

-- name: filtered_sources
-- Whose withheld versions were lost.
-- plan: scan-ok one row a source
SELECT id FROM main.source WHERE filter <> 'null';

-- ---- comparing -----------------------------------------------------------------

-- name: verify_source_counts
-- The counts of a source agree with what is stored of it.
-- plan: scan-ok counts everything
SELECT count(*), min(name) FROM (
    SELECT s.name FROM main.source s
        JOIN main.source_state t ON t.source_id = s.id
        LEFT JOIN (SELECT e.source_id, sum(e.kind = 1) AS servers,
                sum(e.kind = 2) AS skills, sum(e.kind = 3) AS plugins
            FROM main.entry e JOIN main.version v ON v.entry_id = e.id
            WHERE v.status <> 'deleted' GROUP BY e.source_id) n
            ON n.source_id = s.id
    WHERE t.applied_filter IS NOT NULL
        AND (coalesce(n.servers, 0) <> t.servers
            OR coalesce(n.skills, 0) <> t.skills
            OR coalesce(n.plugins, 0) <> t.plugins));

-- name: verify_texts
-- plan: scan-ok compares everything
SELECT count(*), min(name) FROM (
    SELECT e.name FROM main.version_text m
        JOIN main.version v ON v.document_id = m.document_id
        JOIN main.entry e ON e.id = v.entry_id
        LEFT JOIN stored.version_text t ON t.document_id = m.document_id
    WHERE t.search_text IS NOT m.search_text OR t.facets IS NOT m.facets
    UNION ALL
    SELECT 'document ' || t.document_id FROM stored.version_text t
    WHERE NOT EXISTS (SELECT 1 FROM main.version_text m
        WHERE m.document_id = t.document_id));

-- name: verify_heads
-- plan: scan-ok compares everything
SELECT count(*), min(name) FROM (
    SELECT e.name FROM main.entry_head m JOIN main.entry e ON e.id = m.entry_id
        LEFT JOIN stored.entry_head t ON t.entry_id = m.entry_id
    WHERE t.entry_id IS NULL OR t.latest_version <> m.latest_version
        OR t.is_usable <> m.is_usable OR t.shown_us <> m.shown_us
        OR t.search_text <> m.search_text OR t.texts <> m.texts
        OR t.changed_us <> m.changed_us OR t.terms <> m.terms
    UNION ALL
    SELECT 'entry ' || t.entry_id FROM stored.entry_head t
    WHERE NOT EXISTS (SELECT 1 FROM main.entry_head m
        WHERE m.entry_id = t.entry_id));

-- name: verify_order
-- Sort keys may be dealt in many ways; they ascend with kind and name.
-- plan: scan-ok compares everything
SELECT count(*), min(name) FROM (
    SELECT e.name, t.sort_key, lag(t.sort_key) OVER
        (ORDER BY e.kind, e.name, e.source_id) AS before
    FROM main.entry e JOIN stored.entry_head t ON t.entry_id = e.id)
WHERE sort_key <= before;

-- name: verify_membership
-- plan: scan-ok compares everything
SELECT count(*), min(name) FROM (
    SELECT m.name FROM main.membership m
        LEFT JOIN stored.membership t ON t.registry_id = m.registry_id
            AND t.kind = m.kind AND t.name = m.name
            AND t.entry_id = m.entry_id
        LEFT JOIN stored.entry_head h ON h.entry_id = m.entry_id
    WHERE t.sort_key IS NULL OR t.sort_key IS NOT h.sort_key
    UNION ALL
    SELECT t.name FROM stored.membership t
    WHERE NOT EXISTS (SELECT 1 FROM main.membership m
        WHERE m.registry_id = t.registry_id AND m.kind = t.kind
            AND m.name = t.name AND m.entry_id = t.entry_id));

-- name: verify_registry_counts
-- plan: scan-ok one row a registry
SELECT count(*), min(r.name)
FROM main.registry r
    LEFT JOIN main.registry_count m ON m.registry_id = r.id
    LEFT JOIN stored.registry_count t ON t.registry_id = r.id
WHERE m.servers IS NOT t.servers OR m.skills IS NOT t.skills
    OR m.plugins IS NOT t.plugins;

-- ---- the index -----------------------------------------------------------------

-- How entries share blocks has a history, so the blocks that are stored are
-- made again from the heads that are stored.

-- name: index_membership_clear
-- plan: scan-ok all of it
DELETE FROM main.membership;

-- name: index_take_heads
-- plan: scan-ok all of it
INSERT INTO main.entry_head SELECT * FROM stored.entry_head;

-- name: index_take_membership
-- plan: scan-ok all of it
INSERT INTO main.membership SELECT * FROM stored.membership;

-- name: index_take_blocks
-- plan: scan-ok all of it
INSERT INTO main.block SELECT * FROM stored.block;

-- name: index_all_stale
-- plan: scan-ok all of it
INSERT INTO stale (first_key) SELECT first_key FROM main.block UNION SELECT 0;

-- name: verify_index
-- plan: scan-ok compares everything
SELECT count(*), min(what) FROM (
    SELECT 'block ' || m.first_key AS what FROM main.block m
        LEFT JOIN stored.block t ON t.first_key = m.first_key
    WHERE t.sort_keys IS NOT m.sort_keys OR t.changed IS NOT m.changed
        OR t.newest_us IS NOT m.newest_us
    UNION ALL
    SELECT 'block ' || t.first_key FROM stored.block t
    WHERE NOT EXISTS (SELECT 1 FROM main.block m
        WHERE m.first_key = t.first_key)
    UNION ALL
    SELECT 'block ' || m.first_key || ', term ' || CAST(m.term AS TEXT)
    FROM main.posting m LEFT JOIN stored.posting t
        ON t.first_key = m.first_key AND t.term = m.term
    WHERE t.entries IS NOT m.entries
    UNION ALL
    SELECT 'block ' || t.first_key || ', term ' || CAST(t.term AS TEXT)
    FROM stored.posting t
    WHERE NOT EXISTS (SELECT 1 FROM main.posting m
        WHERE m.first_key = t.first_key AND m.term = t.term));
