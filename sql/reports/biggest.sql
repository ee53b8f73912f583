-- The twenty biggest documents.
.headers on
.mode column

WITH everything AS (
    SELECT 'server' AS kind, source, name, version, doc FROM server
    UNION ALL
    SELECT 'skill', source, namespace || '/' || name, version, doc FROM skill
    UNION ALL
    SELECT 'plugin', source, namespace || '/' || name, version, doc FROM plugin
)
SELECT length(CAST(doc AS BLOB)) AS bytes, kind, source, name, version
FROM everything
ORDER BY bytes DESC, kind, source, name, version
LIMIT 20;
