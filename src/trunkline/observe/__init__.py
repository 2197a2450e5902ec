"""From signals to logs an operator reads."""
