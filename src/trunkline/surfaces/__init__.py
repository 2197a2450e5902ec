"""Thin ways in: the HTTP door and the command line."""
