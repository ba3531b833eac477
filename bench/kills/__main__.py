"""Whether mail is lost or sent twice when clocks are ended again and again, in the middle of their work.

    .venv/bin/python -m bench.kills [--kills 200]

Two clocks deliver mail of all kinds, written by journeys and for staff: half of the time through an SMTP server, half
of the time through the fake SendGrid, whose events come back to Tend's web. Every moment one of the clocks is ended,
by `kill -9` or by SIGTERM, and a new one takes its place. In the end what the servers took is held against the outbox.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from rich.console import Console
from rich.table import Table

from bench.kills.clock import DEFINITIONS, Way, run_clock
from bench.kills.outbox import KINDS, Outcome, add_work, follow_senders, is_all_done, read_outcome
from bench.server import drop_database, fresh_database
from deployments.sendgrid_double import FakeSendGrid, FakeSettings, run_fake
from models.database import engine
from web.app import app

DATABASE = "bench_kills"
CLOCKS = 2
SECONDS_BETWEEN = (0.5, 1.5)
CONTACTS_AT_ONCE = 40
MOST_SECONDS = 600.0
START_SECONDS = 120.0
HOST = "127.0.0.1"
SMTP, SENDGRID = "SMTP", "SendGrid"

console = Console()


class SmtpSink:
    """Takes every mail, a moment later than it could; keeps their Message-IDs."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Slow before and after it has the mail, so that a clock can be ended at either time."""
        await asyncio.sleep(random.uniform(0, 0.01))
        head = envelope.original_content.partition(b"\r\n\r\n")[0].decode()
        self.taken.append(head.partition("Message-ID: <tend-")[2].partition("@")[0])
        await asyncio.sleep(random.uniform(0, 0.01))
        return "250 OK"


@dataclass
class Ends:
    """How clocks were ended."""

    killed: list[str] = field(default_factory=list)
    """Names of the clocks."""
    stopped: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """From SIGTERM to the end of the process."""
    codes: Counter[int | None] = field(default_factory=Counter)


class Clocks:
    """The clocks that run now; each has a name that Postgres knows it by."""

    def __init__(self, address: str, way: Way, ends: Ends) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["bench.kills.clock"])
        self._address, self._way, self._ends = address, way, ends
        self._running = [self._start() for _ in range(CLOCKS)]

    def end_one(self) -> None:
        """By `kill -9` or by SIGTERM; a new one takes its place."""
        process = self._running.pop(random.randrange(CLOCKS))
        if random.random() < 0.5:
            process.kill()
            process.join()
            self._ends.killed.append(process.name)
        else:
            self._stop(process)
        self._running.append(self._start())

    def stop_all(self) -> None:
        """By SIGTERM."""
        for process in self._running:
            self._stop(process)

    def _start(self) -> ForkServerProcess:
        name = f"clock{random.getrandbits(40):x}"
        address = f"{self._address}{'&' if '?' in self._address else '?'}application_name={name}"
        is_ready = self._context.Event()
        process = self._context.Process(target=run_clock, args=(address, self._way, is_ready), name=name)
        process.start()
        if not is_ready.wait(START_SECONDS):
            raise RuntimeError(f"a clock did not start within {START_SECONDS:.0f} s: exit code {process.exitcode}")
        return process

    def _stop(self, process: ForkServerProcess) -> None:
        began = time.monotonic()
        process.terminate()
        process.join()
        self._ends.stopped.append(process.name)
        self._ends.seconds.append(time.monotonic() - began)
        self._ends.codes[process.exitcode] += 1


def main() -> None:
    """Both ways, in one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    found = {name: measure(name, options.kills // 2) for name in (SMTP, SENDGRID)}
    console.print(_table(found))
    faults = [fault for outcome, ends in found.values() for fault in _faults(outcome, ends)]
    if faults:
        raise SystemExit("\n".join(faults))


def measure(name: str, kills: int) -> tuple[Outcome, Ends]:
    """One way, on a fresh database."""
    os.environ["TEND_DATABASE_URL"] = address = fresh_database(DATABASE)
    follow_senders()
    ends = Ends()
    with _server(name) as (way, taken):
        clocks = Clocks(address, way, ends)
        for number in range(kills):
            add_work(CONTACTS_AT_ONCE, number, DEFINITIONS.values(), datetime.now(UTC))
            time.sleep(random.uniform(*SECONDS_BETWEEN))
            clocks.end_one()
            console.print(f"{name}: {number + 1} of {kills} clocks ended", style="dim", end="\r")
        _wait_until_done(name)
        clocks.stop_all()
        outcome = read_outcome(taken())
    engine().dispose()
    drop_database(DATABASE)
    return outcome, ends


def _wait_until_done(name: str) -> None:
    give_up = time.monotonic() + MOST_SECONDS
    while not is_all_done(waits_for_events=name == SENDGRID):
        if time.monotonic() > give_up:
            console.print("Not all is done; counted as it is.", style="red")
            return
        time.sleep(0.5)


@contextmanager
def _server(name: str) -> Iterator[tuple[Way, Any]]:
    """The way, and what gives the ids of the messages that were taken."""
    if name == SMTP:
        sink = SmtpSink()
        controller = Controller(sink, hostname=HOST, port=_free_port())
        controller.start()
        try:
            yield Way(smtp_port=controller.port), lambda: sink.taken
        finally:
            controller.stop()
    else:
        with _web() as url, run_fake(_settings(url)) as fake:
            os.environ["TEND_SENDGRID_PUBLIC_KEY"] = str(fake.public_key)
            yield Way(sendgrid_url=fake.url, key=fake.app.settings.key), lambda: _accepted(fake)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _settings(url: str) -> FakeSettings:
    return FakeSettings(events_url=f"{url}/sendgrid/events", signed=True, latency_seconds=0.05)


def _accepted(fake: FakeSendGrid) -> Sequence[str]:
    return [mail.custom_args["tend_message_id"] for mail in fake.accepted]


@contextmanager
def _web() -> Iterator[str]:
    """The product's web in a thread, which takes SendGrid's events."""
    server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://{HOST}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _table(found: dict[str, tuple[Outcome, Ends]]) -> Table:
    table = Table("", *found)
    columns = [_figures(*one) for one in found.values()]
    for label in columns[0]:
        table.add_row(label, *(str(column[label]) for column in columns))
    return table


def _figures(outcome: Outcome, ends: Ends) -> dict[str, object]:
    unknown, left = outcome.unknown_of(ends.killed), outcome.left_of(ends.killed)
    return {
        "clocks ended by kill -9": len(ends.killed),
        "clocks ended by SIGTERM": len(ends.stopped),
        **{f"{kind} mails": outcome.kinds[kind] for kind in KINDS},
        "sent, and taken once": outcome.sent_once,
        "lost": outcome.lost,
        "taken twice": outcome.twice,
        "unknown after kill -9": unknown.total(),
        "unknown after one kill, at most": max(unknown.values(), default=0),
        "unknown when all events were in": left.total(),
        "unknown then by one kill, at most": max(left.values(), default=0),
        "unknown after SIGTERM": outcome.unknown_of(ends.stopped).total(),
        "longest end after SIGTERM": f"{max(ends.seconds):.1f} s",
        "exit codes after SIGTERM": ", ".join(f"{code}: {times}" for code, times in ends.codes.items()),
    }


def _faults(outcome: Outcome, ends: Ends) -> list[str]:
    left = outcome.left_of(ends.killed)
    found = {
        f"{outcome.lost} mails lost": outcome.lost,
        f"{outcome.twice} mails taken twice": outcome.twice,
        f"more than one mail unknown by one kill: {left}": max(left.values(), default=0) > 1,
        "unknown after SIGTERM": outcome.unknown_of(ends.stopped).total(),
        f"ended by SIGTERM with {ends.codes}": set(ends.codes) - {0},
        f"ended only {max(ends.seconds):.1f} s after SIGTERM": max(ends.seconds) > 5,
    }
    return [fault for fault, is_so in found.items() if is_so]


if __name__ == "__main__":
    main()
