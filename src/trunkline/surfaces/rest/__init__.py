"""Contracts over HTTP: what ``trunkline contract`` does, at the door."""
