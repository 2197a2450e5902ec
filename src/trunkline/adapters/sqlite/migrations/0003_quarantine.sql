-- What was refused and is kept. sealed holds the arrival, encrypted; same is the digest that makes
-- another arrival the same one; reasons is JSON and never holds a value of a record.
CREATE TABLE quarantine (
    id TEXT PRIMARY KEY,
    same BLOB NOT NULL UNIQUE,
    source TEXT NOT NULL,
    stream TEXT NOT NULL,
    contract TEXT NOT NULL,
    place TEXT NOT NULL,
    correlation TEXT NOT NULL,
    arrived INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    count INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reasons BLOB NOT NULL,
    raw_bytes INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'released', 'discarded')),
    decided_by TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    resolved_at INTEGER,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX quarantine_resolved ON quarantine (resolved_at) WHERE resolved_at IS NOT NULL;

-- How much is open, kept by triggers so that every put knows it without counting.
CREATE TABLE quarantine_open (entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
INSERT INTO quarantine_open VALUES (0, 0);

CREATE TRIGGER quarantine_opened AFTER INSERT ON quarantine WHEN new.status = 'open' BEGIN
    UPDATE quarantine_open SET entries = entries + 1, bytes = bytes + new.raw_bytes;
END;

CREATE TRIGGER quarantine_closed AFTER UPDATE OF status ON quarantine
WHEN old.status = 'open' AND new.status <> 'open' BEGIN
    UPDATE quarantine_open SET entries = entries - 1, bytes = bytes - old.raw_bytes;
END;
