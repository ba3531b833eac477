"""The report: every night, and on demand for any days, it counts the KPI tables that pages, mails and exports read."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.private_flow import flow
from flows.run_artifacts import show_table, show_text
from models.database import engine
from models.kpi.period import Period, PeriodError, read_period
from models.kpi.run import ReportBusy, RunResult, run_report
from models.kpi.run.kpi_table import kpi_table, usual_periods
from models.mail.rendering.links import web_url
from models.playbook import current_playbook
from models.wording import day_of

WAIT = timedelta(minutes=10)
"""How long a run waits for another one."""

LISTED = 30
"""How many changes of the past the artifact names."""


@flow(name="kpi-report", flow_run_name="count the report")
async def kpi_report(
    first_day: date | None = None, last_day: date | None = None, everything: bool = False
) -> State[Any]:
    """Count the KPI tables that the reports, their mails and exports read: what is new since the last run, and what has
    become known late about days before it.

    It runs every night. To have days counted anew, start it with the first and the last of them. What was reported
    before stays readable by its date. Running it twice changes nothing.

    Args:
        first_day: The first day to count anew; none: only what is new.
        last_day: The last day to count anew; none: today.
        everything: Count all days anew, as after a change of how something is counted.
    """
    try:
        result, table = await asyncio.to_thread(report_now, first_day, last_day, everything, datetime.now(UTC))
    except (PeriodError, ReportBusy) as error:
        return Failed(message=str(error))
    await show_table(
        artifact_rows(table), key="kpi-report", description=f"KPIs. {result.sentence()} * of fewer than 30."
    )
    await show_text(markdown(result), key="kpi-report-changes", description="What the run found, and where to read it")
    return Completed(message=result.sentence())


def report_now(
    first: date | None, last: date | None, everything: bool, now: datetime
) -> tuple[RunResult, list[dict[str, str]]]:
    """Run the report, and read the KPIs of yesterday and of the last thirty days. Raises PeriodError and ReportBusy."""
    with engine().connect() as connection:
        today = day_of(now, current_playbook(connection).company.time_zone)
    result = run_report(engine(), now, period=asked_period(first, last, today), full=everything, wait=WAIT)
    with engine().connect() as connection:
        return result, kpi_table(connection, usual_periods(today))


def asked_period(first: date | None, last: date | None, today: date) -> Period | None:
    """The days that are to be counted anew; None if none are named. Raises PeriodError."""
    if first is None and last is None:
        return None
    begin, end = (day.isoformat() if day else None for day in (first, last))
    return read_period(begin, end, today)


def artifact_rows(table: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The table in as many columns as Prefect shows beside each other: of yesterday the values alone."""
    return [
        {
            "KPI": row["KPI"],
            "by": row["reading"],
            "last 30 days": row["last 30 days"],
            "n": row["n, last 30 days"],
            "95%": row["95%, last 30 days"],
            "yesterday": row["yesterday"],
        }
        for row in table
    ]


def markdown(result: RunResult) -> str:
    """What the run has done, what it found different of the past, and where to read the report."""
    lines = [f"[Open the report]({web_url()}/reports)", "", result.sentence()]
    if result.changed:
        lines += ["", "Different from what was reported before:", ""]
        lines += [f"- {change.words()}" for change in result.changed[:LISTED]]
        if result.changed_count > LISTED:
            lines.append(f"- and {result.changed_count - LISTED:,} more")
    return "\n".join(lines)
