"""How long it takes to ask about 100,000 leads at once, to remind, and to give up.

    .venv/bin/python -m bench.salespeople.feedback [--leads 100000] [--people 1000]

Every step is one call of what the clock does, in one transaction. After it every lead was looked at once, and
every person got one mail, or the figures mean nothing.
"""

import argparse
import os
from datetime import UTC, datetime, timedelta
from time import perf_counter

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.server import drop_database, fresh_database
from bench.tasks.cpu import measured_cpu
from deployments.stack.paths import ROOT
from models.database import engine
from models.feedback.send import send_feedback_requests
from models.playbook import Playbook, apply, load

MONDAY = datetime(2026, 1, 5, 15, tzinfo=UTC)
"""10:00 in New York."""
GOAL = timedelta(seconds=10)
DATABASE = "bench_feedback"

LEADS = text("""
INSERT INTO contact (email, first_name, last_name, company, owner_id)
SELECT 'lead' || n || '@example.com', 'Lead', n::text, 'Firm ' || n,
       (SELECT min(id) FROM rep WHERE active) + n % :people
FROM generate_series(1, :count) AS n
""")
RUNS = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at)
SELECT 'feedback', id, 'bench', true, :now FROM contact
""")
REQUESTS = text("""
INSERT INTO feedback_request (run_id, number, contact_id, rep_id, since, wanted_level, due_at, next_at)
SELECT r.id, 1, c.id, c.owner_id, :now, 3, :now, :now FROM journey_run r JOIN contact c ON c.id = r.contact_id
""")
MAILS = text("SELECT count(*) FROM message WHERE queued_at = :now")

console = Console()


class NotAllAsked(RuntimeError):
    """Somebody was left out, or got two mails; the figures mean nothing."""


def main() -> None:
    """Measure each step, and check what it did."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--leads", type=int, default=100_000)
    options.add_argument("--people", type=int, default=1_000)
    given = options.parse_args()
    os.environ["TEND_DATABASE_URL"] = fresh_database(DATABASE)
    try:
        table = Table(
            "step",
            "leads",
            "mails",
            "seconds",
            "CPU, ours + Postgres",
            title=f"{given.leads:,} leads of {given.people:,} people",
        )
        _prepare(given.leads, given.people)
        for step, days in (("ask", 0), ("remind", 2), ("remind again", 4), ("tell the managers", 7), ("give up", 14)):
            table.add_row(*_measure(step, MONDAY + timedelta(days=days), given.people))
        console.print(table)
    finally:
        drop_database(DATABASE)


def _prepare(leads: int, people: int) -> None:
    shipped = load(ROOT / "deployments" / "playbook.yaml").model_dump(mode="json")
    reps = [{"name": f"Rep {n}", "email": f"rep{n}@example.com"} for n in range(people)]
    hours = {"mon-fri": "08:00-18:00"}
    team = {"name": "All", "time_zone": "America/New_York", "hours": hours, "reps": reps}
    routers = [{"name": "inbound", "members": [rep["email"] for rep in reps]}]
    playbook = Playbook.model_validate(
        shipped | {"teams": [team], "routers": routers, "routing": {}, "reports": {}, "service_levels": {}}
    )
    with engine().begin() as connection:
        apply(connection, playbook)
        connection.execute(LEADS, {"count": leads, "people": people})
        connection.execute(RUNS, {"now": MONDAY})
        connection.execute(REQUESTS, {"now": MONDAY})
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _measure(step: str, now: datetime, people: int) -> tuple[str, str, str, str, str]:
    begun = perf_counter()
    with engine().begin() as connection, measured_cpu(connection) as cpu:
        sent = send_feedback_requests(connection, now)
    seconds = perf_counter() - begun
    with engine().connect() as connection:
        mails = connection.execute(
            text("SELECT count(*) FROM message WHERE queued_at = :now"), {"now": now}
        ).scalar_one()
    if sent.asked and mails != people:
        raise NotAllAsked(NotAllAsked.__doc__)
    done = sent.asked or sent.notified or sent.settled
    return (
        step,
        f"{done:,}",
        f"{mails:,}",
        f"{seconds:.1f}{'' if seconds <= GOAL.total_seconds() else ' (goal missed)'}",
        f"{cpu.ours:.1f} + {cpu.postgres:.1f} = {cpu.both:.1f}",
    )


if __name__ == "__main__":
    main()
