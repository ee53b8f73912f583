-- Names that several sources of a registry have, and which source is shown.
.headers on
.mode column

SELECT registry, kind, name, source AS shown_from, latest_version,
    shadowed_source AS hidden_in, shadowed_latest_version AS hidden_version
FROM shadowed_entry
ORDER BY registry, kind, name, hidden_in;
