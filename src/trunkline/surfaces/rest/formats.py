"""What a list may be asked for as."""

from __future__ import annotations

FORMATS = {"json": "application/json", "csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
"""By the word of ``format``, or by ``Accept``."""
