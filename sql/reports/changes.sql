-- Versions added, changed or removed in the last seven days, newest first.
.headers on
.mode column

WITH everything AS (
    SELECT 'server' AS kind, source, name, version, first_seen_at, changed_at,
        removed_at FROM server
    UNION ALL
    SELECT 'skill', source, namespace || '/' || name, version, first_seen_at,
        changed_at, removed_at FROM skill
    UNION ALL
    SELECT 'plugin', source, namespace || '/' || name, version, first_seen_at,
        changed_at, removed_at FROM plugin
), week AS (
    SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-7 days') AS start
)
SELECT changed_at,
    CASE WHEN removed_at IS NOT NULL THEN 'removed'
        WHEN first_seen_at >= week.start THEN 'added'
        ELSE 'changed' END AS what,
    kind, source, name, version
FROM everything, week
WHERE changed_at >= week.start
ORDER BY changed_at DESC, kind, name, version;
