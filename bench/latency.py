"""How long a lead waits for its first mail, on a running stack: from the form's arrival to the mailer.

    ./tend up                                          (in another terminal)
    .venv/bin/python -m bench.latency [--leads 30]     one lead at a time, the stack otherwise idle
    .venv/bin/python -m bench.latency --steady 60      a lead each second: how many flow runs Prefect gets for them

The addresses are those of the stack of this checkout, or --web, --prefect-api and TEND_DATABASE_URL.
"""

import argparse
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median, quantiles

import httpx
import psycopg
from rich.console import Console
from rich.table import Table

from bench.flow_runs import flow_run_table
from deployments.stack.database_address import database_address
from deployments.stack.stack_record import read_record

PATIENCE = 30.0
POLL = 0.02
PAUSE = 2.0
"""Between two leads, so that each finds the clock asleep."""

# Both moments are real time: the capture's, and the moment the mailer has accepted the mail.
WAITED = """
SELECT extract(epoch FROM m.sent_at - e.received_at)::float
FROM event e JOIN message m ON m.contact_id = e.contact_id AND m.kind IN ('marketing', 'transactional')
WHERE e.id = ANY(%s) AND m.sent_at IS NOT NULL
"""

console = Console()


def main() -> None:
    """Idle or steady, as asked."""
    options = _options()
    with psycopg.connect(database_address()[0], autocommit=True) as connection, httpx.Client(timeout=10) as client:
        if options.steady:
            _steady(options, connection, client)
        else:
            waited = [_one_lead(options, connection, client, number) for number in range(options.leads)]
            console.print(_waiting_table(waited, f"{options.leads} leads, one at a time"))


def _options() -> argparse.Namespace:
    record = read_record()
    web, prefect = (record.web, f"{record.prefect}/api") if record else ("http://127.0.0.1:8000", "")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--web", default=web, help=f"address of the pages (default: {web})")
    parser.add_argument("--prefect-api", default=os.environ.get("PREFECT_API_URL", prefect), help="Prefect's API")
    parser.add_argument("--leads", type=int, default=30)
    parser.add_argument("--steady", type=int, default=0, metavar="SECONDS", help="a lead each second for so long")
    return parser.parse_args()


def _one_lead(options: argparse.Namespace, connection: psycopg.Connection, client: httpx.Client, number: int) -> float:
    """Post a lead, wait for its mail; how long it took, in seconds."""
    event = _post(options, client, number)
    give_up = time.monotonic() + PATIENCE
    while not (waited := _waited(connection, [event])):
        if time.monotonic() > give_up:
            raise SystemExit(f"Lead {number} has no mail after {PATIENCE:.0f} s. Is the clock up? See ./tend status.")
        time.sleep(POLL)
    time.sleep(PAUSE)
    return waited[0]


def _post(options: argparse.Namespace, client: httpx.Client, number: int) -> int:
    """Somebody new asks for information; gives the event's number."""
    address = f"lead-{time.time_ns()}-{number}@example.com"
    lead = {"form": "request-info", "email": address, "first_name": "Dana", "last_name": "Reyes"}
    answer = client.post(f"{options.web}/leads/website", json=lead)
    if answer.status_code != httpx.codes.CREATED:
        raise SystemExit(f"The lead was answered {answer.status_code} (expected 201): {answer.text[:300]}")
    return int(answer.json()["event_id"])


def _waited(connection: psycopg.Connection, events: Sequence[int]) -> list[float]:
    return [seconds for (seconds,) in connection.execute(WAITED, (list(events),))]


def _steady(options: argparse.Namespace, connection: psycopg.Connection, client: httpx.Client) -> None:
    if not options.prefect_api:
        raise SystemExit("--steady asks Prefect for its flow runs: give --prefect-api or PREFECT_API_URL.")
    began, events = datetime.now(UTC), []
    start = time.monotonic()
    for number in range(options.steady):
        time.sleep(max(0.0, start + number - time.monotonic()))
        events.append(_post(options, client, number))
    waited = _all_waited(connection, events)
    console.print(_waiting_table(waited, f"{options.steady} leads, one each second"))
    console.print(flow_run_table(options.prefect_api, client, began, options.steady))


def _all_waited(connection: psycopg.Connection, events: Sequence[int]) -> list[float]:
    give_up = time.monotonic() + PATIENCE
    while len(waited := _waited(connection, events)) < len(events):
        if time.monotonic() > give_up:
            raise SystemExit(f"{len(events) - len(waited)} of {len(events)} leads have no mail after {PATIENCE:.0f} s.")
        time.sleep(POLL)
    return waited


def _waiting_table(waited: list[float], title: str) -> Table:
    table = Table("leads", "median", "p90", "max", title=f"form received to first mail handed over: {title}")
    figures = (median(waited), quantiles(waited, n=10, method="inclusive")[-1], max(waited))
    table.add_row(str(len(waited)), *(f"{value * 1000:,.0f} ms" for value in figures))
    return table


if __name__ == "__main__":
    main()
