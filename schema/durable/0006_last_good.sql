-- What a sync has to remember so that the right entries stay, are fetched again
-- and are sent again.

-- The document that the version stood in: its name among the documents of the
-- source.  NULL when the source is one document or a registry API, and in rows
-- that an earlier program wrote.
ALTER TABLE version ADD COLUMN file TEXT;
ALTER TABLE withheld ADD COLUMN file TEXT;

-- The rules that decided what is stored of the source, besides the filter: the
-- number of the program's own rules, strict, and database.maxMetaSize.  NULL
-- when an earlier program stored it.
ALTER TABLE source_state ADD COLUMN applied_rules TEXT;
-- Which documents of the source could not be read, and why; NULL for none.
-- What is stored of them stays.
ALTER TABLE source_state ADD COLUMN unreadable TEXT;
-- The server asked with Retry-After for no request before this instant; NULL:
-- it did not.  due_us is not before it either, but a run that was asked for
-- ignores due_us.
ALTER TABLE source_state ADD COLUMN retry_us INTEGER;

-- 1: the run changed something, failed or was interrupted, and is kept longer
-- than the many runs that found nothing different.  Unknown of runs before this
-- step.
ALTER TABLE run ADD COLUMN notable INTEGER NOT NULL DEFAULT 1;
CREATE INDEX run_quiet ON run (id) WHERE notable = 0;
CREATE INDEX run_notable ON run (id) WHERE notable = 1;

-- When a registry last began to show an entry that was not new, or an older
-- version became its latest: clients that ask for changes have to be sent the
-- entry again, although none of its versions changed.  0: never.
ALTER TABLE entry ADD COLUMN shown_us INTEGER NOT NULL DEFAULT 0;
-- Until now the derived table entry_head had that (lib/store/database.c keeps
-- it for this step).
CREATE TABLE IF NOT EXISTS entry_head (
    entry_id INTEGER PRIMARY KEY,
    shown_us INTEGER NOT NULL
) STRICT;
UPDATE entry SET shown_us = (
    SELECT h.shown_us FROM entry_head h WHERE h.entry_id = entry.id)
WHERE id IN (SELECT h.entry_id FROM entry_head h WHERE h.shown_us > 0);
DROP TABLE entry_head;
