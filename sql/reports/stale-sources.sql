-- Sources that failed, were never read, or whose content is older than two of
-- their intervals; the oldest first.
.headers on
.mode column

SELECT source, kind, phase, attempts, succeeded_at,
    round((julianday('now') - julianday(succeeded_at)) * 24, 1) AS hours_old,
    round(interval_seconds / 3600, 2) AS interval_hours, message
FROM source_status
WHERE interval_seconds IS NOT NULL AND (phase = 'failed'
    OR succeeded_at IS NULL
    OR (julianday('now') - julianday(succeeded_at)) * 86400
        > 2 * interval_seconds)
ORDER BY succeeded_at IS NOT NULL, succeeded_at, source;
