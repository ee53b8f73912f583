-- Tags of the newest versions of servers, the most frequent first.
.headers on
.mode column

SELECT t.tag, count(DISTINCT t.source || ' ' || t.name) AS servers,
    count(DISTINCT t.source) AS sources
FROM server s JOIN server_tag t
    ON t.source = s.source AND t.name = s.name AND t.version = s.version
WHERE s.is_latest AND s.status <> 'deleted'
GROUP BY t.tag
ORDER BY servers DESC, t.tag;
