-- The registries, their sources, and how many names they show.
.headers on
.mode column

SELECT registry, CASE WHEN is_default THEN 'yes' ELSE '' END AS is_default,
    sources, servers, skills, plugins, changed_at
FROM registry_status
ORDER BY registry;
