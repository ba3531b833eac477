"""The clock that the bench of kills ends again and again: the product's jobs and deliveries, without flow runs."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event

from pydantic import SecretStr

from blocks.mailer import Mailer
from blocks.sendgrid import SendGridMailer
from blocks.smtp import Encryption, SmtpMailer
from flows.operations.clock_process import run_until_signalled
from flows.operations.mail.count_mail_events import process_now
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.run_clock import delivery_due, earliest
from flows.runtime import Journey
from flows.runtime.clock import ChangeSignal, Job, run_jobs
from flows.runtime.definitions.definition import Definition
from flows.runtime.prefect_flow import advance_due_runs
from models.mail.tracking import next_events_check

MOMENT = timedelta(milliseconds=200)
SELLER = "sarah.miller@brightwater.example.com"


async def lead_nurture(j: Journey) -> str:
    """Three marketing mails, a moment apart."""
    for number in (1, 2, 3):
        await j.send(f"article_{number}")
        await j.wait(MOMENT, name=f"a moment after {number}")
    return "read everything"


async def lead_qualification(j: Journey) -> str:
    """An answer at once, and the mail for a task."""
    await j.send("thanks", transactional=True)
    await j.task("call_lead", due=timedelta(days=1), outcomes=("reached",), to=SELLER, within=timedelta(days=2))
    return "was not called"


DEFINITIONS = {body.__name__: Definition(body.__name__, body) for body in (lead_nurture, lead_qualification)}


@dataclass(frozen=True)
class Way:
    """How mail goes out: an SMTP server on this machine, or a fake SendGrid."""

    smtp_port: int = 0
    sendgrid_url: str = ""
    key: str = ""

    def mailer(self) -> Mailer:
        """The product's block."""
        if self.smtp_port:
            return SmtpMailer(host="127.0.0.1", port=self.smtp_port, encryption=Encryption.NONE)
        return SendGridMailer(api_key=SecretStr(self.key), host=self.sendgrid_url)


def run_clock(address: str, way: Way, is_ready: Event) -> None:
    """The process: it works until SIGTERM, and ends with 0 then, as the product's clock does."""
    os.environ["TEND_DATABASE_URL"] = address

    async def work(change: ChangeSignal) -> None:
        is_ready.set()
        await run_jobs(_jobs(way.mailer()), change, random.getrandbits(31))

    run_until_signalled(work)


def _jobs(mailer: Mailer) -> list[Job]:
    async def deliver() -> None:
        await deliver_due(mailer)

    async def count() -> None:
        await asyncio.to_thread(process_now, datetime.now(UTC))

    return [
        *(
            Job(f"move {name}", earliest("journey_run", _is_waiting(name), "resume_at"), _move(definition), MOMENT)
            for name, definition in DEFINITIONS.items()
        ),
        Job("deliver", delivery_due, deliver, MOMENT),
        Job("count", lambda connection: next_events_check(connection, datetime.now(UTC)), count, MOMENT),
    ]


def _is_waiting(journey: str) -> str:
    return f"status = 'waiting' AND journey = '{journey}'"


def _move(definition: Definition) -> Callable[[], Awaitable[None]]:
    async def move() -> None:
        await asyncio.to_thread(advance_due_runs, definition, datetime.now(UTC), DEFINITIONS)

    return move
