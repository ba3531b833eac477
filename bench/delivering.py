"""How fast the outbox empties: messages written as letters and posted to the SendGrid double, a process of its own.

    .venv/bin/python -m bench.delivering [--messages 10000] [--template lead_nurture/article_1] [--clocks 2]

The code is the product's: `deliver_due`, as the flow of the clock calls it, and the SendGrid mailer. Three rounds: all
goes well; each answer takes as long as SendGrid's; one request in twenty fails, answered 429 or 500 or cut off, half of
those with the mail taken all the same. With `--clocks 2` two processes share the work, as two clocks do. After each,
the double's list is held against the table: a round counts only if no message was lost and none was taken twice.
"""

import argparse
import asyncio
import multiprocessing
import os
import secrets
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

import httpx
import psutil
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.server import drop_database, fresh_database
from blocks.sendgrid import SendGridMailer
from deployments.stack.paths import ROOT
from flows.operations.mail.deliver_messages import deliver_due
from models.database import engine

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""On a Monday in New York, where the shipped playbook's company is: within every send window."""
BETWEEN = timedelta(minutes=1)
DATABASE = "bench_delivering"
GOAL_RATE = 300
START_SECONDS = 60.0
ROUNDS: Mapping[str, Sequence[str]] = {
    "all goes well": (),
    "answers take 50 ms": ("--latency", "0.05"),
    "5 % fail": ("--failing", "0.05"),
}
"""Name -> what the double is told."""

MESSAGES = text("""
WITH person AS (
    INSERT INTO contact (email, first_name, source, custom)
    SELECT 'lead' || n || '@example.com', 'Ann', 'website', '{"challenge": "Customer loyalty"}'
    FROM generate_series(1, :count) AS n
    RETURNING id
)
INSERT INTO message (contact_id, key, kind, template, queued_at)
SELECT id, 'bench:' || id, 'marketing', :template, :now FROM person
""")

STATES = text("SELECT id, state, reason FROM message ORDER BY id")

console = Console()


class WrongDeliveries(RuntimeError):
    """Something was lost or went out twice; the figures mean nothing."""


@dataclass(frozen=True)
class Round:
    """What one round took."""

    states: Counter[str]
    seconds: float
    our_cpu: float
    double_cpu: float
    deliveries: int

    @property
    def rate(self) -> float:
        """Messages per second, from the first look into the outbox until it is empty."""
        return self.states.total() / self.seconds


def main() -> None:
    """All rounds, in one table."""
    options = _options()
    table = Table("", "per second", "sent", "unknown", "runs", "ms CPU each, Tend", "double")
    for name, told in ROUNDS.items():
        console.print(f"{name}: {options.messages:,} messages ...", style="dim")
        found = measure(options.messages, options.template, told, options.clocks)
        table.add_row(
            name,
            f"{found.rate:,.0f}",
            f"{found.states['sent']:,}",
            f"{found.states['unknown']:,}",
            str(found.deliveries),
            f"{1000 * found.our_cpu / options.messages:.2f}",
            f"{1000 * found.double_cpu / options.messages:.2f}",
        )
    console.print(table)
    console.print(f"Goal: {GOAL_RATE} messages/s, the double included; none lost, none twice (checked).")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--template", default="lead_nurture/article_1")
    parser.add_argument("--clocks", type=int, default=1, help="processes that deliver at the same time")
    return parser.parse_args()


def measure(count: int, template: str, told: Sequence[str], clocks: int) -> Round:
    """One round on a fresh database and a fresh double; raises WrongDeliveries."""
    os.environ["TEND_DATABASE_URL"] = fresh_database(DATABASE)
    with engine().begin() as connection:
        connection.execute(MESSAGES, {"count": count, "template": template, "now": NOON})
    # Of its own, so that the double takes nothing from another round that runs elsewhere.
    key = f"SG.{secrets.token_hex()}"
    with _fake_sendgrid([*told, "--key", key]) as (double, url):
        fresh = multiprocessing.get_context("spawn")
        ready = fresh.Barrier(clocks + 1)
        with ProcessPoolExecutor(clocks, fresh, _wait_for_all, (ready,)) as pool:
            work = [pool.submit(_deliver_all, key, url) for _ in range(clocks)]
            ready.wait(START_SECONDS)
            began = time.perf_counter()
            done = [one.result() for one in work]
            seconds = time.perf_counter() - began
        states = _check(httpx.get(f"{url}/messages", timeout=60).json(), count)
        our_cpu, deliveries = sum(cpu for cpu, _ in done), sum(number for _, number in done)
        found = Round(states, seconds, our_cpu, _cpu(double), deliveries)
    drop_database(DATABASE)
    return found


_ready: Barrier | None = None
"""Where a process that delivers waits until all of them have loaded the code."""


def _wait_for_all(ready: Barrier) -> None:
    global _ready
    _ready = ready


def _deliver_all(key: str, url: str) -> tuple[float, int]:
    """CPU seconds, and in how many deliveries."""
    mailer = SendGridMailer(api_key=SecretStr(key), host=url)
    assert _ready is not None
    _ready.wait(START_SECONDS)
    before = _cpu(psutil.Process())
    deliveries = asyncio.run(_empty(mailer))
    mailer.close()
    return _cpu(psutil.Process()) - before, deliveries


async def _empty(mailer: SendGridMailer) -> int:
    """Deliver until nothing is due; gives how many deliveries it took. The clock would pause after one cut short."""
    for number in range(1, 1000):
        # Later each time: a delivery that was cut short has paused sending.
        report = await deliver_due(mailer, NOON + number * BETWEEN)
        if not report.counts.total():
            return number - 1
    raise WrongDeliveries(f"after {number} deliveries the outbox is still not empty: {report}")


def _check(taken: Sequence[Mapping[str, Any]], count: int) -> Counter[str]:
    """States of the messages, of which each was taken once if sent, once or never if unknown, and never else."""
    times = Counter(int(one["custom_args"]["tend_message_id"]) for one in taken)
    with engine().connect() as connection:
        rows = connection.execute(STATES).all()
    allowed = {"sent": (1,), "unknown": (0, 1)}
    wrong = [(row, times[row.id]) for row in rows if times[row.id] not in allowed.get(row.state, ())]
    if wrong or len(rows) != count or len(times.keys() - {row.id for row in rows}):
        raise WrongDeliveries(f"{len(wrong)} of {len(rows)} messages, such as (message, times taken) {wrong[:3]}")
    return Counter(row.state for row in rows)


@contextmanager
def _fake_sendgrid(told: Sequence[str]) -> Iterator[tuple[psutil.Process, str]]:
    """The command that people use, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "deployments.command_line", "sendgrid-fake", "--port", str(port)]
    process = subprocess.Popen([*command, "--events-url", "", *told], cwd=ROOT, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        try:
            httpx.get(f"{url}/counts").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit(f"The double did not answer at {url} within {START_SECONDS:.0f} s.")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
