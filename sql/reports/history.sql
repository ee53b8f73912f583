-- The last fifty attempts to sync a source, their duration and result.
.headers on
.mode column

SELECT started_at, source, result, round(duration_seconds, 3) AS seconds,
    added, updated, removed, rejected, total, bytes, error
FROM sync_run
ORDER BY started_at DESC, source
LIMIT 50;
