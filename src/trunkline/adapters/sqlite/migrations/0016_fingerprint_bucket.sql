-- Fingerprints of many pages, apart by their four highest bits, so that a lookup reads a sixteenth of them:
-- place = 1 << 60 | kind << 56 | bucket << 48 | body of the last page, so that one bucket's rows lie together.
-- The row of bucket 16 is not sealed: it lists the pages as fingerprint_run.pages does, and is read after a match.
CREATE TABLE fingerprint_bucket (
    place  INTEGER PRIMARY KEY,
    prints BLOB NOT NULL
) STRICT;
