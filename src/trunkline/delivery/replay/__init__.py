"""Replays: events that a flow had behind it, delivered again beside its live traffic."""
