"""What a contract says to the people who work with it, as values: every page and export is made of these."""
