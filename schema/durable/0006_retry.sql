-- How long a server asked to be left alone.

-- Not to be asked before, as its server said with Retry-After; NULL: it did not.
-- due_us is not before it either, but a run that was asked for ignores due_us.
ALTER TABLE source_state ADD COLUMN retry_us INTEGER;
