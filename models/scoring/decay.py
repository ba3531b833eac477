"""What points are still worth on a later day. Pure, and the one definition: Postgres multiplies by the same factors.

A point of a day ago is worth (1 - rate), of two days ago (1 - rate) squared, and so on: at 3 % a day 40 of 100 points
are left after 30 days. Days are those of the company's time zone.
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

CENT = Decimal("0.01")
DECIMALS = Decimal("1e-12")
NEGLIGIBLE = Decimal("1e-7")
"""Below this the most points that a rule may give are worth less than half a cent."""


@lru_cache(maxsize=16)
def factors(rate: Decimal) -> tuple[Decimal, ...]:
    """What is left of a point after 0, 1, 2 ... days, to 12 decimals; the last holds for all later days.

    That is 0 for every rate but 0, at which nothing decays: (1,).
    """
    if rate == 0:
        return (Decimal(1),)
    left, found = Decimal(1), []
    with localcontext(prec=50):
        while left >= NEGLIGIBLE:
            found.append(left.quantize(DECIMALS))
            left *= 1 - rate
    return (*found, Decimal(0))


def worth(points: Decimal, age_in_days: int, factors: tuple[Decimal, ...]) -> Decimal:
    """Points of an entry of this age, rounded half away from zero to the cent; an entry of tomorrow is of today.

    The definition that `decay-rate` and the tests go by. Scores themselves are summed in SQL: `WORTH` in `recount.py`.
    """
    age = min(max(age_in_days, 0), len(factors) - 1)
    return (points * factors[age]).quantize(CENT, ROUND_HALF_UP)
