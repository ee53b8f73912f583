-- Statements of `thv-registry-sync lint`, which only reads.

-- name: lint_sources
-- Whose content is looked at.
-- plan: scan-ok every source is wanted
SELECT id, name FROM source ORDER BY ordinal, id;

-- name: lint_registries
-- What entries are shown beside each other.
-- plan: scan-ok every registry is wanted
SELECT id, name FROM registry ORDER BY ordinal, id;

-- name: lint_rejections
-- What the last sync of a source left out.
SELECT CASE kind WHEN 'server' THEN 1 WHEN 'skill' THEN 2 ELSE 3 END, path,
    name, version, rule, value
FROM rejected_entry WHERE source = :source;

-- name: lint_notes
-- What the last sync of a source noted of entries that are served.
SELECT CASE kind WHEN 'server' THEN 1 WHEN 'skill' THEN 2 ELSE 3 END, path,
    name, version, rule, value
FROM entry_note WHERE source = :source AND name IS NOT NULL;

-- name: lint_documents
-- All that is stored of a source and not removed.
SELECT e.kind, e.name, v.version, d.body
FROM entry e
    CROSS JOIN version v ON v.entry_id = e.id
    CROSS JOIN document d ON d.id = v.document_id
WHERE e.source_id = :source AND v.status <> 'deleted'
ORDER BY e.id;

-- name: lint_shown
-- All that a registry shows.
SELECT m.kind, m.name, v.version, d.body
FROM membership m
    CROSS JOIN version v ON v.entry_id = m.entry_id
    CROSS JOIN document d ON d.id = v.document_id
WHERE m.registry_id = :registry AND v.status <> 'deleted'
ORDER BY m.sort_key;
