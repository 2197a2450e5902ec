-- What happened, as sums by the minute, hour, day and week: trunkline.kernel.rollup. Times are microseconds.

-- lags: trunkline.kernel.sketch.Sketch, packed; NULL where none was measured.
ALTER TABLE settled ADD COLUMN lags BLOB;
-- time: the event's own; died: when it first became a dead letter, 0 while it is one for the first time.
ALTER TABLE flow_case ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE flow_case ADD COLUMN died INTEGER NOT NULL DEFAULT 0;

-- step: the length of the span, start: its beginning. A row of more than a minute holds what is in its minutes
-- before rollup_state.folded; a change to an older minute is added to it as well.
CREATE TABLE flow_rollup (
    step           INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    flow           INTEGER NOT NULL REFERENCES flow (id),
    delivered      INTEGER NOT NULL,
    late           INTEGER NOT NULL,
    dropped        INTEGER NOT NULL,
    discarded      INTEGER NOT NULL,
    superseded     INTEGER NOT NULL,
    died           INTEGER NOT NULL,
    first_failures INTEGER NOT NULL,
    failures       INTEGER NOT NULL,
    lags           BLOB    NOT NULL,
    PRIMARY KEY (step, start, flow)
) WITHOUT ROWID;

CREATE TABLE source_rollup (
    step       INTEGER NOT NULL,
    start      INTEGER NOT NULL,
    stream     TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    accepted   INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    silence    INTEGER NOT NULL,
    PRIMARY KEY (step, start, stream, source)
) WITHOUT ROWID;

-- When a stream first and last had a new event from a source.
CREATE TABLE source_seen (
    stream TEXT    NOT NULL,
    source TEXT    NOT NULL,
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (stream, source)
) WITHOUT ROWID;

-- Minutes before folded are in the rows of their hours, days and weeks. There are rows of minutes from
-- minutes_from on, and of hours from hours_from on.
CREATE TABLE rollup_state (
    folded       INTEGER NOT NULL,
    minutes_from INTEGER NOT NULL,
    hours_from   INTEGER NOT NULL
);
INSERT INTO rollup_state VALUES (0, 0, 0);

-- What an older release has kept in its ledger is counted; how late it was is not known.
INSERT INTO flow_rollup
    SELECT 60000000, at - at % 60000000, flow, sum(delivered), sum(late), sum(dropped), sum(discarded),
        sum(superseded), sum(died), sum(first), sum(failures), x''
    FROM (
        SELECT flow, finished AS at, delivered, 0 AS late, dropped, 0 AS discarded, 0 AS superseded, 0 AS died,
            0 AS first, 0 AS failures
        FROM settled
        UNION ALL
        SELECT flow, at, 0, state = 'delivered', state = 'dropped', state = 'discarded', state = 'superseded',
            0, 0, max(0, attempts - (state = 'delivered'))
        FROM flow_case
        UNION ALL
        SELECT flow, at, 0, 0, 0, 0, 0, 1, 0, 0 FROM flow_case WHERE state = 'dead'
        UNION ALL
        SELECT flow, json_extract(CAST(tries AS TEXT), '$[0].at'), 0, 0, 0, 0, 0, 0, 1, 0
        FROM flow_case WHERE tries IS NOT NULL AND attempts > (state = 'delivered')
    )
    GROUP BY flow, at - at % 60000000;
