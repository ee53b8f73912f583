-- Packages of the newest versions of servers, by registry and transport.
.headers on
.mode column

SELECT p.registry_type, p.transport, count(*) AS packages,
    count(DISTINCT p.source || ' ' || p.name) AS servers
FROM server s JOIN server_package p
    ON p.source = s.source AND p.name = s.name AND p.version = s.version
WHERE s.is_latest AND s.status <> 'deleted'
GROUP BY p.registry_type, p.transport
ORDER BY packages DESC, p.registry_type, p.transport;
