"""Secrets and the log's key from the environment and from files that only their owner can read."""
