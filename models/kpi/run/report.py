"""One run of the report: counts what is new, and what has changed of the past, in one transaction."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from models.database import to_json
from models.kpi.contribution import count_holdouts, count_journey_steps, count_messages, count_sources
from models.kpi.counting.changed_contacts import OVERLAP, events_through, find_changed_contacts
from models.kpi.counting.cohort import count_cohort
from models.kpi.counting.daily import count_daily
from models.kpi.counting.fields import count_fields
from models.kpi.counting.funnel import count_funnel
from models.kpi.counting.settings import changed_settings, new_products, settings, write_settings
from models.kpi.counting.spells import update_spells
from models.kpi.diagnosis import count_findings
from models.kpi.facts import update_facts
from models.kpi.forecast import count_forecast, count_stays
from models.kpi.goals import count_goals
from models.kpi.period import Period
from models.kpi.run.history import PastChange, changes_of, last_run
from models.kpi.totals import count_cohort_totals, count_day_waits, count_monthly, count_waits, totals_through
from models.kpi.versions import VersionCount
from models.kpi.window import CountingWindow
from models.playbook import Playbook, current_playbook
from models.tables.kpi import KpiRun
from models.wording import clock_time as clock_words
from models.wording import counted, day_of

MOST_CHANGES = 200
"""How many changes of the past a run lists."""

PART = Callable[[Connection, CountingWindow], VersionCount]

PARTS: tuple[tuple[str, PART], ...] = (
    ("kpi_stage_spell", update_spells),
    ("kpi_daily", count_daily),
    ("kpi_monthly", count_monthly),
    ("kpi_cohort", count_cohort),
    ("kpi_cohort_total", count_cohort_totals),
    ("kpi_wait", count_waits),
    ("kpi_wait_day", count_day_waits),
    ("kpi_field", count_fields),
    ("kpi_funnel", count_funnel),
    ("kpi_message", count_messages),
    ("kpi_journey_step", count_journey_steps),
    ("kpi_holdout", count_holdouts),
    ("kpi_source", count_sources),
    ("kpi_goal", count_goals),
    ("kpi_stay", count_stays),
    ("kpi_forecast", count_forecast),
    ("kpi_finding", count_findings),
)
"""What a run counts after the facts, in this order."""

WORK_MEM = "64MB"
"""What Postgres may take for each sort and each hash of a run: one process, over tables with millions of rows."""

LOCK_NOT_AVAILABLE = "55P03"

RUNNING_SINCE = text("""
SELECT min(a.xact_start) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = 'kpi_run'::regclass AND l.mode = 'ExclusiveLock' AND l.granted
""")

FIRST_DAY = text("SELECT min(day) FROM kpi_fact WHERE known_until IS NULL")

INSERT_RUN = text("""
INSERT INTO kpi_run (known_at, first_day, last_day, is_full, events_through, totals_through, has_day_waits, settings,
                     changed, changed_count, rows, seconds)
VALUES (:known_at, :first_day, :last_day, :is_full, :events_through, :totals_through, true, :settings,
        CAST(:changed AS jsonb), :changed_count, CAST(:rows AS jsonb), :seconds)
RETURNING id
""")


class ReportBusy(RuntimeError):
    """Another run of the report is going on; the sentence says since when."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """What a run has done."""

    run_id: int
    known_at: datetime
    first: date
    last: date
    is_full: bool
    reasons: tuple[str, ...]
    """Why everything was counted anew without having been asked to; what has changed since the run before."""
    contacts: int
    """How many were looked at."""
    rows: dict[str, int]
    """Table -> how many rows were written anew."""
    changed: tuple[PastChange, ...]
    """What is different now on days that had been reported, the newest days first; of very many the first ones."""
    changed_count: int
    seconds: float

    def sentence(self) -> str:
        """What was done, for people."""
        what = "All days" if self.is_full else str(Period(self.first, self.last))
        because = f" anew, as there is another state of {' and '.join(self.reasons)}" if self.reasons else ""
        return (
            f"{what} counted{because}: {counted(self.contacts, 'contact')} looked at, "
            f"{counted(sum(self.rows.values()), 'row')} new or changed; {self.past_in_words()}."
        )

    def past_in_words(self) -> str:
        """How much of the past is different now."""
        if not self.changed_count:
            return "nothing of the past is different"
        days = len({change.day for change in self.changed})
        at_least = "at least " if self.changed_count > len(self.changed) else ""
        return f"{counted(self.changed_count, 'number')} of {at_least}{counted(days, 'day')} before changed"


def run_report(
    engine: Engine,
    now: datetime,
    *,
    period: Period | None = None,
    full: bool = False,
    wait: timedelta = timedelta(0),
) -> RunResult:
    """Count what is new since the last run; with a period also everything about those who have anything in it, and
    `full` all there is. What is stored by `now` is in it, the day of `now` as far as it has gone.

    All of it is one transaction: whoever reads meanwhile sees the tables as they were before, and a run that dies
    leaves them so. Doing it again changes nothing. One run at a time: another one waits for `wait`.

    Raises ReportBusy if another run is still going on then.
    """
    # One state of the database for all statements; the lock comes first, or the state would be that before the wait.
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        _lock(connection, engine, wait)
        return _run(connection, now, period, full)


def _lock(connection: Connection, engine: Engine, wait: timedelta) -> None:
    milliseconds = int(wait / timedelta(milliseconds=1))
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(milliseconds, 1)}")
    try:
        # Readers are not locked out by it; a SELECT would see the state from before the wait.
        connection.exec_driver_sql("LOCK TABLE kpi_run IN EXCLUSIVE MODE")
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        with engine.connect() as other:
            since = other.execute(RUNNING_SINCE).scalar()
        when = f" since {clock_words(since, 'UTC')}" if since else ""
        sentence = f"Another run of the report is going on{when}. Wait until it is done, and try again."
        raise ReportBusy(sentence) from None
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.exec_driver_sql(f"SET LOCAL work_mem = '{WORK_MEM}'")


def _run(connection: Connection, now: datetime, period: Period | None, full: bool) -> RunResult:
    begun = time.monotonic()
    playbook = current_playbook(connection)
    before = last_run(connection)
    found = settings(connection, playbook) | {"clock": _set_back(now, before)}
    reasons = changed_settings(before.settings, found) if before else []
    window = _window(playbook, before, now, period, full=full or bool(reasons))
    through = events_through(connection, now)
    contacts = find_changed_contacts(
        connection,
        window,
        before.events_through if before else 0,
        _moments(window) if period else None,
        new_products(before.settings if before else "", found),
    )
    window, rows = _count(connection, window)
    changes, changed_count = changes_of(connection, window, MOST_CHANGES)
    seconds = round(time.monotonic() - begun, 3)
    run_id = connection.execute(
        INSERT_RUN,
        {
            "known_at": window.known_at,
            "first_day": window.first,
            "last_day": window.last,
            "is_full": window.is_full,
            "events_through": max(through, before.events_through if before else 0),
            "totals_through": totals_through(window),
            "settings": write_settings(found),
            "changed": to_json([change.as_json() for change in changes]),
            "changed_count": changed_count,
            "rows": to_json(rows),
            "seconds": seconds,
        },
    ).scalar_one()
    return RunResult(
        run_id=run_id,
        known_at=window.known_at,
        first=window.first,
        last=window.last,
        is_full=window.is_full,
        reasons=() if full else tuple(reasons),
        contacts=contacts,
        rows=rows,
        changed=tuple(changes),
        changed_count=changed_count,
        seconds=seconds,
    )


def _window(
    playbook: Playbook, before: KpiRun | None, now: datetime, period: Period | None, *, full: bool
) -> CountingWindow:
    """What to count: the days that were asked for, else those since the run before."""
    # A clock that was set back must not make what is known now older than what was known before.
    known_at = now if before is None else max(now, before.known_at + timedelta(microseconds=1))
    today = day_of(known_at, playbook.company.time_zone)
    since = day_of(before.known_at, playbook.company.time_zone) if before else today
    return CountingWindow(
        playbook=playbook,
        known_at=known_at,
        known_before=before.known_at if before else None,
        first=period.first if period else since,
        last=min(period.last, today) if period else today,
        is_full=full or before is None,
    )


def _set_back(now: datetime, before: KpiRun | None) -> str:
    """Empty while the clock is right; another word at each run that it makes older than the one before. What comes
    meanwhile is dated before that run, and would not be found by its date then, nor by the first run after.
    """
    return "" if before is None or now >= before.known_at - OVERLAP else now.isoformat()


def _count(connection: Connection, window: CountingWindow) -> tuple[CountingWindow, dict[str, int]]:
    """Count all parts; gives the window as the parts after the facts got it, and the rows that each table got."""
    facts = update_facts(connection, window)
    if window.is_full:
        window = replace(window, first=connection.execute(FIRST_DAY).scalar() or window.first)
    window = replace(window, touched=facts.days)
    rows = {"kpi_fact": facts.rows.added}
    for table, count in PARTS:
        rows[table] = count(connection, window).added
    return window, rows


def _moments(window: CountingWindow) -> tuple[datetime, datetime]:
    first, after = window.first, window.last + timedelta(days=1)
    return (
        datetime.combine(first, clock_time(), window.zone).astimezone(UTC),
        datetime.combine(after, clock_time(), window.zone).astimezone(UTC),
    )
