"""`company.holidays`: the days on which nobody works, by a country's law, by their dates, or both."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, field_validator

from models.playbook.section import Section
from models.values.public_holidays import check_place, is_public_holiday


class HolidayTerms(Section):
    """Public holidays of a place, and the company's own days. `day in terms` says whether it is one of them."""

    country: str | None = None
    """By two letters; without one, only `days` count."""
    subdivision: str | None = None
    """A state, province or Land of it that has holidays of its own, such as CA, ON or BY."""
    days: tuple[date, ...] = ()

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        if country is not None:
            check_place(country)
        return country

    @field_validator("subdivision")
    @classmethod
    def _known_subdivision(cls, subdivision: str | None, info: ValidationInfo) -> str | None:
        if subdivision is not None and "country" in info.data:
            if info.data["country"] is None:
                raise ValueError("a part of a country was found without its country: add `country`")
            check_place(info.data["country"], subdivision)
        return subdivision

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        return day in self.days or (self.country is not None and is_public_holiday(day, self.country, self.subdivision))

    def __bool__(self) -> bool:
        """Whether there can be any."""
        return bool(self.days) or self.country is not None


def _from_list(found: Any) -> Any:
    return {"days": found} if isinstance(found, list | tuple) else found


def _as_written(terms: HolidayTerms) -> Any:
    """As a plain list where it can be, which is how it was stored before there were countries."""
    days = [day.isoformat() for day in terms.days]
    if terms.country is None:
        return days
    return {"country": terms.country, "subdivision": terms.subdivision, "days": days}


Holidays = Annotated[HolidayTerms, BeforeValidator(_from_list), PlainSerializer(_as_written)]
"""Written as a list of dates, or as `{country: US, subdivision: CA, days: [2026-12-24]}`."""
