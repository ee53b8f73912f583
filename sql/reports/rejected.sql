-- Rejected entries and files, and why.
.headers on
.mode column

SELECT source, kind, coalesce(name, '?') AS name, version, path, rule, value
FROM rejected_entry
ORDER BY source, kind, name, version, path;
