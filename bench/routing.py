"""How many leads per second get an owner: by rules, a weighted router of 50 people, and the route verb inside turns.

    .venv/bin/python -m bench.routing [--leads 10000] [--repeats 3]

With one clock and with two at once; after each, every share is checked at every lead, and the ledger against the
contacts. On a machine that others use too, the ratio of neighbours in time means more than a rate.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.routing_journey import DEFINITIONS
from bench.server import drop_database, fresh_database
from bench.worker_pool import start_pool
from flows.runtime.run_start import start_runs
from models.database import engine
from models.playbook import Playbook, apply, current_playbook
from models.routing.assignment.rotation import WHOLE_LEAD, lead_shares

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GOAL_RATE = 3_000
PEOPLE = 50
DATABASE = "bench_routing"
RULES = (
    {"router": "enterprise", "when": 'employees >= 5000 and state == "CA"'},
    {"router": "enterprise", "when": 'job_title == "CEO" and has_full_address'},
    {"router": "all", "when": "score >= 0"},
)

CONTACTS = text("""
INSERT INTO contact (email, state, employees, job_title, source)
SELECT 'lead' || n || '@example.com', CASE n % 3 WHEN 0 THEN 'CA' ELSE 'NY' END, n % 4000, 'Founder', 'website'
FROM generate_series(1, :count) AS n
""")

LEDGER = text("SELECT number, rep_id, received FROM assignment WHERE router = 'all' ORDER BY number")

UNASSIGNED = text("""
-- Leads without an owner, with another than the ledger's last, or with more than one line in it.
SELECT count(*) FROM contact LEFT JOIN assignment a ON a.contact_id = contact.id
WHERE contact.owner_id IS DISTINCT FROM a.rep_id
   OR (SELECT count(*) FROM assignment b WHERE b.contact_id = contact.id) <> 1
""")

console = Console()


class WrongShares(RuntimeError):
    """The shares are not exact; the figures mean nothing."""


def main() -> None:
    """Rounds of one clock and two, and a table."""
    options = _options()
    rounds = [{clocks: measure(options.leads, clocks) for clocks in (1, 2)} for _ in range(options.repeats)]
    console.print(_table(options.leads, rounds))


def measure(leads: int, processes: int) -> float:
    """Leads per second of time until the last clock found nothing more; raises WrongShares if a share is not exact."""
    address = fresh_database(DATABASE)
    weights = _prepare(address, leads)
    with start_pool("routing", address, processes) as clocks:
        moved, seconds = clocks.take_turns(NOW)
    found = _check(address, leads, moved, weights)
    drop_database(DATABASE)
    if found:
        raise WrongShares("; ".join(found))
    console.print(f"{processes} clock(s): {moved / seconds:,.0f} leads/s, every share exact", style="dim")
    return moved / seconds


def _prepare(address: str, leads: int) -> list[int]:
    """The office and its leads, each about to be routed; gives the weights in the order of the people."""
    weights = [1 + number % 7 * 5 for number in range(PEOPLE)]
    with engine(address).begin() as connection:
        apply(connection, _playbook(current_playbook(connection), weights))
        connection.execute(CONTACTS, {"count": leads})
        contacts = connection.execute(text("SELECT id FROM contact ORDER BY id")).scalars().all()
        start_runs(connection, DEFINITIONS["routed"], [(contact, "bench") for contact in contacts], NOW)
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return weights


def _playbook(shipped: Playbook, weights: Sequence[int]) -> Playbook:
    reps = [{"name": f"Rep {number}", "email": f"rep{number}@example.com"} for number in range(PEOPLE)]
    members = [{"rep": rep["email"], "weight": weight} for rep, weight in zip(reps, weights, strict=True)]
    routers = [{"name": name, "kind": "weighted", "members": members} for name in ("enterprise", "all")]
    parts = {"teams": [{"name": "All", "reps": reps}], "routers": routers, "routing": {"rules": RULES}}
    return Playbook.model_validate(shipped.model_dump(mode="json") | parts)


def _check(address: str, leads: int, moved: int, weights: Sequence[int]) -> list[str]:
    """What is not as it must be: every lead once, and nobody a whole lead from their share at any of them."""
    with engine(address).connect() as connection:
        ledger = list(connection.execute(LEDGER))
        astray = connection.execute(UNASSIGNED).scalar_one()
        people = list(connection.execute(text("SELECT id FROM rep WHERE name LIKE 'Rep %' ORDER BY id")).scalars())
    found = [f"{astray} leads are astray"] if astray else []
    found += [f"{moved} of {leads} leads were moved"] if moved != leads else []
    found += ["the ledger's numbers have gaps"] if [row.number for row in ledger] != list(range(1, leads + 1)) else []
    return found + _wrong_shares(
        ledger, dict(zip(people, lead_shares([Fraction(weight) for weight in weights]), strict=True))
    )


def _wrong_shares(ledger: Sequence[Any], parts: dict[int, int]) -> list[str]:
    got = dict.fromkeys(parts, 0)
    for number, rep, received in ledger:
        got[rep] += 1
        if received != got[rep]:
            return [f"lead {number} is counted as number {received} of {rep}, it is {got[rep]}"]
        if any(abs(got[one] * WHOLE_LEAD - part * number) >= WHOLE_LEAD for one, part in parts.items()):
            return [f"at lead {number} somebody is a whole lead from their share"]
    return []


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _table(leads: int, rounds: Sequence[dict[int, float]]) -> Table:
    title = f"{leads:,} leads by rules through a weighted router of {PEOPLE} people, committed"
    table = Table("leads per second", "median", "lowest", "highest", "goal", title=title)
    for clocks in (1, 2):
        rates = [found[clocks] for found in rounds]
        shown = [f"{value:,.0f}" for value in (median(rates), min(rates), max(rates))]
        table.add_row(f"{clocks} clock(s)", *shown, f"{GOAL_RATE:,}")
    ratios = [found[2] / found[1] for found in rounds]
    table.add_row("two clocks / one", *(f"{value:.2f}" for value in (median(ratios), min(ratios), max(ratios))), "")
    table.add_row("every share exact at every lead", "yes", "", "", "yes")
    return table


if __name__ == "__main__":
    main()
