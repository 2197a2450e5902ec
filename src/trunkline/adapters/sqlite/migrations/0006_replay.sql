-- What is to be delivered again, and who asked for it. What came of it is in the ledger, under flow#id.
-- selection is JSON: trunkline.delivery.replay.port.Selection. Times are microseconds since the epoch.

CREATE TABLE replay (
    id                TEXT PRIMARY KEY,
    flow              TEXT NOT NULL,
    stream            TEXT NOT NULL,
    selection         BLOB NOT NULL,
    started_by        TEXT NOT NULL,
    why               TEXT NOT NULL,
    created           INTEGER NOT NULL,
    rate              REAL NOT NULL,
    exactly           INTEGER NOT NULL,
    original_identity INTEGER NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'cancelled', 'failed')),
    bound             INTEGER,           -- NULL until it first runs
    planned           INTEGER NOT NULL,
    delivered         INTEGER NOT NULL,
    dead              INTEGER NOT NULL,
    changed           INTEGER NOT NULL,
    changed_by        TEXT NOT NULL,
    changed_why       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A flow has one replay under way: two would carry its entities back in time against each other.
CREATE UNIQUE INDEX replay_open ON replay (flow) WHERE state IN ('running', 'paused', 'failed');
