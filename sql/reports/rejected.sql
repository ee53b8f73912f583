-- Entries and files that the sync rejected, and why.
.headers on
.mode column

SELECT source, kind, coalesce(name, '?') AS name, version, path, rule, value
FROM rejected_entry
ORDER BY source, kind, name, version, path;
