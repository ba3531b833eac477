"""Reminding people of 200,000 open tasks that are all late at once, by one process and by two.

    .venv/bin/python -m bench.tasks.stale_tasks [--tasks 200000] [--people 500] [--repeats 3]

The tasks are spread over people with working hours. Each round makes all of them late anew. A figure is shown only if
each task was reminded of once and each person has one mail of the round.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from statistics import median

from rich.console import Console
from sqlalchemy import text

from bench.server import drop_database, fresh_database
from bench.tasks.cpu import measured_cpu
from models.database import engine
from models.tasks.reminders import send_reminders

MONDAY_NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)

PEOPLE = text("""
INSERT INTO rep (name, email, team_id, active, time_zone, hours)
SELECT 'Rep ' || n, 'rep' || n || '@example.com', (SELECT min(id) FROM team), true, 'America/New_York',
       '{"mon-fri": "09:00-17:30"}'
FROM generate_series(1, :people) AS n
""")
CONTACTS = text("""
INSERT INTO contact (email, first_name, company, owner_id)
SELECT 'lead' || n || '@example.org', 'Lead ' || n, 'Company ' || n,
       (SELECT min(id) FROM rep WHERE email LIKE 'rep%') + n % :people
FROM generate_series(1, :tasks) AS n
""")
RUNS = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at, waiting_for, asked_at)
SELECT 'lead_qualification', id, 'bench', true, :now, NULL, 'first call', :now FROM contact
""")
TASKS = text("""
INSERT INTO task (run_id, number, contact_id, journey, name, kind, template, rep_id, assignee, outcomes, created_at,
                  due_at, remind_at)
SELECT r.id, 1, c.id, 'lead_qualification', 'first call', 'call_lead', 'lead_qualification/call_lead', rep.id,
       rep.email, '["Done"]', :now, CAST(:now AS timestamptz) - (c.id % 600) * interval '1 minute',
       CAST(:now AS timestamptz) - (c.id % 600) * interval '1 minute'
FROM journey_run r JOIN contact c ON c.id = r.contact_id JOIN rep ON rep.id = c.owner_id
""")
LATE_ANEW = text("""
UPDATE task SET reminders = 0, due_at = due_at + :round * interval '1 second',
                remind_at = due_at + :round * interval '1 second'
""")
REMINDED = text("SELECT count(*) FILTER (WHERE reminders = 1), count(*) FROM task")
MAILS = text("SELECT count(*), count(DISTINCT to_address) FROM message WHERE template = 'team/late_tasks'")

console = Console()


def main() -> None:
    """Time rounds of one process, then of two that begin at the same moment."""
    options = _options()
    address = os.environ["TEND_DATABASE_URL"] = fresh_database("bench_stale_tasks")
    _fill(address, options)
    for workers in (1, 2):
        seconds = [_round(address, options, workers, number) for number in range(options.repeats)]
        took = f"{median(seconds):.1f} s (median of {len(seconds)}, {min(seconds):.1f} to {max(seconds):.1f})"
        console.print(f"{options.tasks:,} late tasks of {options.people} people, {workers} process(es): {took}")
    drop_database("bench_stale_tasks")


def _fill(address: str, options: argparse.Namespace) -> None:
    values = {"people": options.people, "tasks": options.tasks, "now": MONDAY_NOON}
    with engine(address).begin() as connection:
        for statement in (PEOPLE, CONTACTS, RUNS, TASKS):
            connection.execute(statement, values)
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _round(address: str, options: argparse.Namespace, workers: int, number: int) -> float:
    """The seconds until all is done, once everything is late anew."""
    with engine(address).begin() as connection:
        connection.execute(LATE_ANEW, {"round": number + 10 * workers})
        connection.execute(text("TRUNCATE message CASCADE"))
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE task"))
    begin = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        done = sum(pool.map(lambda _: _remind(address), range(workers)))
    took = time.perf_counter() - begin
    with engine(address).connect() as connection:
        reminded, tasks = connection.execute(REMINDED).one()
        mails, people = connection.execute(MAILS).one()
    if (done, reminded, mails, people) != (tasks, tasks, options.people, options.people):
        raise SystemExit(f"Wrong: {done=} {reminded=} {tasks=} {mails=} {people=}")
    return took


def _remind(address: str) -> int:
    with engine(address).begin() as connection, measured_cpu(connection) as cpu:
        reminded = send_reminders(connection, MONDAY_NOON + timedelta(hours=2))[0]
    # Whoever comes second finds the work taken.
    if reminded:
        console.print(f"CPU of one round: {cpu.ours:.1f} s ours, {cpu.postgres:.1f} s of Postgres", style="dim")
    return reminded


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
