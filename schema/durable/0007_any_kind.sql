-- A source's kind without a list of the kinds that are allowed: the table of
-- kinds in the program (sync/kinds/kind.h) has them.

ALTER TABLE source ADD COLUMN any_kind TEXT NOT NULL DEFAULT '';
UPDATE source SET any_kind = kind;
ALTER TABLE source DROP COLUMN kind;
ALTER TABLE source RENAME COLUMN any_kind TO kind;
