"""Hands out a secret that cannot be printed."""
