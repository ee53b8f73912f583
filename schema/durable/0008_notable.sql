-- Runs that found nothing different are many, and say little: those that did are
-- kept longer.

-- 1: it changed something, failed or was interrupted.  It is not known of runs
-- before this step.
ALTER TABLE run ADD COLUMN notable INTEGER NOT NULL DEFAULT 1;
CREATE INDEX run_quiet ON run (id) WHERE notable = 0;
CREATE INDEX run_notable ON run (id) WHERE notable = 1;
