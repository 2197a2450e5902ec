-- What each flow did. Times are microseconds since the epoch.

CREATE TABLE flow (
    id     INTEGER PRIMARY KEY,
    name   TEXT    NOT NULL UNIQUE,
    cursor INTEGER NOT NULL
);

-- A run of events settled together: one row for as many events as a batch holds.
CREATE TABLE settled (
    flow      INTEGER NOT NULL REFERENCES flow (id),
    last      INTEGER NOT NULL,
    first     INTEGER NOT NULL,
    started   INTEGER NOT NULL,
    finished  INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    dropped   INTEGER NOT NULL,
    drops     BLOB,              -- one bit an event from "first" on, set where a rule dropped it
    PRIMARY KEY (flow, last)
) WITHOUT ROWID;

CREATE INDEX settled_finished ON settled (flow, finished);

-- An event that was not simply delivered: trunkline.delivery.ledger.Case.
CREATE TABLE flow_case (
    flow        INTEGER NOT NULL REFERENCES flow (id),
    event       INTEGER NOT NULL,
    key         TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    holds       INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    forgiven    INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    correlation TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    tries       BLOB,              -- JSON; NULL where no attempt failed
    PRIMARY KEY (flow, event)
) WITHOUT ROWID;

CREATE INDEX case_key ON flow_case (flow, key, event, state) WHERE holds;
CREATE INDEX case_due ON flow_case (flow, due, event) WHERE state = 'waiting';
CREATE INDEX case_dead ON flow_case (flow, event) WHERE state = 'dead';
CREATE INDEX case_closed ON flow_case (flow, at) WHERE state IN ('delivered', 'dropped', 'discarded', 'dead');
