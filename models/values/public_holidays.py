"""Public holidays by country and by its parts, from the library `holidays`: by their rules, for any year."""

from datetime import date
from functools import lru_cache

import holidays


class UnknownPlace(ValueError):
    """A country, or a part of one, whose public holidays are not known."""


def check_place(country: str, subdivision: str | None = None) -> None:
    """Raises UnknownPlace, with what is known instead, unless the holidays of this place are known.

    `country` is written by two letters (ISO 3166), `subdivision` by what ISO 3166-2 puts behind them: CA, BY, ON.
    """
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise UnknownPlace(f"a country by its two letters was expected, such as US, CA or DE; known are {len(known)}")
    if subdivision is not None and subdivision not in known[country]:
        parts = ", ".join(known[country]) or "no parts"
        raise UnknownPlace(f"a part of {country} was expected; known are {parts}")


def is_public_holiday(day: date, country: str, subdivision: str | None = None) -> bool:
    """Whether a day is a public holiday there, also one that is observed on another day than its own."""
    return day in _in_year(day.year, country, subdivision)


@lru_cache(maxsize=256)
def _in_year(year: int, country: str, subdivision: str | None) -> frozenset[date]:
    # A year at a time, complete before anybody sees it: the library's own object is filled in while it is asked.
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
