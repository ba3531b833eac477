"""`tend report`: counts the KPI tables, and shows the KPIs of the days that were asked for."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from deployments.stack.command_error import CommandError
from deployments.stack.database_address import use_database

if TYPE_CHECKING:
    from models.kpi.period import Period
    from models.kpi.run import RunResult

LISTED = 20
"""How many changes of the past are shown."""


def report(begin: str | None, end: str | None, everything: bool, console: Console) -> None:
    """Count, then print what was done, what is different of the past, and a table of the KPIs."""
    use_database()
    with console.status("Counting..."):
        result, period, rows = _count(begin, end, everything)
    _say(console, result.sentence())
    for change in result.changed[:LISTED]:
        _say(console, f"  {change.words()}")
    if result.changed_count > LISTED:
        _say(console, f"  and {result.changed_count - LISTED:,} more")
    console.print(_table(rows, period))
    _say(console, "* of fewer than 30, which says little. Every number with the people behind it: /reports")


def _count(begin: str | None, end: str | None, everything: bool) -> tuple["RunResult", "Period", list[dict[str, str]]]:
    from models.database import engine
    from models.kpi.period import PeriodError, read_period
    from models.kpi.run import ReportBusy, run_report
    from models.kpi.run.kpi_table import kpi_table
    from models.playbook import NoPlaybook, current_playbook
    from models.wording import day_of

    now = datetime.now(UTC)
    try:
        with engine().connect() as connection:
            today = day_of(now, current_playbook(connection).company.time_zone)
        period = read_period(begin, end, today)
        result = run_report(engine(), now, period=period if begin or end else None, full=everything)
    except (NoPlaybook, PeriodError, ReportBusy) as error:
        raise CommandError(str(error)) from None
    with engine().connect() as connection:
        return result, period, kpi_table(connection, {"value": period})


def _table(rows: list[dict[str, str]], period: "Period") -> Table:
    table = Table(box=SIMPLE_HEAD, title=str(period), title_justify="left", pad_edge=False)
    table.add_column("KPI", max_width=28)
    table.add_column("by")
    for heading in ("value", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("95%")
    for row in rows:
        table.add_row(*(escape(row[name]) for name in ("KPI", "reading", "value", "n, value", "95%, value")))
    return table


def _say(console: Console, sentence: str) -> None:
    console.print(escape(sentence), highlight=False)
