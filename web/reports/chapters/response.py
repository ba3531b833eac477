"""Response: how fast those who ask for a person hear from one, those who still wait counted in."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from models.kpi.interval import SMALL
from models.kpi.measures import WITHIN
from models.kpi.read import (
    ResponseTimes,
    member_names,
    name_of,
    read_requests_by_hour,
    read_response,
)
from models.kpi.totals.waits import SOON_SECONDS
from models.orders.kaplan_meier import TimeEstimate
from models.tables.kpi import Dimension, KpiName
from models.wording import DASH, number, short
from web.charts.heat import HeatCell, HeatRow, HeatTable, heat_level
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, TableCell, TableColumn, Tile, Tiles
from web.reports.query import ReportRequest

LEAD = (
    "Requests for a person by the day on which they came, and how long they waited for the first attempt and the first "
    "talk. Who still waits is counted in: medians are of all, not of those who were lucky. By the clock, nights and "
    "weekends count; by working hours only the hours of whoever was to answer. What a program sends is no answer."
)
MOST_PERSONS = 25
STILL_WAITING = "Fewer than half have come so far."
NOT_SO_MANY = "Fewer than nine in ten have come so far."

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SPANS = ((0, 6), (6, 8), (8, 10), (10, 12), (12, 14), (14, 16), (16, 18), (18, 20), (20, 24))
"""Hours of the day, from one to before the other."""


def response(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    persons = read_response(connection, asked.question, Dimension.PERSON)
    times = persons.together
    contact = next(iter(times.contact), None)
    parts: list[Any] = []
    if contact:
        parts.append(_tiles(asked, contact))
        parts.append(_times_table(asked, [*times.contact, *times.contact_working, *times.talk, *times.talk_working]))
        parts.append(_person_table(connection, asked, persons.contact))
        parts.append(_heat(connection, asked))
    else:
        parts.append(_times_table(asked, []))
    return Chapter(name="response", title="Response", lead=LEAD, parts=parts)


def _tiles(asked: ReportRequest, contact: ResponseTimes) -> Tiles:
    waiting = asked.people("request", goal="first_contact", missing="true")
    soon = share_cell(
        contact.within(SOON_SECONDS),
        contact.requests,
        opens=asked.people("contacted_in_30m"),
        opens_whole=asked.people("request"),
    )
    half = _time_cell(contact, contact.median, STILL_WAITING)
    return Tiles(
        [
            Tile(count_cell(contact.requests, asked.people("request")), "requests for a person"),
            Tile(half, "to the first attempt, half of them", KpiName.RESPONSE_TIME),
            Tile(soon, "followed up within 30 minutes", KpiName.CONTACTED_IN_30M),
            Tile(count_cell(contact.never, waiting), "still wait"),
        ]
    )


GOALS = {
    "first_contact": "First attempt, by the clock",
    "first_contact_working": "First attempt, by working hours",
    "first_talk": "First talk, by the clock",
    "first_talk_working": "First talk, by working hours",
}


def _times_table(asked: ReportRequest, times: Sequence[ResponseTimes]) -> DataTable:
    rows = [
        [
            text_cell(name),
            *_time_cells(one),
            *_within_cells(asked, one, goal),
            share_cell(one.never, one.requests, opens=asked.people("request", goal=goal, missing="true")),
        ]
        for (goal, name), one in zip(GOALS.items(), times, strict=False)
    ]
    return DataTable(
        name="times",
        title="How long requests wait",
        about="Of all requests of these days, followed up or not. Not yet: nothing has been reported so far.",
        columns=[TableColumn(heading="Until", is_number=False), *_time_columns(), *_within_columns(), _never_column()],
        rows=rows,
        empty="Nobody asked for a person in these days.",
    )


def _person_table(connection: Connection, asked: ReportRequest, times: Sequence[ResponseTimes]) -> DataTable:
    names = member_names(connection, Dimension.PERSON)
    rows = []
    for one in times:
        about = {"dimension": "person", "member": one.member}
        waiting = asked.people("request", goal="first_contact", missing="true", **about)
        rows.append(
            [
                text_cell(name_of(one.member, Dimension.PERSON, names)),
                count_cell(one.requests, asked.people("request", **about)),
                *_time_cells(one),
                *_within_cells(asked, one, "first_contact", **about),
                share_cell(one.never, one.requests, opens=waiting),
            ]
        )
    return DataTable(
        name="persons",
        title="Person by person: the first attempt, by the clock",
        about="For whoever was to answer.",
        columns=[
            TableColumn(heading="Person", is_number=False),
            TableColumn(heading="Requests"),
            *_time_columns(),
            *_within_columns(),
            _never_column(),
        ],
        rows=sorted(rows, key=lambda row: row[0].says),
        most=MOST_PERSONS,
    )


def _time_columns() -> list[TableColumn]:
    return [
        TableColumn(heading=heading, kind=ColumnKind.DURATION, defined=defined, has_interval=True)
        for heading, defined in (("Half within", KpiName.RESPONSE_TIME), ("Nine in ten within", ""))
    ]


def _within_columns() -> list[TableColumn]:
    return [
        TableColumn(heading=f"Within {name}", kind=ColumnKind.SHARE, defined=f"contacted_in_{name}", has_interval=True)
        for name, _ in WITHIN
    ]


def _never_column() -> TableColumn:
    return TableColumn(heading="Not yet", kind=ColumnKind.SHARE, has_interval=True)


def _time_cells(one: ResponseTimes) -> list[TableCell]:
    return [_time_cell(one, one.median, STILL_WAITING), _time_cell(one, one.p90, NOT_SO_MANY)]


def _time_cell(one: ResponseTimes, estimate: TimeEstimate | None, why_empty: str) -> TableCell:
    if estimate is None:
        return TableCell(value=None, says=DASH, about=why_empty, n=one.requests)
    low, high = timedelta(seconds=estimate.low), _length(estimate.high)
    to = f"to {short(high)}" if high is not None else "and open"
    return TableCell(
        value=timedelta(seconds=estimate.time),
        says=short(timedelta(seconds=round(estimate.time))),
        about=f"95% interval: {short(low)} {to}; n = {number(one.requests)}",
        is_small=one.is_small,
        n=one.requests,
        low=low,
        high=high,
    )


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _within_cells(asked: ReportRequest, one: ResponseTimes, goal: str, **about: str) -> list[TableCell]:
    # Only what the clock on the wall says of the first attempt is a measure of its own, with people to open.
    return [
        share_cell(
            one.within(seconds),
            one.requests,
            opens=asked.people(f"contacted_in_{name}", **about) if goal == "first_contact" else "",
        )
        for name, seconds in WITHIN
    ]


def _heat(connection: Connection, asked: ReportRequest) -> HeatTable:
    hours = read_requests_by_hour(connection, asked.question, asked.zone.key)
    came, soon = (counts.reshape(len(WEEKDAYS), -1) for counts in (hours.came, hours.soon))

    def cell(weekday: int, begin: int, end: int) -> HeatCell:
        requests, in_time = (int(counts[weekday - 1, begin:end].sum()) for counts in (came, soon))
        if not requests:
            return HeatCell("", 0)
        share = share_cell(in_time, requests)
        return HeatCell(
            says=share.says,
            level=heat_level(in_time / requests, 1),
            about=f"{number(in_time)} of {number(requests)} within 30 minutes; {share.about}",
            opens=asked.people("request", weekday=weekday, hours=f"{begin}-{end}"),
            is_small=requests < SMALL,
        )

    lines = [
        HeatRow(
            name=name,
            beside=number(int(came[weekday - 1].sum())),
            cells=[cell(weekday, *span) for span in SPANS],
            opens=asked.people("request", weekday=weekday),
        )
        for weekday, name in enumerate(WEEKDAYS, start=1)
    ]
    return HeatTable(
        title="Followed up within 30 minutes, by when the request came",
        corner="Day",
        beside="Requests",
        headings=[f"{begin} to {end} h" for begin, end in SPANS],
        rows=lines,
        note=f"By the clock of {asked.zone.key}. Each cell opens its requests; grey or slanted: fewer than {SMALL}.",
    )
