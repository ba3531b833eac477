"""How fast scores are: a million contacts brought to the next day, and events scored as they are reacted to.

    .venv/bin/python -m bench.scoring [--contacts 1000000] [--events 100000]

The contacts have three entries each, as the shipped playbook would have given them. The first night moves every row to
a new page, later ones find room beside it; so two are run, and one that has nothing left to do. The events are those of
20,000 contacts who look at pages, click and write; they go through the same `react` as the clock's, committed by batch.
"""

import argparse
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.server import drop_database, fresh_database
from flows.runtime.react import react
from models.database import engine
from models.playbook import current_playbook
from models.scoring.nightly import decay_all_scores
from models.wording import short_day

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VISITORS = 20_000
GOAL_SECONDS, GOAL_EVENTS = 60, 2_000

CONTACTS = text("""
INSERT INTO contact (email, source, job_title, employees)
SELECT 'lead' || n || '@example.com', 'website', CASE n % 10 WHEN 0 THEN 'Owner' ELSE 'Clerk' END, n % 300
FROM generate_series(1, :count) AS n
""")

ENTRIES = text("""
-- What they are, as the explicit rules say, and what they did in the last two months.
INSERT INTO score_entry (contact_id, points, reason, rule, slot, at, day)
SELECT id, e.points, e.rule, e.rule, e.slot, e.day + time '12:00', e.day
FROM contact, LATERAL (VALUES
    (10, CASE WHEN job_title = 'Owner' THEN 'decides alone' END, 'field', date '2026-01-01' + (id % 60)::int),
    (5, CASE WHEN employees BETWEEN 10 AND 200 THEN 'size that we help' END, 'field',
     date '2026-01-01' + (id % 59)::int),
    (10, 'order page', '1', date '2026-01-01' + (id % 58)::int),
    (5, 'clicked on an offer', '2', date '2026-01-01' + (id % 57)::int)
) AS e (points, rule, slot, day)
WHERE e.rule IS NOT NULL
""")

EVENTS = text("""
INSERT INTO event (name, topic, contact_id, source, data, at)
SELECT (ARRAY['page_visited', 'page_visited', 'link_clicked', 'replied', 'order_placed'])[1 + n % 5],
       (ARRAY['order', 'pricing', 'offer_sequence/offer', NULL, 'strategy-session'])[1 + n % 5],
       1 + n % :visitors, 'bench', '{"amount": "1900.00"}', :now
FROM generate_series(1, :count) AS n
""")

ENTRY_COUNT = text("SELECT count(*) FROM score_entry")

console = Console()


def main() -> None:
    """Both parts, in one table."""
    options = _options()
    table = Table("", "found", "goal")
    _nights(options.contacts, table)
    _events(options.events, table)
    table.add_row("peak memory of this process", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=1_000_000, help="contacts of the nightly run; 0 leaves it out")
    parser.add_argument("--events", type=int, default=100_000, help="events to score; 0 leaves them out")
    return parser.parse_args()


def _nights(count: int, table: Table) -> None:
    if not count:
        return
    address = fresh_database("bench_scores")
    console.print(f"storing {count:,} contacts ...", style="dim")
    with engine(address).begin() as connection:
        connection.execute(CONTACTS, {"count": count})
        entries = connection.execute(ENTRIES).rowcount
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))
    table.add_row("contacts, entries", f"{count:,}, {entries:,}")
    for name, days in (("first night", 0), ("second night", 1), ("the same night again", 1)):
        seconds = _timed(lambda now=NOON + timedelta(days=days): _night(address, now))
        table.add_row(f"{name}, seconds", f"{seconds:.1f}", f"< {GOAL_SECONDS}")
        table.add_row(f"{name}, contacts per second", f"{count / seconds:,.0f}")
    drop_database("bench_scores")


def _night(address: str, now: datetime) -> None:
    for done in decay_all_scores(engine(address), now):
        if done % 200_000 == 0:
            console.print(f"{done:,} brought to {short_day(now.date())}", style="dim", highlight=False)


def _events(count: int, table: Table) -> None:
    if not count:
        return
    address = fresh_database("bench_events")
    with engine(address).begin() as connection:
        connection.execute(CONTACTS, {"count": VISITORS})
        connection.execute(EVENTS, {"count": count, "visitors": VISITORS, "now": NOON})
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    reacted = 0

    def all_of_them() -> None:
        nonlocal reacted
        while done := _batch(address):
            reacted += done

    seconds = _timed(all_of_them)
    with engine(address).connect() as connection:
        entries = connection.execute(ENTRY_COUNT).scalar_one()
    table.add_row("events reacted to, those of crossed thresholds included", f"{reacted:,}")
    table.add_row("entries that they earned", f"{entries:,}")
    table.add_row("seconds", f"{seconds:.1f}")
    table.add_row("events per second, scored and committed", f"{reacted / seconds:,.0f}", f"> {GOAL_EVENTS:,}")
    drop_database("bench_events")


def _batch(address: str) -> int:
    with engine(address).begin() as connection:
        return react(connection, {}, current_playbook(connection), NOON)


def _timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
