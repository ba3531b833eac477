"""A clock in a process of its own, to be killed: the real loop and the real work, without Prefect around it.

Reads lines from its input and forks a clock for each `start`, so that a new one is there in milliseconds; prints its
pid. Runs `python -m tests.support.servers.clock_process FILE`: with a FILE, mail is appended to it by a mailer that
cannot look back.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blocks.email_feed import EmailFeed
from blocks.local_mailbox import LocalMailbox
from blocks.mailer import Mailer
from blocks.send_result import accepted
from flows.operations.mail.deliver_messages import deliver_due
from flows.operations.run_clock import earliest
from flows.runtime import Journey, journey
from flows.runtime.clock import Job, run_jobs
from flows.runtime.prefect_flow import advance_due_runs
from flows.runtime.react import react
from models.database import engine
from models.playbook import current_playbook

MOMENT = timedelta(milliseconds=40)
MAILS = 5


@journey(starts_on="form_submitted:test")
async def lead_nurture(j: Journey) -> str:
    """Five mails a moment apart, of a shipped journey whose templates it borrows."""
    for number in range(1, MAILS + 1):
        await j.send(f"article_{number}")
        await j.add_points(1, f"mail {number}")
        await j.wait(MOMENT, name=f"a moment after {number}")
    return "told everything"


class FileMailer(Mailer):
    """Writes one line per letter, durably, and cannot say later whether it did."""

    file: str

    def hand_over(self, emails: EmailFeed) -> None:
        """Slow enough to be killed in the middle."""
        with Path(self.file).open("ab", buffering=0) as out:
            for email in emails:
                if emails.begin(email):
                    out.write(f"{email.key}\n".encode())
                    emails.record(email, accepted())


def jobs(mailer: Mailer) -> list[Job]:
    """What the clock of the product does, called without flow runs."""
    definition = lead_nurture.definition
    definitions = {definition.name: definition}

    def react_once() -> None:
        with engine().begin() as connection:
            react(connection, definitions, current_playbook(connection), datetime.now(UTC))

    async def react_to_events() -> None:
        await asyncio.to_thread(react_once)

    async def move() -> None:
        await asyncio.to_thread(advance_due_runs, definition, datetime.now(UTC), definitions)

    async def deliver() -> None:
        await deliver_due(mailer, datetime.now(UTC))

    return [
        Job("react", earliest("event", "reacted_at IS NULL", "at"), react_to_events),
        Job("move", earliest("journey_run", "status = 'waiting'", "resume_at"), move),
        Job("deliver", earliest("message", "state IN ('queued', 'sending')", "queued_at"), deliver, MOMENT),
    ]


def main() -> None:
    """Fork a clock for each line; at the end of the input, or of the process that writes it, all are killed."""
    mailer = FileMailer(file=sys.argv[1]) if len(sys.argv) > 1 else LocalMailbox()
    pids = []
    try:
        for _ in sys.stdin:
            pid = os.fork()
            if pid == 0:
                _run_clock(mailer)
            pids.append(pid)
            print(pid, flush=True)
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _run_clock(mailer: Mailer) -> None:
    try:
        asyncio.run(run_jobs(jobs(mailer)))
    finally:
        os._exit(1)  # what the parent does at its end is not ours to do


if __name__ == "__main__":
    main()
