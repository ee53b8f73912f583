-- For people with sqlite3: as stable as the HTTP API.  Times are RFC 3339 text
-- in UTC.

-- One row per version of a server in a source; doc is its JSON.
CREATE VIEW server AS
SELECT s.name AS source,
    e.name AS name,
    v.version AS version,
    json_extract(d.body, '$.title') AS title,
    json_extract(d.body, '$.description') AS description,
    v.status AS status,
    v.version IS h.latest_version AS is_latest,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_us / 1000000, 'unixepoch')
        AS published_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_us / 1000000, 'unixepoch')
        AS updated_at,
    d.body AS doc
FROM entry e
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.kind = 1;

-- The same for skills, with their namespace apart from their name.
CREATE VIEW skill AS
SELECT s.name AS source,
    json_extract(d.body, '$.namespace') AS namespace,
    json_extract(d.body, '$.name') AS name,
    v.version AS version,
    json_extract(d.body, '$.title') AS title,
    json_extract(d.body, '$.description') AS description,
    v.status AS status,
    v.version IS h.latest_version AS is_latest,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_us / 1000000, 'unixepoch')
        AS published_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_us / 1000000, 'unixepoch')
        AS updated_at,
    d.body AS doc
FROM entry e
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.kind = 2;

-- The same for plugins.
CREATE VIEW plugin AS
SELECT s.name AS source,
    json_extract(d.body, '$.namespace') AS namespace,
    json_extract(d.body, '$.name') AS name,
    v.version AS version,
    json_extract(d.body, '$.title') AS title,
    json_extract(d.body, '$.description') AS description,
    v.status AS status,
    v.version IS h.latest_version AS is_latest,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_us / 1000000, 'unixepoch')
        AS published_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_us / 1000000, 'unixepoch')
        AS updated_at,
    d.body AS doc
FROM entry e
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.kind = 3;

-- The tags of each version of a server: every string in an array called tags,
-- two levels below the publisher-provided object.
CREATE VIEW server_tag AS
SELECT DISTINCT v.source, v.name, v.version, t.value AS tag
FROM server v,
    json_each(v.doc,
        '$._meta."io.modelcontextprotocol.registry/publisher-provided"') a,
    json_each(CASE a.type WHEN 'object' THEN a.value ELSE '{}' END) b,
    json_each(CASE b.type WHEN 'object' THEN
        CASE json_type(b.value, '$.tags') WHEN 'array'
            THEN json_extract(b.value, '$.tags') ELSE '[]' END
        ELSE '[]' END) t
WHERE t.type = 'text';

-- The packages of each version of a server, in their order.
CREATE VIEW server_package AS
SELECT v.source, v.name, v.version, p.key AS ordinal,
    json_extract(p.value, '$.registryType') AS registry_type,
    json_extract(p.value, '$.identifier') AS identifier,
    json_extract(p.value, '$.version') AS package_version,
    json_extract(p.value, '$.transport.type') AS transport
FROM server v, json_each(v.doc, '$.packages') p;

-- The remote endpoints of each version of a server, in their order.
CREATE VIEW server_remote AS
SELECT v.source, v.name, v.version, r.key AS ordinal,
    json_extract(r.value, '$.type') AS transport,
    json_extract(r.value, '$.url') AS url
FROM server v, json_each(v.doc, '$.remotes') r;

-- What each registry shows, after shadowing.
CREATE VIEW registry_entry AS
SELECT r.name AS registry,
    CASE m.kind WHEN 1 THEN 'server' WHEN 2 THEN 'skill' ELSE 'plugin' END
        AS kind,
    m.name AS name,
    v.version AS version,
    s.name AS source,
    v.status AS status,
    v.version IS h.latest_version AS is_latest
FROM membership m
    JOIN registry r ON r.id = m.registry_id
    JOIN entry e ON e.id = m.entry_id
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id;

-- How each source stands.
CREATE VIEW source_status AS
SELECT s.name AS source, s.kind AS kind, t.phase AS phase,
    t.message AS message, t.attempts AS attempts,
    strftime('%Y-%m-%dT%H:%M:%SZ', t.checked_us / 1000000, 'unixepoch')
        AS checked_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', t.succeeded_us / 1000000, 'unixepoch')
        AS succeeded_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', t.due_us / 1000000, 'unixepoch')
        AS due_at,
    t.servers AS servers, t.skills AS skills, t.plugins AS plugins,
    t.rejected AS rejected, t.content_hash AS hash, t.revision AS revision
FROM source s JOIN source_state t ON t.source_id = s.id;

-- What the sync did with each source in each run, newest run first by run_id.
CREATE VIEW sync_run AS
SELECT r.run_id AS run_id, r.trigger AS trigger, s.source AS source,
    s.kind AS kind, s.result AS result,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.started_us / 1000000, 'unixepoch')
        AS started_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.ended_us / 1000000, 'unixepoch')
        AS ended_at,
    (s.ended_us - s.started_us) / 1e6 AS duration_seconds,
    s.added AS added, s.updated AS updated, s.removed AS removed,
    s.unchanged AS unchanged, s.rejected AS rejected, s.total AS total,
    s.requests AS requests, s.bytes AS bytes, s.hash AS hash,
    s.error AS error
FROM run r JOIN run_source s ON s.run = r.id;

-- Entries of the stored content that are not served, and the rule they break.
CREATE VIEW rejected_entry AS
SELECT s.name AS source,
    CASE r.kind WHEN 1 THEN 'server' WHEN 2 THEN 'skill' ELSE 'plugin' END
        AS kind,
    r.path AS path, r.name AS name, r.version AS version,
    r.rule AS rule, r.value AS value
FROM rejection r JOIN source s ON s.id = r.source_id;
