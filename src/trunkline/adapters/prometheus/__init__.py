"""Metrics in the formats that Prometheus reads."""
