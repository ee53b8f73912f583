-- How long syncs and reloads took, for as long as this database has been: the
-- records of runs are kept for a while only, and a counter must not go back.

CREATE TABLE duration_total (
    -- Attempts of one kind that took no longer than bound_us, and longer than
    -- the bound before it.
    what TEXT NOT NULL CHECK (what IN ('sync', 'reload')),
    -- The kind of the source; '' for a reload.
    kind TEXT NOT NULL,
    -- Its name; '' for all of that kind together, also those that are gone.
    source TEXT NOT NULL,
    -- 'success', or what went wrong: 'FetchFailed', 'ValidationFailed',
    -- 'StorageFailed', 'unknown'.
    outcome TEXT NOT NULL,
    -- Microseconds; the largest integer for what is longer than all bounds.
    bound_us INTEGER NOT NULL,
    -- How many there were, and how long they took together.
    count INTEGER NOT NULL,
    sum_us INTEGER NOT NULL,
    PRIMARY KEY (what, kind, source, outcome, bound_us)
) STRICT, WITHOUT ROWID;
