"""How the money of one order is split over its touches. Integer arithmetic on cents, so the parts always add up."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

MODELS = ("last_touch", "first_touch", "linear", "position", "time_decay", "shared")
_CENT = Decimal("0.01")
_BITS = 64
_ONE = 1 << _BITS
_DAY = 86_400


def split_amount(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Split money by integer weights into cents that add up exactly.

    Left-over cents go to the largest remainders, on a tie to the later touch; a fraction of a cent to the last touch.
    """
    total, sign = sum(weights), -1 if amount < 0 else 1
    cents = int(abs(amount) / _CENT)
    shares = [cents * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (cents * weights[i] % total, i), reverse=True)
    for index in by_remainder[: cents - sum(shares)]:
        shares[index] += 1
    parts = [sign * share * _CENT for share in shares]
    parts[-1] += amount - sum(parts, Decimal(0))
    return parts


def touch_weights(model: str, ages: Sequence[int], half_life_days: int) -> list[int]:
    """Return integer weights of an order's touches, earliest first; `ages` are seconds before payment.

    Position gives 40 % to the first and last and 20 % over the rest; two touches share evenly. ValueError for an
    unknown model, and for `shared`, which gives every touch the whole order and so has no weights.
    """
    count = len(ages)
    if model == "last_touch":
        return [0] * (count - 1) + [1]
    if model == "first_touch":
        return [1] + [0] * (count - 1)
    if model == "linear" or (model == "position" and count <= 2):
        return [1] * count
    if model == "position":
        return [2 * (count - 2), *[1] * (count - 2), 2 * (count - 2)]
    if model == "time_decay":
        return [decay_weight(age, half_life_days * _DAY) for age in ages]
    raise ValueError(f"{model!r} does not split an order; the models that do are {', '.join(MODELS[:-1])}")


def decay_weight(age: int, half_life: int) -> int:
    """Return 2**(-age / half_life) in units of 2**-64, without floats: the same on every machine."""
    halvings, rest = divmod(age, half_life)
    weight, root = _ONE, _ONE >> 1
    # 2**(-rest/half_life), bit by bit of the binary fraction rest/half_life
    for _ in range(_BITS - 8):
        root = _root(root)
        rest *= 2
        if rest >= half_life:
            rest -= half_life
            weight = weight * root >> _BITS
        if not rest:
            break
    return max(weight >> halvings, 1)


@lru_cache(maxsize=128)
def _root(value: int) -> int:
    """Return the square root of a 64-bit fraction."""
    low, high = 0, _ONE
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle * middle <= value << _BITS else (low, middle - 1)
    return low
