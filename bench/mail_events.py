"""Events of SendGrid per second: through the endpoint of two web processes into Postgres, and counted by one clock.

    .venv/bin/python -m bench.mail_events [--events 100000] [--batch 1000] [--repeats 3]

The sender signs as SendGrid does and sends some events twice, shuffled. After each round what lies in the tables is
compared with what was sent: every event once, every mail with the moments that it must have.
"""

import argparse
import base64
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import median
from typing import Any

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bench.server import drop_database, fresh_database
from deployments.stack.paths import ROOT
from models.database import engine
from models.mail.tracking import process_mail_events
from models.mail.tracking.signature import SIGNATURE, TIMESTAMP

DATABASE = "bench_mail_events"
PROCESSES = 2
SENDERS = 4
GOAL_RATE = 5_000
TWICE = 0.1
EVENTS_PER_MAIL = 4
SENT_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
WORDS = ("delivered", "open", "click", "bounce")
KEY = generate_private_key(SECP256R1())
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"

MAILS = text("""
WITH people AS (
    INSERT INTO contact (email) SELECT 'lead' || n || '@example.com' FROM generate_series(1, :mails) AS n RETURNING id)
INSERT INTO message (key, contact_id, kind, template, state, queued_at, handed_at, sent_at)
SELECT id, id, 'marketing', 'lead_nurture/article_1', 'sent', :at, :at, :at FROM people
""")

FOUND = text("""
SELECT (SELECT count(*) FROM mail_event) AS stored,
       (SELECT count(*) FROM mail_event WHERE processed_at IS NOT NULL) AS counted,
       (SELECT count(*) FROM message WHERE delivered_at IS NOT NULL) AS delivered,
       (SELECT count(*) FROM message WHERE opened_at IS NOT NULL) AS opened,
       (SELECT count(*) FROM message WHERE clicked_at IS NOT NULL) AS clicked,
       (SELECT count(*) FROM contact WHERE suppressed = 'bounced') AS bounced,
       (SELECT count(*) FROM event WHERE source = 'mail' AND name <> 'suppressed') AS told
""")

console = Console()


class WrongEvents(RuntimeError):
    """What lies in the tables is not what was sent; the figures mean nothing."""


def main() -> None:
    """Rounds of sending and counting, and a table."""
    options = _options()
    rounds = [measure(options.events, options.batch) for _ in range(options.repeats)]
    console.print(_table(options, rounds))


def measure(events: int, batch: int) -> tuple[float, float]:
    """Events per second, those sent twice included; raises WrongEvents if one is missing or double."""
    address = fresh_database(DATABASE)
    mails = events // EVENTS_PER_MAIL
    with engine(address).begin() as connection:
        connection.execute(MAILS, {"mails": mails, "at": SENT_AT})
        numbers = connection.execute(text("SELECT id FROM message ORDER BY id")).scalars().all()
    with engine(address).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    happened = [event for place, mail in enumerate(numbers) for event in _of_one_mail(place, mail)]
    sent = _shuffled(happened)
    taken = _send([sent[start : start + batch] for start in range(0, len(sent), batch)], address)
    counted = _count(address)
    _check(address, happened)
    drop_database(DATABASE)
    rates = len(sent) / taken, len(happened) / counted
    console.print(f"{rates[0]:,.0f} events/s taken, {rates[1]:,.0f} counted, each once", style="dim")
    return rates


def _of_one_mail(place: int, mail: int) -> list[dict[str, Any]]:
    """Three in ten are opened and clicked, one in fifty comes back, the others lie there."""
    words = (
        ["processed", "deferred", "deferred", "bounce"] if place % 50 == 0 else ["processed", "deferred", "delivered"]
    )
    if len(words) < EVENTS_PER_MAIL:
        words.append(("open", "click", "click", *["open"] * 3, *["deferred"] * 4)[place % 10])
    return [_event(word, mail, minutes) for minutes, word in enumerate(words)]


def _event(word: str, mail: int, minutes: int) -> dict[str, Any]:
    """As large as those of SendGrid."""
    event = {
        "email": f"lead{mail}@example.com",
        "timestamp": int((SENT_AT + timedelta(minutes=minutes)).timestamp()),
        "smtp-id": f"<{mail}.{minutes}@geopod-ismtpd-3-0>",
        "event": word,
        "category": ["lead_nurture", "lead_nurture/article_1"],
        "sg_event_id": base64.urlsafe_b64encode(f"{word}-{mail}-{minutes}".encode()).decode(),
        "sg_message_id": f"14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.{mail}",
        "tend_message_id": str(mail),
    }
    if word in ("open", "click"):
        event |= {"useragent": FIREFOX, "ip": "203.0.113.9", "url": f"https://example.com/articles/{mail % 20}"}
    return event | ({"reason": "550 5.1.1 no such user", "type": "bounce"} if word == "bounce" else {})


def _shuffled(happened: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    draw = random.Random("mail events")
    sent = [*happened, *draw.sample(happened, int(len(happened) * TWICE))]
    draw.shuffle(sent)
    return sent


def _send(batches: Sequence[list[dict[str, Any]]], address: str) -> float:
    """Seconds until the last batch is answered; all are signed before."""
    requests = [(body, _signed(body)) for body in map(orjson.dumps, batches)]
    with ExitStack() as stack:
        ports = [stack.enter_context(_web(address)) for _ in range(PROCESSES)]
        client = stack.enter_context(httpx.Client(timeout=60))
        pool = stack.enter_context(ThreadPoolExecutor(SENDERS))
        began = time.perf_counter()
        answers = list(pool.map(lambda port, one: _post(client, port, *one), cycle(ports), requests))
        seconds = time.perf_counter() - began
    if refused := [answer for answer in answers if answer != 200]:
        raise WrongEvents(f"{len(refused)} batches were answered {refused[0]}, 200 was expected")
    return seconds


def _post(client: httpx.Client, port: int, body: bytes, headers: dict[str, str]) -> int:
    return client.post(f"http://127.0.0.1:{port}/sendgrid/events", content=body, headers=headers).status_code


def _signed(body: bytes) -> dict[str, str]:
    timestamp = str(int(time.time()))
    signature = KEY.sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {TIMESTAMP: timestamp, SIGNATURE: base64.b64encode(signature).decode()}


@contextmanager
def _web(address: str) -> Iterator[int]:
    """A web process of its own, as the stack runs it, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ours = {"TEND_DATABASE_URL": address, "TEND_SENDGRID_PUBLIC_KEY": base64.b64encode(public).decode()}
    command = [sys.executable, "-m", "uvicorn", "web.app:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen([*command, "--no-access-log"], env=dict(os.environ) | ours, cwd=ROOT)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise WrongEvents(f"the web process at port {port} did not come up")


def _count(address: str) -> float:
    """Seconds until nothing is left to count."""
    began = time.perf_counter()
    counted = 1
    while counted:
        with engine(address).begin() as connection:
            counted = process_mail_events(connection, datetime.now(UTC) + timedelta(minutes=1))
    with engine(address).begin() as connection:
        # Bounces are decided on some time later.
        process_mail_events(connection, datetime.now(UTC) + timedelta(hours=1))
    return time.perf_counter() - began


def _check(address: str, happened: Sequence[dict[str, Any]]) -> None:
    mails = {word: {one["tend_message_id"] for one in happened if one["event"] == word} for word in WORDS}
    told = sum(len(mails[word]) for word in ("open", "click", "bounce"))
    expected = (len(happened), len(happened), *(len(mails[word]) for word in WORDS), told)
    with engine(address).connect() as connection:
        found = connection.execute(FOUND).one()
    if tuple(found) != expected:
        raise WrongEvents(f"{found._asdict()} was found, {expected} was expected")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _table(options: argparse.Namespace, rounds: Sequence[tuple[float, float]]) -> Table:
    title = f"{options.events:,} events, {TWICE:.0%} twice, in batches of {options.batch:,}, {PROCESSES} web processes"
    table = Table("events per second", "median", "lowest", "highest", "goal", title=title)
    for place, (name, goal) in enumerate((("taken and committed", f"{GOAL_RATE:,}"), ("counted by one clock", ""))):
        rates = [found[place] for found in rounds]
        table.add_row(name, *(f"{value:,.0f}" for value in (median(rates), min(rates), max(rates))), goal)
    return table


if __name__ == "__main__":
    main()
