"""One folder per technology: the only place a driver is imported."""
