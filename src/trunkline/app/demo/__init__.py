"""A self-contained retail day: generated systems, a real project, and what came of it as a table."""
