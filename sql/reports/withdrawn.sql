-- Versions that are deprecated, archived or deleted, and since when.
.headers on
.mode column

WITH everything AS (
    SELECT 'server' AS kind, source, name, version, status, status_message,
        updated_at, removed_at FROM server
    UNION ALL
    SELECT 'skill', source, namespace || '/' || name, version, status,
        status_message, updated_at, removed_at FROM skill
    UNION ALL
    SELECT 'plugin', source, namespace || '/' || name, version, status,
        status_message, updated_at, removed_at FROM plugin
)
SELECT kind, source, name, version, status,
    coalesce(removed_at, updated_at) AS since, status_message
FROM everything
WHERE status <> 'active'
ORDER BY since DESC, kind, source, name, version;
