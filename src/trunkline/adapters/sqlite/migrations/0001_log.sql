-- The log: streams, their sealed pages, what finds an event, and what was seen within the window.

CREATE TABLE log_secret (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL             -- the store's own keys for dedupe and fingerprints, sealed by the project's
);

CREATE TABLE stream (
    stream INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    first  INTEGER NOT NULL,         -- the oldest offset not trimmed
    next   INTEGER NOT NULL          -- the offset of the next event: never goes back
);

-- What is known of a page without opening it; small, so that it is scanned quickly.
CREATE TABLE page (
    stream INTEGER NOT NULL REFERENCES stream,
    base   INTEGER NOT NULL,
    count  INTEGER NOT NULL,
    newest INTEGER NOT NULL,         -- when its last event was accepted, in microseconds
    payload INTEGER NOT NULL,        -- bytes of data in it
    bytes  INTEGER NOT NULL,         -- bytes of the sealed body
    body   INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (stream, base)
) WITHOUT ROWID;

CREATE TABLE page_body (
    body   INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
);

-- Sealed 32-bit fingerprints of a page's ids, correlations or subjects. place = kind << 48 | body, so that
-- the fingerprints of one kind lie together in the order of time.
CREATE TABLE fingerprint (
    place  INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    base   INTEGER NOT NULL,
    prints BLOB NOT NULL
);

-- Keys of one run of arrivals, the last run being open. A key's position in its run leads to its span.
CREATE TABLE dedupe_run (
    run     INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    newest  INTEGER NOT NULL         -- the second its last key arrived in
);

CREATE TABLE dedupe_key (
    run      INTEGER NOT NULL,
    key      BLOB NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;

-- Keys that arrived together: position start + i has offset base + i and arrived in second at.
CREATE TABLE dedupe_span (
    run   INTEGER NOT NULL,
    start INTEGER NOT NULL,
    base  INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (run, start)
) WITHOUT ROWID;

-- The open run's keys as they came, one row a span: moved to dedupe_key in sorted order when the run closes.
CREATE TABLE dedupe_tail (
    start INTEGER PRIMARY KEY,
    keys  BLOB NOT NULL
);

-- A segment's Bloom filter as it was when its run `through` had closed.
CREATE TABLE dedupe_filter (
    segment INTEGER PRIMARY KEY,
    through INTEGER NOT NULL,
    words   BLOB NOT NULL
);
