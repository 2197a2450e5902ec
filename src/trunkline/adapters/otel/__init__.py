"""OpenTelemetry: spans sent to a collector by OTLP over HTTP. Needs the extra ``otel``."""
