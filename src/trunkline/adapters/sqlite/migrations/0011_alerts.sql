-- Alerts, what happened to them, what people keep quiet, and the messages that tell of it. Times are
-- microseconds since the epoch; body is JSON: trunkline.observe.alerts, machine.Alert, muting.Silence and
-- notices.Message. Nothing here holds a payload.

CREATE TABLE alert (
    id          TEXT PRIMARY KEY,
    about       TEXT NOT NULL,            -- the rule and the labels
    phase       TEXT NOT NULL CHECK (phase IN ('pending', 'firing', 'acknowledged', 'resolved')),
    since       INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    body        BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Of what a rule is about one alert is open at most.
CREATE UNIQUE INDEX alert_open ON alert (about) WHERE phase <> 'resolved';
CREATE INDEX alert_over ON alert (resolved_at) WHERE phase = 'resolved';

CREATE TABLE alert_transition (
    at       INTEGER NOT NULL,
    alert    TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    phase    TEXT NOT NULL,
    fired_at INTEGER NOT NULL,
    by       TEXT NOT NULL,
    why      TEXT NOT NULL,
    PRIMARY KEY (at, alert, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_silence (
    id    TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    body  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_message (
    id      TEXT PRIMARY KEY,
    state   TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    created INTEGER NOT NULL,
    done    INTEGER NOT NULL,
    body    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_message_state ON alert_message (state, created, id);
