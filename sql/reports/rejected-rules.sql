-- Rules that rejected entries, the most frequent first.
.headers on
.mode column

SELECT rule, count(*) AS entries, count(DISTINCT source) AS sources,
    min(coalesce(name, path)) AS for_example
FROM rejected_entry
GROUP BY rule
ORDER BY entries DESC, rule;
