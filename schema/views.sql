-- Views for operators, as stable as the HTTP API.  Times are RFC 3339 text
-- in UTC.  The comments are part of the views: .schema shows them.

CREATE VIEW server AS
    -- One row per version of a server in a source.
SELECT
    -- The configured name of the source that offers it.
    s.name AS source,
    -- Its full name, like io.github.owner/name.
    e.name AS name,
    -- As its document writes it.
    v.version AS version,
    -- For display; NULL if the document has none.
    json_extract(d.body, '$.title') AS title,
    json_extract(d.body, '$.description') AS description,
    -- 'active', 'deprecated', 'archived' or 'deleted'; 'deleted', too, if its
    -- source does not offer it any more.
    v.status AS status,
    -- 1 for the newest version of its entry that is not deleted or, if all
    -- are deleted, for the newest.
    v.version = h.latest_version AS is_latest,
    -- As the upstream says; else as first_seen_at and changed_at.
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_us / 1000000, 'unixepoch')
        AS published_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_us / 1000000, 'unixepoch')
        AS updated_at,
    -- The document as it is sent to clients.
    d.body AS doc,
    -- The upstream's message for the status; NULL if none.
    v.status_message AS status_message,
    -- When it was first stored here, when it last changed here, and when its
    -- source stopped offering it, NULL if it still does.
    strftime('%Y-%m-%dT%H:%M:%SZ', v.first_seen_us / 1000000, 'unixepoch')
        AS first_seen_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.changed_us / 1000000, 'unixepoch')
        AS changed_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.removed_us / 1000000, 'unixepoch')
        AS removed_at,
    -- The file of the source that it came from; NULL if the source is one
    -- document or a registry API.
    v.file AS file
FROM entry e
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.kind = 1;

CREATE VIEW skill AS
    -- One row per version of a skill in a source.
SELECT
    -- The configured name of the source that offers it.
    s.name AS source,
    -- Distinguishes equal names.
    json_extract(d.body, '$.namespace') AS namespace,
    -- Its name within the namespace.
    json_extract(d.body, '$.name') AS name,
    -- As its document writes it.
    v.version AS version,
    -- For display; NULL if the document has none.
    json_extract(d.body, '$.title') AS title,
    json_extract(d.body, '$.description') AS description,
    -- 'active', 'deprecated', 'archived' or 'deleted'; 'deleted', too, if its
    -- source does not offer it any more.
    v.status AS status,
    -- 1 for the newest version of its entry that is not deleted or, if all
    -- are deleted, for the newest.
    v.version = h.latest_version AS is_latest,
    -- As the upstream says; else as first_seen_at and changed_at.
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_us / 1000000, 'unixepoch')
        AS published_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_us / 1000000, 'unixepoch')
        AS updated_at,
    -- The document as it is sent to clients.
    d.body AS doc,
    -- The upstream's message for the status; NULL if none.
    v.status_message AS status_message,
    -- When it was first stored here, when it last changed here, and when its
    -- source stopped offering it, NULL if it still does.
    strftime('%Y-%m-%dT%H:%M:%SZ', v.first_seen_us / 1000000, 'unixepoch')
        AS first_seen_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.changed_us / 1000000, 'unixepoch')
        AS changed_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.removed_us / 1000000, 'unixepoch')
        AS removed_at,
    -- The file of the source that it came from; NULL if the source is one
    -- document or a registry API.
    v.file AS file
FROM entry e
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.kind = 2;

CREATE VIEW plugin AS
    -- One row per version of a plugin in a source.
SELECT
    -- The configured name of the source that offers it.
    s.name AS source,
    -- Distinguishes equal names.
    json_extract(d.body, '$.namespace') AS namespace,
    -- Its name within the namespace.
    json_extract(d.body, '$.name') AS name,
    -- As its document writes it.
    v.version AS version,
    -- For display; NULL if the document has none.
    json_extract(d.body, '$.title') AS title,
    json_extract(d.body, '$.description') AS description,
    -- 'active', 'deprecated', 'archived' or 'deleted'; 'deleted', too, if its
    -- source does not offer it any more.
    v.status AS status,
    -- 1 for the newest version of its entry that is not deleted or, if all
    -- are deleted, for the newest.
    v.version = h.latest_version AS is_latest,
    -- As the upstream says; else as first_seen_at and changed_at.
    strftime('%Y-%m-%dT%H:%M:%SZ', v.published_us / 1000000, 'unixepoch')
        AS published_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.updated_us / 1000000, 'unixepoch')
        AS updated_at,
    -- The document as it is sent to clients.
    d.body AS doc,
    -- The upstream's message for the status; NULL if none.
    v.status_message AS status_message,
    -- When it was first stored here, when it last changed here, and when its
    -- source stopped offering it, NULL if it still does.
    strftime('%Y-%m-%dT%H:%M:%SZ', v.first_seen_us / 1000000, 'unixepoch')
        AS first_seen_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.changed_us / 1000000, 'unixepoch')
        AS changed_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', v.removed_us / 1000000, 'unixepoch')
        AS removed_at,
    -- The file of the source that it came from; NULL if the source is one
    -- document or a registry API.
    v.file AS file
FROM entry e
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id
    JOIN document d ON d.id = v.document_id
WHERE e.kind = 3;

CREATE VIEW server_tag AS
    -- The tags of each version of a server: every string in an array called
    -- tags, two levels below the publisher-provided object.
SELECT DISTINCT
    -- Source, name and version as in server.
    v.source, v.name, v.version,
    -- One tag.
    t.value AS tag
FROM server v,
    json_each(v.doc,
        '$._meta."io.modelcontextprotocol.registry/publisher-provided"') a,
    json_each(CASE a.type WHEN 'object' THEN a.value ELSE '{}' END) b,
    json_each(CASE b.type WHEN 'object' THEN
        CASE json_type(b.value, '$.tags') WHEN 'array'
            THEN json_extract(b.value, '$.tags') ELSE '[]' END
        ELSE '[]' END) t
WHERE t.type = 'text';

CREATE VIEW server_package AS
    -- The packages of each version of a server.
SELECT
    -- Source, name and version as in server.
    v.source, v.name, v.version,
    -- Its place in the document, from 0.
    p.key AS ordinal,
    -- npm, pypi, oci, nuget, mcpb ...  Documents of 2025-07-09 spell it
    -- registry_type.
    coalesce(json_extract(p.value, '$.registryType'),
        json_extract(p.value, '$.registry_type')) AS registry_type,
    -- The name of the package in its registry.
    json_extract(p.value, '$.identifier') AS identifier,
    -- The version of the package; NULL if it is part of the identifier.
    json_extract(p.value, '$.version') AS package_version,
    -- stdio, sse or streamable-http.
    json_extract(p.value, '$.transport.type') AS transport
FROM server v, json_each(v.doc, '$.packages') p
WHERE p.type = 'object';

CREATE VIEW server_remote AS
    -- The remote endpoints of each version of a server.
SELECT
    -- Source, name and version as in server.
    v.source, v.name, v.version,
    -- Its place in the document, from 0.
    r.key AS ordinal,
    -- sse or streamable-http.
    json_extract(r.value, '$.type') AS transport,
    -- Its URL, which may contain variables in braces.
    json_extract(r.value, '$.url') AS url
FROM server v, json_each(v.doc, '$.remotes') r
WHERE r.type = 'object';

CREATE VIEW registry_entry AS
    -- What each registry shows, after shadowing: one row per version.
SELECT
    -- The registry that shows it.
    r.name AS registry,
    -- 'server', 'skill' or 'plugin'.
    CASE m.kind WHEN 1 THEN 'server' WHEN 2 THEN 'skill' ELSE 'plugin' END
        AS kind,
    -- A server's name; namespace/name of a skill or plugin.
    m.name AS name,
    v.version AS version,
    -- The source that owns the name in this registry.
    s.name AS source,
    -- Status and is_latest as in server.
    v.status AS status,
    v.version = h.latest_version AS is_latest
FROM membership m
    JOIN registry r ON r.id = m.registry_id
    JOIN entry e ON e.id = m.entry_id
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = e.id
    JOIN version v ON v.entry_id = e.id;

CREATE VIEW shadowed_entry AS
    -- Entries that a registry does not show because an earlier one of its
    -- sources has the same name: one row per name and hidden source.
SELECT
    -- The registry.
    r.name AS registry,
    -- 'server', 'skill' or 'plugin'.
    CASE m.kind WHEN 1 THEN 'server' WHEN 2 THEN 'skill' ELSE 'plugin' END
        AS kind,
    -- A server's name; namespace/name of a skill or plugin.
    m.name AS name,
    -- The source whose entry is shown, and its newest version.
    s.name AS source, h.latest_version AS latest_version,
    -- The source whose entry is not, and its newest version.
    ys.name AS shadowed_source, yh.latest_version AS shadowed_latest_version
FROM membership m
    JOIN registry r ON r.id = m.registry_id
    JOIN entry e ON e.id = m.entry_id
    JOIN source s ON s.id = e.source_id
    JOIN entry_head h ON h.entry_id = m.entry_id
    JOIN registry_source y ON y.registry_id = m.registry_id
        AND y.source_id <> e.source_id
    JOIN source ys ON ys.id = y.source_id
    JOIN entry ye ON ye.kind = m.kind AND ye.name = m.name
        AND ye.source_id = y.source_id
    JOIN entry_head yh ON yh.entry_id = ye.id
WHERE yh.is_usable = 1;

CREATE VIEW registry_status AS
    -- The registries, their sources, and how many names they show.
SELECT
    -- The configured name.
    r.name AS registry,
    -- 1 for the registry of requests that name none.
    r.is_default AS is_default,
    -- Its sources in order of priority.
    (SELECT group_concat(o.name, ', ') FROM (
        SELECT s.name FROM registry_source y JOIN source s ON s.id = y.source_id
        WHERE y.registry_id = r.id ORDER BY y.position) o) AS sources,
    -- Numbers of names shown, without deleted ones.
    coalesce(c.servers, 0) AS servers, coalesce(c.skills, 0) AS skills,
    coalesce(c.plugins, 0) AS plugins,
    -- When its responses last changed.
    strftime('%Y-%m-%dT%H:%M:%SZ', r.generation / 1000000, 'unixepoch')
        AS changed_at
FROM registry r LEFT JOIN registry_count c ON c.registry_id = r.id;

CREATE VIEW source_status AS
    -- The state of each source.
SELECT
    -- The configured name.
    s.name AS source,
    -- git, api, file, managed, kubernetes or configmap.
    s.kind AS kind,
    -- 'complete', 'failed' or, during a sync, 'syncing'.
    t.phase AS phase,
    -- The message of the last attempt.
    t.message AS message,
    -- Failures since the last success.
    t.attempts AS attempts,
    -- When it was last checked successfully; when the stored content was last
    -- known to be current; when it is due again, NULL for at once.
    strftime('%Y-%m-%dT%H:%M:%SZ', t.checked_us / 1000000, 'unixepoch')
        AS checked_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', t.succeeded_us / 1000000, 'unixepoch')
        AS succeeded_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', t.due_us / 1000000, 'unixepoch')
        AS due_at,
    -- Numbers of stored versions, and of rejected entries and files.
    t.servers AS servers, t.skills AS skills, t.plugins AS plugins,
    t.rejected AS rejected,
    -- SHA-256 of the content before filtering.
    t.content_hash AS hash,
    -- The git commit it came from.
    t.revision AS revision,
    -- Time between two syncs; NULL for kinds that are not synced.
    s.interval_us / 1e6 AS interval_seconds
FROM source s JOIN source_state t ON t.source_id = s.id;

CREATE VIEW sync_run AS
    -- The result of each source in each run that had work to do.
SELECT
    -- The run; POST /registry/sync returns this, too.
    r.run_id AS run_id,
    -- 'automatic' or 'manual'.
    r.trigger AS trigger,
    -- The source and its kind.
    s.source AS source,
    s.kind AS kind,
    -- 'completed', 'unchanged' or 'failed'.
    s.result AS result,
    -- When the attempt started and ended, and how long it took.
    strftime('%Y-%m-%dT%H:%M:%SZ', s.started_us / 1000000, 'unixepoch')
        AS started_at,
    strftime('%Y-%m-%dT%H:%M:%SZ', s.ended_us / 1000000, 'unixepoch')
        AS ended_at,
    (s.ended_us - s.started_us) / 1e6 AS duration_seconds,
    -- Numbers of versions by result; total is how many were stored at the end.
    s.added AS added, s.updated AS updated, s.removed AS removed,
    s.unchanged AS unchanged, s.rejected AS rejected, s.total AS total,
    -- Requests made and bytes received.
    s.requests AS requests, s.bytes AS bytes,
    -- SHA-256 of the content before filtering.
    s.hash AS hash,
    -- NULL unless it failed.
    s.error AS error
FROM run r JOIN run_source s ON s.run = r.id;

CREATE VIEW rejected_entry AS
    -- Entries and files of the last content that were rejected, and why.  Their
    -- last good versions are still served.
SELECT
    -- The source that offers it.
    s.name AS source,
    -- 'server', 'skill' or 'plugin'.
    CASE r.kind WHEN 1 THEN 'server' WHEN 2 THEN 'skill' ELSE 'plugin' END
        AS kind,
    -- Document, array, index, and the member that breaks the rule.
    r.path AS path,
    -- NULL if they could not be read.
    r.name AS name,
    r.version AS version,
    -- The rule, and the value that breaks it.
    r.rule AS rule,
    r.value AS value,
    -- The last good version of that name, which is served instead; NULL if
    -- there is none.
    coalesce(
        (SELECT v.version FROM entry e JOIN version v ON v.entry_id = e.id
        WHERE e.kind = r.kind AND e.name = r.name AND e.source_id = r.source_id
            AND v.version = r.version AND v.status <> 'deleted'),
        (SELECT h.latest_version FROM entry e
            JOIN entry_head h ON h.entry_id = e.id
        WHERE e.kind = r.kind AND e.name = r.name
            AND e.source_id = r.source_id)) AS served_version
FROM rejection r JOIN source s ON s.id = r.source_id
WHERE r.served = 0;

CREATE VIEW entry_note AS
    -- Notes about entries that are served although they break a rule: most
    -- often, clients ignore a part of a document of an earlier schema.
SELECT
    -- The columns are as in rejected_entry.
    s.name AS source,
    CASE r.kind WHEN 1 THEN 'server' WHEN 2 THEN 'skill' ELSE 'plugin' END
        AS kind,
    r.path AS path,
    r.name AS name,
    r.version AS version,
    r.rule AS rule,
    r.value AS value
FROM rejection r JOIN source s ON s.id = r.source_id
WHERE r.served = 1;
