"""Mails: what reached people, what they opened, followed and answered; programs told apart."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from models.kpi.contribution.read import MailCounts, MailsReading, Share, read_mails
from models.tables.kpi import KpiName
from models.wording import DASH, full_date
from web.charts.axis import AxisUnit
from web.charts.figure import ChartCell, ChartTable, Figure
from web.charts.trend import TrendPoint, trend_chart
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, name_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, Charts, DataTable, TableCell, TableColumn
from web.reports.query import ReportRequest
from web.reports.who.number import NONE

LEAD = (
    "Every mail counts on the day on which it was sent, with what has become of it since (by cohort), for all teams "
    "together. Rates are of the mails that reached somebody. Bots open and click too: what they did is left out of "
    "the rates and stands apart. A talk or an order after a mail was touched by it, which does not say that it was "
    "caused by it. An order that several mails touched counts for each of them; by first and last touch it counts once."
)
NOT_TRACKED = "The mailer tells of no opens or clicks."
NOT_TOLD = "The mailer tells of no deliveries."
MOST_MAILS = 15
MOST_POINTS = 14
"""In the table behind a chart."""

Opens = Callable[[str], str]
"""Column of kpi_message -> the address of the people behind it."""


def mails(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_mails(connection, asked.question)
    charts = [_rolling(found, "Open rate", "open_rate"), _rolling(found, "Click rate", "click_rate")]
    return Chapter(
        name="mails",
        title="Mails",
        lead=LEAD,
        parts=[
            Charts([chart for chart in charts if chart]),
            _together(asked, found),
            _by_mail(asked, found),
            _by_journey(asked, found),
        ],
    )


def opens_mails(asked: ReportRequest, **which: str) -> Opens:
    """The people behind columns of some mails. Of the past there is no list: mails are told as they stand now."""
    if asked.known_at:
        return lambda _: ""
    return lambda column: asked.people(column, of="mails", **which)


def _rolling(found: MailsReading, title: str, rate: str) -> Figure | None:
    points = []
    for one in found.rolling:
        share: Share | None = getattr(one.counts, rate)
        interval = share.interval if share else None
        value = share.value if share else None
        says = f"{full_date(one.day)}: {_of(share)}"
        low, high = (interval.low, interval.high) if interval else (None, None)
        points.append(TrendPoint(one.day, value, says, low, high))
    step = max(1, len(points) // MOST_POINTS)
    rows = [
        [ChartCell(point.says.partition(": ")[0], is_number=False), ChartCell(point.says.partition(": ")[2])]
        for point in points[::-1][::step]
    ]
    figure = Figure(
        title=f"{title}, of the four weeks up to each day",
        description=points[-1].says if points else "Nothing was sent.",
        table=ChartTable(["Up to", title], rows),
        note="The band is the 95% interval.",
    )
    return trend_chart(figure, points, AxisUnit.SHARE)


def _of(share: Share | None) -> str:
    return "not known" if share is None or share.value is None else f"{share.value:.1%} of {share.of:,}"


def _together(asked: ReportRequest, found: MailsReading) -> DataTable:
    rows = [
        [text_cell("These days"), *_cells(found.total, opens_mails(asked))],
        [text_cell("The days before"), *_cells(found.before, _nobody)],
    ]
    if found.baseline and found.baseline_period:
        rows.append(
            [text_cell("The first whole month", beside=str(found.baseline_period)), *_cells(found.baseline, _nobody)]
        )
    return DataTable(
        name="together",
        title="All mails, beside before",
        columns=[TableColumn(heading="When", is_number=False), *_columns()],
        rows=rows if found.total.sent or found.before.sent else [],
        empty="No mail was sent in these days.",
    )


def _by_mail(asked: ReportRequest, found: MailsReading) -> DataTable:
    rows = []
    for line in found.lines:
        opens = opens_mails(asked, template=line.template, journey=line.journey or NONE, variant=line.variant or NONE)
        beside = f"subject {line.variant}" if line.variant else ""
        rows.append(
            [
                text_cell(line.template, beside=beside),
                *_cells(line.now, opens),
                _rate(line.before.open_rate, line.before, _nobody, "opened"),
            ]
        )
    return DataTable(
        name="each",
        title="Each mail",
        columns=[
            TableColumn(heading="Mail", is_number=False),
            *_columns(),
            TableColumn(heading="Opened, the days before", kind=ColumnKind.SHARE, has_interval=True),
        ],
        rows=rows,
        most=MOST_MAILS,
        empty="No mail was sent in these days.",
    )


def _by_journey(asked: ReportRequest, found: MailsReading) -> DataTable:
    rows = [
        [
            name_cell(line.journey) if line.journey else text_cell("Of no journey"),
            *_cells(line.now, opens_mails(asked, journey=line.journey or NONE)),
        ]
        for line in found.funnels
    ]
    return DataTable(
        name="journeys",
        title="All mails of a journey",
        columns=[TableColumn(heading="Journey", is_number=False), *_columns()],
        rows=rows,
        empty="No mail was sent in these days.",
    )


def _nobody(_: str) -> str:
    return ""


def _columns() -> Sequence[TableColumn]:
    def share(heading: str, defined: str = "") -> TableColumn:
        return TableColumn(heading=heading, kind=ColumnKind.SHARE, defined=defined, has_interval=True)

    return [
        TableColumn(heading="Sent"),
        share("Delivered"),
        share("Opened", KpiName.OPEN_RATE),
        share("Clicked", KpiName.CLICK_RATE),
        TableColumn(heading="Opened by bots"),
        TableColumn(heading="Clicked by bots"),
        share("Bounced", KpiName.BOUNCE_RATE),
        share("Opted out", KpiName.UNSUBSCRIBE_RATE),
        share("Answered"),
        share("Talked after it (touched)"),
        share("Ordered after it (touched)"),
        TableColumn(heading="Orders by first touch"),
        TableColumn(heading="Orders by last touch"),
    ]


def _cells(counts: MailCounts, opens: Opens) -> list[TableCell]:
    return [
        count_cell(counts.sent, opens("sent")),
        _rate(counts.delivery_rate, counts, opens, "delivered", why_empty=NOT_TOLD, whole="sent"),
        _rate(counts.open_rate, counts, opens, "opened"),
        _rate(counts.click_rate, counts, opens, "clicked"),
        count_cell(counts.bot_opened, opens("bot_opened")),
        count_cell(counts.bot_clicked, opens("bot_clicked")),
        _rate(counts.bounce_rate, counts, opens, "bounced", whole="sent"),
        _rate(counts.unsubscribe_rate, counts, opens, "unsubscribed"),
        _rate(counts.reply_rate, counts, opens, "replied"),
        _rate(counts.touched_connections, counts, opens, "connected"),
        _rate(counts.touched_orders, counts, opens, "ordered"),
        count_cell(counts.first_touches, opens("first_touches")),
        count_cell(counts.last_touches, opens("last_touches")),
    ]


def _rate(
    share: Share | None,
    counts: MailCounts,
    opens: Opens,
    column: str,
    *,
    why_empty: str = NOT_TRACKED,
    whole: str = "reached",
) -> TableCell:
    if share is None:
        return TableCell(value=None, says=DASH, about=why_empty, n=counts.reached)
    return share_cell(share.count, share.of, opens=opens(column), opens_whole=opens(whole))
