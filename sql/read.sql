-- Statements of the responders.
--
-- Those that return items have the same columns: name, version, status,
-- status_message, status_changed_us, published_us, updated_us, is_latest, body,
-- extra_meta, extra_official (fcgi/handlers/item.h).  Columns with quoted names
-- are members of JSON objects (fcgi/handlers/rows.h).
--
-- Changes since an instant are found by changed_us, of the clock of this machine.
-- updated_us may be the upstream's.  It is never shown later than changed_us, the
-- arrival of the change here: otherwise a client that requests changes after the
-- latest updatedAt it has seen would miss those that arrive in between.
--
-- CROSS JOIN fixes the order of the loops: membership decides which entries a
-- registry shows and in which order; the other tables are read for each row.

-- ---- registries -------------------------------------------------------------

-- name: registry_get
-- A registry by its name, with the parts of its entity tag.
SELECT r.id, r.name, r.generation,
    (SELECT value FROM setting WHERE key = 'database_id')
FROM registry r WHERE r.name = :name;

-- name: registry_default_get
-- The default registry.
SELECT r.id, r.name, r.generation,
    (SELECT value FROM setting WHERE key = 'database_id')
FROM registry r WHERE r.is_default = 1;

-- ---- settings ---------------------------------------------------------------

-- name: setting_read
-- One setting of the database.
SELECT value FROM setting WHERE key = :key;

-- ---- one version ------------------------------------------------------------

-- name: item_get
-- One version of an entry; the latest if :version is NULL.
SELECT m.name, v.version, v.status, v.status_message, v.status_changed_us,
    v.published_us, min(v.updated_us, v.changed_us),
    v.version = h.latest_version, d.body,
    v.extra_meta, v.extra_official
FROM membership m
    CROSS JOIN entry_head h ON h.entry_id = m.entry_id
    CROSS JOIN version v ON v.entry_id = m.entry_id
        AND v.version = coalesce(:version, h.latest_version)
    CROSS JOIN document d ON d.id = v.document_id
WHERE m.registry_id = :registry AND m.kind = :kind AND m.name = :name
    AND (:deleted OR v.status <> 'deleted');

-- ---- the versions of one entry ----------------------------------------------

-- name: item_versions
-- The versions of an entry below the order key :before, newest first.
SELECT m.name, v.version, v.status, v.status_message, v.status_changed_us,
    v.published_us, min(v.updated_us, v.changed_us),
    v.version = h.latest_version, d.body,
    v.extra_meta, v.extra_official
FROM membership m
    CROSS JOIN entry_head h ON h.entry_id = m.entry_id
    CROSS JOIN version v ON v.entry_id = m.entry_id
        AND v.order_key < :before
    CROSS JOIN document d ON d.id = v.document_id
WHERE m.registry_id = :registry AND m.kind = :kind AND m.name = :name
    AND (:deleted OR v.status <> 'deleted')
ORDER BY m.entry_id, v.order_key DESC;

-- ---- lists ------------------------------------------------------------------

-- name: list_start
-- The first entry at or after a name: where a list continues.
SELECT m.sort_key, m.name FROM membership m
WHERE m.registry_id = :registry AND m.kind = :kind AND m.name >= :name
ORDER BY m.name LIMIT 1;

-- name: list_all
-- All versions of the entries from :from on; of the entry :from only those after
-- :after.  All versions are after ''.
SELECT m.name, v.version, v.status, v.status_message, v.status_changed_us,
    v.published_us, min(v.updated_us, v.changed_us),
    v.version = h.latest_version, d.body,
    v.extra_meta, v.extra_official
FROM membership m
    CROSS JOIN entry_head h ON h.entry_id = m.entry_id
    CROSS JOIN version v ON v.entry_id = m.entry_id
        AND v.version > CASE m.sort_key WHEN :from THEN :after ELSE '' END
    CROSS JOIN document d ON d.id = v.document_id
WHERE m.registry_id = :registry AND m.sort_key >= :from AND m.sort_key < :end
    AND (:deleted OR v.status <> 'deleted')
ORDER BY m.sort_key, v.version;

-- name: list_latest
-- The latest version of each entry from :from on.
SELECT m.name, v.version, v.status, v.status_message, v.status_changed_us,
    v.published_us, min(v.updated_us, v.changed_us),
    v.version = h.latest_version, d.body,
    v.extra_meta, v.extra_official
FROM membership m
    CROSS JOIN entry_head h ON h.entry_id = m.entry_id
    CROSS JOIN version v ON v.entry_id = m.entry_id
        AND v.version = h.latest_version
    CROSS JOIN document d ON d.id = v.document_id
WHERE m.registry_id = :registry AND m.sort_key >= :from AND m.sort_key < :end
    AND (:deleted OR h.is_usable)
ORDER BY m.sort_key;

-- ---- filtered lists ----------------------------------------------------------
-- The index returns candidates in the order of lists (fcgi/handlers/candidates.c).
-- These statements read the versions of a few candidates at a time.  CROSS JOIN
-- keeps the order of :sort_keys.

-- name: block_walk
-- The blocks of the index, from the one with the sort key :from on.
SELECT b.first_key, b.newest_us, b.sort_keys,
    CASE WHEN :with_changed THEN b.changed END
FROM block b
WHERE b.first_key >= coalesce((SELECT max(a.first_key) FROM block a
        WHERE a.first_key <= :from), 0) AND b.first_key < :end
ORDER BY b.first_key;

-- name: posting_get
-- The entries of a block that have a term.
SELECT entries FROM posting WHERE first_key = :first_key AND term = :term;

-- name: entries_all
-- plan: scan-ok the list of candidates
-- The versions of the entries :sort_keys (JSON) that match the query, in the order
-- of the keys; of the entry :from only those after :after.  A version has changed
-- when it changed here, or when this registry started to show it: the times of the
-- upstream may be long past when a change arrives.  Texts of single versions are
-- read only if the query needs them and the versions of the entry differ.
SELECT m.name, v.version, v.status, v.status_message, v.status_changed_us,
    v.published_us, min(v.updated_us, v.changed_us),
    v.version = h.latest_version, d.body,
    v.extra_meta, v.extra_official,
    CASE WHEN :faceted THEN (SELECT t.facets FROM version_text t
        WHERE t.document_id = v.document_id) END
FROM json_each(:sort_keys) k
    CROSS JOIN membership m ON m.registry_id = :registry
        AND m.sort_key = k.value
    CROSS JOIN entry_head h ON h.entry_id = m.entry_id
    CROSS JOIN version v ON v.entry_id = m.entry_id
        AND v.version > CASE m.sort_key WHEN :from THEN :after ELSE '' END
    CROSS JOIN document d ON d.id = v.document_id
WHERE (:needle IS NULL OR instr(h.search_text, :needle) > 0)
    AND (:deleted OR v.status <> 'deleted')
    AND (:since IS NULL OR max(v.changed_us, h.shown_us) > :since)
    AND (:status IS NULL OR v.status = lower(:status))
    AND (:needle IS NULL OR h.texts = 1 OR instr((SELECT t.search_text FROM version_text t
        WHERE t.document_id = v.document_id), :needle) > 0);

-- name: entries_one
-- plan: scan-ok the list of candidates
-- The same for one version of each entry: :version, or the latest if it is NULL.
SELECT m.name, v.version, v.status, v.status_message, v.status_changed_us,
    v.published_us, min(v.updated_us, v.changed_us),
    v.version = h.latest_version, d.body,
    v.extra_meta, v.extra_official,
    CASE WHEN :faceted THEN (SELECT t.facets FROM version_text t
        WHERE t.document_id = v.document_id) END
FROM json_each(:sort_keys) k
    CROSS JOIN membership m ON m.registry_id = :registry
        AND m.sort_key = k.value
    CROSS JOIN entry_head h ON h.entry_id = m.entry_id
    CROSS JOIN version v ON v.entry_id = m.entry_id
        AND v.version = coalesce(:version, h.latest_version)
    CROSS JOIN document d ON d.id = v.document_id
WHERE (:needle IS NULL OR instr(h.search_text, :needle) > 0)
    AND (:deleted OR v.status <> 'deleted')
    AND (:since IS NULL OR max(v.changed_us, h.shown_us) > :since)
    AND (:status IS NULL OR v.status = lower(:status))
    AND (:needle IS NULL OR h.texts = 1 OR instr((SELECT t.search_text FROM version_text t
        WHERE t.document_id = v.document_id), :needle) > 0);

-- ---- status -----------------------------------------------------------------

-- name: status_last_run
-- The last run that ended, by its number, because the clock may have been wrong.
-- A later run that could not be recorded (:noted) replaces it.  Its result is
-- overdue if :overdue has the reason.
-- plan: scan-ok walks the primary key backwards, one row
SELECT trigger AS type,
    CASE WHEN :noted > ended_us THEN :noted_start ELSE started_us END
        AS "startTime time",
    max(ended_us, coalesce(:noted, ended_us)) AS "completionTime time",
    hash, servers AS "serverCount number",
    CASE WHEN :noted > ended_us THEN 'failed'
        WHEN :overdue IS NOT NULL THEN 'overdue' ELSE result END AS result,
    attempts AS "attemptCount number",
    CASE WHEN :noted > ended_us
        THEN 'the run failed and could not be recorded in the database; '
            || 'the log of the sync has the cause'
        ELSE coalesce(:overdue, error) END AS errorMessage
FROM run WHERE ended_us IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: status_overdue
-- plan: scan-ok at most all sources, in the order of the file
-- The first overdue source: no run has tried it for too long after it was due.
SELECT s.name, t.due_us
FROM source s JOIN source_state t ON t.source_id = s.id
WHERE s.interval_us > 0 AND t.due_us + s.interval_us < :before
ORDER BY s.ordinal, s.id LIMIT 1;

-- name: status_running
-- plan: scan-ok the partial index holds runs that have not ended, at most one
-- The active run, if its process has updated it since :alive.
SELECT run_id AS runId, trigger AS type, started_us AS "startTime time",
    current_source AS source, entries AS "entries number",
    bytes AS "bytes number"
FROM run WHERE ended_us IS NULL AND heartbeat_us > :alive
ORDER BY id DESC LIMIT 1;

-- name: status_sources
-- plan: scan-ok returns every source, in the order of the file
-- The state of each source; with :before, overdue as in status_overdue.
SELECT s.name AS name, s.kind AS type,
    CASE WHEN s.interval_us > 0 AND t.due_us + s.interval_us < :before
        THEN 'overdue' ELSE t.phase END AS phase,
    CASE WHEN s.interval_us > 0 AND t.due_us + s.interval_us < :before
        THEN 'no run has tried the source since it fell due'
            || coalesce('; before that: ' || t.message, '')
        ELSE t.message END AS message,
    t.attempts AS "attemptCount number", t.ended_us AS "lastSync time",
    t.started_us AS "lastAttempt time", t.succeeded_us AS "lastSuccess time",
    t.checked_us AS "lastCheck time", t.due_us AS "nextDue time",
    t.content_hash AS hash, t.revision AS revision,
    t.servers AS "serverCount number", t.skills AS "skillCount number",
    t.plugins AS "pluginCount number", t.rejected AS "rejectedCount number"
FROM source s LEFT JOIN source_state t ON t.source_id = s.id
ORDER BY s.ordinal, s.id;

-- name: status_registries
-- plan: scan-ok returns every registry, in the order of the file
-- Each registry with its sources and the number of entries that it shows.
SELECT r.name AS name, r.is_default AS "default boolean",
    (SELECT json_group_array(o.name) FROM (SELECT s.name
        FROM registry_source rs JOIN source s ON s.id = rs.source_id
        WHERE rs.registry_id = r.id ORDER BY rs.position) o) AS "sources json",
    c.servers AS "serverCount number", c.skills AS "skillCount number",
    c.plugins AS "pluginCount number"
FROM registry r LEFT JOIN registry_count c ON c.registry_id = r.id
ORDER BY r.ordinal, r.id;

-- name: status_history
-- The last runs that tried one source, the newest first.
SELECT r.run_id AS runId, r.trigger AS type, t.started_us AS "startTime time",
    t.ended_us AS "completionTime time", t.result AS result,
    t.added AS "addedCount number", t.updated AS "updatedCount number",
    t.removed AS "removedCount number", t.unchanged AS "unchangedCount number",
    t.rejected AS "rejectedCount number", t.total AS "totalCount number",
    t.error AS errorMessage
FROM run_source t JOIN run r ON r.id = t.run
WHERE t.source = :source ORDER BY t.run DESC LIMIT :limit;

-- ---- what is configured -----------------------------------------------------
-- source_all and source_named have the same columns, and so have registry_all and
-- registry_named.

-- name: source_all
-- plan: scan-ok returns every source, and there are at most a thousand
-- All sources as configured and their state, the oldest first.
SELECT s.name AS name, s.kind AS type, 'CONFIG' AS creationType,
    s.kind AS sourceType, nullif(s.config, 'null') AS "sourceConfig json?",
    nullif(s.filter, 'null') AS "filterConfig json?",
    s.interval_us AS "syncSchedule duration?",
    nullif(s.claims, 'null') AS "claims json?",
    NULL AS "syncStatus {", coalesce(t.phase, 'unknown') AS phase,
    t.ended_us AS "lastSyncTime time?", t.started_us AS "lastAttempt time?",
    coalesce(t.attempts, 0) AS "attemptCount number",
    coalesce(t.servers, 0) AS "serverCount number",
    coalesce(t.skills, 0) AS "skillCount number",
    coalesce(t.plugins, 0) AS "pluginCount number",
    nullif(t.message, '') AS "message ?", NULL AS "}",
    s.created_us AS "createdAt time?", s.updated_us AS "updatedAt time?"
FROM source s LEFT JOIN source_state t ON t.source_id = s.id
ORDER BY s.created_us, s.name;

-- name: source_named
-- One source.
SELECT s.name AS name, s.kind AS type, 'CONFIG' AS creationType,
    s.kind AS sourceType, nullif(s.config, 'null') AS "sourceConfig json?",
    nullif(s.filter, 'null') AS "filterConfig json?",
    s.interval_us AS "syncSchedule duration?",
    nullif(s.claims, 'null') AS "claims json?",
    NULL AS "syncStatus {", coalesce(t.phase, 'unknown') AS phase,
    t.ended_us AS "lastSyncTime time?", t.started_us AS "lastAttempt time?",
    coalesce(t.attempts, 0) AS "attemptCount number",
    coalesce(t.servers, 0) AS "serverCount number",
    coalesce(t.skills, 0) AS "skillCount number",
    coalesce(t.plugins, 0) AS "pluginCount number",
    nullif(t.message, '') AS "message ?", NULL AS "}",
    s.created_us AS "createdAt time?", s.updated_us AS "updatedAt time?"
FROM source s LEFT JOIN source_state t ON t.source_id = s.id
WHERE s.name = :name;

-- name: registry_all
-- plan: scan-ok returns every registry, in the order of their names
-- All registries as configured.
SELECT r.name AS name, nullif(r.claims, 'null') AS "claims json?",
    'CONFIG' AS creationType,
    (SELECT json_group_array(o.name) FROM (SELECT s.name
        FROM registry_source rs JOIN source s ON s.id = rs.source_id
        WHERE rs.registry_id = r.id ORDER BY rs.position) o) AS "sources json",
    r.created_us AS "createdAt time?", r.updated_us AS "updatedAt time?"
FROM registry r ORDER BY r.name;

-- name: registry_named
-- plan: scan-ok the sources of one registry
-- One registry.
SELECT r.name AS name, nullif(r.claims, 'null') AS "claims json?",
    'CONFIG' AS creationType,
    (SELECT json_group_array(o.name) FROM (SELECT s.name
        FROM registry_source rs JOIN source s ON s.id = rs.source_id
        WHERE rs.registry_id = r.id ORDER BY rs.position) o) AS "sources json",
    r.created_us AS "createdAt time?", r.updated_us AS "updatedAt time?"
FROM registry r WHERE r.name = :name;

-- name: source_id
SELECT id FROM source WHERE name = :name;

-- name: source_entries
-- The versions of one source after an entry in the order of kinds and names.  The
-- unary + prevents the index by source, which is not in this order.
SELECT CASE e.kind WHEN 1 THEN 'MCP' WHEN 2 THEN 'SKILL' ELSE 'PLUGIN' END
        AS entryType, e.name AS name,
    (SELECT claims FROM source WHERE id = :source) AS "claims json?",
    v.version AS version, nullif(d.body ->> '$.title', '') AS "title ?",
    nullif(d.body ->> '$.description', '') AS "description ?",
    v.first_seen_us AS "createdAt time", v.changed_us AS "updatedAt time",
    e.kind, e.id
FROM entry e
    CROSS JOIN version v ON v.entry_id = e.id
    CROSS JOIN document d ON d.id = v.document_id
WHERE (e.kind, e.name) > (:kind, :name) AND +e.source_id = :source
    AND v.status <> 'deleted'
ORDER BY e.kind, e.name, e.source_id, v.version;

-- name: registry_entries
-- plan: scan-ok sorts only the versions of one name
-- The versions of the sources of a registry after a place, shadowed ones included.
SELECT CASE e.kind WHEN 1 THEN 'MCP' WHEN 2 THEN 'SKILL' ELSE 'PLUGIN' END
        AS entryType, e.name AS name, v.version AS version,
    nullif(d.body ->> '$.title', '') AS "title ?",
    nullif(d.body ->> '$.description', '') AS "description ?",
    v.first_seen_us AS "createdAt time", v.changed_us AS "updatedAt time",
    s.name AS sourceName, rs.position AS "position number", e.kind
FROM entry e
    CROSS JOIN registry_source rs ON rs.registry_id = :registry
        AND rs.source_id = e.source_id
    CROSS JOIN source s ON s.id = rs.source_id
    CROSS JOIN version v ON v.entry_id = e.id
    CROSS JOIN document d ON d.id = v.document_id
WHERE (e.kind, e.name) >= (:kind, :name)
    AND (e.kind > :kind OR e.name > :name
        OR (v.version, rs.position) > (:version, :position))
    AND v.status <> 'deleted'
ORDER BY e.kind, e.name, v.version, rs.position;

-- ---- metrics ----------------------------------------------------------------

-- name: metrics_sources
-- plan: scan-ok returns every source, and there are at most a thousand
-- The state of each source, grouped by kind.
SELECT s.kind, s.name, s.interval_us, coalesce(t.phase, 'unknown'),
    coalesce(t.attempts, 0), t.succeeded_us, coalesce(t.servers, 0),
    coalesce(t.skills, 0), coalesce(t.plugins, 0), coalesce(t.rejected, 0)
FROM source s LEFT JOIN source_state t ON t.source_id = s.id
ORDER BY s.kind, s.name;

-- name: metrics_registries
-- plan: scan-ok returns every registry, and there are at most a thousand
-- When the content of a registry last changed, and the oldest of the last
-- successes of its sources; NULL if a source never had one.  Sources that are not
-- synced are always current.
SELECT r.name, r.generation,
    (SELECT CASE WHEN count(*) = count(t.succeeded_us)
            THEN min(t.succeeded_us) END
        FROM registry_source rs JOIN source s ON s.id = rs.source_id
            LEFT JOIN source_state t ON t.source_id = s.id
        WHERE rs.registry_id = r.id AND s.interval_us IS NOT NULL)
FROM registry r ORDER BY r.name;

-- name: metrics_durations
-- plan: scan-ok a row for each source, outcome and part of the distribution
-- The durations of syncs or reloads by bucket: of single sources, or of all of a
-- kind together; successes and failures apart, or together (good is NULL).
SELECT d.kind, d.source,
    CASE WHEN :apart THEN d.outcome = 'success' END AS good,
    d.bound_us, sum(d.count), sum(d.sum_us)
FROM duration_total d
WHERE d.what = :what AND (d.source = '') = :together
GROUP BY d.kind, d.source, good, d.bound_us
ORDER BY d.kind, d.source, good, d.bound_us;

-- name: metrics_failures
-- plan: scan-ok a row for each source, outcome and part of the distribution
-- The outcomes of failed syncs, and how often each occurred.
SELECT d.outcome, sum(d.count) FROM duration_total d
WHERE d.what = 'sync' AND d.source = '' AND d.outcome <> 'success'
GROUP BY d.outcome ORDER BY d.outcome;
