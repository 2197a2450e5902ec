"""The embedded store: one SQLite file holds the log, the ledger and the quarantine of a project."""
