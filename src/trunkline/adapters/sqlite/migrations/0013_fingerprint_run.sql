-- Fingerprints of many pages in one row, so that a scan reads few rows: place = kind << 48 | body of the last.
-- pages holds three 64-bit integers a page, in order: its stream, its base, and how many fingerprints it has.
CREATE TABLE fingerprint_run (
    place  INTEGER PRIMARY KEY,
    pages  BLOB NOT NULL,
    prints BLOB NOT NULL
) STRICT;
