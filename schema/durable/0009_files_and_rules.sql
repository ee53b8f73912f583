-- Which file a version came from, and by which rules a source was read.

-- The document that the version stood in: its name among the documents of the
-- source.  NULL when the source is one document or a registry API, and in rows
-- that an earlier program wrote.
ALTER TABLE version ADD COLUMN file TEXT;
ALTER TABLE withheld ADD COLUMN file TEXT;

-- The rules that decided what is stored of the source, besides the filter: the
-- number of the program's own rules, strict, and database.maxMetaSize.  NULL when an
-- earlier program stored it.
ALTER TABLE source_state ADD COLUMN applied_rules TEXT;
-- Which documents of the source could not be read, and why; NULL for none.
-- What is stored of them stays.
ALTER TABLE source_state ADD COLUMN unreadable TEXT;
