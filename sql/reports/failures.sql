-- Errors of syncs by source: how often, and when first and last.
.headers on
.mode column

SELECT source, count(*) AS times, min(started_at) AS first_at,
    max(started_at) AS last_at, error
FROM sync_run
WHERE result = 'failed'
GROUP BY source, error
ORDER BY last_at DESC, source, error;
