-- What all flows did together, by the spans that flow_rollup has, of the minutes before rollup_state.folded.
CREATE TABLE total_rollup (
    step           INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    delivered      INTEGER NOT NULL,
    late           INTEGER NOT NULL,
    dropped        INTEGER NOT NULL,
    discarded      INTEGER NOT NULL,
    superseded     INTEGER NOT NULL,
    died           INTEGER NOT NULL,
    first_failures INTEGER NOT NULL,
    failures       INTEGER NOT NULL,
    lags           BLOB    NOT NULL,
    PRIMARY KEY (step, start)
) WITHOUT ROWID;

-- There are totals of spans that begin at or after it; those before are made up in the background.
ALTER TABLE rollup_state ADD COLUMN totals_from INTEGER NOT NULL DEFAULT 0;
UPDATE rollup_state SET totals_from = folded;
