-- Hosts of the remotes of the newest versions of servers.
.headers on
.mode column

WITH remote AS (
    SELECT r.source, r.name, r.transport,
        substr(r.url, instr(r.url, '://') + 3) || '/' AS place
    FROM server s JOIN server_remote r
        ON r.source = s.source AND r.name = s.name AND r.version = s.version
    WHERE s.is_latest AND s.status <> 'deleted'
)
SELECT lower(substr(place, 1, instr(place, '/') - 1)) AS host,
    count(DISTINCT source || ' ' || name) AS servers, count(*) AS remotes,
    group_concat(DISTINCT transport) AS transports
FROM remote
GROUP BY host
ORDER BY servers DESC, host;
