"""The composition root: reads a project, builds it, starts and stops it; one function per use-case."""
