"""For people who write connectors: one behaviour suite per port, fakes, and a hand-driven clock."""
