-- Every derived table and view that some version of the program has made, but
-- entry_head, which lib/store/database.c keeps for a step that needs it.

DROP VIEW IF EXISTS server;
DROP VIEW IF EXISTS skill;
DROP VIEW IF EXISTS plugin;
DROP VIEW IF EXISTS server_tag;
DROP VIEW IF EXISTS server_package;
DROP VIEW IF EXISTS server_remote;
DROP VIEW IF EXISTS registry_entry;
DROP VIEW IF EXISTS shadowed_entry;
DROP VIEW IF EXISTS registry_status;
DROP VIEW IF EXISTS source_status;
DROP VIEW IF EXISTS sync_run;
DROP VIEW IF EXISTS rejected_entry;
DROP VIEW IF EXISTS entry_note;
DROP TABLE IF EXISTS membership;
DROP TABLE IF EXISTS registry_count;
DROP TABLE IF EXISTS search_index;
DROP TABLE IF EXISTS version_text;
DROP TABLE IF EXISTS posting;
DROP TABLE IF EXISTS block;
