"""From stored event to target: order, map, attempt, judge, retry, record."""
