"""What a page of the reports is asked for: days, team and the day as known on, read from the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Connection, text

from models.kpi.period import DEFAULT_DAYS, Period, PeriodError, last_days, read_known_on, read_period
from models.kpi.read import Question
from models.kpi.versions import as_known
from models.playbook import Playbook, current_playbook
from models.wording import full_date
from web.frame.moments import moment_text

EARLIEST = date(2000, 1, 1)
TOO_EARLY = "The days begin before the year 2000, when nothing was counted. Give a later date."
NO_TEAM = "There is no team of this name. Choose one of those that the page names, or all teams."

TEAMS = text("SELECT id, name FROM team ORDER BY name")

REPORTED_DAYS = """
-- The first and the last day on which anything was counted.
SELECT min(day) AS first, max(day) AS last FROM kpi_daily
WHERE dimension = 'all' AND team_id = 0 AND day <= :today AND {known}
"""

LAST_RUN = text("""
-- The run whose numbers are shown, with what it took.
SELECT id, known_at, seconds, totals_through, has_day_waits FROM kpi_run
WHERE CAST(:known_at AS timestamptz) IS NULL OR known_at <= :known_at
ORDER BY known_at DESC LIMIT 1
""")


class ReportAddress(BaseModel):
    """The query of a page of the reports, as it stands in the address. Pages that take more inherit from it."""

    first: str = Field("", alias="from")
    last: str = Field("", alias="to")
    team: str = ""
    as_known_on: str = Field("", alias="as-known-on")


@dataclass(frozen=True)
class NamedTeam:
    """A team to choose."""

    id: int
    name: str


@dataclass(frozen=True)
class LastRun:
    """The run of the report whose numbers are shown."""

    id: int
    known_at: datetime
    seconds: float
    totals_through: date | None
    """The last day of the months that it has added up."""
    has_day_waits: bool
    """It has gathered the requests of each day."""


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """What is asked for, understood: the days, the team, and what was known when."""

    playbook: Playbook
    period: Period
    reported: Period | None
    """The days that have numbers; None while nothing was counted."""
    today: date
    team: NamedTeam | None
    """None: everybody together."""
    teams: tuple[NamedTeam, ...]
    known_at: datetime | None
    """The end of the day as known on; None for what is known now."""
    run: LastRun | None
    """None: no run of the report had been done by then."""

    @property
    def zone(self) -> ZoneInfo:
        """That of the company, by which days are told."""
        return ZoneInfo(self.playbook.company.time_zone)

    @property
    def currency(self) -> str:
        """That of the reports."""
        return self.playbook.report_currency

    @property
    def team_id(self) -> int:
        """0 for everybody together, as in the KPI tables."""
        return self.team.id if self.team else 0

    @property
    def as_known_on(self) -> date | None:
        """The day of which it is asked what was known then; None for now."""
        return (self.known_at.astimezone(self.zone) - timedelta(seconds=1)).date() if self.known_at else None

    @property
    def report_in_words(self) -> str:
        """Of a past day, which report is shown: the last one that was made by its end. Empty for now."""
        if self.as_known_on is None or self.run is None:
            return ""
        local = self.run.known_at.astimezone(self.zone)
        made = (
            f"As known on {full_date(self.as_known_on)}: this is the report made on {moment_text(local, self.zone.key)}"
        )
        if local.date() == self.as_known_on:
            return f"{made}, the last one of that day."
        return f"{made}. None was made after it until the end of that day, so what came in between is not in it."

    @property
    def question(self) -> Question:
        """What is read of the KPI tables."""
        run = self.run
        gathered = (run.totals_through, run.has_day_waits) if run else ()
        return Question(self.period, self.team_id, self.known_at, *gathered)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query of this page's address; what is usual is left out of it, but never the days."""
        about = {
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "team": self.team.name if self.team else "",
            "as-known-on": self.as_known_on.isoformat() if self.as_known_on else "",
        }
        return {name: value for name, value in about.items() if value}

    def link(self, path: str, **also: Any) -> str:
        """The address of a page with the same days, team and day as known on, and whatever else it takes.

        `first` and `last` stand for `from` and `to`, `as_known_on` for `as-known-on`; None leaves one out.
        """
        parameters = self.parameters | {_spelled(name): value for name, value in also.items()}
        kept = {name: value for name, value in parameters.items() if value is not None and value != ""}
        return f"{path}?{'&'.join(_pair(name, str(value)) for name, value in kept.items())}" if kept else path

    def people(self, measure: str, **also: Any) -> str:
        """The address of the people behind a number: those counted for a measure in these days."""
        return self.link("/reports/who", measure=measure, **also)

    def within(self, period: Period) -> "ReportRequest":
        """The same for other days."""
        return replace(self, period=period)


def read_request(connection: Connection, address: ReportAddress, now: datetime) -> ReportRequest:
    """Understand an address. 400 for days that cannot be shown, 404 for a team that is not there.

    Without days: the last 30 up to the newest one that has numbers, or as many as have.
    """
    playbook = current_playbook(connection)
    zone = ZoneInfo(playbook.company.time_zone)
    today = now.astimezone(zone).date()
    try:
        known_at = read_known_on(address.as_known_on, today, zone)
        reported = _reported(connection, today, known_at)
        period = _period(address, reported, today)
    except PeriodError as error:
        raise HTTPException(400, str(error)) from None
    except OverflowError:
        raise HTTPException(400, TOO_EARLY) from None
    teams = tuple(NamedTeam(row.id, row.name) for row in connection.execute(TEAMS))
    run = connection.execute(LAST_RUN, {"known_at": known_at}).one_or_none()
    return ReportRequest(
        playbook=playbook,
        period=period,
        reported=reported,
        today=today,
        team=_find_team(teams, address.team),
        teams=teams,
        known_at=known_at,
        run=LastRun(**run._mapping) if run else None,
    )


def _period(address: ReportAddress, reported: Period | None, today: date) -> Period:
    if address.first.strip() or address.last.strip():
        period = read_period(address.first, address.last, today)
    elif reported is None:
        period = last_days(DEFAULT_DAYS, today)
    else:
        usual = last_days(DEFAULT_DAYS, reported.last)
        period = Period(max(reported.first, usual.first), usual.last)
    if period.first < EARLIEST:
        raise PeriodError(TOO_EARLY)
    return period


def _find_team(teams: tuple[NamedTeam, ...], name: str) -> NamedTeam | None:
    if not name:
        return None
    found = next((team for team in teams if team.name == name), None)
    if found is None:
        raise HTTPException(404, NO_TEAM)
    return found


def _reported(connection: Connection, today: date, known_at: datetime | None) -> Period | None:
    statement = text(REPORTED_DAYS.format(known=as_known(known_at)))
    values: Mapping[str, Any] = {"today": today} | ({"known_at": known_at} if known_at else {})
    found = connection.execute(statement, values).one()
    return Period(found.first, found.last) if found.first else None


@lru_cache(maxsize=10_000)
def _pair(name: str, value: str) -> str:
    """A page has thousands of addresses, made of few pairs."""
    return urlencode({name: value})


def _spelled(name: str) -> str:
    return {"first": "from", "last": "to"}.get(name, name.replace("_", "-"))
