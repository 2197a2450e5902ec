"""Contract tests: both sides of a contract, and the interface a target publishes, held against the files."""
