-- What an upstream registry says of a version beside its document, and notes on
-- entries that are served all the same.

-- Which of its values are the upstream's own: the sum of 1 status and message,
-- 2 status_changed_us, 4 published_us, 8 updated_us.
ALTER TABLE version ADD COLUMN upstream INTEGER NOT NULL DEFAULT 0;
-- What stood in the item's _meta beside the official object, and in that beside
-- what has a column: a run of JSON members ("a":1,"b":{}), sent back as it is.
ALTER TABLE version ADD COLUMN extra_meta TEXT;
ALTER TABLE version ADD COLUMN extra_official TEXT;

-- The same for versions that a filter keeps out; NULL is "not given".
ALTER TABLE withheld ADD COLUMN status TEXT;
ALTER TABLE withheld ADD COLUMN status_message TEXT;
ALTER TABLE withheld ADD COLUMN status_changed_us INTEGER;
ALTER TABLE withheld ADD COLUMN published_us INTEGER;
ALTER TABLE withheld ADD COLUMN updated_us INTEGER;
ALTER TABLE withheld ADD COLUMN extra_meta TEXT;
ALTER TABLE withheld ADD COLUMN extra_official TEXT;

-- 1 when the entry is served and only something about it is worth knowing; such
-- rows are not counted in source_state.rejected.
ALTER TABLE rejection ADD COLUMN served INTEGER NOT NULL DEFAULT 0
    CHECK (served IN (0, 1));

-- What is remembered of upstreams that are asked for what changed.

-- Where a registry API was left, as JSON: its version, the instant from which
-- on to ask for changes, the last full crawl.  NULL for other kinds.
ALTER TABLE source_state ADD COLUMN checkpoint TEXT;
