"""The vocabulary every room shares: events, ids, time, limits, errors, outcomes and signals.

The standard library and the model library only; everything else stands on this floor.
"""
