-- The last runs of one source, without reading those of the others.
CREATE INDEX run_source_source ON run_source (source, run);
