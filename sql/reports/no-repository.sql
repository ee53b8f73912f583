-- Servers whose newest version has no source repository.
.headers on
.mode column

SELECT source, name, version, json_extract(doc, '$.websiteUrl') AS website
FROM server
WHERE is_latest AND status <> 'deleted'
    AND json_extract(doc, '$.repository.url') IS NULL
ORDER BY source, name;
