-- Targets that are not simply there: isolated, or away for now. Times are microseconds since the epoch.
CREATE TABLE target_standing (
    target TEXT PRIMARY KEY,
    isolated_by TEXT,
    isolated_why TEXT,
    isolated_at INTEGER,             -- NULL where it is not isolated
    away_since INTEGER,              -- NULL where no outage is under way
    away_normal REAL,                -- calls a second before it; 0 where that is not known
    away_kind TEXT,
    away_detail TEXT
) STRICT, WITHOUT ROWID;
