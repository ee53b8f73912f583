-- What is remembered of upstreams that are asked for what changed.

-- Where a registry API was left, as JSON: its version, the instant from which
-- on to ask for changes, the last full crawl.  NULL for other kinds.
ALTER TABLE source_state ADD COLUMN checkpoint TEXT;
