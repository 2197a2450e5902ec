"""Tables of SQL databases as targets."""
