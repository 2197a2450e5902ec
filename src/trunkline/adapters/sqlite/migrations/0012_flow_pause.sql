-- Flows that people have paused: trunkline.delivery.pausing.Pause. at is in microseconds since the epoch.
CREATE TABLE flow_pause (
    flow      TEXT    PRIMARY KEY,
    paused_by TEXT    NOT NULL,
    why       TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
