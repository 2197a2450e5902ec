"""A project's documentation as pages: written into a folder, or shown by the running door."""
