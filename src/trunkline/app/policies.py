"""From what project files say to the policies that delivery decides by.

Each function raises ``ValueError`` naming the key that makes no sense.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import asdict

from trunkline.app.model import Retry, Rule, SystemFile
from trunkline.app.quantities import seconds_of, share_of
from trunkline.delivery.bearing import Terms
from trunkline.delivery.breaker import BreakerPolicy
from trunkline.delivery.budget import BudgetPolicy
from trunkline.delivery.retry import RetryPolicy


def retry_policy(retry: Retry) -> RetryPolicy:
    """Return a flow's policy with its rules."""
    plain = RetryPolicy(
        attempts=retry.attempts,
        first_seconds=seconds_of(retry.first),
        longest_seconds=seconds_of(retry.longest),
        factor=retry.factor,
        total_seconds=seconds_of(retry.total),
    )
    rules = {kind: _ruled(retry, plain, rule) for kind, rule in retry.rules.items()}
    return msgspec.structs.replace(plain, rules=rules)


def _ruled(retry: Retry, plain: RetryPolicy, rule: str | Rule) -> RetryPolicy | None:
    """Return what a rule puts in place of a flow's policy, and None for never again."""
    if isinstance(rule, str):
        return None if rule == "final" else plain
    changes = {key: value for key, value in asdict(rule).items() if value is not None}
    return retry_policy(msgspec.structs.replace(retry, rules={}, **changes))


def terms_of(system: SystemFile, concurrency: int | None = None) -> Terms:
    """Return what the calls to each target of a system keep to."""
    breaker, budget = system.breaker, system.retry_budget
    return Terms(
        BreakerPolicy(
            window_seconds=seconds_of(breaker.window),
            failures=share_of(breaker.failures),
            minimum=breaker.minimum,
            slow_seconds=seconds_of(breaker.slow),
            open_seconds=seconds_of(breaker.open),
            longest_seconds=seconds_of(breaker.longest),
        ),
        BudgetPolicy(share_of(budget.share), budget.floor, seconds_of(budget.window)),
        concurrency,
    )
