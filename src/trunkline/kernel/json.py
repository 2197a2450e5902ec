"""JSON in and out without binary floats: a number with a fraction is a ``Decimal``, an integer an ``int``.

``0.1`` stays ``0.1`` from the wire to the target. RFC 8259 leaves three things open that we close:
of a repeated name the last value counts, ``NaN`` and ``Infinity`` are refused, and a number beyond
10**±400 or a text nested deeper than the decoder's limit is refused.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypedDict

import msgspec

_EXACT = decimal.Context(
    prec=1000, Emin=-400, Emax=400, traps=[decimal.Overflow, decimal.Inexact, decimal.InvalidOperation]
)
exact_number: Callable[[str], Decimal] = _EXACT.create_decimal
"""Reads a number with a fraction, all its digits; raises ``decimal.DecimalException`` beyond the range."""

_decoder = msgspec.json.Decoder(float_hook=exact_number)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(text: bytes | str) -> Any:
    """Decode JSON text; raises ``ValueError`` saying where it is not JSON."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except decimal.DecimalException:
        raise ValueError("a number is out of range") from None


def decoder_of(names: Iterable[str]) -> Callable[[bytes], Any]:
    """Return a ``decode`` that passes over the members of an object that are not in ``names``.

    A reader that needs a few members of a large record has them at a third of the cost. What is not an
    object is decoded whole.
    """
    wanted = TypedDict("wanted", dict.fromkeys(names, Any), total=False)  # type: ignore[misc]  # made at run time
    some = msgspec.json.Decoder(wanted, float_hook=exact_number).decode

    def decode_some(text: bytes) -> Any:
        try:
            return some(text)
        except (msgspec.ValidationError, RecursionError, decimal.DecimalException):
            return decode(text)

    return decode_some


def encode(value: Any) -> bytes:
    """Encode a value as compact JSON; a ``Decimal`` becomes a number with all its digits."""
    return _encoder.encode(value)


def is_number(value: Any) -> bool:
    """Tell whether a decoded value is a JSON number (``bool`` is not)."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
