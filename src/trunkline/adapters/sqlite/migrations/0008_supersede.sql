-- A dead letter that yields: newer events of its key go on, and make it moot.
ALTER TABLE flow_case ADD COLUMN yields INTEGER NOT NULL DEFAULT 0;

DROP INDEX case_key;
CREATE INDEX case_key ON flow_case (flow, key, event, state, yields) WHERE holds;

DROP INDEX case_closed;
CREATE INDEX case_closed ON flow_case (flow, at)
    WHERE state IN ('delivered', 'dropped', 'discarded', 'superseded', 'dead');
