-- What people need to work through dead letters, quarantine and what they did: causes to group by, edits and
-- answers beside the case, the audit of acts. Times are microseconds since the epoch.

-- kind and cause: trunkline.delivery.cause.Cause of the latest failure. answers is JSON, NULL without one;
-- edited is the record a person put in place of the event's, sealed, NULL without one.
ALTER TABLE flow_case ADD COLUMN contract TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_case ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_case ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_case ADD COLUMN renamed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow_case ADD COLUMN answers BLOB;
ALTER TABLE flow_case ADD COLUMN edited BLOB;

-- Cases of an older release are grouped by what their last failure said, word by word.
UPDATE flow_case SET
    kind = json_extract(CAST(tries AS TEXT), '$[#-1].kind'),
    cause = substr(json_extract(CAST(tries AS TEXT), '$[#-1].detail'), 1, 160)
WHERE tries IS NOT NULL;

CREATE INDEX case_cause ON flow_case (flow, kind, cause, key, at) WHERE state = 'dead';

CREATE INDEX case_discarded ON flow_case (flow, event) WHERE state = 'discarded';

-- How many events each key holds back, kept by triggers: a million of them are counted by nobody. A row is only
-- ever put by INSERT ... ON CONFLICT DO UPDATE, as REPLACE would delete without a trigger.
CREATE TABLE key_held (
    flow INTEGER NOT NULL,
    key  TEXT    NOT NULL,
    held INTEGER NOT NULL,
    PRIMARY KEY (flow, key)
) WITHOUT ROWID;
INSERT INTO key_held SELECT flow, key, count(*) FROM flow_case WHERE state = 'held' GROUP BY flow, key;

CREATE TRIGGER case_held AFTER INSERT ON flow_case WHEN new.state = 'held' BEGIN
    INSERT INTO key_held VALUES (new.flow, new.key, 1) ON CONFLICT DO UPDATE SET held = held + 1;
END;

CREATE TRIGGER case_held_again AFTER UPDATE OF state ON flow_case
WHEN new.state = 'held' AND old.state <> 'held' BEGIN
    INSERT INTO key_held VALUES (new.flow, new.key, 1) ON CONFLICT DO UPDATE SET held = held + 1;
END;

CREATE TRIGGER case_let_go AFTER UPDATE OF state ON flow_case
WHEN old.state = 'held' AND new.state <> 'held' BEGIN
    UPDATE key_held SET held = held - 1 WHERE flow = old.flow AND key = old.key;
    DELETE FROM key_held WHERE flow = old.flow AND key = old.key AND held = 0;
END;

CREATE TRIGGER case_void AFTER DELETE ON flow_case WHEN old.state = 'held' BEGIN
    UPDATE key_held SET held = held - 1 WHERE flow = old.flow AND key = old.key;
    DELETE FROM key_held WHERE flow = old.flow AND key = old.key AND held = 0;
END;

-- Refused arrivals are grouped by their first reason, from an index that holds all that a group tells.
ALTER TABLE quarantine ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE quarantine ADD COLUMN pointer TEXT NOT NULL DEFAULT '';
UPDATE quarantine SET
    rule = coalesce(json_extract(CAST(reasons AS TEXT), '$[0].rule'), ''),
    pointer = coalesce(json_extract(CAST(reasons AS TEXT), '$[0].pointer'), '');
CREATE INDEX quarantine_cause
    ON quarantine (status, source, stream, kind, rule, pointer, count, arrived, last_seen, contract, correlation);

-- Who did what: trunkline.observe.audit.AuditEntry. A number is never used twice.
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    what    TEXT    NOT NULL,
    about   TEXT    NOT NULL,
    why     TEXT    NOT NULL,
    outcome TEXT    NOT NULL DEFAULT 'begun' CHECK (outcome IN ('begun', 'done', 'failed')),
    before  TEXT    NOT NULL DEFAULT '',
    after   TEXT    NOT NULL DEFAULT '',
    count   INTEGER NOT NULL DEFAULT 0,
    failure TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX audit_at ON audit (at);
