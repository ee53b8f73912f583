-- The registries, what they are made of, and how much they show.
.headers on
.mode column

SELECT registry, CASE WHEN is_default THEN 'yes' ELSE '' END AS is_default,
    sources, servers, skills, plugins, changed_at
FROM registry_status
ORDER BY registry;
