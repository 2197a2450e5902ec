"""The registry of contracts as files in the project folder: one journal a subject, only ever added to."""
