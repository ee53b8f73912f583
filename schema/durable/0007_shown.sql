-- When clients that ask for changes have to be sent an entry again, although
-- none of its versions changed.

-- When a registry last began to show an entry that was not new, or an older
-- version became its latest.  0: never.
ALTER TABLE entry ADD COLUMN shown_us INTEGER NOT NULL DEFAULT 0;

-- Until now the derived table entry_head had that (sync/store/database.c keeps
-- it for this step).
CREATE TABLE IF NOT EXISTS entry_head (
    entry_id INTEGER PRIMARY KEY,
    shown_us INTEGER NOT NULL
) STRICT;
UPDATE entry SET shown_us = (
    SELECT h.shown_us FROM entry_head h WHERE h.entry_id = entry.id)
WHERE id IN (SELECT h.entry_id FROM entry_head h WHERE h.shown_us > 0);
DROP TABLE entry_head;
