"""The durable ordered record: append, read, find; its page codec and its in-memory reference."""
