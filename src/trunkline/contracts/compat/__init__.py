"""Which change of shape is compatible: what differs, whom it breaks, and a document that shows it."""
