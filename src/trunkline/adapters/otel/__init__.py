"""OpenTelemetry: spans, metrics and logs for a collector, by OTLP over HTTP. Needs the extra ``otel``."""
